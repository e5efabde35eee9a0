"""What stations say of settings, kept: by name, whatever they say, and how much of it they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from operations import known_settings, variables
from operations.commands import BY_SLUG
from operations.events import StationBooted, Told
from operations.known_settings.authorization import BY_FIELD, SETTINGS
from operations.models import (
    AuthorizationProfile,
    CommandRun,
    SettingChange,
    Station,
    StationSetting,
)
from operations.services import rereading, settings, targets
from operations.services.setting_answers import Said
from operations.variables import Variable
from operations.versions import V16, V21, V201, VERSIONS
from tests.factories import RunFactory, StationFactory

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
NUMBERS = st.none() | st.integers(0, 10**6)


# Names


@given(NAMES, NAMES, NAMES | st.just(""), NUMBERS, NAMES | st.just(""))
def test_a_key_means_the_variable_it_was_made_from(
    name: str, component: str, of: str, evse: int | None, instance: str
) -> None:
    connector = evse
    variable = Variable(name, component, of, evse, connector, instance)
    assert Variable.of_key(variable.key) == variable
    assert Variable.of_wire(variable.wire()) == variable


@given(NAMES)
def test_a_key_of_16_may_hold_anything(name: str) -> None:
    assert Variable.of_wire({"key": name}) == Variable(name)
    assert Variable.of_key(Variable(name).key).name == name


@pytest.mark.parametrize("text", ["", ".", "A.", ".B", "A[", "A.B.C", "A@x.B", "A@1/.B"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Variable.of_key(text)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"key": ""},
        {"key": None},
        {"component": "x", "variable": "y"},
        {"component": {"name": "X"}, "variable": {}},
        {"component": {}, "variable": {"name": "Y"}},
    ],
)
def test_an_item_without_a_name_is_nothing(item: dict[str, Any]) -> None:
    assert Variable.of_wire(item) is None


@pytest.mark.parametrize(
    ("value", "other", "is_same"),
    [
        ("true", "TRUE", True),
        ("300", " 300.0", True),
        ("a,b", "a, b", True),
        ("a,b", "b,a", False),
        ("Abc", "abc", False),
        ("1", "true", False),
        ("", "0", False),
    ],
)
def test_values_that_say_the_same(value: str, other: str, *, is_same: bool) -> None:
    assert variables.is_same(value, other) is is_same


# What the specifications say


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_known_setting_can_be_named_and_says_where_it_is_from(version: Any) -> None:
    known = known_settings.of(version)
    for key, setting in known.items():
        assert Variable.of_key(key).key == key == setting.key
        assert setting.description.endswith(".")
        assert setting.source.strip()
        assert setting.access in ("R", "W", "RW")
    for setting in SETTINGS:
        assert all(key in known or "SendLocalList" in key for key in setting.keys_of(version))


def test_a_setting_of_any_charger_is_known_by_its_component() -> None:
    power = Variable("Power", "EVSE", evse=2)
    found = known_settings.find(V21, power)
    assert found is not None
    assert found.unit == "W"
    assert known_settings.find(V16, power) is None
    assert known_settings.find(None, power) is None


# What stations say

pytestmark = pytest.mark.django_db
KEPT = {"value": "1", "state": "reported", "mutability": "ReadWrite"}


def keep(station: Station, key: str, **facts: Any) -> StationSetting:
    said = Said(Variable.of_key(key), {**KEPT, **facts})
    settings.keep(station_pk=station.pk, said=[said], at=timezone.now())
    return StationSetting.objects.get(station=station, key=key)


def report(station: Station, data: Any) -> None:
    settings.learn_report(
        station_pk=station.pk, request_id=1, data=data, at=timezone.now(), began_at=None
    )


def test_a_setting_is_one_row_however_often_it_is_told() -> None:
    station = StationFactory()
    keep(station, "HeartbeatInterval", value="300")
    row = keep(station, "HeartbeatInterval", value="60")
    assert row.value == "60"
    assert StationSetting.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        [None, 1, "x", []],
        [{"component": {"name": "A"}}],
        [{"component": {"name": "A"}, "variable": {"name": "B"}, "variableAttribute": "x"}],
        [
            {
                "component": {"name": "A" * 5000, "evse": {"id": -1}},
                "variable": {"name": "B\x00"},
                "variableAttribute": [{"value": "x\x00" * 5000, "mutability": "Odd"}],
                "variableCharacteristics": {"maxLimit": "1e400", "unit": ["V"], "valuesList": 5},
            }
        ],
    ],
)
def test_nonsense_in_a_report_does_no_harm(data: Any) -> None:
    report(StationFactory(protocol="2.0.1"), data)
    for row in StationSetting.objects.all():
        row.full_clean(exclude=["station"])
        assert "\x00" not in row.value


def test_the_same_variable_twice_in_one_report_is_one_row() -> None:
    item = {
        "component": {"name": "A"},
        "variable": {"name": "B"},
        "variableAttribute": [{"value": "1"}, {"type": "Target", "value": "2"}],
    }
    report(StationFactory(protocol="2.0.1"), [item, item])
    rows = StationSetting.objects.values_list("attribute", "value").order_by("attribute")
    assert list(rows) == [("Actual", "1"), ("Target", "2")]


def test_a_station_can_not_fill_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MOST_SETTINGS", 5)
    station = StationFactory()
    said = [Said(Variable(f"Key{number}"), KEPT) for number in range(20)]
    settings.keep(station_pk=station.pk, said=said, at=timezone.now())
    assert StationSetting.objects.count() == 5
    settings.keep(station_pk=station.pk, said=said, at=timezone.now())
    assert StationSetting.objects.count() == 5


def test_what_is_absent_from_all_keys_is_not_there_any_more() -> None:
    station = StationFactory()
    keep(station, "Old")
    later = timezone.now() + timedelta(seconds=1)
    said = [Said(Variable("New"), KEPT)]
    settings.keep(station_pk=station.pk, said=said, at=later, is_all=True)
    states = dict(StationSetting.objects.values_list("key", "state"))
    assert (states["Old"], states["New"]) == ("missing", "reported")


# How stations authorise


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_profile_follows_each_setting_by_its_versions_name(version: Any) -> None:
    station = StationFactory(protocol=version.name)
    for setting in SETTINGS:
        key = setting.key_of(version)
        limit = {"max_limit": 7.0} if setting.is_max_limit and version != V16 else {}
        keep(station, key, value="true" if setting.is_switch else "7", **limit)
    profile = AuthorizationProfile.objects.get()
    for setting in SETTINGS:
        assert getattr(profile, setting.field) == ("on" if setting.is_switch else 7), setting


@pytest.mark.parametrize(
    ("value", "switch"), [("True", "on"), ("0", "off"), ("FALSE", "off"), ("perhaps", "unknown")]
)
def test_switches_are_understood_however_they_are_spelled(value: str, switch: str) -> None:
    keep(StationFactory(), "LocalPreAuthorize", value=value)
    assert AuthorizationProfile.objects.get().local_pre_authorize == switch


def test_what_a_station_lacks_it_does_not_support() -> None:
    station = StationFactory(protocol="2.1")
    keep(station, "AuthCacheCtrlr.Enabled", value="true")
    keep(station, "AuthCacheCtrlr.Available", value="false")
    keep(station, "LocalAuthListCtrlr.ItemsPerMessage", state="unknown")
    profile = AuthorizationProfile.objects.get()
    assert profile.cache_enabled == "unsupported"
    assert profile.send_list_max == -1
    assert profile.local_pre_authorize == "unknown"


def test_how_many_entries_there_are_is_not_how_many_there_may_be() -> None:
    station = StationFactory(protocol="2.0.1")
    keep(station, "LocalAuthListCtrlr.Entries", value="3", max_limit=None)
    profile = AuthorizationProfile.objects.get()
    assert (profile.list_entries, profile.list_max) == (3, None)


def test_settings_of_another_kind_leave_the_profile_alone() -> None:
    keep(StationFactory(), "HeartbeatInterval")
    assert not AuthorizationProfile.objects.exists()


def test_one_question_has_the_name_of_each_version() -> None:
    command = BY_SLUG["change-authorization"]
    params = {"cache_enabled": "false", "cache_lifetime_s": "60", "list_max": "5"}
    target = targets.of_station(StationFactory())
    calls = command.requests(V16, target, params)
    assert [call.payload["key"] for call in calls] == [
        BY_FIELD["cache_enabled"].key_of(V16),
        "LocalAuthListMaxLength",
    ]
    (call,) = command.requests(V201, target, params)
    names = [
        (item["component"]["name"], item["variable"]["name"])
        for item in call.payload["setVariableData"]
    ]
    # Entries' limit is a characteristic, which nobody can set.
    assert names == [("AuthCacheCtrlr", "Enabled"), ("AuthCacheCtrlr", "LifeTime")]


# After a boot


def boots(station: Station) -> None:
    event = StationBooted(vendor="ABB", model="Terra 54")
    rereading.after_boots([Told(station.pk, event, timezone.now())])


def test_a_password_waits_for_the_boot_and_for_nothing_else() -> None:
    station = StationFactory(open_connection=True)
    keep(station, "AuthorizationKey", reboot_required_at=timezone.now())
    boots(station)
    assert not StationSetting.objects.awaiting_reboot().exists()
    assert not CommandRun.objects.exists()


def test_a_new_station_is_read_when_it_boots_if_that_is_wanted(settings: Any) -> None:
    settings.EVCHARGE_READ_SETTINGS = True
    station = StationFactory(open_connection=True)
    boots(station)
    boots(station)
    run = CommandRun.objects.get()
    assert (run.command, run.params) == ("read-settings", {"what": "all"})
    keep(station, "HeartbeatInterval")
    CommandRun.objects.all().delete()
    boots(station)
    assert not CommandRun.objects.exists()


# What became of changes


def test_of_two_changes_of_one_setting_the_last_counts() -> None:
    station = StationFactory()
    run = RunFactory(station=station, command="change-settings")
    for value in ("60", "30"):
        SettingChange.objects.create(
            station=station,
            run=run,
            key="HeartbeatInterval",
            new_value=value,
            outcome="accepted",
            at=timezone.now(),
        )
    keep(station, "HeartbeatInterval", value="30")
    outcomes = SettingChange.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["ignored", "confirmed"]


def test_what_nobody_can_change_is_no_change_of_somebody() -> None:
    station = StationFactory(protocol="2.0.1")
    for value in ("1", "2"):
        keep(station, "EVSE@1.Power", value=value, mutability="ReadOnly")
    assert not SettingChange.objects.exists()
