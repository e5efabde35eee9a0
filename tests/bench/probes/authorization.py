"""The fleet's settings, local lists and caches among very many stations, beside their queries."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json

import django

django.setup()

from django.db import connection

from operations.models import AuthorizationProfile, LocalList, Organisation, Station, StationList
from operations.models.local_lists import ListState
from operations.models.settings import Switch
from tests.bench.probes.pages import Visitor, add, measured, one_of

SWITCHES = (
    "local_authorize_offline",
    "local_pre_authorize",
    "list_enabled",
    "unknown_offline",
    "cache_enabled",
    "authorize_remote_start",
)


def fill(stations: int) -> None:
    """So many stations, each with what it told and with a list of its own state."""
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
    local_list = LocalList.objects.create(name="Everybody").pk
    held = {
        "station_id": f"{base} + number",
        "local_list_id": str(local_list),
        "state": one_of([state.value for state in ListState]),
        "confirmed_at": "CURRENT_TIMESTAMP",
        "version": "1 + number %% 9",
    }
    add(StationList, stations, held)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def views(stations: int) -> dict[str, dict[str, str]]:
    """What people do with each of the pages, as query strings."""
    deep = f"page={stations // 50}"
    return {
        "authorization-list": {
            "page 1": "",
            "a deep page": deep,
            "filter by cache": "cache_enabled=on",
            "filter by unknown": "local_pre_authorize=unknown",
            "filter by two": "cache_enabled=off&list_enabled=off",
            "filter by length": "list_max=unknown",
            "sorted by length": "sort=-list_max",
            "sorted by switch": "sort=cache_enabled",
            "sorted by age": "sort=as_of",
        },
        "local-authorization": {
            "page 1": "",
            "a deep page": deep,
            "filter by state": f"state={ListState.BEHIND}",
            "filter by name": f"name=station+{stations // 2}",
            "sorted by state": "sort=state",
            "sorted by confirmed": "sort=-confirmed",
        },
        "authorization-cache-list": {
            "page 1": "",
            "a deep page": deep,
            "filter by cache": "cache_enabled=on",
            "filter by caution": "caution=pre-paid",
            "sorted by lifetime": "sort=-cache_lifetime_s",
            "sorted by age": "sort=as_of",
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, required=True)
    arguments = parser.parse_args()
    fill(arguments.stations)
    figures = {}
    for url_name, queries in views(arguments.stations).items():
        visitor = Visitor(url_name)
        figures[url_name] = {name: measured(visitor, query) for name, query in queries.items()}
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
