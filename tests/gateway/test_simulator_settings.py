"""The settings, the local list and the cache a simulated station keeps."""

from typing import Any

import pytest

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.settings import Rule
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.authorizing import switches, variable
from tests.gateway.simulated import ID, station_at
from tests.gateway.toy_central_system import ToyCentralSystem

V2 = [V201, V21]


async def test_settings_of_1_6_are_read_and_written(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16):
        await strict.hears("StatusNotification")
        for key, value, status in (
            ("HeartbeatInterval", "60", "Accepted"),
            ("HeartbeatInterval", "soon", "Rejected"),
            ("NumberOfConnectors", "9", "Rejected"),
            ("WebSocketPingInterval", "30", "RebootRequired"),
            ("Nonsense", "1", "NotSupported"),
        ):
            answer = await strict.ask(ID, "ChangeConfiguration", {"key": key, "value": value})
            assert answer == {"status": status}
        keys = ["HeartbeatInterval", "NumberOfConnectors", "Nonsense"]
        assert await strict.ask(ID, "GetConfiguration", {"key": keys}) == {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
                {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            ],
            "unknownKey": ["Nonsense"],
        }
        everything = await strict.ask(ID, "GetConfiguration", {})
        hidden = [k for k in everything["configurationKey"] if k["key"] == "AuthorizationKey"]
        assert hidden == [{"key": "AuthorizationKey", "readonly": False}]


@pytest.mark.parametrize("version", V2, ids=str)
async def test_a_writable_lock_is_a_variable(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    lock = {
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Active"},
    }
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        written = await strict.ask(
            ID, "SetVariables", {"setVariableData": [lock | {"attributeValue": "true"}]}
        )
        assert written["setVariableResult"][0]["attributeStatus"] == "Accepted"
        read = await strict.ask(ID, "GetVariables", {"getVariableData": [lock]})
        assert read["getVariableResult"][0]["attributeValue"] == "true"
        assert station.hardware.connectors[0].is_locked


async def test_unknown_variables_are_told_apart(strict: ToyCentralSystem) -> None:
    asked = [
        {"component": {"name": "AuthCtrlr"}, "variable": {"name": "Nonsense"}},
        {"component": {"name": "Nonsense"}, "variable": {"name": "Enabled"}},
        {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}},
    ]
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        answer = await strict.ask(ID, "GetVariables", {"getVariableData": asked})
        assert [each["attributeStatus"] for each in answer["getVariableResult"]] == [
            "UnknownVariable",
            "UnknownComponent",
            "Rejected",
        ]


@pytest.mark.parametrize("version", V2, ids=str)
async def test_the_device_model_is_reported_in_parts(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        request = {"requestId": 7, "reportBase": "FullInventory"}
        assert await strict.ask(ID, "GetBaseReport", request) == {"status": "Accepted"}
        await strict.hears("NotifyReport", requestId=7, tbc=False)
        parts = strict.said("NotifyReport")
        assert [part["seqNo"] for part in parts] == list(range(len(parts)))
        assert len(parts) > 1


async def test_a_report_can_be_narrowed(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        wanted = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "Entries"}}
        request = {"requestId": 8, "componentVariable": [wanted]}
        assert await strict.ask(ID, "GetReport", request) == {"status": "Accepted"}
        data = (await strict.hears("NotifyReport", requestId=8))["reportData"]
        assert [each["variableCharacteristics"]["maxLimit"] for each in data] == [100]
        request["componentVariable"] = [{"component": {"name": "Nonsense"}}]
        assert await strict.ask(ID, "GetReport", request) == {"status": "EmptyResultSet"}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_the_local_list_has_versions(strict: ToyCentralSystem, version: OcppVersion) -> None:
    number = "listVersion" if version is V16 else "versionNumber"

    def update(kind: str, version_number: int, *tokens: str) -> dict[str, Any]:
        info = {"status": "Accepted"}
        listed = [
            {"idTag": token, "idTagInfo": info}
            if version is V16
            else {"idToken": {"idToken": token, "type": "ISO14443"}, "idTokenInfo": info}
            for token in tokens
        ]
        return {number: version_number, "updateType": kind, "localAuthorizationList": listed}

    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "GetLocalListVersion", {}) == {number: 0}
        for request, status in (
            (update("Full", 3, "A", "B"), "Accepted"),
            (update("Differential", 3, "C"), "VersionMismatch"),
            (update("Differential", 4, "C"), "Accepted"),
            (update("Full", 5, *(str(each) for each in range(11))), "Failed"),
        ):
            assert (await strict.ask(ID, "SendLocalList", request))["status"] == status
        assert await strict.ask(ID, "GetLocalListVersion", {}) == {number: 4}
        assert set(station.local_list.entries) == {"a", "b", "c"}
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}


