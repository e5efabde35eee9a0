"""OCPP 2.0.1: the certification cases for a central system that the portal passes today."""

from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import InvalidStatus

from operations.models import (
    Connector,
    MeterReading,
    ProtocolFinding,
    Session,
    Station,
    StationEvent,
    StationReport,
)
from operations.services import stations
from operations.statuses import LockStatus, Registration
from operations.versions import V16, V201
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
from tests.conformance.v201_calls import (
    ACCEPTED,
    AT,
    CALLS,
    EVSE_1,
    ID_TOKEN,
    REPORTS,
    SCHEDULE,
    connector_status,
    profile,
    report,
    reserve,
    was_set,
)
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import TokenFactory
from tests.fake_station import TOKEN, AnsweredWithErrorError, FakeStation
from tests.portal import Portal


def octt(*numbers: str) -> pytest.MarkDecorator:
    return pytest.mark.octt(*numbers, version="2.0.1")


@pytest.mark.parametrize("asked", each(CALLS, V201))
async def test_an_operator_asks_and_the_answer_is_kept(portal: Portal, asked: Case) -> None:
    async with working(portal, V201) as station:
        for one in asked.asked:
            await exchanges(station, one)


@pytest.mark.parametrize("asked", each(REPORTS, V201))
async def test_a_report_is_put_together(portal: Portal, asked: Case) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, asked.asked[0])
    kept = await StationReport.objects.aget()
    assert (kept.kind, kept.request_id, kept.is_complete) == ("NotifyReport", 5, True)
    assert sorted(kept.parts) == ["0", "1"]


# --- A, B: who may connect and work


@octt("A_01")
async def test_the_right_password_opens_the_socket(portal: Portal) -> None:
    async with connected(portal, V201, password=PASSWORD) as station:
        assert (await station.boots())["status"] == "Accepted"


@octt("A_02")
async def test_another_stations_name_does_not(portal: Portal) -> None:
    async with connected(portal, V201, password=PASSWORD):
        pass
    station = FakeStation(portal.stations_url, "CP-2", version=V201, password=PASSWORD)
    station.url = station.url.replace("CP-2", IDENTITY)
    with pytest.raises(InvalidStatus) as refused:
        await station.connects()
    assert refused.value.response.status_code == 401


@octt("A_03")
async def test_a_wrong_password_does_not(portal: Portal) -> None:
    async with connected(portal, V201, password=PASSWORD):
        pass
    station = FakeStation(portal.stations_url, IDENTITY, version=V201, password="wrong")
    with pytest.raises(InvalidStatus) as refused:
        await station.connects()
    assert refused.value.response.status_code == 401


@octt("A_10")
async def test_a_new_password_that_was_rejected_changes_nothing(portal: Portal) -> None:
    variable = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    wanted = {"setVariableData": [{"attributeValue": "another-s3cret-of-20", **variable}]}
    async with connected(portal, V201, password=PASSWORD) as station:
        await station.boots()
        answer = was_set(variable, status="Rejected")
        await exchanges(station, Asked("SetVariables", wanted, answer))
        await station.drops()
        await station.connects()
        assert (await station.boots())["status"] == "Accepted"


@octt("B_01")
async def test_a_station_boots_and_reports_itself(portal: Portal) -> None:
    async with connected(portal, V201) as station:
        answer = await station.boots()
        assert answer["status"] == "Accepted"
        assert answer["interval"] > 0
        await station.reports_status(1, "Available")
        await station.notifies_status(1, "Available", evse=2)
        assert "currentTime" in await station.beats()
    assert await Connector.objects.acount() == 2


async def approved() -> None:
    await sync_to_async(stations.approve)(station=await station_row(), organisation=None)


@octt("B_02")
async def test_a_pending_station_is_asked_about_itself_and_accepted_later(portal: Portal) -> None:
    async with connected(portal, V201, registration=Registration.PENDING) as station:
        answer = await station.boots()
        assert (answer["status"], answer["interval"] > 0) == ("Pending", True)
        await exchanges(
            station,
            Asked(
                "GetBaseReport",
                {"requestId": 5, "reportBase": "FullInventory"},
                ACCEPTED,
                report(5),
            ),
        )
        await approved()
        assert (await station.boots())["status"] == "Accepted"
        await station.reports_status(1, "Available")


