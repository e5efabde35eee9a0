"""Whether this process lives, and whether it can work."""

import asyncio
import secrets
from collections.abc import Callable

import psycopg
from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from evcharge.celery import app as celery_app

CONNECT_S = 3
ANSWER_S = 2
ANSWERS = (DatabaseError, RedisError, BrokerError, OSError, TimeoutError)


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether database, channel layer and broker answer: 200 or 503, each by name."""
    parts = {"database": _database, "layer": _layer, "broker": _broker}
    state = {name: _answers(check) for name, check in parts.items()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except ANSWERS:
        return False
    return True


def _database() -> None:
    if connection.vendor == "postgresql":
        # Not from the pool, which waits for a database that is away as long as a page may.
        params = {**connection.get_connection_params(), "connect_timeout": CONNECT_S}
        with connection.wrap_database_errors:
            psycopg.connect(**params).close()
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _layer() -> None:
    layer = get_channel_layer()
    if layer is None:
        raise OSError("There is no channel layer.")
    async_to_sync(_sends)(layer)


async def _sends(layer: BaseChannelLayer) -> None:
    async with asyncio.timeout(ANSWER_S):
        await layer.send(f"ready.{secrets.token_hex(8)}", {"type": "ready"})


def _broker() -> None:
    with celery_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=0, timeout=ANSWER_S)
