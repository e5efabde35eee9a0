"""One station's talk, without socket and database: frames in, frames and services' calls out."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ocpp_gateway import asking, journal
from ocpp_gateway import conversation as talking
from ocpp_gateway.conversation import Conversation
from ocpp_gateway.faults import FaultLog
from ocpp_gateway.writer import Failed
from operations.answers import Answer, BootAnswer, TokenAnswer
from operations.events import StationBooted, Told
from operations.models import OcppMessage
from operations.services import connections, outcomes, runs
from operations.services.calls import Claimed, OutgoingCall
from operations.services.connections import Closing, Opened
from operations.statuses import Registration
from operations.versions import V16, V21, V201, OcppVersion

HEARTBEAT = '[2,"h","Heartbeat",{}]'
BOOT = '[2,"b","BootNotification",{"chargePointVendor":"A","chargePointModel":"B"}]'
STATUS = '[2,"s","StatusNotification",{"connectorId":1,"status":"Available","errorCode":"NoError"}]'
AUTHORIZE = '[2,"a","Authorize",{"idTag":"x"}]'


class FakeWriter:
    """Does what it is told when it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.is_full = False
        self.told: list[Told] = []
        self.rows: list[OcppMessage] = []
        self.calls: list[tuple[str, Any]] = []
        self.answers: dict[type, Answer] = {}
        self.results: dict[str, deque[Any]] = {}
        self._waiting: list[Callable[[], None]] = []

    def record(self, told: Told, conclude: Any, done: Any) -> None:
        self.told.append(told)
        answer = self.answers.get(type(told.event))

        def commit() -> None:
            result, row = conclude(answer)
            self.rows.append(row)
            done(result)

        self._waiting.append(commit)

    def call(self, service: "partial[Any]", done: Any) -> None:
        name = service.func.__name__
        self.calls.append((name, service.keywords or service.args[0]))
        results = self.results.get(name)
        otherwise = service.keywords["run_pks"] if name == "check_effects" else None
        self._waiting.append(lambda: done(results.popleft() if results else otherwise))

    def gather(self, service: Any, item: Any, done: Any, *, is_urgent: bool = False) -> None:
        """Told as if it were done for this one alone."""
        if service is outcomes.check_all:
            single = partial(outcomes.check_effects, run_pks=item[0])
        elif service is outcomes.record_answers:
            single = partial(
                outcomes.record_answer,
                unique_id=item.unique_id,
                station_pk=item.station_pk,
                frame=item.frame,
                answer=item.answer,
                answered_at=item.at,
            )
        elif service is connections.close_connections:
            single = partial(service, item)
        else:
            run_pk, connection_pk = item
            single = partial(runs.claim, run_pk=run_pk, connection_pk=connection_pk)
        self.call(single, done)

    def log(self, row: OcppMessage) -> None:
        self.rows.append(row)

    def commits(self) -> None:
        """Everything that waits is in the database now."""
        while self._waiting:
            self._waiting.pop(0)()

    def asked(self, name: str) -> list[Any]:
        """What a service was called with."""
        return [keywords for called, keywords in self.calls if called == name]