@octt("B_30")
@pytest.mark.parametrize("registration", [Registration.PENDING, Registration.REJECTED])
async def test_who_is_not_accepted_may_only_boot(
    portal: Portal, registration: Registration
) -> None:
    async with connected(portal, V201, registration=registration) as station:
        assert (await station.boots())["status"] == registration
        with pytest.raises(AnsweredWithErrorError) as refused:
            await station.reports_status(1, "Available")
        assert refused.value.code == "SecurityError"
        assert not await Connector.objects.aexists()
        await eventually(
            lambda: ProtocolFinding.objects.filter(
                kind="SecurityError", action="StatusNotification"
            ).exists()
        )
        await approved()
        assert (await station.boots())["status"] == "Accepted"
        await station.reports_status(1, "Available")
    assert await Connector.objects.acount() == 1


async def test_what_was_refused_may_be_said_again_once_accepted(portal: Portal) -> None:
    payload = {"idToken": ID_TOKEN}
    async with connected(portal, V201, registration=Registration.PENDING) as station:
        await station.boots()
        with pytest.raises(AnsweredWithErrorError):
            await station.calls("Authorize", payload, unique_id="once-more")
        await approved()
        await station.boots()
        answer = await station.calls("Authorize", payload, unique_id="once-more")
        assert answer["idTokenInfo"]["status"] == "Invalid"


async def test_a_pending_1_6_station_may_talk(portal: Portal) -> None:
    async with connected(portal, V16, registration=Registration.PENDING) as station:
        assert (await station.boots())["status"] == "Pending"
        await station.reports_status(1, "Available")
    assert await Connector.objects.acount() == 1


@octt("B_31")
async def test_a_pending_station_may_say_what_was_triggered(portal: Portal) -> None:
    async with connected(portal, V201, registration=Registration.PENDING) as station:
        await station.boots()
        wanted = {"requestedMessage": "Heartbeat"}
        await exchanges(station, Asked("TriggerMessage", wanted, ACCEPTED, (("Heartbeat", {}),)))
        with pytest.raises(AnsweredWithErrorError):
            await station.reports_status(1, "Available")
        await approved()
        wanted = {"requestedMessage": "BootNotification"}
        await exchanges(station, Asked("TriggerMessage", wanted, ACCEPTED))
        assert (await station.boots(reason="Triggered"))["status"] == "Accepted"


@octt("B_58")
async def test_the_subprotocol_is_chosen_among_the_offered(portal: Portal) -> None:
    async with connected(portal, V201) as station:
        assert station.socket.subprotocol == "ocpp2.0.1"
    several = ["ocpp1.6", "ocpp2.0.1", "ocpp0.1"]
    async with FakeStation(portal.stations_url, IDENTITY, subprotocols=several) as station:
        assert station.socket.subprotocol == "ocpp2.0.1"
    with pytest.raises(InvalidStatus):
        await FakeStation(portal.stations_url, IDENTITY, subprotocols=["ocpp0.1"]).connects()


@pytest.mark.parametrize(
    ("mode", "kind", "answer"),
    [
        pytest.param("idle", "OnIdle", "Accepted", id="idle", marks=octt("B_20")),
        pytest.param("idle", "OnIdle", "Scheduled", id="idle-in-session", marks=octt("B_21")),
        pytest.param("now", "Immediate", "Accepted", id="now-in-session", marks=octt("B_22")),
    ],
)
async def test_a_reset_of_the_station(portal: Portal, mode: str, kind: str, answer: str) -> None:
    async with working(portal, V201) as station:
        charges = mode == "now" or answer == "Scheduled"
        session = await station.starts_session(1) if charges else ""
        run = await asks(IDENTITY, "reboot", mode=mode)
        reset = await station.expects("Reset")
        assert reset.payload == {"type": kind}
        await station.answers(reset, status=answer)
        if session:
            reason = "Local" if answer == "Scheduled" else "ImmediateReset"
            await station.stops_session(session, reason=reason)
        await station.drops()
        await station.connects()
        reason = "ScheduledReset" if answer == "Scheduled" else "RemoteReset"
        await station.boots(reason=reason)
        await becomes(run, "done")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        pytest.param("OnIdle", "Accepted", id="idle", marks=octt("B_25")),
        pytest.param("OnIdle", "Scheduled", id="idle-in-session", marks=octt("B_26")),
        pytest.param("Immediate", "Accepted", id="now-in-session", marks=octt("B_27")),
    ],
)
async def test_a_reset_of_one_evse(portal: Portal, kind: str, answer: str) -> None:
    async with working(portal, V201) as station:
        charges = kind == "Immediate" or answer == "Scheduled"
        session = await station.starts_session(1) if charges else ""
        await exchanges(station, Asked("Reset", {"type": kind, "evseId": 1}, {"status": answer}))
        if session:
            await station.stops_session(session, reason="ImmediateReset")
        await station.reports_status(1, "Unavailable")
        await station.reports_status(1, "Available")
    assert not await Session.objects.running().aexists()


