"""The ASGI application: pages, stations' sockets, browsers' sockets, and the process's life."""

import os
import secrets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

import django

# Before anything is imported that has models.
django.setup(set_prefix=False)

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from structlog.contextvars import bind_contextvars

from evcharge.bodies import LimitedBodies
from evcharge.pages import PageHandler
from evcharge.runtime import Runtime
from ocpp_gateway import handshake
from ocpp_gateway.consumers import StationConsumer
from ocpp_gateway.files import http as file_application
from operations.consumers import BrowserConsumer

station_application = StationConsumer.as_asgi()
# Browsers send an Origin and a session cookie; stations send neither.
browser_application = AllowedHostsOriginValidator(AuthMiddlewareStack(BrowserConsumer.as_asgi()))
page_application = LimitedBodies(PageHandler())
runtime = Runtime()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Hand each connection to whom it belongs."""
    if scope["type"] == "lifespan":
        await runtime.live(receive, send)
        return
    # A server without the lifespan protocol never says that it starts.
    await runtime.ensure_started()
    if scope["type"] == "http" and file_application.is_file_path(scope):
        await file_application.application(scope, receive, send)
    elif scope["type"] == "http":
        await page_application(scope, receive, send)
    elif handshake.is_station_path(scope):
        # In the log of this socket's task; each has a context of its own.
        name = scope["path"].rpartition("/")[2]
        bind_contextvars(connection=secrets.token_hex(4), station=name[:64])
        await station_application(scope, receive, send)
    elif scope["path"] == "/live/":
        await browser_application(scope, receive, send)
    else:
        await _not_found(scope, send)


async def _not_found(scope: dict[str, Any], send: Any) -> None:
    """No socket lives here."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    body = b"Stations connect to /ocpp/ and their identity.\n"
    await send({"type": "websocket.http.response.body", "body": body})
