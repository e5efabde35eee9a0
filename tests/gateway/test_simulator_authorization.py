"""A simulated station decides who may charge: its list, its cache, its settings, its line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.station import SimulatedStation
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.authorizing import ACCEPTED, says_of_tokens, sends, switches
from tests.gateway.simulated import ID, comes_true, offline, station_at
from tests.gateway.toy_central_system import ToyCentralSystem

EACH = pytest.mark.parametrize("version", VERSIONS, ids=str)
V2 = pytest.mark.parametrize("version", [V201, V21], ids=str)
BLOCKED = {"status": "Blocked"}
TOKEN = "CARD1"


async def comes(station: SimulatedStation, token: str = TOKEN) -> Connector:
    """Somebody holds a card to the first connector; they stay if they are let in."""
    connector = station.hardware.connectors[0]
    await station.drivers.start(connector, token, stays=True)
    return connector


def is_charging(connector: Connector) -> bool:
    return connector.session is not None and connector.session.is_started


def expiry(version: OcppVersion, days: float) -> dict[str, Any]:
    at = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ACCEPTED | {"expiryDate" if version is V16 else "cacheExpiryDateTime": at}


@EACH
@pytest.mark.parametrize(
    ("entries", "settings", "charges"),
    [
        ({TOKEN: ACCEPTED}, {}, True),
        ({TOKEN: ACCEPTED}, {"offline": False}, False),
        ({TOKEN: ACCEPTED}, {"list": False}, False),
        ({TOKEN: ACCEPTED}, {"list": False, "unknown_offline": True}, True),
        ({TOKEN: BLOCKED}, {"unknown_offline": True}, False),
        ({}, {}, False),
        ({}, {"unknown_offline": True}, True),
    ],
)
async def test_without_a_line_the_station_decides(
    strict: ToyCentralSystem,
    version: OcppVersion,
    entries: dict[str, Any],
    settings: dict[str, bool],
    charges: bool,
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        assert await sends(strict, version, "Full", 1, **entries) == "Accepted"
        await switches(strict, version, **settings)
        async with offline(station):
            assert is_charging(await comes(station, TOKEN.lower())) == charges
    assert not strict.said("Authorize")


@EACH
@pytest.mark.parametrize(
    ("entries", "settings", "asks", "charges"),
    [
        ({TOKEN: ACCEPTED}, {"pre_authorize": True}, False, True),
        ({TOKEN: ACCEPTED}, {"pre_authorize": False}, True, True),
        # What is known to be bad is asked for: it may be good by now (2.0.1 C10, C13).
        ({TOKEN: BLOCKED}, {"pre_authorize": True}, True, True),
        ({}, {"pre_authorize": True}, True, True),
    ],
)
async def test_with_a_line_it_asks_unless_it_need_not(
    strict: ToyCentralSystem,
    version: OcppVersion,
    entries: dict[str, Any],
    settings: dict[str, bool],
    asks: bool,
    charges: bool,
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **entries)
        await switches(strict, version, **settings)
        assert is_charging(await comes(station)) == charges
    assert bool(strict.said("Authorize")) == asks


@V2
async def test_2x_can_take_the_list_for_the_last_word(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **{TOKEN: BLOCKED})
        await switches(strict, version, list_is_final=True)
        assert not is_charging(await comes(station))
    assert not strict.said("Authorize")


@V2
async def test_2x_can_let_everybody_in(strict: ToyCentralSystem, version: OcppVersion) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, authorize=False)
        async with offline(station):
            assert is_charging(await comes(station))


@pytest.mark.parametrize(("version", "minds"), [(V16, True), (V201, False), (V21, True)], ids=str)
async def test_dates_in_the_list_count_where_the_version_has_it_so(
    strict: ToyCentralSystem, version: OcppVersion, minds: bool
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **{TOKEN: expiry(version, -1)})
        async with offline(station):
            assert is_charging(await comes(station)) != minds


@EACH
async def test_a_token_taken_off_the_list_no_longer_charges_offline(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **{TOKEN: ACCEPTED, "CARD2": ACCEPTED})
        assert await sends(strict, version, "Differential", 2, **{TOKEN: None}) == "Accepted"
        async with offline(station):
            assert not is_charging(await comes(station, TOKEN))
            assert is_charging(await comes(station, "CARD2"))


@EACH
async def test_what_happened_offline_is_told_in_order(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    says_of_tokens(strict, "Accepted")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, unknown_offline=True)
        async with offline(station):
            connector = await comes(station)
            await comes_true(lambda: connector.energy_wh > 1)
            await station.drivers.stop(connector, "Local")
            mark = len(strict.frames)
        if version is V16:
            stop = await strict.hears("StopTransaction", since=mark)
            start = strict.said("StartTransaction", since=mark)[0]
            assert (start["idTag"], stop["transactionId"]) == (TOKEN, 77)
            assert stop["meterStop"] > start["meterStart"]
            return
        await strict.hears("TransactionEvent", since=mark, eventType="Ended")
        events = strict.said("TransactionEvent", since=mark)
        assert [(each["eventType"], each["seqNo"], each["offline"]) for each in events] == [
            ("Started", 0, True),
            ("Ended", 1, True),
        ]


@EACH
async def test_a_session_goes_on_when_the_line_is_back(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **{TOKEN: ACCEPTED})
        async with offline(station):
            connector = await comes(station)
        if version is V16:
            await strict.hears("MeterValues", transactionId=1)
        else:
            await strict.hears("TransactionEvent", eventType="Updated", seqNo=2)
            assert [each["seqNo"] for each in strict.said("TransactionEvent")] == [0, 1, 2]
        await station.drivers.stop(connector, "Local")
        assert not is_charging(connector)


@EACH
@pytest.mark.parametrize("stops", [True, False])
async def test_the_central_system_has_the_last_word_once_it_is_told(
    strict: ToyCentralSystem, version: OcppVersion, stops: bool
) -> None:
    says_of_tokens(strict, "Invalid")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, unknown_offline=True, stop_on_invalid=stops)
        async with offline(station):
            connector = await comes(station)
            assert is_charging(connector)
        if stops:
            await comes_true(lambda: not is_charging(connector))
            ended = (
                strict.said("StopTransaction", reason="DeAuthorized")
                if version is V16
                else [e["transactionInfo"] for e in strict.said("TransactionEvent")]
            )
            assert version is V16 or ended[-1]["stoppedReason"] == "DeAuthorized"
            assert ended
        else:
            await comes_true(lambda: connector.session and connector.session.is_suspended)
            assert station.power_of(connector) == 0


@EACH
async def test_a_message_nobody_takes_is_given_up(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    action = "StartTransaction" if version is V16 else "TransactionEvent"
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, unknown_offline=True)
        strict.errors[action] = "InternalError"
        async with offline(station):
            await comes(station)
        await strict.until(lambda: len(strict.said(action)) >= 3)
        if version is V16:
            await strict.hears("MeterValues", connectorId=1)
            assert len(strict.said(action)) == 3


@EACH
@pytest.mark.parametrize("needs_leave", [True, False])
async def test_a_remote_start_may_need_leave(
    strict: ToyCentralSystem, version: OcppVersion, needs_leave: bool
) -> None:
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, remote_start=needs_leave)
        if version is V16:
            await strict.ask(ID, "RemoteStartTransaction", {"connectorId": 1, "idTag": TOKEN})
        else:
            token = {"idToken": TOKEN, "type": "ISO14443"}
            request = {"evseId": 1, "remoteStartId": 9, "idToken": token}
            await strict.ask(ID, "RequestStartTransaction", request)
        await comes_true(lambda: is_charging(station.hardware.connectors[0]))
    assert bool(strict.said("Authorize")) == needs_leave


@EACH
async def test_the_cache_lets_in_who_was_let_in_before(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    says_of_tokens(strict, "Accepted")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await comes(station)
        await station.drivers.stop(station.hardware.connectors[0], "Local")
        async with offline(station):
            assert is_charging(await comes(station))
            await station.drivers.stop(station.hardware.connectors[0], "Local")
        await switches(strict, version, cache=False)
        async with offline(station):
            assert not is_charging(await comes(station))
        # It forgets nothing by being switched off; only by being told to.
        await switches(strict, version, cache=True)
        assert len(station.cache) == 1
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}
        async with offline(station):
            assert not is_charging(await comes(station))


@EACH
async def test_the_cache_knows_whom_nobody_wants(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    says_of_tokens(strict, "Blocked")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await switches(strict, version, unknown_offline=True)
        assert not is_charging(await comes(station))
        async with offline(station):
            assert not is_charging(await comes(station))
            assert is_charging(await comes(station, "OTHER"))


@EACH
async def test_what_is_on_the_list_is_not_cached(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    says_of_tokens(strict, "Accepted")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 1, **{TOKEN: ACCEPTED})
        assert is_charging(await comes(station))
        assert not len(station.cache)


@EACH
async def test_lists_and_cache_outlive_a_reboot(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    says_of_tokens(strict, "Accepted")
    async with station_at(strict, version) as station:
        await strict.hears("StatusNotification")
        await sends(strict, version, "Full", 4, CARD2=ACCEPTED)
        connector = await comes(station)
        await station.drivers.stop(connector, "Local")
        mark = len(strict.frames)
        await strict.ask(ID, "Reset", {"type": "Soft" if version is V16 else "Immediate"})
        await strict.hears("BootNotification", since=mark)
        assert (station.local_list.version, len(station.cache)) == (4, 1)


async def test_a_line_that_breaks_while_it_asks_leaves_the_station_alone_with_it(
    system: ToyCentralSystem,
) -> None:
    async with station_at(system, V16) as station:
        await system.hears("StatusNotification")
        await sends(system, V16, "Full", 1, **{TOKEN: ACCEPTED})
        connector = station.hardware.connectors[0]
        station.lose_network()
        # It asks before it knows that nobody is there.
        station.start(station.drivers.start(connector, TOKEN, stays=True))
        await comes_true(lambda: is_charging(connector))