async def test_the_list_forgets_what_a_differential_update_leaves_bare(
    strict: ToyCentralSystem,
) -> None:
    entry = {"idTag": "A", "idTagInfo": {"status": "Accepted"}}
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}
    bare = {
        "listVersion": 2,
        "updateType": "Differential",
        "localAuthorizationList": [{"idTag": "a"}],
    }
    async with station_at(strict, V16) as station:
        await strict.hears("StatusNotification")
        await strict.ask(ID, "SendLocalList", full)
        assert set(station.local_list.entries) == {"a"}
        assert await strict.ask(ID, "SendLocalList", bare) == {"status": "Accepted"}
        assert not station.local_list.entries


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_cache_that_is_off_cannot_be_cleared(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        if version is V16:
            request = {"key": "AuthorizationCacheEnabled", "value": "false"}
            await strict.ask(ID, "ChangeConfiguration", request)
        else:
            switch = {
                "component": {"name": "AuthCacheCtrlr"},
                "variable": {"name": "Enabled"},
                "attributeValue": "false",
            }
            await strict.ask(ID, "SetVariables", {"setVariableData": [switch]})
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Rejected"}


@pytest.mark.parametrize("behaviour", ["rejects", "ignores"])
async def test_settings_stay_as_they_are(strict: ToyCentralSystem, behaviour: str) -> None:
    variable = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "Enabled"}}
    told = {"rejects": "Rejected", "ignores": "Accepted"}[behaviour]
    async with station_at(strict, V201, behaviour):
        await strict.hears("StatusNotification")
        request = {"setVariableData": [variable | {"attributeValue": "false"}]}
        written = await strict.ask(ID, "SetVariables", request)
        assert written["setVariableResult"][0]["attributeStatus"] == told
        read = await strict.ask(ID, "GetVariables", {"getVariableData": [variable]})
        assert read["getVariableResult"][0]["attributeValue"] == "true"


async def test_only_the_actual_value_of_a_variable_exists(strict: ToyCentralSystem) -> None:
    variable = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "Enabled"}}
    target = variable | {"attributeType": "Target"}
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        read = await strict.ask(ID, "GetVariables", {"getVariableData": [target]})
        request = {"setVariableData": [target | {"attributeValue": "false"}]}
        written = await strict.ask(ID, "SetVariables", request)
        for result in (*read["getVariableResult"], *written["setVariableResult"]):
            assert result["attributeStatus"] == "NotSupportedAttributeType"


def in_keys(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(k for k in answer["configurationKey"] if k["key"] == name)
    return found


@pytest.mark.parametrize(("behaviour", "reads"), [("normal", "30"), ("old-until-reboot", "0")])
async def test_what_needs_a_reboot_counts_after_it(
    strict: ToyCentralSystem, behaviour: str, reads: str
) -> None:
    asked = {"key": ["WebSocketPingInterval"]}
    async with station_at(strict, V16, behaviour) as station:
        await strict.hears("StatusNotification")
        request = {"key": "WebSocketPingInterval", "value": "30"}
        assert await strict.ask(ID, "ChangeConfiguration", request) == {"status": "RebootRequired"}
        answer = await strict.ask(ID, "GetConfiguration", asked)
        assert in_keys(answer, "WebSocketPingInterval")["value"] == reads
        assert station.settings.awaits_reboot
        mark = len(strict.frames)
        await strict.ask(ID, "Reset", {"type": "Soft"})
        await strict.hears("BootNotification", since=mark)
        answer = await strict.ask(ID, "GetConfiguration", asked)
        assert in_keys(answer, "WebSocketPingInterval")["value"] == "30"
        assert not station.settings.awaits_reboot


@pytest.mark.parametrize("version", V2, ids=str)
async def test_a_variable_can_read_as_before_until_the_reboot(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    ping = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "WebSocketPingInterval"},
    }
    async with station_at(strict, version, "old-until-reboot"):
        await strict.hears("StatusNotification")
        request = {"setVariableData": [ping | {"attributeValue": "30"}]}
        written = await strict.ask(ID, "SetVariables", request)
        assert written["setVariableResult"][0]["attributeStatus"] == "RebootRequired"
        for value, resets in (("0", True), ("30", False)):
            read = await strict.ask(ID, "GetVariables", {"getVariableData": [ping]})
            assert read["getVariableResult"][0]["attributeValue"] == value
            if resets:
                mark = len(strict.frames)
                await strict.ask(ID, "Reset", {"type": "Immediate"})
                await strict.hears("BootNotification", since=mark)


async def test_a_station_can_refuse_everything_until_it_reboots(strict: ToyCentralSystem) -> None:
    ping = {"key": "WebSocketPingInterval", "value": "30"}
    async with station_at(strict, V16, "stuck-until-reboot"):
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}
        assert (await strict.ask(ID, "ChangeConfiguration", ping))["status"] == "RebootRequired"
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Rejected"}
        mark = len(strict.frames)
        assert await strict.ask(ID, "Reset", {"type": "Soft"}) == {"status": "Accepted"}
        await strict.hears("BootNotification", since=mark)
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}


