"""The message log among very many messages: each filter of it, beside the queries it makes."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

import django

django.setup()

from django.db import connection
from django.utils import timezone

from operations.models import OcppMessage, Organisation, Station, User
from operations.services import partitions
from operations.statuses import Role
from tests.bench.probes.pages import Visitor, add, measured

DAYS = 29
OLD = 5_000  # the first messages are of a station and an action that were never heard of again
PARTS = 20
FEW = 5  # stations of the small organisation
# By the last three digits of a message's number.
ACTIONS = {450: "Heartbeat", 800: "MeterValues", 950: "StatusNotification", 990: "Authorize"}
CALL = (
    """'[2,"' || number || '","MeterValues",{"connectorId":1,"transactionId":' || number || """
    """',"meterValue":[{"sampledValue":[{"value":"' || (number %% 9973) || '"}]}]}]'"""
)


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def made_at(count: int) -> str:
    """When the message of a number was made: evenly over the days that are kept."""
    began = ago(DAYS)
    step_s = DAYS * 86_400 / count
    if connection.vendor == "postgresql":
        return f"'{began.isoformat()}'::timestamptz + number * interval '{step_s:.6f} seconds'"
    begin = began.timestamp()
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', {begin:.3f} + number * {step_s:.6f}, 'unixepoch')"


def fill(count: int) -> None:
    """So many messages; their indexes are made afterwards, which takes a fraction of the time."""
    stations = list(Station.objects.order_by("pk").values_list("pk", flat=True))
    first = stations[0]
    small = Organisation.objects.create(name="Small", code="small")
    few = stations[1 : 1 + FEW]
    Station.objects.filter(pk__in=few).update(organisation=small)
    User.objects.create(username="small", role=Role.VIEWER, organisation=small, password="!")
    actions = " ".join(
        f"WHEN number %% 1000 < {end} THEN '{name}'" for end, name in ACTIONS.items()
    )
    by_portal = "(number %% 1000 >= 990)"
    at = made_at(count)
    others = len(stations) - 1
    if connection.vendor == "sqlite":
        # What is written into a copy for a measurement need not survive the machine.
        connection.cursor().execute("PRAGMA journal_mode=OFF")
    with connection.schema_editor() as editor:
        for index in OcppMessage._meta.indexes:
            editor.remove_index(OcppMessage, index)
    if partitions.is_in_parts(OcppMessage):
        partitions.make_ahead(OcppMessage, keys=count // PARTS, ahead=PARTS + 1)
    add(
        OcppMessage,
        count,
        {
            "station_id": f"CASE WHEN number <= {OLD} THEN {first} "
            f"ELSE {first} + 1 + (number %% 100000 * 7919) %% {others} END",
            "is_from_station": f"NOT {by_portal}",
            "action": f"CASE WHEN number <= {OLD} THEN 'FirmwareStatusNotification' {actions} "
            "ELSE 'RemoteStartTransaction' END",
            "unique_id": "'' || number",
            "call": CALL,
            "called_at": at,
            "answer": "CASE WHEN number %% 10000 = 9999 THEN '' ELSE '[3,\"1\",{}]' END",
            "answered_at": f"CASE WHEN number %% 10000 = 9999 THEN NULL ELSE {at} END",
            "error_code": "CASE WHEN number %% 1000 = 7 THEN 'FormationViolation' ELSE '' END",
        },
    )
    with connection.schema_editor() as editor:
        for index in OcppMessage._meta.indexes:
            editor.add_index(OcppMessage, index)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("ANALYZE")


def views(count: int) -> dict[str, dict[str, str]]:
    """What people look for in the log, as query strings."""
    stations = Station.objects.order_by("pk")

    def minute(days: float) -> str:
        return f"{ago(days):%Y-%m-%dT%H:%M}"

    exact, silent = stations[FEW + 1].identity, stations[0].identity
    rare = "FirmwareStatusNotification"
    return {
        "newest page": {},
        "a deep page": {"before": str(count // 2)},
        "a page towards the newest": {"after": str(count // 2)},
        "one station": {"station": exact},
        "a station silent since long": {"station": silent},
        "part of many names": {"station": "Bench"},
        "a message": {"action": "Heartbeat"},
        "a message of long ago": {"action": rare},
        "part of a message's name": {"action": "tart"},
        "part of an old message's name": {"action": "firm"},
        "no message's name": {"action": "nothing"},
        "asked by the station": {"direction": "station"},
        "asked by the portal": {"direction": "portal"},
        "errors": {"answer": "error"},
        "not answered": {"answer": "none"},
        "since": {"since": minute(3)},
        "until": {"until": minute(20)},
        "an hour": {"since": minute(10), "until": minute(10 - 1 / 24)},
        "an hour's errors": {"since": minute(10), "until": minute(10 - 1 / 24), "answer": "error"},
        "a station's message": {"station": exact, "action": "MeterValues"},
        "a station's errors": {"station": exact, "answer": "error"},
        "a station's unanswered": {"station": exact, "answer": "none"},
        "a message's errors": {"action": "Heartbeat", "answer": "error"},
        "a message that never fails": {"action": rare, "answer": "error"},
        "a message the portal never sends": {"action": "Heartbeat", "direction": "portal"},
        "what the station left unanswered": {"direction": "station", "answer": "none"},
        "text of most": {"text": "sampledValue"},
        "text of nothing": {"text": "no such text"},
        "a station's text": {"station": exact, "text": '"value":"77'},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--filled", action="store_true", help="the database has them already")
    arguments = parser.parse_args()
    if not arguments.filled:
        fill(arguments.messages)
    everything = Visitor("message-list", User.objects.get(username="operator"))
    figures = {
        name: measured(everything, urlencode(query))
        for name, query in views(arguments.messages).items()
    }
    little = Visitor("message-list", User.objects.get(username="small"))
    for name, query in {
        "a small organisation's": {},
        "a small organisation's errors": {"answer": "error"},
        "a small organisation's old message": {"action": "FirmwareStatusNotification"},
    }.items():
        figures[name] = measured(little, urlencode(query))
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
