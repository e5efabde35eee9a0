"""Alert rules: what they find, when it opens and closes, and what they ask by themselves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import Alert, AlertRule, AuditEntry, CommandRun, Station
from operations.models.alerts import AlertKind, DeliveryStatus
from operations.models.audit import ActorKind, Deed
from operations.services import alerts, following_up, pruning, usual_rules
from operations.services.conditions import CONDITIONS
from operations.statuses import ChargingStatus, OperationalStatus, Registration, RunStatus
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    AlertRuleFactory,
    ConnectionFactory,
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


def offline(minutes: float, **fields: Any) -> Station:
    since = timezone.now() - timedelta(minutes=minutes)
    station: Station = StationFactory(connected_at=None, disconnected_at=since, **fields)
    return station


def open_stations() -> set[Station | None]:
    return {alert.station for alert in Alert.objects.open().select_related("station")}


def test_every_kind_has_a_condition_and_usual_rules_cover_it() -> None:
    assert set(CONDITIONS) == set(AlertKind)
    assert {usual.kind for usual in usual_rules.USUAL} == set(AlertKind)


def test_a_station_is_offline_for_too_long(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="offline", threshold=10)
    late = offline(11)
    offline(9)
    offline(60, operational_status=OperationalStatus.CLOSED)
    offline(60, registration=Registration.PENDING)
    StationFactory()
    StationFactory(connected_at=None, disconnected_at=None)
    alerts.watch()
    assert open_stations() == {late}
    assert Alert.objects.get().summary == "Offline for more than 10 minutes."


def test_a_connector_or_the_station_itself_is_faulted(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="faulted", threshold=5)
    since = START - timedelta(minutes=6)
    faulted = {"charging_status": ChargingStatus.FAULTED}
    broken = ConnectorFactory(**faulted, status_at=since).station
    ConnectorFactory(**faulted, status_at=START)
    ConnectorFactory(**faulted, status_at=since, operational_status=OperationalStatus.CLOSED)
    itself = StationFactory(main_status=ChargingStatus.FAULTED, main_status_at=since)
    alerts.watch()
    assert open_stations() == {broken, itself}


def test_a_station_reconnects_too_often(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="flapping", threshold=3, window_minutes=10)
    restless, calm = StationFactory(), StationFactory()
    for minute in (1, 4, 9):
        opened = START - timedelta(minutes=minute)
        ConnectionFactory(station=restless, opened_at=opened, closed_at=START)
        ConnectionFactory(station=calm, opened_at=opened - timedelta(minutes=5), closed_at=START)
    alerts.watch()
    assert open_stations() == {restless}
    assert Alert.objects.get().since == START - timedelta(minutes=9), "with the first of them"


def test_requests_fail(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="failed-runs", threshold=2, window_minutes=60)
    bad, refusing = StationFactory(), StationFactory()
    for status in (RunStatus.TIMED_OUT, RunStatus.FAILED):
        RunFactory(station=bad, status=status, closed_at=START)
        RunFactory(station=refusing, status=RunStatus.REFUSED, closed_at=START)
    alerts.watch()
    assert open_stations() == {bad}


def test_a_station_speaks_with_faults(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="findings", threshold=2, window_minutes=60)
    odd, one = StationFactory(), StationFactory()
    for number in range(2):
        odd.findings.create(kind=f"kind-{number}", count=1, first_at=START, last_at=START)
        past = START - timedelta(hours=number + 0.5)
        one.findings.create(kind=f"kind-{number}", count=900, first_at=past, last_at=past)
    alerts.watch()
    assert open_stations() == {odd}


def test_calls_stay_unanswered_in_a_row(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="unanswered", threshold=3, window_minutes=30)
    silent, answered, retried = StationFactory(), StationFactory(), StationFactory()
    lost = {"status": RunStatus.TIMED_OUT, "closed_at": START, "attempts": 1}
    for minute in (9, 6, 3):
        sent = {"sent_at": START - timedelta(minutes=minute), "created_at": START}
        RunFactory(station=silent, **lost, **sent)
        RunFactory(station=answered, **lost, **sent)
    sent_at = START - timedelta(minutes=5)
    RunFactory(station=answered, status=RunStatus.DONE, sent_at=sent_at, answered_at=sent_at)
    RunFactory(station=retried, **{**lost, "attempts": 3}, sent_at=sent_at)
    alerts.watch()
    assert open_stations() == {silent, retried}


def test_notifications_that_were_given_up_are_an_alert_of_the_portal_itself(
    clock: time_machine.Traveller,
) -> None:
    AlertRuleFactory(kind="deliveries", threshold=1)
    alerts.watch()
    assert open_stations() == set()
    AlertDeliveryFactory(status=DeliveryStatus.DEAD)
    clock.shift(15)
    alerts.watch()
    clock.shift(15)
    alerts.watch()
    assert Alert.objects.get().station is None


def test_a_rule_watches_its_organisation_alone(clock: time_machine.Traveller) -> None:
    grid = OrganisationFactory()
    for kind in AlertKind.values:
        if kind != AlertKind.DELIVERIES:
            AlertRuleFactory(kind=kind, organisation=grid, threshold=1)
    for organisation in (grid, OrganisationFactory()):
        station = offline(30, organisation=organisation)
        ConnectionFactory(station=station, closed_at=START)
        RunFactory(
            station=station, status=RunStatus.TIMED_OUT, closed_at=START, sent_at=START, attempts=1
        )
        station.findings.create(kind="odd", count=1, first_at=START, last_at=START)
        connector = ConnectorFactory(charger__station=station)
        connector.charging_status, connector.status_at = "Faulted", START - timedelta(minutes=5)
        connector.save()
    alerts.watch()
    assert Alert.objects.count() == 6
    assert {alert.station.organisation for alert in Alert.objects.all() if alert.station} == {grid}


def test_an_alert_closes_only_after_calm(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(kind="offline", threshold=10, calm_minutes=2)
    station = offline(11)
    alerts.watch()
    Station.objects.filter(pk=station.pk).update(connected_at=START)
    clock.shift(60)
    alerts.watch()
    alert = Alert.objects.get()
    assert alert.is_open
    assert alert.calm_since == timezone.now()
    # It comes back before the calm has lasted: the same alert, once more.
    Station.objects.filter(pk=station.pk).update(connected_at=None)
    clock.shift(60)
    alerts.watch()
    alert.refresh_from_db()
    assert (alert.is_open, alert.calm_since, alert.count) == (True, None, 2)
    Station.objects.filter(pk=station.pk).update(connected_at=START)
    for _minute in range(4):
        clock.shift(60)
        alerts.watch()
    alert.refresh_from_db()
    assert not alert.is_open
    assert alert.closed_at is not None
    assert Alert.objects.count() == 1


def test_a_rule_without_patience_closes_at_once(clock: time_machine.Traveller) -> None:
    AlertRuleFactory(calm_minutes=0)
    station = offline(11)
    alerts.watch()
    Station.objects.filter(pk=station.pk).update(connected_at=START)
    clock.shift(15)
    alerts.watch()
    assert not Alert.objects.get().is_open


def test_two_workers_look_once(clock: time_machine.Traveller) -> None:
    AlertRuleFactory()
    offline(11)
    alerts.watch()
    Alert.objects.all().delete()
    alerts.watch()
    assert not Alert.objects.exists()


def test_a_rule_that_is_off_neither_looks_nor_keeps_anything_open(
    clock: time_machine.Traveller,
) -> None:
    rule = AlertRuleFactory()
    offline(11)
    alerts.watch()
    rule.is_enabled = False
    alerts.save_rule(rule=rule)
    assert not Alert.objects.get().is_open
    clock.shift(60)
    alerts.watch()
    assert Alert.objects.count() == 1


def test_looking_costs_the_same_whatever_is_open(clock: time_machine.Traveller) -> None:
    rule = AlertRuleFactory()
    for _number in range(3):
        offline(30)
    alerts.look(rule, now=START)
    for _number in range(40):
        alert = AlertFactory(rule=rule, station=offline(30), opened_at=START)
    with CaptureQueriesContext(connection) as few:
        alerts.look(rule, now=START + timedelta(seconds=15))
    assert len(few) == 3
    assert alert.is_open


def test_five_hundred_that_open_at_once_are_a_handful_of_statements(
    clock: time_machine.Traveller,
) -> None:
    rule = AlertRuleFactory(emails="ops@example.org")
    since = START - timedelta(minutes=30)
    Station.objects.bulk_create(
        Station(identity=f"S-{number}", name=f"S-{number}", disconnected_at=since)
        for number in range(500)
    )
    with CaptureQueriesContext(connection) as queries:
        alerts.look(rule, now=START)
    assert Alert.objects.open().count() == 500
    assert len(queries) < 25
    assert rule.deliveries.count() == 1


def test_acknowledging_says_who_and_why() -> None:
    alert, user = AlertFactory(), UserFactory(username="lee")
    only = Alert.objects.filter(pk=alert.pk)
    assert alerts.acknowledge(alerts=only, user=user, note="On my way") == 1
    assert alerts.acknowledge(alerts=only, user=UserFactory(), note="Me too") == 0
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note) == (user, "On my way")
    entry = AuditEntry.objects.get()
    assert (entry.deed, entry.target_pk, entry.detail) == (
        Deed.ACKNOWLEDGED,
        alert.pk,
        "On my way",
    )


def test_rules_leave_entries_in_the_audit_log() -> None:
    rule = alerts.save_rule(
        rule=AlertRule(name="Mine", kind="offline", threshold=10), secret="a-secret-of-20-letters"
    )
    assert "a-secret-of-20-letters" not in rule.webhook_secret
    rule.threshold = 20
    alerts.save_rule(rule=rule)
    alerts.delete_rule(rule=rule)
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [entry.deed for entry in entries] == [Deed.CREATED, Deed.CHANGED, Deed.DELETED]
    assert entries[1].changes == {"threshold": [10, 20]}
    assert entries[0].changes["webhook_secret"] == [None, "•••"]


def test_the_usual_rules_are_made_once() -> None:
    made = usual_rules.add(kinds=list(AlertKind.values), organisation=None)
    assert len(made) == len(AlertKind)
    assert usual_rules.missing(None) == []
    assert usual_rules.add(kinds=["offline"], organisation=None) == []
    mine = OrganisationFactory()
    assert "deliveries" not in {usual.kind for usual in usual_rules.missing(mine)}


def silent(rule: AlertRule, **fields: Any) -> Station:
    """A station that left a call unanswered a moment ago."""
    station: Station = StationFactory(open_connection=True, **fields)
    RunFactory(
        station=station,
        command="unlock",
        status=RunStatus.TIMED_OUT,
        closed_at=timezone.now(),
        sent_at=timezone.now(),
        attempts=rule.threshold,
    )
    return station


@pytest.fixture
def healing(clock: time_machine.Traveller) -> AlertRule:
    rule: AlertRule = AlertRuleFactory(
        name="Silent", kind="unanswered", threshold=3, follow_up="reboot", calm_minutes=0
    )
    return rule


def reboots() -> list[CommandRun]:
    return list(CommandRun.objects.filter(command="reboot"))


def test_a_rule_reboots_once_in_a_while(healing: AlertRule, clock: time_machine.Traveller) -> None:
    station = silent(healing)
    alerts.watch()
    (run,) = reboots()
    assert (run.station, run.status, run.created_by) == (station, RunStatus.QUEUED, None)
    assert "Silent" in run.reason
    assert Alert.objects.get().follow_up_run == run
    entry = AuditEntry.objects.get(deed=Deed.ASKED)
    assert (entry.actor_kind, entry.who) == (ActorKind.RULE, "Silent")
    # The same again within the day: an alert, but no second reboot.
    Alert.objects.update(is_open=False)
    clock.shift(3600)
    RunFactory(
        station=station, status=RunStatus.TIMED_OUT, sent_at=timezone.now(), attempts=3,
        closed_at=timezone.now(), command="unlock",
    )  # fmt: skip
    alerts.watch()
    assert Alert.objects.open().count() == 1
    assert len(reboots()) == 1
    # The next day it may.
    Alert.objects.update(is_open=False)
    clock.shift(24 * 3600)
    CommandRun.objects.filter(command="unlock").update(
        closed_at=timezone.now(), sent_at=timezone.now()
    )
    alerts.watch()
    assert len(reboots()) == 2


def test_a_rule_reboots_nobody_unless_told_to(clock: time_machine.Traveller) -> None:
    rule = AlertRuleFactory(kind="unanswered", threshold=3)
    silent(rule)
    alerts.watch()
    assert Alert.objects.count() == 1
    assert reboots() == []


def test_a_fleet_in_trouble_is_not_rebooted(healing: AlertRule) -> None:
    for _number in range(following_up.MOST_AN_HOUR + 5):
        silent(healing)
    alerts.watch()
    assert Alert.objects.count() == following_up.MOST_AN_HOUR + 5
    assert len(reboots()) == following_up.MOST_AN_HOUR


def test_what_a_look_that_died_left_untold_is_told_by_the_next(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = AlertRuleFactory(emails="ops@example.org")
    offline(11)
    with monkeypatch.context() as patched:
        patched.setattr(alerts, "_announce_opened", lambda rule, now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            alerts.look(rule, now=START)
    assert Alert.objects.open().count() == 1
    assert not rule.deliveries.exists()
    alerts.look(rule, now=START + timedelta(seconds=15))
    alerts.look(rule, now=START + timedelta(seconds=30))
    assert rule.deliveries.count() == 1
    assert Alert.objects.count() == 1


def test_what_a_look_leaves_open_is_the_next_ones(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "MOST_A_LOOK", 2)
    rule = AlertRuleFactory()
    for _number in range(3):
        offline(11)
    alerts.look(rule, now=START)
    assert Alert.objects.count() == 2
    alerts.look(rule, now=START)
    assert Alert.objects.count() == 3


def test_alerts_that_are_over_for_long_are_forgotten(settings: Settings) -> None:
    long_ago = timezone.now() - timedelta(days=settings.EVCHARGE_ALERTS_DAYS + 1)
    AlertFactory(opened_at=long_ago, is_open=False)
    lasting, recent = AlertFactory(opened_at=long_ago), AlertFactory(is_open=False)
    pruning.prune()
    assert set(Alert.objects.all()) == {lasting, recent}
