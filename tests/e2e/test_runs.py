"""From the click to the observed effect, over real sockets: refusals, reboots, silence, locks."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import Connector, OcppMessage, Station
from operations.services.runs import Options
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import VERSIONS, asks, becomes, eventually, history, ready, status_of
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal


@VERSIONS
async def test_a_refusal_is_a_refusal(portal: Portal, version: OcppVersion) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "change-availability", connector=1, availability="off")
    await station.answers(await station.expects("ChangeAvailability"), status="Rejected")
    await becomes(run, "refused")
    await station.drops()


@pytest.mark.parametrize(
    ("code", "status"),
    [("NotSupported", "unsupported"), ("NotImplemented", "unsupported"), ("Funny", "failed")],
)
async def test_an_error_is_told_in_its_own_words(portal: Portal, code: str, status: str) -> None:
    station = await ready(portal, V201)
    run = await asks("CP-1", "unlock", connector=1)
    await station.answers_error(await station.expects("UnlockConnector"), code, "no can do")
    await becomes(run, status)
    assert code in run.summary
    assert "no can do" in run.summary
    await station.drops()


@pytest.mark.parametrize(
    ("version", "answer", "status"),
    [
        (V16, "Unlocked", "done"),
        (V16, "UnlockFailed", "failed"),
        (V16, "NotSupported", "unsupported"),
        (V201, "Unlocked", "done"),
        (V201, "OngoingAuthorizedTransaction", "refused"),
        (V21, "UnknownConnector", "failed"),
        (V21, "Perhaps", "failed"),
    ],
    ids=str,
)
async def test_unlocking_is_what_the_answer_says(
    portal: Portal, version: OcppVersion, answer: str, status: str
) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "unlock", connector=1)
    call = await station.expects("UnlockConnector")
    expected = {"connectorId": 1} if version is V16 else {"evseId": 1, "connectorId": 1}
    assert call.payload == expected
    await station.answers(call, status=answer)
    await becomes(run, status)
    await station.drops()


@pytest.mark.parametrize(
    ("version", "mode", "kind"),
    [
        (V16, "idle", "Soft"),
        (V16, "now", "Hard"),
        (V201, "idle", "OnIdle"),
        (V201, "now", "Immediate"),
        (V21, "resume", "ImmediateAndResume"),
    ],
    ids=str,
)
async def test_a_reboot_is_done_when_the_station_boots_again(
    portal: Portal, version: OcppVersion, mode: str, kind: str
) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "reboot", mode=mode)
    call = await station.expects("Reset")
    assert call.payload == {"type": kind}
    await station.answers(call, status="Accepted")
    await becomes(run, "accepted")
    await station.closes()
    await eventually(lambda: not Station.objects.get().is_connected)
    assert await status_of(run) == "accepted"
    await station.connects()
    await station.boots()
    await becomes(run, "done")
    assert await history(run) == ["queued", "sent", "accepted", "done"]
    await station.drops()


async def test_a_station_that_reboots_without_answering_has_rebooted(portal: Portal) -> None:
    station = await ready(portal, V16)
    run = await asks("CP-1", "reboot", mode="now")
    await station.expects("Reset")
    await station.drops()
    await becomes(run, "in-progress")
    await station.connects()
    await station.boots()
    await becomes(run, "done")
    assert await history(run) == ["queued", "sent", "in-progress", "done"]
    await station.drops()


async def test_a_reboot_is_never_sent_twice(portal: Portal) -> None:
    station = await ready(portal, V16)
    run = await asks("CP-1", "reboot", mode="now", options=Options(max_attempts=5))
    await station.expects("Reset")
    await station.drops()
    await becomes(run, "in-progress")
    await station.connects()
    # The sweeper has had its turns by then.
    await station.hears_nothing(within=3)
    await station.drops()


async def test_silence_times_out_and_a_late_answer_still_counts(portal: Portal) -> None:
    station = await ready(portal, V16)
    run = await asks("CP-1", "unlock", connector=1, options=Options(answer_timeout_s=1))
    call = await station.expects("UnlockConnector")
    await becomes(run, "timed-out")
    # The slot is free again: the next call goes out although the first was never answered.
    other = await asks("CP-1", "reboot", mode="idle")
    second = await station.expects("Reset")
    await station.answers(call, status="Unlocked")
    await becomes(run, "done")
    assert "Answered after" in run.summary
    await station.answers(second, status="Rejected")
    await becomes(other, "refused")
    await station.drops()


async def test_a_lost_connection_is_told_and_asked_again_only_on_request(portal: Portal) -> None:
    station = await ready(portal, V16)
    once = await asks("CP-1", "change-availability", connector=1, availability="off")
    await station.expects("ChangeAvailability")
    await station.drops()
    await becomes(once, "connection-lost")

    await station.connects()
    await station.boots()
    again = await asks(
        "CP-1",
        "change-availability",
        connector=1,
        availability="off",
        options=Options(max_attempts=2),
    )
    await station.expects("ChangeAvailability")
    await station.drops()
    await becomes(again, "queued")
    await station.connects()
    await station.boots()
    call = await station.expects("ChangeAvailability", within=10)
    await station.answers(call, status="Rejected")
    await becomes(again, "refused")
    assert again.attempts == 2
    await station.drops()


async def test_an_offline_station_can_not_be_asked(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    run = await asks("CP-1", "reboot", mode="idle")
    assert run.status == "not-connected"
    assert "only be asked while it is connected" in run.summary
    station = FakeStation(portal.stations_url, "CP-1")
    await station.connects()
    await station.boots()
    await station.hears_nothing(within=2.5)
    await station.drops()


async def test_nothing_is_asked_before_the_boot_is_answered(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    station = FakeStation(portal.stations_url, "CP-1")
    await station.connects()
    await eventually(lambda: Station.objects.get().is_connected)
    await asks("CP-1", "reboot", mode="idle")
    await station.hears_nothing(within=1.5)
    await station.boots()
    await station.expects("Reset")
    await station.drops()


async def test_a_missing_status_is_asked_for_once(portal: Portal) -> None:
    station = await ready(portal, V201)
    run = await asks(
        "CP-1",
        "change-availability",
        connector=1,
        availability="off",
        options=Options(effect_timeout_s=1),
    )
    await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
    trigger = await station.expects("TriggerMessage")
    assert trigger.payload == {
        "requestedMessage": "StatusNotification",
        "evse": {"id": 1, "connectorId": 1},
    }
    await station.answers(trigger, status="Accepted")
    await station.reports_status(1, "Unavailable")
    await becomes(run, "done")
    await station.drops()


async def test_the_conversation_of_a_run_is_kept_with_it(portal: Portal) -> None:
    station = await ready(portal, V16)
    run = await asks("CP-1", "unlock", connector=1)
    call = await station.expects("UnlockConnector")
    await station.answers(call, status="Unlocked")
    await becomes(run, "done")
    message = await OcppMessage.objects.aget(run=run)
    assert message.unique_id == call.unique_id
    assert message.action == "UnlockConnector"
    assert '"Unlocked"' in message.answer
    assert message.answered_at is not None
    await station.drops()


async def test_a_lock_the_station_reports_as_writable_can_be_closed(portal: Portal) -> None:
    station = await ready(portal, V201)
    refused = await asks("CP-1", "lock", connector=1)
    assert refused.status == "unsupported"
    await station.calls("NotifyReport", _lock_report())
    await eventually(lambda: Connector.objects.get().lock_is_writable)
    run = await asks("CP-1", "lock", connector=1)
    write = await station.expects("SetVariables")
    lock = {
        "component": {
            "name": "ConnectorPlugRetentionLock",
            "evse": {"id": 1, "connectorId": 1},
        },
        "variable": {"name": "Active"},
    }
    assert write.payload == {"setVariableData": [{"attributeValue": "true", **lock}]}
    await station.answers(write, setVariableResult=[{"attributeStatus": "Accepted", **lock}])
    read = await station.expects("GetVariables")
    result = {"attributeStatus": "Accepted", "attributeValue": "true", **lock}
    await station.answers(read, getVariableResult=[result])
    await becomes(run, "done")
    await station.drops()


def _lock_report() -> dict[str, Any]:
    return {
        "requestId": 1,
        "generatedAt": "2026-11-23T00:00:00Z",
        "seqNo": 0,
        "reportData": [
            {
                "component": {
                    "name": "ConnectorPlugRetentionLock",
                    "evse": {"id": 1, "connectorId": 1},
                },
                "variable": {"name": "Active"},
                "variableAttribute": [{"value": "false", "mutability": "ReadWrite"}],
            }
        ],
    }
