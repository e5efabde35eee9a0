"""What becomes of a run whose connection is lost, or whose answer cannot be used."""

from typing import Any

import pytest
from django.utils import timezone

from operations.models import CommandRun, Connection, Connector, OcppMessage
from operations.services import outcomes, runs
from operations.services.runs import Options
from operations.statuses import ChargingStatus, RunStatus
from operations.versions import V201
from tests.domain.asked import answer, ask, claim, closes, connect, fresh, history, look, sent
from tests.domain.telling import says
from tests.factories import ConnectorFactory

pytestmark = pytest.mark.django_db


# Lost connections


def loses(connection: Connection) -> None:
    closes(connection, code=1006)


def test_a_lost_connection_leaves_the_truth_open(
    connector: Connector, connection: Connection
) -> None:
    unlock = sent(connector, connection, "unlock")
    change = sent(connector, connection, "change-availability", availability="off")
    reboot = sent(connector.station, connection, "reboot", mode="now")
    loses(connection)
    assert [fresh(run).status for run in (unlock, change, reboot)] == [
        RunStatus.CONNECTION_LOST,
        RunStatus.CONNECTION_LOST,
        RunStatus.IN_PROGRESS,
    ]
    says(connector, ChargingStatus.UNAVAILABLE)
    look(change)
    assert fresh(change).status == RunStatus.DONE


def test_only_what_is_safe_and_wanted_is_sent_again(
    connector: Connector, connection: Connection
) -> None:
    patient = Options(max_attempts=3)
    unlock = ask(connector, "unlock", options=patient)
    change = ask(connector, "change-availability", availability="off", options=patient)
    for run in (unlock, change):
        claim(run, connection)
    loses(connection)
    assert fresh(unlock).status == RunStatus.CONNECTION_LOST
    again = fresh(change)
    assert again.status == RunStatus.QUEUED
    assert again.next_attempt_at is not None
    assert "Asking again in 5 s (attempt 2 of 3)" in again.summary


def test_it_is_sent_again_so_often_and_no_more_each_time_later(connector: Connector) -> None:
    run = ask(connector, "change-availability", availability="off", options=Options(max_attempts=3))
    waits = []
    for _attempt in range(3):
        connection = connect(connector.station)
        claim(run, connection)
        lost_at = timezone.now()
        loses(connection)
        next_at = fresh(run).next_attempt_at
        if next_at is not None:
            waits.append(round((next_at - lost_at).total_seconds()))
    assert waits == [5, 10]
    assert fresh(run).status == RunStatus.CONNECTION_LOST
    assert OcppMessage.objects.filter(run=run).count() == 3


def test_the_answer_to_an_earlier_attempt_is_kept_but_decides_nothing(
    connector: Connector, connection: Connection
) -> None:
    run = ask(connector, "change-availability", availability="off", options=Options(max_attempts=2))
    claim(run, connection)
    first = OcppMessage.objects.get(run=run)
    loses(connection)
    claim(run, connect(connector.station))
    found = outcomes.record_answer(
        unique_id=first.unique_id,
        station_pk=connector.station.pk,
        frame="[3]",
        answer={"payload": {"status": "Rejected"}},
        answered_at=timezone.now(),
    )
    assert found == run.pk
    assert OcppMessage.objects.get(pk=first.pk).answer == "[3]"
    assert fresh(run).status == RunStatus.SENT


def test_the_answer_to_a_nudge_decides_nothing(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector, connection, "change-availability", availability="off")
    answer(run, "Accepted")
    CommandRun.objects.update(nudged_at=timezone.now())
    nudge = runs.claim_nudge(run_pk=run.pk, connection_pk=connection.pk)
    assert nudge is not None
    answer(run, "Rejected")
    assert fresh(run).status == RunStatus.ACCEPTED
    assert len(fresh(run).answers) == 1


def test_what_breaks_the_protocol_is_not_sent(connector: Connector, connection: Connection) -> None:
    run = sent(connector, connection, "unlock")
    outcomes.fail_unsent(run_pk=run.pk, why="The request breaks OCPP 1.6: …")
    assert fresh(run).status == RunStatus.FAILED


def test_a_lock_is_done_when_it_reads_as_locked() -> None:
    connector = ConnectorFactory(charger__station__protocol="2.0.1", lock_is_writable=True)
    run = sent(connector, connect(connector.station, V201), "lock")
    messages = list(OcppMessage.objects.filter(run=run).order_by("pk"))
    replies = [
        {"setVariableResult": [{"attributeStatus": "Accepted"}]},
        {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "true"}]},
    ]
    for message, payload in zip(messages, replies, strict=True):
        outcomes.record_answer(
            unique_id=message.unique_id,
            station_pk=connector.station.pk,
            frame="[3]",
            answer={"payload": payload},
            answered_at=timezone.now(),
        )
    assert fresh(run).status == RunStatus.DONE


def test_an_answer_that_no_database_would_keep_is_kept_all_the_same(
    connector: Connector, connection: Connection
) -> None:
    run = sent(connector, connection, "unlock")
    message = OcppMessage.objects.get(run=run)
    outcomes.record_answer(
        unique_id=message.unique_id,
        station_pk=connector.station.pk,
        frame=r'[3,"x",{"status":"Unlocked","why":"\u0000 \ud800"}]',
        answer={"payload": {"status": "Unlocked"}},
        answered_at=timezone.now(),
    )
    assert fresh(run).status == RunStatus.DONE
    assert (
        OcppMessage.objects.get(run=run).answer == r'[3,"x",{"status":"Unlocked","why":"\u0000 ?"}]'
    )


def test_a_configuration_read_back_tells_of_connectors(connector: Connector) -> None:
    OcppMessage.objects.create(
        station=connector.station,
        is_from_station=False,
        action="GetConfiguration",
        unique_id="x",
        called_at=timezone.now(),
    )
    key = {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    outcomes.record_answer(
        unique_id="x",
        station_pk=connector.station.pk,
        frame="[3]",
        answer={"payload": {"configurationKey": [key]}},
        answered_at=timezone.now(),
    )
    assert connector.station.connectors.count() == 2


def test_what_somebody_else_moved_on_meanwhile_is_left_there(
    connector: Connector, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sent(connector, connection, "unlock")
    end = outcomes.end_unanswered

    def cancelled_first(asked: CommandRun, *rest: Any, **more: Any) -> None:
        CommandRun.objects.update(status=RunStatus.CANCELLED)
        end(asked, *rest, **more)

    monkeypatch.setattr(outcomes, "end_unanswered", cancelled_first)
    loses(connection)
    assert fresh(run).status == RunStatus.CANCELLED
    assert history(run) == ["queued", "sent"]
