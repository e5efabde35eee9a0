"""Runs whose next call depends on the answers so far."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import Further, Outcome, Params, Payload, Request, Target
from operations.models import CommandRun, Connection, OcppMessage, RunTransition
from operations.services import outcomes, sweeping
from operations.services.calls import Claimed
from operations.statuses import RunStatus
from operations.versions import OcppVersion
from tests.domain.asked import ask, claim, connect, fresh, overdue
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A socket of a station, and a command that asks twice for what it is not told."""

    def further(
        version: OcppVersion, target: Target, params: Params, answers: Sequence[Payload]
    ) -> Further | None:
        if len(answers) == 1 and answers[0].get("payload", {}).get("status") == "Rejected":
            again = Request("ClearCache", {})
            return Further((again, again), f"Once more for request {params['request_id']}.")
        return None

    def conclusion(params: Params, answers: Sequence[Payload]) -> Outcome | None:
        if len(answers) < 3:
            return None
        return Outcome(RunStatus.DONE, f"Asked {len(answers)} times.")

    command = BY_SLUG["clear-cache"]
    monkeypatch.setattr(command, "further", further)
    monkeypatch.setattr(command, "conclusion", conclusion)
    return connect(StationFactory())


def sent(connection: Connection) -> CommandRun:
    run = ask(connection.station, "clear-cache")
    claim(run, connection)
    return run


def answers(run: CommandRun, status: str) -> int | Claimed | None:
    """The station answers the oldest call that waits."""
    waiting = OcppMessage.objects.filter(run=run, answered_at=None).order_by("pk")
    return outcomes.record_answer(
        unique_id=waiting[0].unique_id,
        station_pk=run.station_id,
        frame="[3]",
        answer={"payload": {"status": status}},
        answered_at=timezone.now(),
    )


def steps(run: CommandRun) -> list[tuple[str, str]]:
    return [(step.to_status, step.cause) for step in RunTransition.objects.filter(run=run)]


def test_an_answer_leads_to_more_calls_of_the_same_run(connection: Connection) -> None:
    run = sent(connection)
    claimed = answers(run, "Rejected")
    assert isinstance(claimed, Claimed)
    assert [call.action for call in claimed.calls] == ["ClearCache", "ClearCache"]
    assert fresh(run).status == RunStatus.SENT
    assert fresh(run).calls == 3
    assert ("sent", f"Once more for request {run.pk}.") in steps(run)
    assert answers(run, "Accepted") == run.pk
    assert fresh(run).status == RunStatus.SENT
    assert answers(run, "Rejected") == run.pk
    assert (fresh(run).status, fresh(run).summary) == ("done", "Asked 3 times.")


def test_without_more_to_ask_the_answer_decides_as_ever(connection: Connection) -> None:
    run = sent(connection)
    assert answers(run, "Accepted") == run.pk
    assert (fresh(run).status, fresh(run).summary) == ("done", "The station accepted.")


def test_time_runs_anew_with_each_further_call(connection: Connection) -> None:
    run = sent(connection)
    first: Any = fresh(run).deadline_at
    answers(run, "Rejected")
    later: Any = fresh(run).deadline_at
    assert later > first


def test_a_late_answer_asks_for_nothing_more(connection: Connection) -> None:
    run = sent(connection)
    overdue(run)
    sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.TIMED_OUT
    assert answers(run, "Rejected") == run.pk
    assert fresh(run).calls == 1
    assert fresh(run).status == RunStatus.REFUSED
