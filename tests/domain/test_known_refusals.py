"""Requests of many leave out those who have told already that they can't."""

from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import AuthorizationProfile, Station, StationList, StationSetting
from operations.models.local_lists import ListState
from operations.models.settings import Mutability, SettingState, Switch
from operations.services import batches, judging
from operations.services.local_lists import forecasts
from operations.services.selections import Selection
from tests.domain.listing import listed_station
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


def profiled(protocol: str = "1.6", **facts: Any) -> Station:
    """A station that was asked how it authorises."""
    station: Station = StationFactory(protocol=protocol)
    AuthorizationProfile.objects.create(station=station, read_at=timezone.now(), **facts)
    return station


def told(station: Station, key: str, **facts: Any) -> None:
    StationSetting.objects.create(station=station, key=key, read_at=timezone.now(), **facts)


def hindered(stations: list[Station], slug: str, params: Any) -> dict[str, list[Station]]:
    """Who can't be asked, by the sentence that says why."""
    judgement = judging.judge(
        command=BY_SLUG[slug],
        selection=Selection.of_pks(TargetKind.STATION, [station.pk for station in stations]),
        params=params,
        user=None,
    )
    found: dict[str, list[Station]] = {}
    for each in judgement.hindered:
        found.setdefault(each.sentence, []).append(each.target.station)
    return found


def test_a_list_is_not_sent_where_lists_are_switched_off_or_missing() -> None:
    willing, _local_list = listed_station(1)
    off, none = profiled(list_enabled=Switch.OFF), profiled(list_enabled=Switch.UNSUPPORTED)
    denied = StationFactory()
    StationList.objects.create(station=denied, is_supported=False, state=ListState.UNSUPPORTED)
    never_read = StationFactory()
    hides_the_switch = profiled(list_enabled=Switch.UNSUPPORTED)
    StationList.objects.create(station=hides_the_switch, version=3)
    asked = [willing, off, none, denied, never_read, hides_the_switch]
    found = hindered(asked, "send-local-list", {"mode": "full"})
    assert found == {
        "Its local list is switched off.": [off],
        "It has no local list.": [none, denied],
    }


def test_a_switch_is_not_turned_where_it_is_missing_or_read_only() -> None:
    on, off = profiled(cache_enabled=Switch.ON), profiled(cache_enabled=Switch.OFF)
    none = profiled(cache_enabled=Switch.UNSUPPORTED, local_pre_authorize=Switch.ON)
    locked = profiled(cache_enabled=Switch.ON, read_only=["cache_enabled"])
    everybody = [on, off, none, locked]
    found = hindered(everybody, "change-authorization", {"cache_enabled": "false"})
    assert found == {
        "It has no such setting.": [none],
        "It says that this can't be changed.": [locked],
    }
    # What else is asked for, they may do: the request says which it was.
    two = {"cache_enabled": "false", "local_pre_authorize": "true"}
    assert hindered(everybody, "change-authorization", two) == {}


def test_a_setting_is_not_changed_where_it_is_missing_or_read_only() -> None:
    willing, none, locked = (StationFactory(protocol="1.6") for _ in range(3))
    other = StationFactory(protocol="2.0.1")
    writable = {"state": SettingState.REPORTED, "mutability": Mutability.READ_WRITE}
    told(willing, "HeartbeatInterval", **writable)
    told(none, "HeartbeatInterval", state=SettingState.UNKNOWN)
    told(locked, "HeartbeatInterval", **{**writable, "mutability": Mutability.READ_ONLY})
    params = {"settings": [{"key": "HeartbeatInterval", "value": "60"}]}
    found = hindered([willing, none, locked, other], "change-settings", params)
    assert found == {
        "It has no such setting.": [none],
        "It says that this can't be changed.": [locked],
        "OCPP 2.0.1 has no words for these choices.": [other],
    }


def test_the_batch_keeps_them_with_why() -> None:
    off = profiled(list_enabled=Switch.OFF)
    batch = batches.submit(
        command=BY_SLUG["send-local-list"],
        selection=Selection.of_pks(TargetKind.STATION, [off.pk]),
        params={"mode": "full"},
        user=None,
    )
    (run,) = batch.runs.all()
    assert (run.status, run.summary) == ("refused", "Its local list is switched off.")


def test_the_forecast_of_one_station_says_it_too() -> None:
    station, _local_list = listed_station(1)
    StationList.objects.filter(station=station).update(is_enabled=False, state=ListState.DISABLED)
    (sentence,) = forecasts.sentences([station.pk], "full")
    assert sentence.startswith("The station's local list is disabled")