class Talk:
    """A conversation, the frames it sent, and the services it called."""

    def __init__(
        self,
        version: OcppVersion = V16,
        registration: Registration = Registration.ACCEPTED,
        *,
        has_booted: bool = True,
        ignores_boot_trigger: bool = True,
        watched: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self.writer, self.faults = FakeWriter(), FaultLog()
        self.boot_is_answered(registration)
        self.writer.answers[talking.events.TokenPresented] = TokenAnswer("Accepted")
        self.sent: list[list[Any]] = []
        self.hung_up: list[int] = []
        opened = Opened(
            station_pk=1,
            connection_pk=7,
            epoch=1,
            registration=registration,
            has_booted_before=has_booted,
            ignores_boot_trigger=ignores_boot_trigger,
            watched=watched,
        )
        self.conversation = Conversation(
            opened,
            version,
            self.writer,  # type: ignore[arg-type]
            self.faults,
            lambda frame: self.sent.append(json.loads(frame)),
            lambda code, _reason: self.hung_up.append(code),
        )

    def boot_is_answered(self, registration: Registration) -> None:
        self.writer.answers[StationBooted] = BootAnswer(registration, 60, timezone.now())

    def hears(self, *frames: str | list[Any]) -> None:
        """Frames come in, and all that follows is done."""
        for frame in frames:
            self.conversation.hear(frame if isinstance(frame, str) else json.dumps(frame))
            self.writer.commits()

    def takes(self) -> list[list[Any]]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def wants(self, run_pk: int, *calls: OutgoingCall, command: str = "unlock") -> None:
        """An operator asks; these calls say it."""
        claims = self.writer.results.setdefault("claim", deque())
        claims.append(Claimed(run_pk, command, calls, answer_timeout_s=30) if calls else None)
        self.conversation.asking.ask(run_pk)
        self.writer.commits()


def call(unique_id: str, connector_id: int = 1) -> OutgoingCall:
    return OutgoingCall(unique_id, "UnlockConnector", {"connectorId": connector_id})


def ids(frames: list[list[Any]]) -> list[str]:
    return [frame[1] for frame in frames]


async def ready(*, ignores_boot_trigger: bool = True) -> Talk:
    """A station that may be asked."""
    talk = Talk(ignores_boot_trigger=ignores_boot_trigger)
    talk.hears(HEARTBEAT)
    talk.takes()
    return talk


async def until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 5
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


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


# Asking


async def test_one_call_at_a_time() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.wants(6, call("c2"))
    assert ids(talk.takes()) == ["c1"]
    talk.hears('[3,"c1",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["c2"]
    (answered,) = talk.writer.asked("record_answer")
    assert (answered["unique_id"], answered["answer"]) == (
        "c1",
        {"payload": {"status": "Unlocked"}},
    )


async def test_a_run_that_is_announced_twice_is_asked_once() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.conversation.asking.ask(5)
    talk.writer.commits()
    assert ids(talk.takes()) == ["c1"]
    assert len(talk.writer.asked("claim")) == 1


@pytest.mark.parametrize("claimed", [None, Failed(ValueError("x"))])
async def test_a_run_that_is_not_ours_gives_its_turn_to_the_next(claimed: object) -> None:
    talk = await ready()
    talk.writer.results["claim"] = deque([claimed])
    talk.conversation.asking.ask(4)
    talk.wants(5, call("c1"))
    assert ids(talk.takes()) == ["c1"]
    # It may be announced again.
    talk.conversation.asking.ask(4)
    assert len(talk.conversation._link.waiting) == 1


async def test_a_request_that_breaks_the_protocol_is_not_sent() -> None:
    talk = await ready()
    talk.wants(5, OutgoingCall("c1", "UnlockConnector", {}))
    talk.wants(6, call("c2"))
    assert ids(talk.takes()) == ["c2"]
    (failed,) = talk.writer.asked("fail_unsent")
    assert failed["run_pk"] == 5
    assert failed["why"].startswith("The request breaks OCPP 1.6: ")


async def test_an_error_is_an_answer() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.hears('[4,"c1","NotImplemented","no",{}]')
    (answered,) = talk.writer.asked("record_answer")
    assert answered["answer"] == {"error": "NotImplemented", "description": "no"}


async def test_a_full_outbox_forgets_until_it_is_announced_again() -> None:
    talk = Talk(has_booted=False)
    for run_pk in range(60):
        talk.conversation.asking.ask(run_pk)
    assert len(talk.conversation._link.waiting) == 50
    talk.conversation.asking.ask(55)
    assert len(talk.conversation._link.waiting) == 50
    talk.hears(BOOT)  # none can be claimed: the outbox empties
    talk.conversation.asking.ask(55)
    talk.writer.commits()
    assert [each["run_pk"] for each in talk.writer.asked("claim")] == [*range(50), 55]


async def test_a_runs_calls_go_one_after_the_other_before_other_runs() -> None:
    talk = await ready()
    talk.wants(5, call("c1", 1), call("c2", 2))
    talk.wants(6, call("c3"))
    assert ids(talk.takes()) == ["c1"]
    talk.hears('[3,"c1",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["c2"]
    talk.hears('[3,"c2",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["c3"]


async def test_what_an_answer_asks_for_next_goes_before_other_runs() -> None:
    talk = await ready()
    talk.wants(5, call("c1", 1))
    talk.wants(6, call("other"))
    assert ids(talk.takes()) == ["c1"]
    further = Claimed(5, "unlock", (call("c2", 2), call("c3", 3)), answer_timeout_s=30)
    talk.writer.results["record_answer"] = deque([further, 5, 5, 6])
    talk.conversation._link.may_call = False  # nothing goes out before the answer is committed
    talk.hears('[3,"c1",{"status":"Unlocked"}]')
    talk.conversation._link.may_call = True
    talk.conversation.asking.pump()
    assert ids(talk.takes()) == ["c2"]
    talk.hears('[3,"c2",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["c3"]
    talk.hears('[3,"c3",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["other"]


async def test_what_comes_next_and_breaks_the_protocol_is_not_sent() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.takes()
    broken = Claimed(5, "unlock", (OutgoingCall("c2", "UnlockConnector", {}),), 30)
    talk.writer.results["record_answer"] = deque([broken])
    talk.hears('[3,"c1",{"status":"Unlocked"}]')
    assert talk.takes() == []
    (failed,) = talk.writer.asked("fail_unsent")
    assert failed["run_pk"] == 5


async def test_nothing_more_goes_out_once_the_socket_is_closed() -> None:
    talk = await ready()
    talk.wants(5, call("c1"))
    talk.takes()
    further = Claimed(5, "unlock", (call("c2"),), answer_timeout_s=30)
    talk.writer.results["record_answer"] = deque([further])
    talk.conversation.hear('[3,"c1",{"status":"Unlocked"}]')
    talk.conversation.end(1006, "")
    talk.writer.commits()
    assert talk.takes() == []


def expire(talk: Talk, unique_id: str) -> None:
    """Its time is over."""
    talk.conversation.asking.expire(unique_id)
    talk.writer.commits()


async def test_after_an_unanswered_call_a_runs_other_calls_are_not_sent() -> None:
    talk = await ready()
    talk.wants(5, call("c1", 1), call("c2", 2))
    talk.wants(6, call("c3"))
    talk.takes()
    expire(talk, "c1")
    assert ids(talk.takes()) == ["c3"]


async def test_a_call_that_is_not_answered_gives_its_turn_to_the_next() -> None:
    talk = await ready()
    talk.writer.results["claim"] = deque([Claimed(5, "unlock", (call("c1"),), 0)])
    talk.conversation.asking.ask(5)
    talk.writer.commits()
    talk.wants(6, call("c2"))

    def is_next() -> bool:
        talk.writer.commits()
        return ids(talk.sent) == ["c1", "c2"]

    await until(is_next)
    # Its answer still counts when it comes (Mennekes takes a minute).
    talk.hears('[3,"c1",{"status":"Unlocked"}]')
    assert talk.writer.asked("record_answer")[0]["unique_id"] == "c1"
    expire(talk, "c1")
    assert ids(talk.takes()) == ["c1", "c2"], "the second still waits for its own answer"


async def test_a_late_answer_does_not_disturb_the_next_attempt() -> None:
    talk = await ready()
    talk.wants(5, call("c1", 1), call("c2", 2))
    expire(talk, "c1")
    # Asked again: the late answer comes while the run is being claimed.
    talk.writer.results["claim"].append(Claimed(5, "unlock", (call("d1", 1), call("d2", 2)), 30))
    talk.conversation.asking.ask(5)
    talk.conversation.hear('[3,"c1",{"status":"Unlocked"}]')
    talk.writer.commits()
    talk.hears('[3,"d1",{"status":"Unlocked"}]')
    assert ids(talk.takes()) == ["c1", "d1", "d2"]


async def test_answers_nobody_waits_for_are_looked_up_and_logged_within_reason() -> None:
    # Perhaps to a call from before a restart: the database knows.
    talk = Talk()
    for number in range(asking.MOST_STRAYS + 5):
        talk.hears(f'[3,"{number}",{{}}]')
    assert len(talk.writer.asked("record_answer")) == asking.MOST_STRAYS
    assert len(talk.writer.rows) == asking.MOST_STRAYS


async def test_a_stray_that_found_its_run_is_not_logged_twice() -> None:
    talk = Talk()
    talk.writer.results["record_answer"] = deque([5])
    talk.hears('[3,"x",{}]')
    assert talk.writer.rows == []


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


# Effects


async def test_events_that_may_be_an_effect_are_looked_at_until_it_is_seen() -> None:
    talk = Talk(watched=((5, "reboot"), (6, "change-availability")))
    talk.writer.results["check_effects"] = deque([[6], Failed(ValueError("x")), []])
    talk.hears(HEARTBEAT, STATUS)
    assert talk.writer.asked("check_effects") == [{"run_pks": [6]}]
    for number in range(3):
        talk.hears(STATUS.replace('"s"', f'"s{number}"'))
    assert len(talk.writer.asked("check_effects")) == 3, "the third time it was seen"
    talk.hears(BOOT)
    assert talk.writer.asked("check_effects")[-1] == {"run_pks": [5]}


async def test_a_run_that_is_sent_is_watched_but_a_nudge_is_not() -> None:
    talk = await ready()
    talk.wants(5, OutgoingCall("c1", "Reset", {"type": "Soft"}), command="reboot")
    nudge = Claimed(6, "change-availability", (call("n1"),), 30, is_nudge=True)
    talk.writer.results["claim_nudge"] = deque([nudge])
    talk.conversation.asking.nudge(6)
    talk.hears('[3,"c1",{"status":"Accepted"}]')
    assert ids(talk.takes()) == ["c1", "n1"]
    talk.hears(STATUS, BOOT)
    assert talk.writer.asked("check_effects") == [{"run_pks": [5]}]


async def test_what_a_bundle_tells_is_looked_at_piece_by_piece() -> None:
    talk = Talk(V201, watched=((5, "change-availability"),))
    data = {
        "eventId": 1,
        "timestamp": "2026-03-01T12:00:00Z",
        "trigger": "Delta",
        "actualValue": "Unavailable",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    payload = {"generatedAt": "2026-03-01T12:00:00Z", "seqNo": 0, "eventData": [data]}
    talk.hears([2, "n", "NotifyEvent", payload])
    assert talk.writer.asked("check_effects") == [{"run_pks": [5]}]


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
