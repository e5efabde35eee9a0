"""One station's talk, without socket and database: frames in, frames and services' calls out."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from ocpp_gateway import conversation as talking
from ocpp_gateway import journal
from ocpp_gateway.writer import Failed
from operations.services.calls import Claimed
from operations.services.connections import Closing
from operations.statuses import Registration
from operations.versions import V21, V201
from tests.gateway.talking import (
    AUTHORIZE,
    BOOT,
    HEARTBEAT,
    STATUS,
    Talk,
    call,
    expire,
    ids,
    ready,
    until,
)

# What stations say


async def test_a_heartbeat_is_answered_at_once_and_logged_later() -> None:
    talk = Talk()
    talk.conversation.hear(HEARTBEAT)
    assert [frame[:2] for frame in talk.takes()] == [[3, "h"]]
    assert [row.action for row in talk.writer.rows] == ["Heartbeat"]
    assert talk.writer.told == []


async def test_everything_else_is_answered_once_it_is_committed() -> None:
    talk = Talk()
    talk.conversation.hear(STATUS)
    assert talk.sent == []
    talk.writer.commits()
    assert talk.takes() == [[3, "s", {}]]
    (row,) = talk.writer.rows
    assert (row.action, row.call, row.answer) == ("StatusNotification", STATUS, '[3,"s",{}]')


async def test_the_services_answer_is_spelled_in_the_stations_version() -> None:
    talk = Talk()
    talk.hears(AUTHORIZE)
    assert talk.takes() == [[3, "a", {"idTagInfo": {"status": "Accepted"}}]]
    modern = Talk(V201)
    modern.hears('[2,"a","Authorize",{"idToken":{"idToken":"x","type":"Central"}}]')
    assert modern.takes() == [[3, "a", {"idTokenInfo": {"status": "Accepted"}}]]


async def test_a_repeated_call_is_recorded_once_and_answered_alike() -> None:
    talk = Talk()
    talk.conversation.hear(STATUS)
    talk.conversation.hear(STATUS)
    assert len(talk.writer.told) == 1
    talk.writer.commits()
    assert len(talk.takes()) == 1, "the repeat came before the answer, which answers both"
    talk.hears(STATUS)
    assert talk.takes() == [[3, "s", {}]]
    assert len(talk.writer.told) == 1


async def test_what_cannot_be_recorded_is_an_error_to_the_station() -> None:
    talk = Talk()
    done: list[Callable[[Any], None]] = []
    talk.writer.record = lambda _told, _conclude, tell: done.append(tell)  # type: ignore[method-assign]
    talk.conversation.hear(STATUS)
    done[0](Failed(ValueError("x")))
    # The writer gives the callback of the exchange what became of it.
    assert talk.takes() == [[4, "s", "InternalError", "It could not be recorded.", {}]]
    assert talk.writer.rows[0].error_code == "InternalError"


async def test_a_message_nobody_may_send_us_is_not_supported() -> None:
    talk = Talk()
    talk.hears('[2,"r","Reset",{"type":"Soft"}]')
    assert talk.takes()[0][:3] == [4, "r", "NotSupported"]


async def test_a_message_that_is_not_understood_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Talk()

    def fails(_payload: Any, _at: Any) -> Any:
        raise KeyError("x")

    handler = talking.Handler(fails, lambda _answer, _payload: {})
    monkeypatch.setitem(talk.conversation._dialect.handlers, "Authorize", handler)  # type: ignore[arg-type]
    talk.hears(AUTHORIZE)
    assert talk.takes()[0][:3] == [4, "a", "InternalError"]
    assert "a valid message was not understood" in caplog.text


async def test_a_bad_frame_is_answered_logged_and_counted() -> None:
    talk = Talk(V201)
    talk.hears("hello", '[2,"x","Authorize",{}]', '[2,"y","NoSuchThing",{}]')
    assert [frame[:3] for frame in talk.takes()] == [
        [4, "-1", "RpcFrameworkError"],
        [4, "x", "OccurenceConstraintViolation"],
        [4, "y", "NotImplemented"],
    ]
    assert [row.error_code for row in talk.writer.rows] == [
        "RpcFrameworkError",
        "OccurenceConstraintViolation",
        "NotImplemented",
    ]
    assert len(talk.faults.take()) == 3


async def test_what_needs_no_answer_is_kept_in_the_log() -> None:
    talk = Talk(V21)
    talk.hears(
        "[3]",
        '[5,"x","GenericError","",{}]',
        '[6,"y","NotifyPeriodicEventStream",'
        '{"id":1,"pending":0,"basetime":"2026-03-01T12:00:00Z","data":[{"t":0,"v":"1"}]}]',
    )
    assert talk.sent == []
    assert [row.error_code for row in talk.writer.rows][1:] == ["GenericError", ""]
    assert talk.writer.rows[2].action == "NotifyPeriodicEventStream"


async def test_a_fault_that_could_be_mended_is_counted() -> None:
    talk = Talk()
    talk.hears('[2,"a","Authorize",{"idTag":"x","extra":1}]')
    assert talk.takes()[0][0] == 3
    assert len(talk.faults.take()) == 1


async def test_a_long_frame_is_logged_in_part() -> None:
    talk = Talk()
    talk.hears('[2,"d","DataTransfer",{"vendorId":"v","data":"' + "x" * 30_000 + '"}]')
    assert len(talk.writer.rows[0].call) == journal.LOGGED_CHARACTERS + 1


async def test_a_binary_frame_is_logged_as_text() -> None:
    talk = Talk()
    talk.conversation.hear(HEARTBEAT.encode())
    assert talk.writer.rows[0].call == HEARTBEAT


async def test_a_station_that_says_too_much_at_once_is_read_no_further() -> None:
    talk = Talk()
    for number in range(talking.MOST_HANDLED):
        assert not talk.conversation.is_busy
        talk.conversation.hear(f'[2,"{number}","Authorize",{{"idTag":"x"}}]')
    assert talk.conversation.is_busy
    talk.writer.commits()
    assert not talk.conversation.is_busy
    talk.writer.is_full = True
    assert talk.conversation.is_busy


# When a station may be asked


async def test_a_station_that_booted_long_ago_may_be_asked_after_its_first_answer() -> None:
    talk = Talk()
    talk.wants(5, call("c1"))
    assert talk.takes() == []
    talk.hears(AUTHORIZE)
    assert ids(talk.takes()) == ["a", "c1"]


@pytest.mark.parametrize("first", [HEARTBEAT, STATUS])
async def test_a_new_station_may_be_asked_only_once_its_boot_is_answered(first: str) -> None:
    # Wallbox loops when it is called earlier.
    talk = Talk(has_booted=False)
    talk.wants(5, call("c1"))
    talk.hears(first)
    assert "c1" not in ids(talk.takes())
    talk.hears(BOOT)
    assert ids(talk.takes()) == ["b", "c1"]


async def test_a_pending_station_may_be_asked_after_its_boot_only() -> None:
    talk = Talk(registration=Registration.PENDING)
    talk.wants(5, call("c1"))
    talk.hears(HEARTBEAT)
    assert ids(talk.takes()) == ["h"]
    talk.hears(BOOT)
    assert ids(talk.takes()) == ["b", "c1"]


async def test_a_rejected_station_is_never_asked_until_it_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talking, "GRACE_S", 0.0)
    talk = Talk(registration=Registration.REJECTED)
    talk.wants(5, call("c1"))
    await asyncio.sleep(0)
    talk.hears(BOOT, HEARTBEAT)
    assert ids(talk.takes()) == ["b", "h"]
    talk.boot_is_answered(Registration.ACCEPTED)
    talk.hears(BOOT.replace('"b"', '"b2"'))
    assert ids(talk.takes()) == ["b2", "c1"]


async def test_a_station_that_never_boots_may_be_asked_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talking, "GRACE_S", 0.001)
    talk = Talk(has_booted=False)
    talk.wants(5, call("c1"))

    def is_asked() -> bool:
        talk.writer.commits()
        return ids(talk.sent) == ["c1"]

    await until(is_asked)


# What nobody asked for


async def test_a_station_that_does_not_boot_is_asked_to_once() -> None:
    # Reconnecting without a boot is legal (evcc 31192).
    talk = await ready(ignores_boot_trigger=False)
    talk.conversation.asking.ask_to_boot()
    ((_kind, unique_id, action, payload),) = talk.takes()
    assert (action, payload) == ("TriggerMessage", {"requestedMessage": "BootNotification"})
    talk.wants(5, call("c1"))
    talk.hears([3, unique_id, {"status": "Rejected"}])
    assert ids(talk.takes()) == ["c1"]
    (row,) = [row for row in talk.writer.rows if not row.is_from_station]
    assert (row.action, json.loads(row.answer)[2]) == ("TriggerMessage", {"status": "Rejected"})


async def test_a_station_that_ignores_that_is_remembered() -> None:
    talk = await ready(ignores_boot_trigger=False)
    talk.conversation.asking.ask_to_boot()
    ((_kind, unique_id, *_rest),) = talk.takes()
    expire(talk, unique_id)
    assert talk.writer.asked("note_ignored_boot_trigger") == [{"station_pk": 1}]
    other = await ready()
    other.conversation.asking.ask_to_boot()
    assert other.takes() == []


async def test_a_silent_socket_is_hung_up(settings: Settings) -> None:
    settings.EVCHARGE_HEARTBEAT_S = 60
    talk = await ready()
    heard_at = talk.conversation.last_heard_at
    talk.conversation.hang_up_if_silent(heard_at + timedelta(seconds=180))
    assert talk.hung_up == []
    talk.conversation.hang_up_if_silent(heard_at + timedelta(seconds=181))
    assert talk.hung_up == [talking.SILENT]


# The end


async def test_the_end_is_told_once_and_nothing_is_sent_after_it() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.conversation.hear(AUTHORIZE)
    talk.conversation.asking.ask(6)
    talk.takes()
    talk.conversation.end(1006, "gone")
    talk.conversation.end(1000, "again")
    talk.conversation.hear(HEARTBEAT)
    talk.writer.commits()
    assert talk.takes() == []
    assert talk.writer.asked("close_connections") == [Closing(7, 1006, "gone")]


async def test_what_was_being_claimed_when_the_socket_closed_is_not_sent() -> None:
    talk = await ready()
    talk.writer.results["claim"] = deque([Claimed(5, "unlock", (call("c1"),), 30)])
    talk.conversation.asking.ask(5)
    talk.conversation.end(1006, "gone")
    talk.writer.commits()
    assert talk.takes() == []
