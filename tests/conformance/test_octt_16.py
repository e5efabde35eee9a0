"""OCPP 1.6-J: the certification cases for a central system that the portal passes today."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import InvalidStatus

from operations.models import Connector, Session, StationEvent
from operations.statuses import ChargingStatus
from operations.versions import V16
from tests.conformance.kit import (
    IDENTITY,
    PASSWORD,
    Asked,
    Case,
    connected,
    each,
    exchanges,
    station_row,
    working,
)
from tests.conformance.v16_calls import ACCEPTED, CALLS, LONG_AGO, profile, reserved, status
from tests.e2e.asking import asks, becomes
from tests.factories import TokenFactory
from tests.fake_station import TOKEN, FakeStation, now
from tests.portal import Portal

octt = pytest.mark.octt


@pytest.mark.parametrize("asked", each(CALLS, V16))
async def test_an_operator_asks_and_the_answer_is_kept(portal: Portal, asked: Case) -> None:
    async with working(portal, V16) as station:
        for one in asked.asked:
            await exchanges(station, one)


# --- Booting, connecting


@octt("TC_001")
async def test_a_station_boots_and_reports_itself(portal: Portal) -> None:
    async with connected(portal, V16) as station:
        answer = await station.boots()
        assert answer["status"] == "Accepted"
        assert answer["interval"] > 0
        for connector in (0, 1, 2):
            assert await station.reports_status(connector, "Available") == {}
        assert "currentTime" in await station.beats()
    assert (await station_row()).vendor == "Alfen"
    assert await Connector.objects.acount() == 2


@octt("TC_085")
async def test_basic_authentication_lets_in_only_with_the_password(portal: Portal) -> None:
    async with connected(portal, V16, password=PASSWORD) as station:
        assert (await station.boots())["status"] == "Accepted"
    for wrong in ("wrong", None):
        with pytest.raises(InvalidStatus) as refused:
            await FakeStation(portal.stations_url, IDENTITY, password=wrong).connects()
        assert refused.value.response.status_code == 401


@octt("TC_088")
async def test_the_subprotocol_is_chosen_among_the_offered(portal: Portal) -> None:
    async with connected(portal, V16) as station:
        assert station.socket.subprotocol == "ocpp1.6"
    several = ["ocpp0.9", "ocpp1.6"]
    async with FakeStation(portal.stations_url, IDENTITY, subprotocols=several) as station:
        assert station.socket.subprotocol == "ocpp1.6"
    with pytest.raises(InvalidStatus):
        await FakeStation(portal.stations_url, IDENTITY, subprotocols=["ocpp0.9"]).connects()


# --- Sessions


async def authorizes(station: FakeStation, tag: str = TOKEN) -> str:
    answer = await station.calls("Authorize", {"idTag": tag})
    return str(answer["idTagInfo"]["status"])


async def charges_and_stops(station: FakeStation, **stop: Any) -> Session:
    """From Preparing to the end, with a meter value on the way."""
    session = await station.starts_session(1)
    await station.reports_status(1, "Charging")
    assert await station.meters(session, 1500.0) == {}
    await station.stops_session(session, **stop)
    await station.reports_status(1, "Finishing")
    await station.reports_status(1, "Available")
    row = await Session.objects.aget(transaction_id=str(session))
    assert (row.status, row.energy_wh) == ("ended", 2000.0)
    return row


@octt("TC_003")
async def test_a_session_plug_first(portal: Portal) -> None:
    async with working(portal, V16) as station:
        await station.reports_status(1, "Preparing")
        assert await authorizes(station) == "Accepted"
        await charges_and_stops(station, idTag=TOKEN)


@octt("TC_004_1")
async def test_a_session_card_first(portal: Portal) -> None:
    async with working(portal, V16) as station:
        assert await authorizes(station) == "Accepted"
        await station.reports_status(1, "Preparing")
        await charges_and_stops(station, idTag=TOKEN)


@octt("TC_004_2")
async def test_card_first_and_the_plug_never_comes(portal: Portal) -> None:
    async with working(portal, V16) as station:
        assert await authorizes(station) == "Accepted"
        await station.reports_status(1, "Preparing")
        await station.reports_status(1, "Available")
    assert (await Connector.objects.aget()).charging_status == ChargingStatus.AVAILABLE
    assert not await Session.objects.aexists()


@octt("TC_005_1")
async def test_unplugged_at_the_car(portal: Portal) -> None:
    async with working(portal, V16) as station:
        await station.reports_status(1, "Preparing")
        row = await charges_and_stops(station, reason="EVDisconnected")
    assert row.stop_reason == "EVDisconnected"


@octt("TC_007")
async def test_a_cached_token_starts_without_asking_first(portal: Portal) -> None:
    async with working(portal, V16) as station:
        await station.reports_status(1, "Preparing")
        answer = await station.calls(
            "StartTransaction",
            {"connectorId": 1, "idTag": TOKEN, "meterStart": 0, "timestamp": now()},
        )
        assert answer["idTagInfo"]["status"] == "Accepted"
        assert answer["transactionId"] > 0


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param({}, "Invalid", id="invalid", marks=octt("TC_023_1")),
        pytest.param(
            {"expires_at": "2020-01-01T00:00:00Z"}, "Expired", id="expired", marks=octt("TC_023_2")
        ),
        pytest.param({"status": "Blocked"}, "Blocked", id="blocked", marks=octt("TC_023_3")),
    ],
)
async def test_who_may_not_charge_is_told_why(
    portal: Portal, token: dict[str, Any], answer: str
) -> None:
    if token:
        await sync_to_async(TokenFactory)(identifier="CARD-2", **token)
    async with working(portal, V16) as station:
        assert await authorizes(station, "CARD-2") == answer


@octt("TC_032_1")
async def test_after_a_power_failure_sessions_are_stopped_at_boot(portal: Portal) -> None:
    async with working(portal, V16) as station:
        session = await station.starts_session(1)
        await station.drops()
        await station.connects()
        assert (await station.boots())["status"] == "Accepted"
        await station.stops_session(session, reason="PowerLoss")
    row = await Session.objects.aget()
    assert (row.status, row.stop_reason) == ("ended", "PowerLoss")


@pytest.mark.parametrize(
    ("tag", "answer"),
    [
        pytest.param(TOKEN, "Accepted", id="valid", marks=octt("TC_037_1")),
        pytest.param("NOBODY", "Invalid", id="invalid", marks=octt("TC_037_3")),
    ],
)
async def test_a_session_that_began_offline_is_told_later(
    portal: Portal, tag: str, answer: str
) -> None:
    async with working(portal, V16) as station:
        await station.drops()
        await station.connects()
        await station.reports_status(1, "Charging")
        started = await station.calls(
            "StartTransaction",
            {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": LONG_AGO},
        )
        assert started["idTagInfo"]["status"] == answer
        if answer == "Invalid":
            await station.stops_session(started["transactionId"], reason="DeAuthorized")
    row = await Session.objects.aget()
    assert row.started_at.isoformat() == "2026-01-01T10:00:00+00:00"
    assert row.is_running == (answer == "Accepted")


@octt("TC_039")
async def test_a_whole_session_offline(portal: Portal) -> None:
    async with working(portal, V16) as station:
        await station.drops()
        await station.connects()
        session = await station.starts_session(1, timestamp=LONG_AGO)
        ended_at = "2026-01-01T11:00:00Z"
        await station.stops_session(session, timestamp=ended_at)
    row = await Session.objects.aget()
    assert row.ended_at is not None
    assert row.ended_at.isoformat() == "2026-01-01T11:00:00+00:00"
    assert row.energy_wh == 2000.0


# --- Remote start and stop


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"idTag": TOKEN, "connectorId": 1}, id="TC_010", marks=octt("TC_010")),
        pytest.param(
            {"idTag": TOKEN, "connectorId": 1, "chargingProfile": profile("TxProfile")},
            id="TC_059",
            marks=octt("TC_059"),
        ),
    ],
)
async def test_a_remote_start_at_a_plugged_car(portal: Portal, asked: dict[str, Any]) -> None:
    async with working(portal, V16) as station:
        await station.reports_status(1, "Preparing")
        await exchanges(station, Asked("RemoteStartTransaction", asked, ACCEPTED))
        assert await authorizes(station) == "Accepted"
        await charges_and_stops(station, idTag=TOKEN)


@octt("TC_011_1")
async def test_a_remote_start_before_the_plug(portal: Portal) -> None:
    async with working(portal, V16) as station:
        asked = {"idTag": TOKEN, "connectorId": 1}
        await exchanges(station, Asked("RemoteStartTransaction", asked, ACCEPTED))
        assert await authorizes(station) == "Accepted"
        await station.reports_status(1, "Preparing")
        await charges_and_stops(station, idTag=TOKEN)


@octt("TC_011_2")
async def test_a_remote_start_and_the_plug_never_comes(portal: Portal) -> None:
    async with working(portal, V16) as station:
        asked = {"idTag": TOKEN, "connectorId": 1}
        await exchanges(station, Asked("RemoteStartTransaction", asked, ACCEPTED))
        await station.reports_status(1, "Preparing")
        await station.reports_status(1, "Available")
    assert not await Session.objects.aexists()


@octt("TC_012")
async def test_a_remote_stop(portal: Portal) -> None:
    async with working(portal, V16) as station:
        session = await station.starts_session(1)
        asked = Asked("RemoteStopTransaction", {"transactionId": session}, ACCEPTED)
        await exchanges(station, asked)
        await station.stops_session(session, reason="Remote")
    assert (await Session.objects.aget()).stop_reason == "Remote"


@octt("TC_057")
async def test_a_profile_for_a_running_session(portal: Portal) -> None:
    async with working(portal, V16) as station:
        session = await station.starts_session(1)
        limit = profile("TxProfile", transactionId=session)
        payload = {"connectorId": 1, "csChargingProfiles": limit}
        await exchanges(station, Asked("SetChargingProfile", payload, ACCEPTED))


@octt("TC_046")
async def test_a_reservation_is_used(portal: Portal) -> None:
    async with working(portal, V16) as station:
        after = (status(1, "Reserved"),)
        await exchanges(station, Asked("ReserveNow", reserved(), ACCEPTED, after))
        assert await authorizes(station) == "Accepted"
        await station.reports_status(1, "Preparing")
        session = await station.starts_session(1, reservationId=7)
        await station.reports_status(1, "Charging")
        await station.stops_session(session)


# --- Resets, locks


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        pytest.param("now", "Hard", id="hard", marks=octt("TC_013")),
        pytest.param("idle", "Soft", id="soft", marks=octt("TC_014")),
    ],
)
async def test_a_reset_stops_the_session_and_boots_again(
    portal: Portal, mode: str, kind: str
) -> None:
    async with working(portal, V16) as station:
        session = await station.starts_session(1)
        run = await asks(IDENTITY, "reboot", mode=mode)
        reset = await station.expects("Reset")
        assert reset.payload == {"type": kind}
        await station.answers(reset, ACCEPTED)
        await station.stops_session(session, reason=f"{kind}Reset")
        await station.drops()
        await station.connects()
        await station.boots()
        await station.reports_status(1, "Available")
        await becomes(run, "done")
    assert (await Session.objects.aget()).stop_reason == f"{kind}Reset"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param("Unlocked", "done", id="unlocked", marks=octt("TC_017_1")),
        pytest.param("NotSupported", "unsupported", id="fixed-cable", marks=octt("TC_017_2")),
        pytest.param("UnlockFailed", "failed", id="fails", marks=octt("TC_030")),
    ],
)
async def test_unlocking(portal: Portal, answer: str, outcome: str) -> None:
    async with working(portal, V16) as station:
        run = await asks(IDENTITY, "unlock", connector=1)
        call = await station.expects("UnlockConnector")
        assert call.payload == {"connectorId": 1}
        await station.answers(call, status=answer)
        await becomes(run, outcome)


@octt("TC_018_1")
async def test_unlocking_during_a_session_ends_it(portal: Portal) -> None:
    async with working(portal, V16) as station:
        session = await station.starts_session(1)
        run = await asks(IDENTITY, "unlock", connector=1)
        await station.answers(await station.expects("UnlockConnector"), status="Unlocked")
        await becomes(run, "done")
        await station.reports_status(1, "Finishing")
        await station.stops_session(session, reason="UnlockCommand")
        await station.reports_status(1, "Available")
    assert (await Session.objects.aget()).stop_reason == "UnlockCommand"


@octt("TC_024")
async def test_a_failing_lock_is_shown(portal: Portal) -> None:
    async with working(portal, V16) as station:
        await station.reports_status(1, "Preparing")
        assert await authorizes(station) == "Accepted"
        await station.reports_status(1, "Faulted", errorCode="ConnectorLockFailure")
    connector = await Connector.objects.aget()
    assert connector.charging_status == ChargingStatus.FAULTED
    assert connector.error_code == "ConnectorLockFailure"


# --- Other messages


@octt("TC_064")
async def test_data_of_an_unknown_vendor_is_refused(portal: Portal) -> None:
    data = {"vendorId": "org.nobody", "messageId": "x", "data": '{"idTag":"soc_URL"}'}
    async with working(portal, V16) as station:
        answer = await station.calls("DataTransfer", data)
        assert answer["status"] in {"UnknownVendorId", "Rejected"}
    kept = await StationEvent.objects.aget(title="DataTransfer")
    assert kept.details == data
