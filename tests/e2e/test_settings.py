"""Settings read and changed over real sockets: what a station does with them is what is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import (
    AuthorizationProfile,
    CommandRun,
    OcppMessage,
    SettingChange,
    StationSetting,
)
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import Call, FakeStation
from tests.portal import Portal

V2 = pytest.mark.parametrize("version", [V201, V21], ids=str)
PASSWORD = "Zx7-not-for-your-eyes"


@asynccontextmanager
async def ready(portal: Portal, version: OcppVersion = V16) -> AsyncIterator[FakeStation]:
    """A station that has booted."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1", version=version) as station:
        await station.boots()
        yield station
        await station.closes()


async def changes(**settings: str) -> CommandRun:
    asked = [{"key": key, "value": value} for key, value in settings.items()]
    return await asks("CP-1", "change-settings", settings=asked)


async def tells(station: FakeStation, *keys: dict[str, Any], unknown: tuple[str, ...] = ()) -> Call:
    """Answer the next GetConfiguration; a key is read-write unless it says otherwise."""
    call = await station.expects("GetConfiguration")
    told = [{"readonly": False, **key} for key in keys]
    await station.answers(call, configurationKey=told, unknownKey=list(unknown))
    return call


async def takes(station: FakeStation, status: str = "Accepted") -> Call:
    call = await station.expects("ChangeConfiguration")
    await station.answers(call, status=status)
    return call


def variable(component: str, name: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}, **more}