async def test_unknown_keys_can_be_dropped(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16, "drops-unknown-keys"):
        await strict.hears("StatusNotification")
        asked = {"key": ["Nonsense", "HeartbeatInterval"]}
        answer = await strict.ask(ID, "GetConfiguration", asked)
        assert [key["key"] for key in answer.pop("configurationKey")] == ["HeartbeatInterval"]
        assert not answer


async def test_keys_can_be_hidden_but_set(strict: ToyCentralSystem) -> None:
    key = "LocalAuthorizeOffline"
    async with station_at(strict, V16, "hides-keys"):
        await strict.hears("StatusNotification")
        told = (await strict.ask(ID, "GetConfiguration", {}))["configurationKey"]
        assert key not in [each["key"] for each in told]
        request = {"key": key, "value": "false"}
        assert await strict.ask(ID, "ChangeConfiguration", request) == {"status": "Accepted"}
        answer = await strict.ask(ID, "GetConfiguration", {"key": [key]})
        assert in_keys(answer, key)["value"] == "false"


@pytest.mark.parametrize("version", V2, ids=str)
async def test_variables_can_be_hidden_or_told_wrongly(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "hides-keys", "wrong-readonly"):
        await strict.hears("StatusNotification")
        request = {"requestId": 7, "reportBase": "FullInventory"}
        await strict.ask(ID, "GetBaseReport", request)
        await strict.hears("NotifyReport", requestId=7, tbc=False)
        told = {
            (each["component"]["name"], each["variable"]["name"]): each["variableAttribute"][0]
            for part in strict.said("NotifyReport")
            for each in part["reportData"]
        }
        assert ("AuthCtrlr", "LocalAuthorizeOffline") not in told
        assert told["AuthCtrlr", "LocalPreAuthorize"]["mutability"] == "ReadOnly"
        assert told["ChargingStation", "Model"]["mutability"] == "ReadWrite"
        assert told["SecurityCtrlr", "BasicAuthPassword"]["mutability"] == "WriteOnly"


async def test_read_only_can_be_wrong_and_values_typed(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "wrong-readonly", "typed-values"):
        await system.hears("StatusNotification")
        answer = await system.ask(ID, "GetConfiguration", {})
        for key, readonly, value in (
            ("HeartbeatInterval", True, 300),
            ("LocalPreAuthorize", True, False),
            ("NumberOfConnectors", False, 2),
            ("ConnectorPhaseRotation", False, "NotApplicable"),
        ):
            assert in_keys(answer, key) == {"key": key, "readonly": readonly, "value": value}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_settings_can_be_accepted_and_ignored(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "ignores-settings") as station:
        await strict.hears("StatusNotification")
        assert await switches(strict, version, pre_authorize=True) == ["Accepted"]
        assert not station.settings.is_on(Rule.PRE_AUTHORIZE)


async def test_more_keys_than_it_says_are_too_many(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16):
        await strict.hears("StatusNotification")
        asked = {"key": [f"Key{number}" for number in range(51)]}
        assert await strict.ask(ID, "GetConfiguration", asked) == "OccurenceConstraintViolation"


@pytest.mark.parametrize("version", V2, ids=str)
async def test_more_variables_than_it_says_are_too_many(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    named = variable("AuthCtrlr", "Enabled")
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        for number, length, code in (
            (21, 4, "OccurrenceConstraintViolation"),
            (20, 900, "FormatViolation"),
        ):
            data = [named | {"attributeValue": "x" * length}] * number
            assert await strict.ask(ID, "SetVariables", {"setVariableData": data}) == code
        answer = await strict.ask(ID, "GetVariables", {"getVariableData": [named] * 21})
        assert answer == "OccurrenceConstraintViolation"


async def test_some_settings_are_the_stations_own_choice(strict: ToyCentralSystem) -> None:
    profile = Profile(
        "Delta",
        "DC",
        ("3.1",),
        has_cache=False,
        has_unknown_offline=False,
        remote_rule_is_writable=False,
    )
    async with station_at(strict, V16, profile=profile):
        await strict.hears("StatusNotification")
        asked = {"key": ["AuthorizationCacheEnabled", "AllowOfflineTxForUnknownId"]}
        assert (await strict.ask(ID, "GetConfiguration", asked))["unknownKey"] == asked["key"]
        assert await switches(strict, V16, remote_start=True) == ["Rejected"]


async def test_characteristics_say_what_a_variable_takes(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        wanted = variable("AuthCacheCtrlr", "Policy")
        await strict.ask(ID, "GetReport", {"requestId": 8, "componentVariable": [wanted]})
        data = (await strict.hears("NotifyReport", requestId=8))["reportData"][0]
        assert data["variableCharacteristics"]["valuesList"] == "LRU,LFU,FIFO,CUSTOM"
        assert await switches(strict, V201, cache_policy="MRU") == ["Rejected"]
        assert await switches(strict, V201, cache_policy="FIFO") == ["Accepted"]