# --- C, E: tokens and sessions


async def authorizes(station: FakeStation, token: str = TOKEN) -> str:
    presented = {"idToken": {"idToken": token, "type": "ISO14443"}}
    answer = await station.calls("Authorize", presented)
    return str(answer["idTokenInfo"]["status"])


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param({}, "Invalid", id="invalid", marks=octt("C_02")),
        pytest.param({"status": "Blocked"}, "Blocked", id="blocked", marks=octt("C_06")),
        pytest.param(
            {"expires_at": "2020-01-01T00:00:00Z"}, "Expired", id="expired", marks=octt("C_07")
        ),
    ],
)
async def test_who_may_not_charge_is_told_why(
    portal: Portal, token: dict[str, Any], answer: str
) -> None:
    if token:
        await sync_to_async(TokenFactory)(identifier="CARD-2", **token)
    async with working(portal, V201) as station:
        assert await authorizes(station, "CARD-2") == answer


@octt("C_39")
async def test_two_tokens_of_one_group_are_told_as_such(portal: Portal) -> None:
    for identifier in ("CARD-A", "CARD-B"):
        await sync_to_async(TokenFactory)(identifier=identifier, group="FLEET-7")
    async with working(portal, V201) as station:
        for identifier in ("CARD-A", "CARD-B"):
            token = {"idToken": identifier, "type": "ISO14443"}
            answer = await station.calls("Authorize", {"idToken": token})
            assert answer["idTokenInfo"]["status"] == "Accepted"
            assert answer["idTokenInfo"]["groupIdToken"]["idToken"] == "FLEET-7"


