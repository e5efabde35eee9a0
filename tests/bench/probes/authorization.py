"""The fleet's authorization settings among very many stations, beside the queries they take."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json

import django

django.setup()

from django.db import connection

from operations.models import AuthorizationProfile, Organisation, Station
from operations.models.settings import Switch
from tests.bench.probes.pages import Visitor, add, ms, one_of, run

SWITCHES = (
    "local_authorize_offline",
    "local_pre_authorize",
    "list_enabled",
    "unknown_offline",
    "cache_enabled",
    "authorize_remote_start",
)


def fill(stations: int) -> None:
    """So many stations, each with what it told."""
    organisation = Organisation.objects.get().pk
    base = Station.objects.order_by("-pk")[0].pk
    add(
        Station,
        stations,
        {
            "id": f"{base} + number",
            "organisation_id": str(organisation),
            "identity": "'AUTH-' || number",
            "name": "'Site ' || ((number * 7919) %% 5000) || ' station ' || number",
            "protocol": "'1.6'",
        },
    )
    words = one_of([switch.value for switch in Switch])
    told = dict.fromkeys(SWITCHES, words)
    numbers = {"list_max": "100 + number %% 500", "send_list_max": "10 + number %% 20"}
    of = {"station_id": f"{base} + number", "read_at": "CURRENT_TIMESTAMP"}
    add(AuthorizationProfile, stations, {**told, **numbers, **of})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def views(stations: int) -> dict[str, str]:
    """What people do with the list, as query strings."""
    return {
        "page 1": "",
        "a deep page": f"page={stations // 50}",
        "filter by cache": "cache_enabled=on",
        "filter by unknown": "local_pre_authorize=unknown",
        "filter by two": "cache_enabled=off&list_enabled=off",
        "filter by length": "list_max=unknown",
        "sorted by length": "sort=-list_max",
        "sorted by switch": "sort=cache_enabled",
        "sorted by age": "sort=as_of",
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, required=True)
    arguments = parser.parse_args()
    fill(arguments.stations)
    visitor = Visitor("authorization-list")
    figures = {}
    for name, query in views(arguments.stations).items():
        statements = visitor.queries(query)
        reads = [each for each in statements if each[0].lstrip().upper().startswith("SELECT")]
        figures[name] = {
            "ms": ms(lambda query=query: visitor.look(query)),
            "raw_ms": ms(lambda reads=reads: run(reads)),
            "queries": len(statements),
        }
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
