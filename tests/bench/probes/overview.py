"""The overview among very many stations, of which some need someone."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json

import django

django.setup()

from django.core.cache import cache
from django.db import connection

from operations.models import (
    Charger,
    Connection,
    Connector,
    FleetMinute,
    Organisation,
    Session,
    Station,
)
from operations.statuses import ChargingStatus
from tests.bench.probes import CHARGERS_PER_STATION
from tests.bench.probes.message_log import ago
from tests.bench.probes.pages import Visitor, add, fill, ms, run

MINUTES = 1_440


def at(days: float) -> str:
    """A moment as SQL."""
    text = f"'{ago(days):%Y-%m-%d %H:%M:%S}+00:00'"
    return f"{text}::timestamptz" if connection.vendor == "postgresql" else text


def live(stations: int) -> None:
    """Most are connected, few are faulted or silent, each had a session; a day of minutes."""
    for model in (Charger, Connector):
        most = model._default_manager.extra(where=["id %% 200 > 0"])
        most.filter(charging_status=ChargingStatus.FAULTED).update(
            charging_status=ChargingStatus.AVAILABLE
        )
    first = Station.objects.order_by("-pk")[0].pk - stations + 1
    connected = Station.objects.filter(pk__gte=first).extra(where=["id %% 10 > 0"])
    connected.update(connected_at=ago(1), last_seen_at=ago(0.0001))
    silent = Station.objects.filter(pk__gte=first).extra(where=["id %% 997 = 1"])
    silent.update(last_seen_at=ago(0.5))
    add(
        Session,
        stations,
        {
            "station_id": f"{first - 1} + number",
            "transaction_id": "'' || number",
            "started_at": "CURRENT_TIMESTAMP",
            "meter_start_wh": "0",
            "meter_last_wh": "number %% 30000",
        },
    )
    add(
        Connection,
        stations,
        {
            "station_id": f"{first - 1} + number",
            "epoch": "1",
            "last_seen_at": "CURRENT_TIMESTAMP",
            "opened_at": f"CASE WHEN number %% 50 = 0 THEN CURRENT_TIMESTAMP ELSE {at(1)} END",
        },
    )
    organisation = Organisation.objects.order_by("pk")[0]
    FleetMinute.objects.bulk_create(
        FleetMinute(
            organisation=organisation,
            at=ago(minute / MINUTES).replace(second=0, microsecond=0),
            stations=stations,
            connected=stations,
            messages=stations,
        )
        for minute in range(MINUTES)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, required=True)
    stations = parser.parse_args().stations
    fill(stations * CHARGERS_PER_STATION)
    live(stations)
    visitor = Visitor("overview")

    def counted() -> None:
        cache.clear()
        visitor.look("")

    cache.clear()
    statements = visitor.queries("")
    reads = [each for each in statements if each[0].lstrip().upper().startswith(("SELECT", "WITH"))]
    cached = visitor.queries("")
    figures = {
        "counted anew": {"ms": ms(counted), "raw_ms": ms(lambda: run(reads))},
        "counted a moment ago": {"ms": ms(lambda: visitor.look("")), "raw_ms": None},
    }
    figures["counted anew"]["queries"] = len(statements)
    figures["counted a moment ago"]["queries"] = len(cached)
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
