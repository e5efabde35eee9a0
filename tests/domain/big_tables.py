"""The big tables' story on a real PostgreSQL, in a process of its own; prints JSON.

From before they lay in parts: rows are kept, parts are made and dropped, nobody is locked out.
"""

# ruff: noqa: E402  Django is set up before its models are imported.

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django

django.setup()

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from operations.models import MeterReading, OcppMessage, Organisation, Station
from operations.services import partitions, pruning

BEFORE = "0004"
WIDTH = 10


def hear(station: Station, count: int, *, days: float = 0.0) -> list[int]:
    at = timezone.now() - timedelta(days=days)
    return [
        OcppMessage.objects.create(
            station=station, is_from_station=True, action="Heartbeat", called_at=at
        ).pk
        for _ in range(count)
    ]


def meter(station: Station, *days: float) -> list[int]:
    now = timezone.now()
    return [
        MeterReading.objects.create(
            station=station, connector_number=1, at=now - timedelta(days=age), samples=[]
        ).pk
        for age in days
    ]


def kept() -> list[int]:
    return list(OcppMessage.objects.order_by("pk").values_list("pk", flat=True))


def parts() -> list[list[int]]:
    return [[part.first, part.end] for part in partitions.parts_of(OcppMessage)]


def rows_in(part: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM operations_ocppmessage_{part}")  # noqa: S608
        return int(cursor.fetchone()[0])


@contextmanager
def somebody_reads() -> Iterator[None]:
    """A transaction that stays open, as an export's does."""
    params = connection.get_connection_params()
    wanted = {name: params[name] for name in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**wanted) as other:
        other.execute("SELECT 1 FROM operations_ocppmessage LIMIT 1")
        yield


def migrated() -> list[str]:
    """Take the migrations after the first four; what they say to the database."""
    said: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        call_command("migrate", "operations", verbosity=0)
    return said


def indexes() -> dict[str, list[list[str]]]:
    """Of each table in parts, what the model names and what the database has."""
    with connection.cursor() as cursor:
        return {
            model._meta.label: [
                sorted(index.name for index in model._meta.indexes),
                sorted(connection.introspection.get_constraints(cursor, model._meta.db_table)),
            ]
            for model in (OcppMessage, MeterReading)
        }


def main() -> None:
    call_command("migrate", "operations", BEFORE, verbosity=0)
    station = Station.objects.create(
        organisation=Organisation.objects.create(name="A", code="a"), identity="A", name="A"
    )
    said: dict[str, Any] = {"before": hear(station, 3), "readings": meter(station, 0, 0)}
    said["statements"] = migrated()
    said["indexes"] = indexes()
    said["kept"] = kept()
    said["next"] = hear(station, 1)
    tend_messages(station, said)
    prune_readings(station, said)
    station.delete()
    said["after_their_station"] = OcppMessage.objects.count()
    print(json.dumps(said))  # noqa: T201


def tend_messages(station: Station, said: dict[str, Any]) -> None:
    """Parts are made ahead and dropped when old; what nobody made one for goes to the rest."""
    partitions.LEAST_KEYS = WIDTH
    said["first_end"] = end = partitions.parts_of(OcppMessage)[0].end
    said["made"] = partitions.make_ahead(OcppMessage, keys=WIDTH)
    said["made_again"] = partitions.make_ahead(OcppMessage, keys=WIDTH)
    said["parts"] = parts()
    # As if the first part's keys had been used up.
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE operations_ocppmessage ALTER id RESTART WITH {end}")
    hear(station, WIDTH, days=settings.EVCHARGE_MESSAGES_DAYS + 0.5)
    hear(station, 1)
    old = timezone.now() - timedelta(days=settings.EVCHARGE_MESSAGES_DAYS)

    def is_old(part: partitions.Part) -> bool:
        rows = OcppMessage.objects.filter(pk__gte=part.first, pk__lt=part.end)
        return not rows.filter(called_at__gte=old).exists()

    said["dropped_while_first_is_new"] = partitions.drop_old(OcppMessage, is_old)
    OcppMessage.objects.filter(pk__lt=end).update(called_at=old)
    with somebody_reads():
        said["dropped_while_read"] = partitions.drop_old(OcppMessage, is_old)
    pruning.prune()
    said["parts_left"] = parts()
    said["rows_left"] = OcppMessage.objects.count()

    # Nobody made parts for a while.
    last = partitions.parts_of(OcppMessage)[-1].end
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE operations_ocppmessage ALTER id RESTART WITH {last}")
    hear(station, 2)
    said["in_rest"] = rows_in("rest")
    said["made_after_rest"] = partitions.make_ahead(OcppMessage, keys=WIDTH)
    said["all_found"] = OcppMessage.objects.count()


def prune_readings(station: Station, said: dict[str, Any]) -> None:
    """In the order they came, whatever single clocks say."""
    MeterReading.objects.all().delete()
    readings = meter(station, 800, 500, -30_000, 500, 490, 1, 0, 20_000, 0, 0)
    pruning.prune()
    left = set(MeterReading.objects.values_list("pk", flat=True))
    said["readings_left"] = [pk in left for pk in readings]


if __name__ == "__main__":
    main()
