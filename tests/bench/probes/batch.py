"""A batch seen from beside the server: submitted, waited for, and judged by its records."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
import time
from collections import Counter
from datetime import timedelta
from time import perf_counter
from typing import Any

import django

django.setup()

from django.db import connection
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, Connector, Station, User
from operations.services import batches, sweeping
from operations.services.selections import Selection
from operations.statuses import ChargingStatus, OperationalStatus, RunStatus
from tests.bench.probes.pages import add

PATIENCE_S = 300.0
LOOK_S = 0.1


def prepare(stations: int) -> dict[str, Any]:
    """A second connector for each of the first stations."""
    first = Connector.objects.filter(number=1).order_by("pk")[:stations]
    Connector.objects.bulk_create(
        (
            Connector(
                charger_id=each.charger_id,
                station_id=each.station_id,
                number=2,
                operational_status=OperationalStatus.OPERATIVE,
                charging_status=ChargingStatus.AVAILABLE,
            )
            for each in first
        ),
        batch_size=1_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as any database that has been in use for a minute
    return {}


def submit(stations: int) -> dict[str, Any]:
    """Turn off both connectors of each; how long that took."""
    pks = list(Station.objects.order_by("pk").values_list("pk", flat=True)[:stations])
    chosen = Connector.objects.filter(station_id__gte=pks[0], station_id__lte=pks[-1])
    began = perf_counter()
    batch = batches.submit(
        command=BY_SLUG["change-availability"],
        selection=Selection(TargetKind.CONNECTOR, chosen),
        params={"availability": "off"},
        user=User.objects.get(),
    )
    return {"seconds": perf_counter() - began, "batch": batch.pk, "size": batch.size}


def wait(batch_pk: int) -> dict[str, Any]:
    """Until the batch has ended; what its records say."""
    deadline = perf_counter() + PATIENCE_S
    while not CommandBatch.objects.filter(pk=batch_pk, ended_at__isnull=False).exists():
        if perf_counter() > deadline:
            break
        time.sleep(LOOK_S)
    runs = CommandRun.objects.filter(batch_id=batch_pk)
    spans = [span for span in runs.values_list("released_at", "closed_at") if None not in span]
    began = min(released for released, _closed in spans)
    ended = max(closed for _released, closed in spans)
    statuses = Counter(runs.values_list("status", flat=True))
    return {
        "seconds": (ended - began).total_seconds(),
        "most_open": most_open(spans),
        "statuses": dict(statuses),
        "not_done": sum(statuses.values()) - statuses[RunStatus.DONE],
    }


def most_open(spans: list[tuple[Any, Any]]) -> int:
    """How many were released and not closed at the busiest moment; ends go before beginnings."""
    steps = sorted(
        [(released, 1) for released, _closed in spans]
        + [(closed, -1) for _released, closed in spans]
    )
    most = now = 0
    for _at, step in steps:
        now += step
        most = max(most, now)
    return most


def sweep(closed_runs: int) -> dict[str, Any]:
    """A sweep with nothing to do among very many runs that have ended."""
    station = Station.objects.order_by("pk").values_list("pk", flat=True)[0]
    at = (timezone.now() - timedelta(days=1)).isoformat(" ")
    ended = {
        "station_id": str(station),
        "command": "'reboot'",
        "params": "'{}'",
        "answers": "'[]'",
        "status": "'done'",
        "created_at": f"'{at}'",
        "released_at": f"'{at}'",
        "closed_at": f"'{at}'",
        "answer_timeout_s": "30",
        "effect_timeout_s": "60",
    }
    add(CommandRun, closed_runs, ended)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times = []
    for _round in range(20):
        began = perf_counter()
        sweeping.sweep()
        times.append(perf_counter() - began)
    return {"ms": sorted(times)[len(times) // 2] * 1000}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["prepare", "submit", "wait", "sweep"])
    parser.add_argument("number", type=int)
    arguments = parser.parse_args()
    do = {"prepare": prepare, "submit": submit, "wait": wait, "sweep": sweep}
    print(json.dumps(do[arguments.what](arguments.number)))  # noqa: T201


if __name__ == "__main__":
    main()
