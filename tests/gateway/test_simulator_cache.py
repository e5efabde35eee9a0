"""The authorization cache of a simulated station: how long and how much it remembers."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.hardware import Hardware
from ocpp_gateway.simulator.profiles import PROFILES
from ocpp_gateway.simulator.settings import Rule, Settings
from ocpp_gateway.simulator.tokens import CACHE_BYTES, ENTRY_BYTES, Cache, TokenInfo
from ocpp_gateway.simulator.v2_variables import settings_v201
from ocpp_gateway.simulator.v16_keys import settings_v16

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GOOD, BAD = TokenInfo("Accepted"), TokenInfo("Blocked")
ROOM = CACHE_BYTES // ENTRY_BYTES


def later(**time: float) -> datetime:
    return NOW + timedelta(**time)


@pytest.fixture
def settings() -> Settings:
    return settings_v201(Hardware((1,)), PROFILES[0], Quirks())


def write(settings: Settings, name: str, value: str) -> None:
    setting = next(each for each in settings.all if each.name == name)
    assert setting.write(value) == "Accepted"


def test_an_identifier_is_the_same_in_any_case(settings: Settings) -> None:
    cache = Cache(settings)
    cache.keep("AbC", GOOD, NOW)
    assert cache.find("aBc", NOW) == GOOD


def test_a_date_of_its_own_counts(settings: Settings) -> None:
    cache = Cache(settings)
    cache.keep("A", TokenInfo("Accepted", later(hours=1)), NOW)
    known = cache.find("A", later(minutes=59))
    assert known
    assert known.is_accepted
    expired = cache.find("A", later(minutes=60))
    assert expired
    assert expired.status == "Expired"


def test_the_lifetime_runs_from_the_last_use(settings: Settings) -> None:
    write(settings, "LifeTime", "60")
    cache = Cache(settings)
    cache.keep("A", GOOD, NOW)
    for seconds, status in ((50, "Accepted"), (100, "Accepted"), (160, "Expired")):
        info = cache.find("A", later(seconds=seconds))
        assert info
        assert info.status == status


def test_1_6_has_no_lifetime() -> None:
    cache = Cache(settings_v16(Hardware((1,)), PROFILES[0], Quirks()))
    cache.keep("A", GOOD, NOW)
    assert cache.find("A", later(days=400)) == GOOD


@pytest.mark.parametrize(
    ("policy", "goes"), [("LRU", "second"), ("LFU", "second"), ("FIFO", "first")]
)
def test_a_full_cache_makes_room_by_its_policy(settings: Settings, policy: str, goes: str) -> None:
    write(settings, "Policy", policy)
    cache = Cache(settings)
    for number, token in enumerate(["first", "second", *(str(n) for n in range(ROOM - 2))]):
        cache.keep(token, GOOD, later(seconds=number))
    for token in [*cache.entries]:
        if token != "second":
            cache.find(token, later(minutes=5))
    cache.keep("new", GOOD, later(minutes=6))
    assert len(cache) == ROOM
    assert {"first", "second"} - set(cache.entries) == {goes}


def test_the_bad_go_first(settings: Settings) -> None:
    cache = Cache(settings)
    for number in range(ROOM - 1):
        cache.keep(str(number), GOOD, later(seconds=number))
    cache.keep("bad", BAD, later(minutes=5))
    cache.keep("new", GOOD, later(minutes=6))
    assert "bad" not in cache.entries
    assert len(cache) == ROOM


def test_what_it_takes_up_is_told(settings: Settings) -> None:
    cache = Cache(settings)
    cache.keep("A", GOOD, NOW)
    assert settings.text(Rule.CACHE_STORAGE) == str(ENTRY_BYTES)
    cache.clear()
    assert settings.text(Rule.CACHE_STORAGE) == "0"
