"""How fast the database takes what MeterValues stores, when somebody just inserts it."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
from time import perf_counter

import django

django.setup()

from django.db import connection, transaction
from django.utils import timezone

from operations.models import MeterReading, OcppMessage, Station
from tests.bench import frames


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--batch", type=int, required=True)
    arguments = parser.parse_args()
    keys = list(Station.objects.values_list("pk", flat=True)[: arguments.batch])
    messages, readings = statements()
    stored, began = 0, perf_counter()
    while (spent := perf_counter() - began) < arguments.seconds:
        logged, read = rows(keys)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(messages, logged)
            cursor.executemany(readings, read)
        stored += len(keys)
    print(json.dumps({"per_s": stored / spent}))  # noqa: T201


def statements() -> tuple[str, str]:
    def insert(table: str, columns: str) -> str:
        places = ", ".join(["%s"] * len(columns.split(",")))
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608

    return (
        insert(
            OcppMessage._meta.db_table,
            "station_id, connection_id, is_from_station, action, unique_id, call, called_at, "
            "answer, answered_at, error_code",
        ),
        insert(MeterReading._meta.db_table, "station_id, connector_number, at, samples"),
    )


def rows(keys: list[int]) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    now = timezone.now()
    at = now if connection.vendor == "postgresql" else now.isoformat(" ")
    text = frames.meters(1).decode()
    samples = json.dumps(json.loads(text)[3]["meterValue"][0]["sampledValue"])
    answer = '[3,"meters-1",{}]'
    return (
        [(key, 1, True, "MeterValues", "meters-1", text, at, answer, at, "") for key in keys],
        [(key, 1, at, samples) for key in keys],
    )


if __name__ == "__main__":
    main()
