"""Runs that take their time, followed as a gateway follows them, without sockets."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.events import Event, Told
from operations.models import CommandRun, Connection, OcppMessage, RunTransition, Station
from operations.services import outcomes
from operations.services.runs import Options
from operations.versions import V16, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh
from tests.domain.telling import tells


def begun(
    station: Station,
    slug: str,
    *,
    version: OcppVersion = V16,
    says: dict[str, Any] | None = None,
    options: Options | None = None,
    **params: Any,
) -> CommandRun:
    """A run the station was sent and, unless it `says` otherwise, has accepted."""
    connection = Connection.objects.filter(station=station, closed_at=None).first()
    run = ask(station, slug, options=options, **params)
    claim(run, connection or connect(station, version))
    if says is None:
        says = {} if version is V16 else {"status": "Accepted"}
    answers(run, says)
    return fresh(run)


def answers(run: CommandRun, payload: dict[str, Any]) -> None:
    """The station answers the run's call with this payload."""
    message = OcppMessage.objects.filter(run=run, is_from_station=False).latest("pk")
    outcomes.record_answer(
        unique_id=message.unique_id,
        station_pk=run.station_id,
        frame="[3]",
        answer={"payload": payload},
        answered_at=timezone.now(),
    )


def hears(station: Station, event: Event, *, at: datetime | None = None) -> None:
    """The station tells something, and its connection looks who waits for it."""
    at = at or timezone.now()
    tells(station, event, at=at)
    watched = outcomes.watched_runs(station_pks=[station.pk]).get(station.pk, [])
    run_pks = [run_pk for run_pk, _command in watched]
    outcomes.check_effects(run_pks=run_pks, told=Told(station.pk, event, at))


def phases(run: CommandRun) -> list[str]:
    """The phases the run went through, in order."""
    steps = RunTransition.objects.filter(run=run).exclude(phase="")
    return list(steps.values_list("phase", flat=True))


def state(run: CommandRun) -> tuple[str, str]:
    """Where the run is now: status and phase."""
    now = fresh(run)
    return now.status, now.phase