@octt("C_08")
async def test_a_cached_token_starts_without_asking_first(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await station.reports_status(1, "Preparing")
        answer = await says(station, Step("Started", "Authorized", state="EVConnected", token=True))
        assert answer["idTokenInfo"]["status"] == "Accepted"


@dataclass(frozen=True)
class Step:
    """One TransactionEvent."""

    kind: str
    trigger: str
    state: str = ""
    token: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """A session, event by event."""

    number: str
    steps: tuple[Step, ...]
    asks_first: bool = False


async def says(
    station: FakeStation, step: Step, seq_no: int = 0, transaction: str = "T-1", **more: Any
) -> dict[str, Any]:
    info = {"transactionId": transaction}
    if step.state:
        info["chargingState"] = step.state
    if step.reason:
        info["stoppedReason"] = step.reason
    payload = {
        "eventType": step.kind,
        "timestamp": AT,
        "triggerReason": step.trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }
    if step.token:
        payload["idToken"] = ID_TOKEN
    return await station.calls("TransactionEvent", payload)


PLUGGED = Step("Updated", "CablePluggedIn", "EVConnected")
CARD = Step("Updated", "Authorized", token=True)
CHARGES = Step("Updated", "ChargingStateChanged", "Charging")
CARD_AGAIN = Step("Updated", "StopAuthorized", "EVConnected", token=True)
LOCAL_END = Step("Ended", "StopAuthorized", "EVConnected", token=True, reason="Local")
DEPARTED = Step("Ended", "EVCommunicationLost", "Idle", reason="EVDisconnected")


def started(trigger: str, state: str = "", *, token: bool = False) -> Step:
    return Step("Started", trigger, state, token=token)


def ended(trigger: str, reason: str, state: str = "EVConnected", *, token: bool = False) -> Step:
    return Step("Ended", trigger, state, token=token, reason=reason)


STORIES = (
    # How a transaction may start (E01).
    Story("E_01", (started("ChargingStateChanged", "EVConnected", token=True), CHARGES, LOCAL_END)),
    Story("E_02", (started("ChargingStateChanged", "Charging", token=True), LOCAL_END)),
    Story("E_03", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END)),
    Story("E_04", (started("Authorized", token=True), PLUGGED, CHARGES, LOCAL_END), True),
    Story("E_09", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, DEPARTED)),
    Story("E_10", (started("Authorized", token=True), PLUGGED, CHARGES, LOCAL_END)),
    Story("E_11", (started("SignedDataReceived", token=True), CHARGES, LOCAL_END)),
    Story("E_12", (started("EVDetected", "Idle"), PLUGGED, CARD, CHARGES, DEPARTED)),
    # How it may end (E06).
    Story("E_07", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END)),
    Story(
        "E_08",
        (
            started("CablePluggedIn", "EVConnected"),
            CARD,
            CHARGES,
            ended("ChargingStateChanged", "StoppedByEV", "EVConnected"),
        ),
    ),
    Story("E_14", (started("Authorized", token=True), PLUGGED, CHARGES, CARD_AGAIN, DEPARTED)),
    Story("E_15", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END), True),
    Story(
        "E_17", (started("Authorized", token=True), CHARGES, ended("Deauthorized", "DeAuthorized"))
    ),
    Story(
        "E_19",
        (
            started("EVDetected", "Idle"),
            CARD,
            CHARGES,
            CARD_AGAIN,
            ended("EVDeparted", "EVDisconnected", "Idle"),
        ),
    ),
    Story("E_20", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, DEPARTED)),
    Story(
        "E_22",
        (
            started("Authorized", token=True),
            CHARGES,
            Step("Updated", "ChargingStateChanged", "SuspendedEV"),
            ended("ChargingStateChanged", "StoppedByEV", "SuspendedEV"),
        ),
    ),
    Story(
        "E_26",
        (
            started("Authorized", token=True),
            CHARGES,
            Step("Updated", "EVCommunicationLost", "Idle"),
            PLUGGED,
            CHARGES,
            LOCAL_END,
        ),
    ),
    Story(
        "E_39",
        (started("Authorized", token=True), ended("EVConnectTimeout", "Timeout", "Idle")),
        True,
    ),
)


@pytest.mark.parametrize(
    "story", [pytest.param(one, id=one.number, marks=octt(one.number)) for one in STORIES]
)
async def test_a_session_from_start_to_end(portal: Portal, story: Story) -> None:
    async with working(portal, V201) as station:
        if story.asks_first:
            assert await authorizes(station) == "Accepted"
        for number, step in enumerate(story.steps):
            answer = await says(station, step, number)
            expected = {"idTokenInfo": {"status": "Accepted"}} if step.token else {}
            assert answer == expected
    row = await Session.objects.aget()
    last = story.steps[-1]
    assert (row.status, row.stop_reason, row.token) == ("ended", last.reason, TOKEN)
    assert row.last_seq_no == len(story.steps) - 1


@octt("E_16")
async def test_a_session_of_a_token_that_may_not_charge_is_deauthorized(portal: Portal) -> None:
    async with working(portal, V201) as station:
        presented = {"idToken": {"idToken": "NOBODY", "type": "ISO14443"}}
        began = Step("Started", "Authorized", "EVConnected")
        answer = await says(station, began, offline=True, **presented)
        assert answer["idTokenInfo"]["status"] == "Invalid"
        stopped = Step("Ended", "Deauthorized", "EVConnected", reason="DeAuthorized")
        assert await says(station, stopped, 1) == {}
    assert (await Session.objects.aget()).stop_reason == "DeAuthorized"


@octt("E_53")
async def test_sequence_numbers_start_over_with_each_session(portal: Portal) -> None:
    async with working(portal, V201) as station:
        for transaction in ("T-1", "T-2"):
            began = Step("Started", "Authorized", "Charging", token=True)
            await says(station, began, 0, transaction)
            await says(station, LOCAL_END, 1, transaction)
    rows = [row async for row in Session.objects.all()]
    assert [(row.last_seq_no, row.is_running) for row in rows] == [(1, False)] * 2


