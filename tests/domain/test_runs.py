"""From the click to the frame, and back to the queue or out of it."""

import json
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandRun, Connector, OcppMessage
from operations.services import asking, batches, runs, targets
from operations.services.live import switchboard
from operations.services.runs import Options
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import OperationalStatus, Registration, RunStatus
from operations.versions import V201
from tests.domain.asked import answer, ask, claim, connect, fresh, history, look
from tests.domain.telling import reports_status
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def connector() -> Connector:
    """Connector 1 of a connected 1.6 station that has two."""
    first: Connector = ConnectorFactory(number=1)
    ConnectorFactory(charger=first.charger, number=2)
    return first


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What sockets were told."""
    heard: Told = []
    monkeypatch.setattr(switchboard, "tell", lambda name, message: heard.append((name, message)))
    return heard


# Asked


def test_a_run_is_queued_and_its_connection_told(
    connector: Connector,
    told: Told,
    django_capture_on_commit_callbacks: Any,
) -> None:
    connect(connector.station)
    with django_capture_on_commit_callbacks(execute=True):
        run = ask(connector, "unlock")
    assert (run.status, history(run)) == (RunStatus.QUEUED, ["queued"])
    assert run.deadline_at is not None
    assert told == [("ch", {"type": "command.run", "run": run.pk})]


def refused(target: Any, slug: str, **params: Any) -> tuple[str, str]:
    run = ask(target, slug, **params)
    assert run.closed_at is not None
    assert run.deadline_at is None
    assert history(run) == [run.status]
    return run.status, run.summary


def test_an_offline_station_is_not_asked_at_all() -> None:
    offline = StationFactory(name="Quay", connected=False)
    status, why = refused(offline, "reboot", mode="idle")
    assert status == RunStatus.NOT_CONNECTED
    assert "Quay is not connected since" in why
    status, why = refused(StationFactory(connected=False, disconnected_at=None), "reboot")
    assert status == RunStatus.NOT_CONNECTED
    assert "has never connected" in why
    status, _why = refused(StationFactory(protocol=""), "reboot")
    assert status == RunStatus.NOT_CONNECTED


def test_what_is_closed_is_not_asked(connector: Connector) -> None:
    connector.charger.operational_status = OperationalStatus.CLOSED
    connector.charger.save()
    status, why = refused(connector, "unlock")
    assert (status, why) == (
        RunStatus.REFUSED,
        f"Connector 1 of {connector.charger.name} is closed.",
    )


def test_a_rejected_station_is_not_asked() -> None:
    station = StationFactory(registration=Registration.REJECTED)
    assert refused(station, "reboot")[0] == RunStatus.REFUSED


def test_what_a_version_cannot_say_is_not_asked(connector: Connector) -> None:
    status, why = refused(connector, "lock")
    assert status == RunStatus.UNSUPPORTED
    assert "OCPP 1.6 has no request to lock" in why


def test_a_lock_that_cannot_be_closed_is_not_asked() -> None:
    connector = ConnectorFactory(charger__station__protocol="2.0.1")
    status, why = refused(connector, "lock")
    assert (status, why) == (
        RunStatus.UNSUPPORTED,
        "The station reports no lock that can be closed remotely.",
    )


def test_a_command_without_words_for_a_version_says_so(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(BY_SLUG["unlock"]), "request_v16", None)
    assert refused(connector, "unlock") == (
        RunStatus.UNSUPPORTED,
        "OCPP 1.6 has no request for this.",
    )


def test_a_double_click_asks_once(connector: Connector) -> None:
    user, opened_at = UserFactory(), timezone.now()
    reboot = BY_SLUG["reboot"]

    def click(**how: Any) -> CommandRun:
        defaults = {"params": {"mode": "idle"}, "form_opened_at": opened_at}
        return asking.submit_once(
            command=reboot,
            target=targets.of_station(connector.station),
            user=user,
            options=Options(),
            **(defaults | how),
        )

    first = click()
    assert click() == first
    assert click(params={"mode": "now"}) != first
    assert click(form_opened_at=None) != first
    assert click(form_opened_at=timezone.now()) != first


# Claimed


def test_a_run_is_claimed_once_and_logged_masked(connector: Connector) -> None:
    connection = connect(connector.station)
    run = ask(connector, "unlock")
    claimed = claim(run, connection)
    assert [(call.action, call.payload) for call in claimed.calls] == [
        ("UnlockConnector", {"connectorId": 1})
    ]
    assert runs.claim(run_pk=run.pk, connection_pk=connection.pk) is None
    run = fresh(run)
    assert (run.status, run.attempts, run.connection) == (RunStatus.SENT, 1, connection)
    message = OcppMessage.objects.get(run=run)
    assert json.loads(message.call) == [
        2,
        claimed.calls[0].unique_id,
        "UnlockConnector",
        {"connectorId": 1},
    ]


def test_only_an_open_connection_of_the_station_may_claim(connector: Connector) -> None:
    old = connect(connector.station)
    run = ask(connector, "unlock")
    other = connect(StationFactory())
    assert runs.claim(run_pk=run.pk, connection_pk=other.pk) is None
    connect(connector.station)
    assert runs.claim(run_pk=run.pk, connection_pk=old.pk) is None
    assert fresh(run).status == RunStatus.QUEUED


def test_somebody_elses_claim_is_respected(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(connector.station)
    run = ask(connector, "unlock")
    monkeypatch.setattr(runs, "move", lambda *_args, **_fields: False)
    assert runs.claim(run_pk=run.pk, connection_pk=connection.pk) is None
    assert not OcppMessage.objects.exists()


def test_a_run_is_worded_for_the_version_its_connection_speaks(connector: Connector) -> None:
    # A station may come back with another version than it had when it was asked.
    run = ask(connector, "lock")
    assert run.status == RunStatus.UNSUPPORTED
    run = ask(connector, "unlock")
    claimed = claim(run, connect(connector.station, V201))
    assert claimed.calls[0].payload == {"evseId": 1, "connectorId": 1}
    assert fresh(run).protocol == "2.0.1"


def test_a_charger_whose_connectors_are_gone_cannot_be_asked(connector: Connector) -> None:
    connection = connect(connector.station)
    right = ChargerFactory(station=connector.station, number=2)
    run = ask(right, "change-availability", availability="off")
    assert runs.claim(run_pk=run.pk, connection_pk=connection.pk) is None
    assert fresh(run).status == RunStatus.UNSUPPORTED


# Taken back


def test_a_queued_run_can_be_cancelled_by_name(connector: Connector) -> None:
    run = ask(connector, "unlock")
    assert runs.is_cancellable(run)
    assert runs.cancel(run=run, user=UserFactory(username="ana")) is None
    assert fresh(run).summary == "Cancelled by ana before it was sent."
    other = ask(connector, "unlock")
    runs.cancel(run=other, user=None)
    assert "the system" in fresh(other).summary


# It said "before it was sent" of a run that had been sent once, and waited to be sent again.
def test_a_run_that_waits_for_another_attempt_is_cancelled_in_true_words(
    connector: Connector,
) -> None:
    run = ask(connector, "change-availability", availability="off")
    CommandRun.objects.filter(pk=run.pk).update(attempts=1)
    runs.cancel(run=run, user=UserFactory(username="ana"))
    assert fresh(run).summary == "Cancelled by ana before it was sent again."


def test_a_sent_run_cannot_be_cancelled(connector: Connector) -> None:
    run = ask(connector, "unlock")
    claim(run, connect(connector.station))
    # Sent in the same moment: the caller's copy may be old.
    with pytest.raises(ValueError, match="can't be cancelled any more"):
        runs.cancel(run=run, user=None)
    assert not runs.is_cancellable(fresh(run))


def test_a_run_sent_while_it_was_being_cancelled_is_not_cancelled(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(connector, "unlock")
    monkeypatch.setattr(runs, "move", lambda *_args, **_fields: False)
    with pytest.raises(ValueError, match="it was sent"):
        runs.cancel(run=run, user=None)


def test_a_scheduled_change_is_withdrawn_by_asking_for_the_opposite(connector: Connector) -> None:
    connection = connect(connector.station)
    run = ask(connector, "change-availability", availability="off")
    claim(run, connection)
    answer(run, "Scheduled")
    assert runs.is_cancellable(fresh(run))
    withdrawal = runs.cancel(run=run, user=None)
    assert withdrawal is not None
    assert withdrawal.params == {"availability": "on"}
    assert withdrawal.reason == f"Withdraws request {run.pk}"
    claim(withdrawal, connection)
    reports_status(connector.station, 1, connector.charging_status, at=timezone.now())
    answer(withdrawal, "Accepted")
    assert fresh(run).status == RunStatus.SUPERSEDED
    assert fresh(withdrawal).status == RunStatus.DONE
    assert list(look(fresh(run))) == []


# Nudged


def test_a_nudge_asks_the_station_to_report_again(connector: Connector) -> None:
    connection = connect(connector.station)
    run = ask(connector.charger, "change-availability", availability="off")
    assert runs.claim_nudge(run_pk=run.pk, connection_pk=connection.pk) is None
    claim(run, connection)
    answer(run, "Accepted")
    nudge = runs.claim_nudge(run_pk=run.pk, connection_pk=connection.pk)
    assert nudge is not None
    assert nudge.is_nudge
    assert [(call.action, call.payload["connectorId"]) for call in nudge.calls] == [
        ("TriggerMessage", 1),
        ("TriggerMessage", 2),
    ]
    assert runs.claim_nudge(run_pk=run.pk, connection_pk=connection.pk + 1) is None


@pytest.mark.parametrize(
    ("wanted", "of_station", "answer_s", "effect_s"),
    [
        (None, {}, 30, 600),
        (None, {"answer_timeout_s": 90, "effect_timeout_s": 900}, 90, 900),
        (None, {"effect_timeout_s": 10}, 30, 600),
        (5, {"answer_timeout_s": 90, "effect_timeout_s": 900}, 5, 5),
    ],
)
def test_a_slow_station_has_more_time(
    wanted: int | None, of_station: dict[str, int], answer_s: int, effect_s: int
) -> None:
    station = StationFactory(**of_station)
    run = runs.submit(
        command=BY_SLUG["reboot"],
        target=targets.of_station(station),
        params={"mode": "idle"},
        options=Options(answer_timeout_s=wanted, effect_timeout_s=wanted),
    )
    assert (run.answer_timeout_s, run.effect_timeout_s) == (answer_s, effect_s)
    batch = batches.submit(
        command=BY_SLUG["reboot"],
        selection=Selection.of_pks(TargetKind.STATION, [station.pk]),
        params={"mode": "idle"},
        user=UserFactory(is_superuser=True),
        terms=Terms(answer_timeout_s=wanted, effect_timeout_s=wanted),
    )
    in_batch = batch.runs.get()
    assert (in_batch.answer_timeout_s, in_batch.effect_timeout_s) == (answer_s, effect_s)
