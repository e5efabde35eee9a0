"""From the answer to the observed effect."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.events import StationBooted
from operations.models import CommandRun, Connection, Connector, OcppMessage, RunTransition
from operations.services import outcomes, sweeping
from operations.statuses import ChargingStatus, RunStatus
from tests.domain.asked import answer, connect, fresh, history, look, overdue, sent
from tests.domain.telling import says, tells
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.django_db


# Answers


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Unlocked", RunStatus.DONE),
        ("UnlockFailed", RunStatus.FAILED),
        ("NotSupported", RunStatus.UNSUPPORTED),
        ("Nonsense", RunStatus.FAILED),
    ],
)
def test_the_answer_decides(
    connector: Connector, connection: Connection, said: str, status: RunStatus
) -> None:
    run = sent(connector, connection, "unlock")
    answer(run, said)
    run = fresh(run)
    assert (run.status, run.deadline_at) == (status, None)
    assert run.answers == [{"action": "UnlockConnector", "payload": {"status": said}}]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NotImplemented", RunStatus.UNSUPPORTED),
        ("NotSupported", RunStatus.UNSUPPORTED),
        ("InternalError", RunStatus.FAILED),
    ],
)
def test_an_error_means_the_same_for_every_command(
    connector: Connector, connection: Connection, code: str, status: RunStatus
) -> None:
    run = sent(connector, connection, "unlock")
    answer(run, error=code, description="sorry")
    assert fresh(run).status == status
    assert f"{code} sorry" in fresh(run).summary
    assert OcppMessage.objects.get(run=run).error_code == code


def test_an_answer_counts_once_and_only_from_the_station_asked(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector, connection, "unlock")
    message = OcppMessage.objects.get(run=run)

    def answered(station_pk: int, status: str) -> int | None:
        return outcomes.record_answer(
            unique_id=message.unique_id,
            station_pk=station_pk,
            frame="[3]",
            answer={"payload": {"status": status}},
            answered_at=timezone.now(),
        )

    assert answered(StationFactory().pk, "UnlockFailed") is None
    assert answered(connector.station.pk, "Unlocked") == run.pk
    assert answered(connector.station.pk, "UnlockFailed") is None
    assert history(run) == ["queued", "sent", "done"]


def test_an_answer_to_a_call_of_no_run_is_kept_with_its_call(connector: Connector) -> None:
    OcppMessage.objects.create(
        station=connector.station, is_from_station=False, unique_id="x", called_at=timezone.now()
    )
    found = outcomes.record_answer(
        unique_id="x",
        station_pk=connector.station.pk,
        frame='[3,"x",{"url":"ftp://u:s3cret@h"}]',
        answer={"payload": {}},
        answered_at=timezone.now(),
    )
    assert found is None
    kept = OcppMessage.objects.get().answer
    assert kept
    assert "s3cret" not in kept


def test_a_late_answer_corrects_a_run_that_timed_out(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector, connection, "unlock")
    long_ago = timezone.now() - timedelta(seconds=63)
    CommandRun.objects.update(sent_at=long_ago)
    OcppMessage.objects.update(called_at=long_ago)
    overdue(run)
    sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.TIMED_OUT
    answer(run, "Unlocked")
    assert fresh(run).status == RunStatus.DONE
    assert fresh(run).summary.startswith("Answered after 63 s:")


# Several calls


@pytest.fixture
def half() -> CommandRun:
    """A charger with two of the station's three connectors, asked with two calls."""
    left = ConnectorFactory(number=1)
    right = ChargerFactory(station=left.station, number=2)
    for number in (2, 3):
        ConnectorFactory(charger=right, number=number)
    connection = connect(left.station)
    return sent(right, connection, "change-availability", availability="off")


def test_the_last_of_several_answers_decides_and_the_worst_counts(half: CommandRun) -> None:
    before = fresh(half).deadline_at
    answer(half, "Rejected", call=0)
    assert fresh(half).status == RunStatus.SENT
    assert before is not None
    assert (fresh(half).deadline_at or before) > before, "the next call has its own time"
    answer(half, "Accepted", call=1)
    assert fresh(half).status == RunStatus.REFUSED


def test_a_late_first_answer_gives_a_closed_run_no_new_deadline(half: CommandRun) -> None:
    CommandRun.objects.update(status=RunStatus.TIMED_OUT, deadline_at=None)
    answer(half, "Accepted", call=0)
    assert (fresh(half).status, fresh(half).deadline_at) == (RunStatus.TIMED_OUT, None)


def test_each_late_answer_is_a_line_of_the_history(half: CommandRun) -> None:
    past = timezone.now() - timedelta(seconds=63)
    CommandRun.objects.update(sent_at=past)
    OcppMessage.objects.update(called_at=past)
    overdue(half)
    sweeping.expire_due(now=timezone.now())
    answer(half, "Accepted", call=0)
    answer(half, "Rejected", call=1)
    *_earlier, timed_out, first, last = RunTransition.objects.filter(run=half)
    assert timed_out.to_status == RunStatus.TIMED_OUT
    assert (first.from_status, first.to_status) == (RunStatus.TIMED_OUT, RunStatus.TIMED_OUT)
    assert first.cause.startswith("Answered after 63 s (1 of 2): ")
    assert (last.from_status, last.to_status) == (RunStatus.TIMED_OUT, RunStatus.REFUSED)
    assert last.cause.startswith("Answered after 63 s: ")