async def test_a_change_is_done_when_it_reads_as_asked(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(HeartbeatInterval="60", LocalPreAuthorize="true")
        assert (await takes(station)).payload == {"key": "HeartbeatInterval", "value": "60"}
        assert (await takes(station)).payload == {"key": "LocalPreAuthorize", "value": "true"}
        read = await tells(
            station,
            {"key": "HeartbeatInterval", "value": "60"},
            {"key": "LocalPreAuthorize", "value": "TRUE"},
        )
        assert read.payload == {"key": ["HeartbeatInterval", "LocalPreAuthorize"]}
        await becomes(run, "done")
    assert run.summary == "2 settings are now as asked."
    outcomes = SettingChange.objects.values_list("key", "new_value", "outcome").order_by("pk")
    assert [row async for row in outcomes] == [
        ("HeartbeatInterval", "60", "confirmed"),
        ("LocalPreAuthorize", "true", "confirmed"),
    ]
    row = await StationSetting.objects.aget(key="HeartbeatInterval")
    assert (row.value, row.state, row.mutability) == ("60", "reported", "ReadWrite")


async def test_what_is_accepted_and_ignored_is_not_done(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(HeartbeatInterval="60")
        await takes(station)
        await tells(station, {"key": "HeartbeatInterval", "value": 300})
        await becomes(run, "not-confirmed")
        assert run.summary == "The station said Accepted, but HeartbeatInterval is still 300."
        change = await SettingChange.objects.aget()
        assert change.outcome == "ignored"
        # Read again later, it tells otherwise.
        later = await asks("CP-1", "read-settings", keys=["HeartbeatInterval"])
        await tells(station, {"key": "HeartbeatInterval", "value": "60"})
        await becomes(later, "done")
        await becomes(run, "done")


async def test_what_needs_a_reboot_is_read_again_after_it(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(WebSocketPingInterval="30")
        await takes(station, "RebootRequired")
        await tells(station, {"key": "WebSocketPingInterval", "value": "0"})
        await becomes(run, "scheduled")
        row = await StationSetting.objects.aget(key="WebSocketPingInterval")
        assert row.needs_reboot
        await station.boots()
        read = await tells(station, {"key": "WebSocketPingInterval", "value": "30"})
        assert read.payload == {"key": ["WebSocketPingInterval"]}
        await becomes(run, "done")
    await row.arefresh_from_db()
    assert not row.needs_reboot
    assert (await SettingChange.objects.aget()).outcome == "confirmed"


async def test_what_a_reboot_did_not_change_is_not_confirmed(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(WebSocketPingInterval="30")
        await takes(station, "RebootRequired")
        await tells(station, {"key": "WebSocketPingInterval", "value": "0"})
        await becomes(run, "scheduled")
        await station.boots()
        await tells(station, {"key": "WebSocketPingInterval", "value": "0"})
        await becomes(run, "not-confirmed")
    await run.arefresh_from_db()
    assert run.summary == "It has booted, but WebSocketPingInterval is still 0."
    assert (await SettingChange.objects.aget()).outcome == "ignored"


async def test_a_refusal_names_the_setting_and_nothing_is_read(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(NumberOfConnectors="3", Nonsense="1")
        await takes(station, "Rejected")
        await takes(station, "NotSupported")
        await becomes(run, "refused")
        assert "NumberOfConnectors: Rejected, Nonsense: NotSupported" in run.summary
        await station.hears_nothing()
    assert await SettingChange.objects.filter(outcome="refused").acount() == 2


async def test_a_password_is_set_and_kept_nowhere(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await changes(AuthorizationKey=PASSWORD)
        assert (await takes(station)).payload["value"] == PASSWORD
        await becomes(run, "done")
        assert run.summary == "The station took the password; it can't be read back."
        read = await asks("CP-1", "read-settings", what="all")
        await tells(station, {"key": "AuthorizationKey", "value": PASSWORD})
        await becomes(read, "done")
    assert PASSWORD not in str([row async for row in StationSetting.objects.values()])
    assert PASSWORD not in str([row async for row in SettingChange.objects.values()])
    assert PASSWORD not in str([row async for row in CommandRun.objects.values()])
    assert PASSWORD not in str([row async for row in OcppMessage.objects.values()])


async def test_all_keys_are_read_as_the_station_tells_them(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await asks("CP-1", "read-settings", what="all")
        read = await tells(
            station,
            {"key": "HeartbeatInterval", "value": 300, "readonly": True},
            {"key": "LocalAuthListEnabled", "value": True},
            {"key": "SendLocalListMaxLength", "value": "10", "readonly": True},
            {"key": "LocalAuthListMaxLength", "value": "100", "readonly": True},
            {"key": "Vendor.Own"},
        )
        assert read.payload == {}
        await becomes(run, "done")
    row = await StationSetting.objects.aget(key="HeartbeatInterval")
    assert (row.value, row.is_read_only) == ("300", True)
    profile = await AuthorizationProfile.objects.aget()
    assert (profile.list_enabled, profile.send_list_max, profile.list_max) == ("on", 10, 100)
    # It told all it has, so what it did not tell it does not have (1.6 §9.1).
    assert profile.unknown_offline == profile.cache_enabled == "unsupported"
    assert set(profile.read_only) == {"send_list_max", "list_max"}


async def test_a_key_missing_from_both_lists_is_not_reported(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await asks("CP-1", "read-settings", keys=["HeartbeatInterval", "Lost", "Odd"])
        await tells(station, {"key": "HeartbeatInterval", "value": "300"}, unknown=("Odd",))
        await becomes(run, "done")
    states = StationSetting.objects.values_list("key", "state").order_by("key")
    assert [row async for row in states] == [
        ("HeartbeatInterval", "reported"),
        ("Lost", "missing"),
        ("Odd", "unknown"),
    ]


async def test_keys_are_asked_for_no_more_at_a_time_than_the_station_takes(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await asks("CP-1", "read-settings", keys=["GetConfigurationMaxKeys"])
        await tells(station, {"key": "GetConfigurationMaxKeys", "value": "2", "readonly": True})
        await becomes(run, "done")
        run = await asks("CP-1", "read-settings", keys=["A", "B", "C"])
        assert (await tells(station, unknown=("A", "B"))).payload == {"key": ["A", "B"]}
        assert (await tells(station, unknown=("C",))).payload == {"key": ["C"]}
        await becomes(run, "done")


async def test_a_change_at_the_station_is_noticed(portal: Portal) -> None:
    async with ready(portal) as station:
        for value in ("300", "77"):
            run = await asks("CP-1", "read-settings", what="all")
            await tells(station, {"key": "HeartbeatInterval", "value": value})
            await becomes(run, "done")
    change = await SettingChange.objects.aget()
    assert (change.old_value, change.new_value, change.outcome) == ("300", "77", "noticed")


@V2
async def test_variables_are_set_in_pages_and_read_back(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        limit = variable("DeviceDataCtrlr", "ItemsPerMessage")
        limit["variable"]["instance"] = "SetVariables"
        run = await asks(
            "CP-1", "read-settings", keys=["DeviceDataCtrlr.ItemsPerMessage[SetVariables]"]
        )
        call = await station.expects("GetVariables")
        assert call.payload == {"getVariableData": [limit]}
        told = {**limit, "attributeStatus": "Accepted", "attributeValue": "1"}
        await station.answers(call, getVariableResult=[told])
        await becomes(run, "done")

        run = await asks(
            "CP-1",
            "change-settings",
            settings=[
                {"key": "AuthCtrlr.Enabled", "value": "true"},
                {"key": "OCPPCommCtrlr.HeartbeatInterval", "value": "60"},
                {"key": "HeartbeatInterval", "value": "for 1.6"},
            ],
        )
        names = [variable("AuthCtrlr", "Enabled"), variable("OCPPCommCtrlr", "HeartbeatInterval")]
        for name, value in zip(names, ("true", "60"), strict=True):
            call = await station.expects("SetVariables")
            assert call.payload == {"setVariableData": [{**name, "attributeValue": value}]}
            result = {**name, "attributeStatus": "Accepted"}
            await station.answers(call, setVariableResult=[result])
        call = await station.expects("GetVariables")
        assert call.payload == {"getVariableData": names}
        results = [
            {**name, "attributeStatus": "Accepted", "attributeValue": value}
            for name, value in zip(names, ("true", "60"), strict=True)
        ]
        await station.answers(call, getVariableResult=results)
        await becomes(run, "done")


@V2
async def test_a_report_tells_limits_that_no_variable_does(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        run = await asks("CP-1", "read-settings", what="authorization")
        call = await station.expects("GetReport")
        await station.answers(call, status="Accepted")
        switch = {
            "variableAttribute": [{"value": "true", "mutability": "ReadWrite"}],
            "variableCharacteristics": {"dataType": "boolean", "supportsMonitoring": False},
        }
        number = {"dataType": "integer", "supportsMonitoring": False, "maxLimit": 100}
        parts = [
            [variable("AuthCtrlr", "LocalPreAuthorize", **switch)],
            [
                variable(
                    "LocalAuthListCtrlr",
                    "Entries",
                    variableAttribute=[{"value": "3", "mutability": "ReadOnly"}],
                    variableCharacteristics=number,
                ),
                variable(
                    "LocalAuthListCtrlr",
                    "ItemsPerMessageSendLocalList",
                    variableAttribute=[{"value": "20", "mutability": "ReadOnly"}],
                ),
            ],
        ]
        for number_of_part, part in enumerate(parts):
            await station.calls(
                "NotifyReport",
                {
                    "requestId": run.pk,
                    "generatedAt": "2026-03-01T12:00:00Z",
                    "seqNo": number_of_part,
                    "tbc": number_of_part == 0,
                    "reportData": part,
                },
            )
        await becomes(run, "done")
        await eventually(lambda: AuthorizationProfile.objects.filter(list_max=100).exists())
    profile = await AuthorizationProfile.objects.aget()
    assert (profile.local_pre_authorize, profile.list_entries) == ("on", 3)
    assert (profile.list_max, profile.send_list_max) == (100, 20)
    # It reported all of these components, and no cache among them.
    assert profile.cache_enabled == "unsupported"
