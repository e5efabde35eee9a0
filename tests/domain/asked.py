"""Runs of commands, claimed, answered and looked at as a gateway would, without sockets."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from operations.commands import BY_SLUG
from operations.models import CommandRun, Connection, OcppMessage, RunTransition, Station
from operations.services import connections, outcomes, runs, targets
from operations.services.calls import Claimed
from operations.services.connections import Closing, Opening
from operations.services.runs import Options
from operations.versions import V16, OcppVersion


def connect(station: Station, version: OcppVersion = V16) -> Connection:
    """Open a socket for the station."""
    (opened,) = connections.open_connections([Opening(station.pk, version, "node-1", "ch", "")])
    return Connection.objects.get(pk=opened.connection_pk)


def closes(connection: Connection, *, code: int | None) -> None:
    """Its socket is gone."""
    connections.close_connections([Closing(connection.pk, code, "")])


def ask(run_target: Any, slug: str, *, options: Options | None = None, **params: Any) -> CommandRun:
    """Submit a command to a station, charger or connector."""
    of_kind = {
        "station": targets.of_station,
        "charger": targets.of_charger,
        "connector": targets.of_connector,
    }[run_target._meta.model_name]
    return runs.submit(
        command=BY_SLUG[slug], target=of_kind(run_target), params=params, options=options
    )


def claim(run: CommandRun, connection: Connection) -> Claimed:
    """Take the run to send it."""
    claimed = runs.claim(run_pk=run.pk, connection_pk=connection.pk)
    assert claimed is not None
    return claimed


def answer(run: CommandRun, status: str | None = None, *, call: int = 0, **error: str) -> None:
    """The station answers the run's latest calls, counted from 0."""
    latest = OcppMessage.objects.filter(run=run, is_from_station=False).order_by("-pk")
    message = list(latest[: fresh(run).calls])[::-1][call]
    outcomes.record_answer(
        unique_id=message.unique_id,
        station_pk=run.station_id,
        frame="[3]",
        answer=error or {"payload": {"status": status}},
        answered_at=timezone.now(),
    )


def look(*asked: CommandRun) -> Sequence[int]:
    """Something happened that may be the effect; returns the runs that still wait."""
    return outcomes.check_effects(run_pks=[run.pk for run in asked])


def fresh(run: CommandRun) -> CommandRun:
    """The run as it is now."""
    return CommandRun.objects.get(pk=run.pk)


def history(run: CommandRun) -> list[str]:
    """The statuses the run went through."""
    return list(RunTransition.objects.filter(run=run).values_list("to_status", flat=True))


def overdue(run: CommandRun) -> None:
    """Its deadline is over."""
    past = timezone.now() - timedelta(seconds=1)
    CommandRun.objects.filter(pk=run.pk).update(deadline_at=past)


def sent(target: Any, connection: Connection, slug: str, **params: Any) -> CommandRun:
    run = ask(target, slug, **params)
    claim(run, connection)
    return run