@octt("E_21")
async def test_a_remote_stop(portal: Portal) -> None:
    async with working(portal, V201) as station:
        session = await station.starts_session(1)
        asked = Asked("RequestStopTransaction", {"transactionId": session}, ACCEPTED)
        await exchanges(station, asked)
        await says(station, Step("Updated", "RemoteStop", "EVConnected"), 1)
        await says(station, Step("Ended", "RemoteStop", "EVConnected", reason="Remote"), 2)
    assert (await Session.objects.aget()).stop_reason == "Remote"


# --- F: remote start, unlock


def remote_start(**more: Any) -> Asked:
    payload = {"remoteStartId": 1, "idToken": ID_TOKEN, "evseId": 1, **more}
    return Asked("RequestStartTransaction", payload, ACCEPTED)


@octt("F_01")
async def test_a_remote_start_at_a_plugged_car(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await says(station, started("CablePluggedIn", "EVConnected"))
        payload = remote_start().payload
        answer = {"status": "Accepted", "transactionId": "T-1"}
        await exchanges(station, Asked("RequestStartTransaction", payload, answer))
        told = {"transactionId": "T-1", "chargingState": "Charging", "remoteStartId": 1}
        step = Step("Updated", "RemoteStart", token=True)
        answered = await says(station, step, 1, transactionInfo=told)
        assert answered["idTokenInfo"]["status"] == "Accepted"
        await says(station, LOCAL_END, 2)


@pytest.mark.parametrize(
    ("is_authorized", "asked"),
    [
        pytest.param(True, remote_start(), id="F_02", marks=octt("F_02")),
        pytest.param(False, remote_start(), id="F_03", marks=octt("F_03")),
        pytest.param(
            False,
            remote_start(chargingProfile=profile("TxProfile")),
            id="K_37",
            marks=octt("K_37"),
        ),
    ],
)
async def test_a_remote_start_before_the_plug(
    portal: Portal, is_authorized: bool, asked: Asked
) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, asked)
        if is_authorized:
            assert await authorizes(station) == "Accepted"
        told = {"transactionId": "T-1", "remoteStartId": 1}
        step = Step("Started", "RemoteStart", token=True)
        answered = await says(station, step, transactionInfo=told)
        assert answered["idTokenInfo"]["status"] == "Accepted"
        for number, further in enumerate((PLUGGED, CHARGES, LOCAL_END), start=1):
            await says(station, further, number)
    assert (await Session.objects.aget()).stop_reason == "Local"


@octt("F_04")
async def test_a_remote_start_and_the_plug_never_comes(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, remote_start())
        await says(station, Step("Started", "RemoteStart", token=True))
        await says(station, ended("EVConnectTimeout", "Timeout", "Idle"), 1)
    assert (await Session.objects.aget()).stop_reason == "Timeout"


@octt("F_06")
async def test_unlocking(portal: Portal) -> None:
    async with working(portal, V201) as station:
        run = await asks(IDENTITY, "unlock", connector=1)
        call = await station.expects("UnlockConnector")
        assert call.payload == {"evseId": 1, "connectorId": 1}
        await station.answers(call, status="Unlocked")
        await becomes(run, "done")


@octt("K_60")
async def test_a_profile_for_a_running_session(portal: Portal) -> None:
    async with working(portal, V201) as station:
        session = await station.starts_session(1)
        limit = profile("TxProfile", transactionId=session)
        payload = {"evseId": 1, "chargingProfile": limit}
        await exchanges(station, Asked("SetChargingProfile", payload, ACCEPTED))


async def test_limits_that_others_set_are_taken(portal: Portal) -> None:
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    async with working(portal, V201) as station:
        session = await station.starts_session(1)
        payload = {"evseId": 1, "chargingLimit": limit}
        assert await station.calls("NotifyChargingLimit", payload) == {}
        with_schedule = payload | {"chargingSchedule": [SCHEDULE]}
        assert await station.calls("NotifyChargingLimit", with_schedule) == {}
        step = Step("Updated", "ChargingRateChanged", "Charging")
        assert await says(station, step, 1, str(session)) == {}
        asked = {"requestId": 3, "chargingProfile": {"chargingLimitSource": ["EMS"]}}
        told = {
            "requestId": 3,
            "chargingLimitSource": "EMS",
            "evseId": 1,
            "chargingProfile": [profile("ChargingStationExternalConstraints")],
        }
        then = (("ReportChargingProfiles", told),)
        await exchanges(station, Asked("GetChargingProfiles", asked, ACCEPTED, then))
        cleared = {"chargingLimitSource": "EMS", "evseId": 1}
        assert await station.calls("ClearedChargingLimit", cleared) == {}


