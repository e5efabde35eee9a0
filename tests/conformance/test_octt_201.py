"""OCPP 2.0.1: the certification cases passed: calls, connecting, tokens, sessions."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import InvalidStatus

from operations.models import Connector, ProtocolFinding, Session, StationReport
from operations.services import stations
from operations.statuses import Registration
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
from tests.conformance.v201_calls import CALLS
from tests.conformance.v201_calls_b_to_h import REPORTS, report, was_set
from tests.conformance.v201_stories import LOCAL_END, STORIES, Step, Story, authorizes, says
from tests.conformance.v201_values import ACCEPTED, ID_TOKEN, octt
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import TokenFactory
from tests.fake_station import TOKEN, AnsweredWithErrorError, FakeStation
from tests.portal import Portal


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
