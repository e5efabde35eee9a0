"""The local list of a simulated station: versions, limits, and stations that get it wrong."""

from typing import Any

import pytest

from ocpp_gateway.simulator.profiles import Profile
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.authorizing import (
    ACCEPTED,
    entry,
    held_version,
    sends,
    switches,
    update,
    variable,
)
from tests.gateway.simulated import DOUBLE, ID, comes_true, station_at
from tests.gateway.toy_central_system import ToyCentralSystem

EACH = pytest.mark.parametrize("version", VERSIONS, ids=str)
V2 = pytest.mark.parametrize("version", [V201, V21], ids=str)
WITHOUT_LISTS = Profile("Delta", "Wallbox", ("3.1",), has_list=False, has_cache=False)


def cards(first: int, last: int) -> dict[str, Any]:
    return {f"CARD{number}": ACCEPTED for number in range(first, last + 1)}


@EACH
async def test_a_list_of_25_comes_in_three_messages(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, **cards(1, 25)) == "Failed"
        assert await held_version(strict, version) == 0
        for kind, number, first, last in (
            ("Full", 1, 1, 10),
            ("Differential", 2, 11, 20),
            ("Differential", 3, 21, 25),
        ):
            assert await sends(strict, version, kind, number, **cards(first, last)) == "Accepted"
        assert await held_version(strict, version) == 3
        assert len(station.local_list.entries) == 25


@EACH
async def test_more_than_it_can_hold_leaves_the_list_as_it_was(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    profile = Profile("Alfen", "Eve", ("6.4",), list_max=12, list_items=10)
    async with station_at(strict, version, profile=profile) as station:
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, **cards(1, 10)) == "Accepted"
        assert await sends(strict, version, "Differential", 2, **cards(11, 13)) == "Failed"
        assert await sends(strict, version, "Differential", 2, **cards(9, 12)) == "Accepted"
        assert len(station.local_list.entries) == 12


@EACH
async def test_an_update_is_refused_for_what_is_in_it(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    doubled = update(version, "Full", 1)
    doubled["localAuthorizationList"] = [entry(version, each, ACCEPTED) for each in ("A", "a")]
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        assert (await strict.ask(ID, "SendLocalList", doubled))["status"] == "Failed"
        assert await sends(strict, version, "Full", 1, A=None) == "Failed"
        assert await sends(strict, version, "Full", -1, A=ACCEPTED) == "Failed"
        assert await held_version(strict, version) == 0


@EACH
async def test_an_older_or_equal_differential_does_not_match(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 5, A=ACCEPTED)
        assert await sends(strict, version, "Differential", 5, B=ACCEPTED) == "VersionMismatch"
        assert await sends(strict, version, "Full", 2, B=ACCEPTED) == "Accepted"
        assert await held_version(strict, version) == 2


@EACH
async def test_an_empty_full_list_clears_it(strict: ToyCentralSystem, version: OcppVersion) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, A=ACCEPTED)
        assert await sends(strict, version, "Full", 2) == "Accepted"
        assert not station.local_list.entries


@V2
async def test_2x_takes_no_more_bytes_than_it_says(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    profile = Profile("Alfen", "Eve", ("6.4",), list_max=5000, list_items=5000)
    async with station_at(strict, version, profile=profile):
        await strict.hears("StatusNotification")
        answer = await strict.ask(ID, "SendLocalList", update(version, "Full", 1, **cards(1, 400)))
        assert answer["statusInfo"] == {"reasonCode": "TooLargeElement"}
        assert await sends(strict, version, "Full", 1, **cards(1, 100)) == "Accepted"


@V2
async def test_2x_counts_what_it_holds(strict: ToyCentralSystem, version: OcppVersion) -> None:
    asked = {"getVariableData": [variable("LocalAuthListCtrlr", "Entries")]}
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **cards(1, 7))
        read = await strict.ask(ID, "GetVariables", asked)
        assert read["getVariableResult"][0]["attributeValue"] == "7"


@EACH
async def test_a_list_that_is_off_takes_nothing(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 3, A=ACCEPTED)
        await switches(strict, version, list=False)
        refusal = "NotSupported" if version is V16 else "Failed"
        assert await sends(strict, version, "Full", 4, A=ACCEPTED) == refusal
        assert await held_version(strict, version) == (3 if version is V16 else 0)
        await switches(strict, version, list=True)
        assert await held_version(strict, version) == 3