# --- G: availability


@octt("G_01")
async def test_an_occupied_connector_is_shown(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await station.reports_status(1, "Preparing")
        assert (await Connector.objects.aget()).charging_status == "Preparing"
        await station.notifies_status(1, "Available")
    assert (await Connector.objects.aget()).charging_status == "Available"


@pytest.mark.parametrize(
    ("target", "evse", "word", "is_scheduled"),
    [
        pytest.param({"charger": 1}, EVSE_1, "off", False, id="evse-off", marks=octt("G_03")),
        pytest.param({"charger": 1}, EVSE_1, "on", False, id="evse-on", marks=octt("G_04")),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "off",
            False,
            id="connector-off",
            marks=octt("G_07"),
        ),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "on",
            False,
            id="connector-on",
            marks=octt("G_08"),
        ),
        pytest.param({"charger": 1}, EVSE_1, "off", True, id="evse-busy", marks=octt("G_11")),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "off",
            True,
            id="connector-busy",
            marks=octt("G_17"),
        ),
    ],
)
async def test_availability_of_a_part(
    portal: Portal, target: dict[str, int], evse: dict[str, int], word: str, is_scheduled: bool
) -> None:
    async with working(portal, V201) as station:
        await station.reports_status(1, "Available" if word == "off" else "Unavailable")
        session = await station.starts_session(1) if is_scheduled else ""
        run = await asks(IDENTITY, "change-availability", **target, availability=word)
        call = await station.expects("ChangeAvailability")
        status = "Operative" if word == "on" else "Inoperative"
        assert call.payload == {"operationalStatus": status, "evse": evse}
        await station.answers(call, status="Scheduled" if is_scheduled else "Accepted")
        if session:
            await becomes(run, "scheduled")
            await station.stops_session(session)
        await station.reports_status(1, "Unavailable" if word == "off" else "Available")
        await becomes(run, "done")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param("Inoperative", "Accepted", id="off", marks=octt("G_05")),
        pytest.param("Operative", "Accepted", id="on", marks=octt("G_06")),
        pytest.param("Inoperative", "Scheduled", id="busy", marks=octt("G_14")),
    ],
)
async def test_availability_of_the_whole_station(portal: Portal, status: str, answer: str) -> None:
    async with working(portal, V201) as station:
        session = await station.starts_session(1) if answer == "Scheduled" else ""
        payload = {"operationalStatus": status}
        await exchanges(station, Asked("ChangeAvailability", payload, {"status": answer}))
        if session:
            await station.stops_session(session)
        said = "Unavailable" if status == "Inoperative" else "Available"
        await station.reports_status(1, said)
    assert (await Connector.objects.aget()).operational_status == status


@octt("G_20")
async def test_a_failing_lock_is_noted(portal: Portal) -> None:
    event = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Alerting",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {
            "name": "ConnectorPlugRetentionLock",
            "evse": {"id": 1, "connectorId": 1},
        },
        "variable": {"name": "Problem"},
    }
    async with working(portal, V201) as station:
        assert await authorizes(station) == "Accepted"
        payload = {"generatedAt": AT, "seqNo": 0, "eventData": [event]}
        assert await station.calls("NotifyEvent", payload) == {}
    connector = await Connector.objects.aget()
    assert connector.error_code == "ConnectorLockFailure"
    assert connector.lock_status != LockStatus.LOCKED


@octt("H_01")
async def test_a_reservation_is_used(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, reserve(ACCEPTED, connector_status("Reserved"), evseId=1))
        assert await authorizes(station) == "Accepted"
        began = Step("Started", "Authorized", token=True)
        answer = await says(station, began, reservationId=7)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        for number, step in enumerate((PLUGGED, CHARGES, LOCAL_END), start=1):
            await says(station, step, number)
    assert (await Session.objects.aget()).stop_reason == "Local"


# --- J: meter values

