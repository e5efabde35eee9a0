"""How long a writer waits at most while old messages are let go, and while nobody prunes."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
import threading
import time
from datetime import timedelta

import django

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from operations.models import OcppMessage, Station
from operations.services import partitions, pruning
from tests.bench import frames
from tests.bench.probes.pages import add

PARTS = 10
TYPE = {"postgresql": "::timestamptz", "sqlite": ""}
WRITTEN_AT_ONCE = 50  # as the gateway's writer does in a moment of some load
QUIET_S = 3.0
BETWEEN_S = 0.005


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    wanted = parser.parse_args().rows
    keys = list(Station.objects.values_list("pk", flat=True)[:WRITTEN_AT_ONCE])
    fill(keys, wanted)
    quiet = waits(keys, threading.Event(), QUIET_S)
    is_over = threading.Event()
    pruner = threading.Thread(target=prune_all, args=(is_over,))
    began = time.perf_counter()
    pruner.start()
    busy = waits(keys, is_over, None)
    took = time.perf_counter() - began
    pruner.join()
    old = timezone.now() - timedelta(days=settings.EVCHARGE_MESSAGES_DAYS)
    left = OcppMessage.objects.filter(called_at__lt=old).count()
    said = {
        "quiet_ms": quiet[-1],
        "busy_ms": busy[-1],
        "p99_ms": busy[int(len(busy) * 0.99)],
        "per_s": (wanted - left) / took,
        "left": left,
    }
    print(json.dumps(said))  # noqa: T201


def message(station: int, *, days: float) -> OcppMessage:
    at = timezone.now() - timedelta(days=days)
    return OcppMessage(
        station_id=station,
        is_from_station=True,
        action="MeterValues",
        unique_id="1",
        call=frames.meters(1).decode(),
        called_at=at,
        answer='[3,"1",{}]',
        answered_at=at,
    )


def fill(keys: list[int], wanted: int) -> None:
    """As many old messages, written by the database itself; on PostgreSQL in parts."""
    old = message(keys[0], days=settings.EVCHARGE_MESSAGES_DAYS + 1)
    step = max(wanted // PARTS, 1)
    if partitions.is_in_parts(OcppMessage):
        begin_a_part(keys=step)
    for start in range(0, wanted, step):
        if partitions.is_in_parts(OcppMessage):
            partitions.make_ahead(OcppMessage, keys=step)
        add(
            OcppMessage,
            min(step, wanted - start),
            {
                "station_id": f"{keys[0]} + number %% {len(keys)}",
                "is_from_station": "1 = 1",
                "action": "'MeterValues'",
                "unique_id": "'1'",
                "call": f"'{old.call}'",
                "called_at": f"'{old.called_at.isoformat(' ')}'{TYPE[connection.vendor]}",
                "answer": f"'{old.answer}'",
                "answered_at": f"'{old.called_at.isoformat(' ')}'{TYPE[connection.vendor]}",
            },
        )


def begin_a_part(*, keys: int) -> None:
    """As if the first part was full; the next ones are small enough for what is pruned."""
    partitions.LEAST_KEYS = keys
    table, end = OcppMessage._meta.db_table, partitions.parts_of(OcppMessage)[0].end
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ALTER id RESTART WITH {end}")


def waits(keys: list[int], is_over: threading.Event, seconds: float | None) -> list[float]:
    """How long each of many small transactions took, in milliseconds, shortest first."""
    taken: list[float] = []
    ends_at = time.perf_counter() + (seconds or float("inf"))
    while not is_over.is_set() and time.perf_counter() < ends_at:
        new = [message(key, days=0) for key in keys]
        began = time.perf_counter()
        with transaction.atomic():
            OcppMessage.objects.bulk_create(new)
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(BETWEEN_S)
    return sorted(taken)


def prune_all(is_over: threading.Event) -> None:
    while pruning.prune():
        pass
    connection.close()
    is_over.set()


if __name__ == "__main__":
    main()
