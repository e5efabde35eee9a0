"""What goes on at connectors: sessions, what they take, open requests; loaded once for many."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from operations.models import CommandRun, Connector, Session
from operations.tables.sessions import powers_w

NO_ERROR = frozenset({"", "NoError"})


@dataclass(frozen=True, slots=True)
class Activity:
    """Sessions and requests by the connector or charger they are at."""

    sessions: dict[int, Session]
    elsewhere: list[Session]  # those that run at no connector we know
    powers: dict[int, float]  # in W, by session
    of_chargers: dict[int | None, CommandRun]
    of_connectors: dict[int | None, CommandRun]


def of_stations(pks: Collection[int], *, asked: Sequence[CommandRun] | None = None) -> Activity:
    """What runs and what was asked at these stations; three queries.

    Two where somebody has found already what was asked, in the order of its keys.
    """
    running = list(Session.objects.running().filter(station__in=pks).order_by("pk"))
    sessions = {each.connector_id: each for each in running if each.connector_id is not None}
    if asked is None:
        asked = list(CommandRun.objects.open().filter(station__in=pks).order_by("pk"))
    return Activity(
        sessions=sessions,
        elsewhere=[each for each in running if each.connector_id is None],
        powers=powers_w([session.pk for session in sessions.values()]),
        of_chargers={run.charger_id: run for run in asked if run.connector_id is None},
        of_connectors={run.connector_id: run for run in asked},
    )


def faults(connector: Connector) -> str:
    """What the station says is wrong with it."""
    codes = (connector.error_code, connector.error_info, connector.vendor_error_code)
    return " · ".join(code for code in codes if code not in NO_ERROR)