async def test_version_minus_one_can_mean_off(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16, "denies-disabled-list"):
        await strict.hears("StatusNotification")
        await sends(strict, V16, "Full", 3, A=ACCEPTED)
        assert await held_version(strict, V16) == 3
        await switches(strict, V16, list=False)
        assert await held_version(strict, V16) == -1


@pytest.mark.parametrize("is_told", [True, False])
async def test_1_6_without_lists_says_so(strict: ToyCentralSystem, is_told: bool) -> None:
    behaviours, profile = ([], WITHOUT_LISTS) if is_told else (["no-lists"], DOUBLE)
    async with station_at(strict, V16, *behaviours, profile=profile):
        await strict.hears("StatusNotification")
        assert await held_version(strict, V16) == -1
        assert await sends(strict, V16, "Full", 1, A=ACCEPTED) == "NotSupported"
        asked = {"key": ["LocalAuthListEnabled", "SupportedFeatureProfiles"]}
        answer = await strict.ask(ID, "GetConfiguration", asked)
        names = [each["key"] for each in answer["configurationKey"]]
        assert ("LocalAuthListEnabled" in names) != is_told
        features = answer["configurationKey"][-1]["value"].split(",")
        assert ("LocalAuthListManagement" in features) != is_told


@V2
@pytest.mark.parametrize("is_told", [True, False])
async def test_2x_without_lists_does_not_support_the_calls(
    strict: ToyCentralSystem, version: OcppVersion, is_told: bool
) -> None:
    behaviours, profile = ([], WITHOUT_LISTS) if is_told else (["no-lists"], DOUBLE)
    async with station_at(strict, version, *behaviours, profile=profile):
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "GetLocalListVersion", {}) == "NotSupported"
        full = update(version, "Full", 1, A=ACCEPTED)
        assert await strict.ask(ID, "SendLocalList", full) == "NotSupported"
        asked = {"getVariableData": [variable("LocalAuthListCtrlr", "Enabled")]}
        read = await strict.ask(ID, "GetVariables", asked)
        status = read["getVariableResult"][0]["attributeStatus"]
        assert status == ("UnknownComponent" if is_told else "Accepted")
        refusal = "Rejected" if is_told else "Accepted"
        assert await strict.ask(ID, "ClearCache", {}) == {"status": refusal}


@EACH
async def test_a_station_can_take_less_than_it_says(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "small-lists=3", "no-list-limits"):
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, **cards(1, 4)) == "Failed"
        assert await sends(strict, version, "Full", 1, **cards(1, 3)) == "Accepted"
        if version is V16:
            asked = {"key": ["SendLocalListMaxLength", "LocalAuthListMaxLength"]}
            assert (await strict.ask(ID, "GetConfiguration", asked))["unknownKey"] == asked["key"]
        else:
            asked = {"getVariableData": [variable("LocalAuthListCtrlr", "ItemsPerMessage")]}
            read = await strict.ask(ID, "GetVariables", asked)
            assert read["getVariableResult"][0]["attributeStatus"] == "UnknownVariable"


@EACH
async def test_somebody_else_can_change_the_list(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "list-changes=0") as station:
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, A=ACCEPTED) == "Accepted"
        await comes_true(lambda: station.local_list.version == 2)
        assert await held_version(strict, version) == 2
        assert await sends(strict, version, "Differential", 2, B=ACCEPTED) == "VersionMismatch"


@EACH
async def test_a_list_can_be_accepted_and_forgotten(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "ignores") as station:
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, A=ACCEPTED) == "Accepted"
        assert await held_version(strict, version) == 0
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}
        assert not station.local_list.entries


@V2
async def test_limits_can_have_their_old_names(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    names = ["ItemsPerMessageSendLocalList", "ItemsPerMessage"]
    asked = {"getVariableData": [variable("LocalAuthListCtrlr", name) for name in names]}
    async with station_at(strict, version, "old-list-names"):
        await strict.hears("StatusNotification")
        results = (await strict.ask(ID, "GetVariables", asked))["getVariableResult"]
        statuses = [each["attributeStatus"] for each in results]
        assert statuses == ["Accepted", "UnknownVariable"]
        assert await sends(strict, version, "Full", 1, **cards(1, 11)) == "Failed"
