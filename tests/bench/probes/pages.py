"""The lists of chargers and stations among very many: each view, beside the queries it makes."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import django

django.setup()

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import Charger, Connector, Organisation, Station, User
from operations.statuses import ChargingStatus, OperationalStatus
from operations.tables.base import PAGE_SIZES
from tests.bench.probes import CHARGERS_PER_STATION

ROUNDS = 5
NUMBERS = (
    "WITH RECURSIVE series(number) AS "
    "(SELECT 1 UNION ALL SELECT number + 1 FROM series WHERE number < %s) "
    "SELECT number FROM series"
)

Statement = tuple[str, Any]


def add(model: type[Model], count: int, expressions: Mapping[str, str]) -> None:
    """Rows made by the database itself; `expressions` are SQL over `number`, 1 to `count`."""
    columns, values, params = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.attname not in expressions:
            continue
        columns.append(connection.ops.quote_name(field.column))
        if field.attname in expressions:
            values.append(expressions[field.attname])
            continue
        default = timezone.now() if getattr(field, "auto_now_add", False) else field.get_default()
        values.append("%s")
        params.append(field.get_db_prep_save(default, connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM ({NUMBERS}) AS numbers",
            [*params, count],
        )


def one_of(words: list[str]) -> str:
    """A word by the number, spread so that neighbours differ."""
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE (number * 7) %% {len(words)} {cases} END"


def fill(chargers: int) -> int:
    """A network of so many chargers, with two connectors each; returns the first one's key."""
    organisation = Organisation.objects.get().pk
    base = Station.objects.order_by("-pk")[0].pk
    first = Charger.objects.order_by("-pk")[0].pk + 1
    vendors = one_of(["ABB", "Alfen", "Efacec", "Kempower", "Wallbox"])
    models = one_of([f"Model {number}" for number in range(20)])
    common = {
        "vendor": vendors,
        "model": models,
        "operational_status": one_of([OperationalStatus.OPERATIVE, OperationalStatus.INOPERATIVE]),
        "serial_number": "'SN-' || number",
    }
    station = f"{base} + 1 + (number - 1) / {CHARGERS_PER_STATION}"
    place = "'Site ' || (number %% 5000)"
    add(
        Station,
        chargers // CHARGERS_PER_STATION,
        {
            **common,
            "id": f"{base} + number",
            "organisation_id": str(organisation),
            "identity": "'PAGE-' || number",
            "name": f"{place} || ' station ' || number",
            "protocol": one_of(["1.6", "2.0.1", "2.1"]),
            "firmware_version": one_of([f"1.{number}" for number in range(10)]),
        },
    )
    status = one_of([status.value for status in ChargingStatus])
    add(
        Charger,
        chargers,
        {
            **common,
            "id": f"{first - 1} + number",
            "station_id": station,
            "number": f"1 + (number - 1) %% {CHARGERS_PER_STATION}",
            "name": f"{place} || ' charger ' || number",
            "charging_status": status,
        },
    )
    parts = {"charger_id": f"{first - 1} + number", "station_id": station, "number": "1"}
    add(Connector, chargers, {**parts, "charging_status": status})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return first


def views(chargers: int, first: int, *, all_of_them: bool) -> dict[str, str]:
    """What people do with the list, as query strings."""
    few = {
        "page 1": "",
        "a deep page": f"page={chargers // PAGE_SIZES[0] // 2}",
        "filter by status": "charging_status=Faulted",
        "filter by name": f"name=charger+{chargers // 2}",
        "sorted by since": "sort=-status_at",
        "one row expanded": f"expand={first}",
    }
    if not all_of_them:
        return few
    words = {
        "serial_number": f"SN-{chargers // 3}",
        "model": "Model 7",
        "vendor": "Alfen",
        "operational_status": "Operative",
    }
    filters = {f"filter by {name}": f"{name}={word}" for name, word in words.items()}
    columns = ("name", "serial_number", "model", "vendor", "operational_status")
    sorts = {
        f"sorted by {sign}{name}": f"sort={sign}{name}"
        for name in (*columns, "charging_status", "status_at", "station")
        for sign in ("", "-")
    }
    return {**few, **filters, **sorts}


def views_of_stations(stations: int, *, all_of_them: bool) -> dict[str, str]:
    """The same for the list of stations."""
    few = {
        "page 1": "",
        "a deep page": f"page={stations // PAGE_SIZES[0] // 2}",
        "filter by vendor": "vendor=Alfen",
        "filter by name": f"name=station+{stations // 2}",
        "sorted by protocol": "sort=protocol",
    }
    if not all_of_them:
        return few
    words = {
        "serial_number": f"SN-{stations // 3}",
        "model": "Model 7",
        "operational_status": "Operative",
        "connection": "offline",
        "firmware_version": "1.7",
        "library": "outdated",
        "need": "any",
    }
    filters = {f"filter by {name}": f"{name}={word}" for name, word in words.items()}
    columns = ("name", "identity", "serial_number", "model", "vendor", "operational_status")
    sorts = {
        f"sorted by {sign}{name}": f"sort={sign}{name}"
        for name in (*columns, "connection", "protocol", "firmware_version", "site", "last_seen_at")
        for sign in ("", "-")
    }
    return {**few, **filters, **sorts}


class Visitor:
    """A signed-in person without a network in between."""

    def __init__(self, url_name: str = "charger-list", user: User | None = None) -> None:
        self._url = reverse(url_name)
        self._client = Client(SERVER_NAME="127.0.0.1")
        self._client.force_login(
            user or User.objects.get(),
            backend="django.contrib.auth.backends.ModelBackend",
        )

    def look(self, query: str) -> None:
        response = self._client.get(f"{self._url}?{query}")
        assert response.status_code == 200, f"{query}: {response.status_code}"

    def queries(self, query: str) -> list[Statement]:
        made: list[Statement] = []

        def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
            made.append((sql, params))
            return execute(sql, params, *rest)

        with connection.execute_wrapper(note):
            self.look(query)
        return made


def run(statements: list[Statement]) -> None:
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()


def ms(what: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        what()
        times.append(perf_counter() - began)
    return median(times) * 1000


def measured(visitor: Visitor, query: str) -> dict[str, float]:
    """A view's time, that of its reads alone, and how many queries it made."""
    statements = visitor.queries(query)
    reads = [each for each in statements if each[0].lstrip().upper().startswith(("SELECT", "WITH"))]
    return {
        "ms": ms(lambda: visitor.look(query)),
        "raw_ms": ms(lambda: run(reads)),
        "queries": len(statements),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chargers", type=int, required=True)
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    chargers, is_all = arguments.chargers, arguments.all
    first = fill(chargers)
    stations = chargers // CHARGERS_PER_STATION
    lists = {
        "charger-list": views(chargers, first, all_of_them=is_all),
        "station-list": views_of_stations(stations, all_of_them=is_all),
    }
    figures = {}
    for url_name, queries in lists.items():
        visitor = Visitor(url_name)
        figures[url_name] = {name: measured(visitor, query) for name, query in queries.items()}
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
