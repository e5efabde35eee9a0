"""Drift: what stations report against what their templates say, and what is done about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import (
    AuditEntry,
    CommandBatch,
    CommandRun,
    ConfigurationTemplate,
    SettingDrift,
    Station,
    TemplateVisit,
)
from operations.models.alerts import AlertKind
from operations.models.templates import DriftState
from operations.services import applying, conditions, drift, settings
from operations.services.settings import Said
from operations.statuses import RunStatus
from operations.variables import Variable
from tests.factories import (
    AlertRuleFactory,
    RunFactory,
    SettingFactory,
    StationFactory,
    TemplateFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

KEY = "HeartbeatInterval"


def told(station: Station, value: str, key: str = KEY, **facts: Any) -> None:
    """The station says what it has."""
    facts = {"value": value, "state": "reported", "mutability": "ReadWrite", **facts}
    settings.keep(
        station_pk=station.pk, said=[Said(Variable.of_key(key), facts)], at=timezone.now()
    )


def shown() -> list[tuple[str, str, str, str]]:
    """The deviations there are."""
    rows = SettingDrift.objects.order_by("station__name", "key")
    return list(rows.values_list("key", "desired", "reported", "state"))


def all_drift() -> Any:
    return SettingDrift.objects.all()


# --- comparing -----------------------------------------------------------------------------------


def test_a_setting_that_is_read_is_compared_at_once() -> None:
    TemplateFactory(settings={KEY: "60"})
    station = StationFactory()
    told(station, "300")
    assert shown() == [(KEY, "60", "300", "differs")]
    told(station, "60.0")
    assert shown() == []


def test_what_a_station_does_not_have_or_does_not_let_change_is_told_so() -> None:
    TemplateFactory(settings={KEY: "60", "Locked": "1"})
    station = StationFactory()
    told(station, "", state="missing")
    told(station, "0", key="Locked", mutability="ReadOnly")
    assert shown() == [(KEY, "60", "", "missing"), ("Locked", "1", "0", "read-only")]


def test_what_was_never_read_is_no_deviation() -> None:
    TemplateFactory(settings={KEY: "60"})
    StationFactory()
    drift.catch_up()
    assert shown() == []


@pytest.mark.parametrize("is_template_first", [True, False])
def test_what_a_full_read_lacks_is_not_there(is_template_first: bool) -> None:
    station = StationFactory(protocol="1.6")
    wished = {KEY: "60", "AuthorizationKey": "secret", "AuthCtrlr.Enabled": "true"}
    if is_template_first:
        TemplateFactory(settings=wished)
    tells_all(station, "ConnectionTimeOut")
    if not is_template_first:
        TemplateFactory(settings=wished)
        drift.catch_up()
    # Passwords no station names, and names of 2.x no station of 1.6.
    assert shown() == [(KEY, "60", "", "missing")]
    told(station, "60")
    assert shown() == []


def tells_all(station: Station, *keys: str) -> None:
    facts = {"value": "1", "state": "reported", "mutability": "ReadWrite"}
    said = [Said(Variable.of_key(key), facts) for key in keys]
    settings.keep(station_pk=station.pk, said=said, at=timezone.now(), is_all=True)


def test_templates_that_change_are_compared_with_the_whole_fleet() -> None:
    row = SettingFactory(value="300")
    template = TemplateFactory(settings={KEY: "60"})
    drift.catch_up()
    assert shown() == [(KEY, "60", "300", "differs")]
    template.settings.update(value="90")
    drift.catch_up()
    assert shown() == [(KEY, "90", "300", "differs")]
    template.settings.update(value=row.value)
    drift.catch_up()
    assert shown() == []
    template.settings.update(value="90")
    drift.catch_up()
    template.is_enabled = False
    template.save()
    drift.catch_up()
    assert shown() == []


def test_a_large_fleet_is_compared_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "CHUNK", 2)
    monkeypatch.setattr(drift, "BUDGET_S", 0)
    for _number in range(3):
        SettingFactory(value="300")
    TemplateFactory(settings={KEY: "60"})
    drift.catch_up()
    assert SettingDrift.objects.count() == 2
    drift.catch_up()
    assert SettingDrift.objects.count() == 3


def test_a_look_at_nothing_new_costs_few_queries() -> None:
    SettingFactory(value="300")
    TemplateFactory(settings={KEY: "60"})
    drift.catch_up()
    with CaptureQueriesContext(connection) as queries:
        drift.catch_up()
    assert len(queries) <= 3


def test_comparing_takes_the_same_queries_for_any_number_of_stations() -> None:
    TemplateFactory(settings={KEY: "60"})
    counts = []
    for _round in range(2):
        for _number in range(4):
            SettingFactory(value="300")
        wishes = drift.desired.wishes(timezone.now())
        pks = list(Station.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            drift.compare(station_pks=pks, wishes=wishes, now=timezone.now())
        counts.append(len(queries))
    assert SettingDrift.objects.count() == 8
    assert counts[0] == counts[1]


# --- accepting -----------------------------------------------------------------------------------


def test_what_was_accepted_stays_so_until_it_changes() -> None:
    TemplateFactory(settings={KEY: "60"})
    station = StationFactory()
    told(station, "300")
    assert drift.accept(drift=all_drift(), user=UserFactory()) == 1
    told(station, "300")
    assert shown() == [(KEY, "60", "300", "accepted")]
    assert AuditEntry.objects.get().target_name == station.name
    told(station, "400")
    assert shown() == [(KEY, "60", "400", "differs")]
    assert SettingDrift.objects.get().accepted_by is None


# --- applying ------------------------------------------------------------------------------------


def test_only_what_differs_is_asked_for() -> None:
    TemplateFactory(settings={KEY: "60", "MinimumStatusDuration": "2"}, batch_size=1)
    station = StationFactory(open_connection=True)
    told(station, "300")
    told(station, "2", key="MinimumStatusDuration")
    applied = applying.apply(asks=applying.asks_of(all_drift()), user=UserFactory(role="engineer"))
    run = CommandRun.objects.get()
    assert applied.runs == (run,)
    assert run.command == "change-settings"
    assert run.params == {"settings": [{"key": KEY, "value": "60"}], "most_items": 1}
    assert run.status == RunStatus.QUEUED


def test_stations_that_need_the_same_are_one_batch_and_offline_ones_are_waited_for() -> None:
    TemplateFactory(settings={KEY: "60"})
    for _number in range(3):
        told(StationFactory(open_connection=True), "300")
    told(StationFactory(connected=False), "300")
    odd = StationFactory(open_connection=True)
    told(odd, "1", mutability="ReadOnly")
    applied = applying.apply(asks=applying.asks_of(all_drift()), user=UserFactory(role="engineer"))
    batch = CommandBatch.objects.get()
    assert applied.batch_pks == (batch.pk,)
    assert applied.stations == batch.size == 4
    assert batch.waits_until is not None
    assert CommandRun.objects.filter(waits_for_station=True).count() == 1
    assert not CommandRun.objects.filter(station=odd).exists()


# --- when a station connects ---------------------------------------------------------------------


@pytest.fixture
def visited() -> Station:
    """A station that connected a while ago, of a template that applies then."""
    TemplateFactory(applies_on_connect=True, settings={KEY: "60"})
    station: Station = StationFactory(open_connection=True)
    return station


def test_a_station_that_connects_is_read_then_given_what_differs(visited: Station) -> None:
    applying.visit()
    reading = CommandRun.objects.get()
    assert (reading.command, reading.params) == ("read-settings", {"keys": [KEY]})
    applying.visit()
    assert CommandRun.objects.count() == 1, "it has not told yet"
    told(visited, "300")
    CommandRun.objects.update(status=RunStatus.DONE, closed_at=timezone.now())
    applying.visit()
    change = CommandRun.objects.get(command="change-settings")
    assert change.params["settings"] == [{"key": KEY, "value": "60"}]
    asked = AuditEntry.objects.latest("pk")
    assert (asked.actor_kind, asked.who) == ("schedule", "Configuration templates")


def test_a_station_is_visited_once_a_connection(visited: Station) -> None:
    applying.visit()
    told(visited, "300")
    CommandRun.objects.update(status=RunStatus.DONE, closed_at=timezone.now())
    applying.visit()
    CommandRun.objects.update(status=RunStatus.NOT_CONFIRMED, closed_at=timezone.now())
    applying.visit()
    assert CommandRun.objects.count() == 2, "a station that ignores it is not asked for ever"


def test_a_station_that_flaps_is_not_read_each_time(visited: Station) -> None:
    applying.visit()
    Station.objects.update(epoch=visited.epoch + 1)
    applying.visit()
    assert CommandRun.objects.count() == 1
    TemplateVisit.objects.update(asked_at=timezone.now() - applying.VISITS_EVERY * 2)
    applying.visit()
    assert CommandRun.objects.count() == 2


def test_a_station_that_tells_nothing_is_given_nothing(visited: Station) -> None:
    told(visited, "300")
    applying.visit()
    CommandRun.objects.update(status=RunStatus.TIMED_OUT, closed_at=timezone.now())
    applying.visit()
    assert not CommandRun.objects.filter(command="change-settings").exists()
    assert not TemplateVisit.objects.get().is_reading


def test_what_was_accepted_is_not_applied(visited: Station) -> None:
    told(visited, "300")
    drift.accept(drift=all_drift(), user=UserFactory())
    applying.visit()
    told(visited, "300")
    CommandRun.objects.update(status=RunStatus.DONE, closed_at=timezone.now())
    applying.visit()
    assert not CommandRun.objects.filter(command="change-settings").exists()


def test_who_has_just_connected_or_fits_no_template_is_left_alone(visited: Station) -> None:
    Station.objects.update(connected_at=timezone.now())
    applying.visit()
    Station.objects.update(connected_at=timezone.now() - timedelta(minutes=5))
    ConfigurationTemplate.objects.update(vendor="Alfen")
    applying.visit()
    assert not CommandRun.objects.exists()


def test_a_storm_of_connections_is_one_batch(visited: Station) -> None:
    for _number in range(5):
        StationFactory(open_connection=True)
    applying.visit()
    assert CommandBatch.objects.get().size == 6
    assert TemplateVisit.objects.count() == 6


# --- alerts --------------------------------------------------------------------------------------


def test_an_alert_rule_finds_what_differs_for_too_long() -> None:
    TemplateFactory(settings={KEY: "60"})
    station, other = StationFactory(), StationFactory()
    told(station, "300")
    told(other, "300")
    drift.accept(drift=all_drift().filter(station=other), user=UserFactory())
    rule = AlertRuleFactory(kind=AlertKind.DRIFT, threshold=10)
    now = timezone.now()
    assert conditions.holds_for(rule, now=now) == {}
    assert set(conditions.holds_for(rule, now=now + timedelta(minutes=11))) == {station.pk}
    sentence = conditions.CONDITIONS[AlertKind.DRIFT].sentence(rule)
    assert sentence == "Settings differ from their templates for more than 10 minutes."


def test_an_open_reading_is_waited_for_and_others_are_not(visited: Station) -> None:
    applying.visit()
    CommandRun.objects.update(status=RunStatus.DONE, closed_at=timezone.now())
    told(visited, "300")
    RunFactory(station=visited, command="read-settings", status=RunStatus.SENT)
    applying.visit()
    assert TemplateVisit.objects.get().is_reading
    assert DriftState(SettingDrift.objects.get().state).label == "Differs"