def test_answers_that_change_nothing_are_in_the_history_too(half: CommandRun) -> None:
    CommandRun.objects.update(status=RunStatus.SUPERSEDED, closed_at=timezone.now())
    for call in (0, 1):
        answer(half, "Accepted", call=call)
    causes = RunTransition.objects.filter(run=half, from_status=RunStatus.SUPERSEDED)
    assert ["(1 of 2)" in causes[0].cause, "(2 of 2)" in causes[1].cause] == [True, True]
    assert fresh(half).status == RunStatus.SUPERSEDED


def test_scheduled_for_one_is_scheduled_for_all(half: CommandRun) -> None:
    answer(half, "Scheduled", call=0)
    answer(half, "Accepted", call=1)
    assert fresh(half).status == RunStatus.SCHEDULED


# Effects


def test_an_accepted_change_waits_for_the_status(
    connector: Connector, connection: Connection
) -> None:
    says(connector, ChargingStatus.AVAILABLE)
    run = sent(connector, connection, "change-availability", availability="off")
    answer(run, "Accepted")
    assert fresh(run).status == RunStatus.ACCEPTED
    assert look(run) == [run.pk]
    says(connector, ChargingStatus.UNAVAILABLE)
    assert look(run) == []
    assert history(run) == ["queued", "sent", "accepted", "done"]


def test_what_already_was_so_is_done_when_accepted(
    connector: Connector, connection: Connection
) -> None:
    says(connector, ChargingStatus.UNAVAILABLE)
    run = sent(connector, connection, "change-availability", availability="off")
    answer(run, "Accepted")
    assert history(run) == ["queued", "sent", "accepted", "done"]


def test_what_was_so_does_not_count_when_an_older_request_was_about_to_change_it(
    connector: Connector, connection: Connection
) -> None:
    says(connector, ChargingStatus.AVAILABLE)
    off = sent(connector, connection, "change-availability", availability="off")
    answer(off, "Scheduled")
    on = sent(connector, connection, "change-availability", availability="on")
    answer(on, "Accepted")
    assert [fresh(off).status, fresh(on).status] == [RunStatus.SUPERSEDED, RunStatus.ACCEPTED]
    says(connector, ChargingStatus.PREPARING)
    look(on)
    assert fresh(on).status == RunStatus.DONE


def test_a_status_before_the_answer_waits_for_it(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector, connection, "change-availability", availability="off")
    says(connector, ChargingStatus.UNAVAILABLE)
    assert look(run) == [run.pk]
    answer(run, "Accepted")
    assert fresh(run).status == RunStatus.DONE


def test_a_newer_request_supersedes_only_what_it_covers() -> None:
    first = ConnectorFactory(number=1)
    second = ConnectorFactory(charger=first.charger, number=2)
    connection = connect(first.station)
    aimed = [
        sent(part, connection, "change-availability", availability="off")
        for part in (first, second, first.charger)
    ]
    for run in aimed[:2]:
        answer(run, "Scheduled")
    newest = sent(second, connection, "change-availability", availability="off")
    answer(newest, "Scheduled")
    assert [fresh(run).status for run in aimed] == ["scheduled", "superseded", "sent"]
    answer(aimed[2], "Scheduled")
    assert [fresh(run).status for run in (*aimed, newest)] == [
        "superseded",
        "superseded",
        "scheduled",
        "scheduled",
    ], "what was asked after it is not superseded"


def test_one_reboot_supersedes_another(connector: Connector, connection: Connection) -> None:
    older = sent(connector.station, connection, "reboot", mode="idle")
    answer(older, "Accepted")
    newer = sent(connector.station, connection, "reboot", mode="now")
    answer(newer, "Accepted")
    assert [fresh(older).status, fresh(newer).status] == ["superseded", "accepted"]


def test_a_reboot_is_done_when_the_station_boots(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector.station, connection, "reboot", mode="idle")
    answer(run, "Accepted")
    tells(connector.station, StationBooted("A", "B"), at=timezone.now())
    assert look(run) == []
    assert fresh(run).status == RunStatus.DONE


def test_a_reboot_that_was_never_answered_is_done_when_the_station_boots(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector.station, connection, "reboot", mode="now")
    tells(connector.station, StationBooted("A", "B"), at=timezone.now())
    look(run)
    assert fresh(run).status == RunStatus.DONE


def test_what_is_over_is_not_looked_at_again(connector: Connector, connection: Connection) -> None:
    run = sent(connector, connection, "unlock")
    answer(run, "Unlocked")
    assert look(run) == []
    assert fresh(run).status == RunStatus.DONE