SIGNED = {
    "signedMeterData": "c2lnbmVk",
    "signingMethod": "ECDSA",
    "encodingMethod": "OCMF",
    "publicKey": "a2V5",
}


def metered(context: str, *, is_signed: bool = False) -> list[dict[str, Any]]:
    value: dict[str, Any] = {"value": 1500.0, "context": context}
    if is_signed:
        value["signedMeterValue"] = SIGNED
    return [{"timestamp": AT, "sampledValue": [value]}]


@octt("J_01")
async def test_clock_aligned_values_without_a_session(portal: Portal) -> None:
    async with working(portal, V201) as station:
        payload = {"evseId": 1, "meterValue": metered("Sample.Clock")}
        assert await station.calls("MeterValues", payload) == {}
    reading = await MeterReading.objects.aget()
    assert reading.samples == metered("Sample.Clock")[0]["sampledValue"]


@pytest.mark.parametrize(
    ("number", "context", "is_signed"),
    [
        pytest.param(1, "Sample.Clock", False, id="J_02", marks=octt("J_02")),
        pytest.param(2, "Sample.Clock", False, id="J_03", marks=octt("J_03")),
        pytest.param(1, "Sample.Clock", True, id="J_04", marks=octt("J_04")),
        pytest.param(0, "Transaction.Begin", False, id="J_07", marks=octt("J_07")),
        pytest.param(0, "Transaction.Begin", False, id="J_08", marks=octt("J_08")),
        pytest.param(1, "Sample.Periodic", False, id="J_09", marks=octt("J_09")),
        pytest.param(2, "Transaction.End", False, id="J_10", marks=octt("J_10")),
        pytest.param(2, "Transaction.End", True, id="J_11", marks=octt("J_11")),
    ],
)
async def test_values_of_a_session(
    portal: Portal, number: int, context: str, is_signed: bool
) -> None:
    sampled = metered(context, is_signed=is_signed)
    steps = (
        started("Authorized", "Charging", token=True),
        Step("Updated", "MeterValuePeriodic", "Charging"),
        LOCAL_END,
    )
    async with working(portal, V201) as station:
        for position, step in enumerate(steps):
            more = {"meterValue": sampled} if position == number else {}
            await says(station, step, position, **more)
    reading = await MeterReading.objects.select_related("session").aget()
    assert reading.session is not None
    assert reading.session.transaction_id == "T-1"
    assert reading.samples == sampled[0]["sampledValue"]


# --- N, P: events and data


@octt("N_21", "N_24")
async def test_monitoring_events_of_every_kind_are_taken(portal: Portal) -> None:
    kinds = ("HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor")
    triggers = ("Alerting", "Delta", "Periodic")
    async with working(portal, V201) as station:
        for number, (kind, trigger) in enumerate(
            (kind, trigger) for kind in kinds for trigger in triggers
        ):
            event = {
                "eventId": number,
                "timestamp": AT,
                "trigger": trigger,
                "actualValue": "42",
                "eventNotificationType": kind,
                "variableMonitoringId": 1,
                "component": {"name": "EVSE", "evse": {"id": 1}},
                "variable": {"name": "Power"},
            }
            payload = {"generatedAt": AT, "seqNo": 0, "eventData": [event]}
            assert await station.calls("NotifyEvent", payload) == {}


@octt("P_02")
async def test_data_of_an_unknown_vendor_is_refused(portal: Portal) -> None:
    data = {"vendorId": "org.nobody", "messageId": "x", "data": {"soc_URL": [1, None]}}
    async with working(portal, V201) as station:
        answer = await station.calls("DataTransfer", data)
        assert answer["status"] in {"UnknownVendorId", "Rejected"}
    assert (await StationEvent.objects.aget(title="DataTransfer")).details == data


@octt("P_03")
async def test_custom_data_is_taken_along(portal: Portal) -> None:
    custom = {"customData": {"vendorId": "org.nobody", "anything": {"goes": [1]}}}
    async with working(portal, V201) as station:
        assert "currentTime" in await station.calls("Heartbeat", custom)
        answer = await station.calls("Authorize", {"idToken": ID_TOKEN | custom, **custom})
        assert answer["idTokenInfo"]["status"] == "Accepted"
    assert await Station.objects.acount() == 1
