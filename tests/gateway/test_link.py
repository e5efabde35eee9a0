"""Both conversations on one socket: repeats, late answers, the one slot."""

import json

import pytest

from ocpp_gateway.findings import Violation
from ocpp_gateway.frames import Call, CallError, CallResult, Garbled
from ocpp_gateway.link import (
    MAX_ANSWERS,
    MAX_LATE,
    Answered,
    Asked,
    Disputed,
    Heard,
    Link,
    Noted,
    Reply,
    Stray,
    Told,
    new_id,
)
from operations.versions import V16, V21, V201, OcppVersion
from tests.gateway.linking import Clock, asked, frame, one
from tests.gateway.payloads import STATUS, STREAM


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link(clock: Clock) -> Link:
    return Link(V16, now=clock)


def hear(link: Link, raw: str | bytes) -> Call:
    heard = one(link, raw)
    assert isinstance(heard, Heard)
    return heard.call


def ask(link: Link, unique_id: str, action: str = "Reset") -> Asked:
    assert link.put(unique_id)
    assert link.next() == unique_id
    call = asked(unique_id, action)
    link.send(call)
    return call


# Their calls


def test_a_call_is_heard_and_answered(link: Link) -> None:
    heard = one(link, frame(2, "1", "StatusNotification", STATUS))
    assert heard == Heard(Call("1", "1", "StatusNotification", STATUS), ())
    assert link.answer(heard.call, {}) == '[3,"1",{}]'


def test_a_call_is_refused_by_its_owner(link: Link) -> None:
    call = hear(link, frame(2, 9, "Reset", {"type": "Soft"}))
    assert link.refuse(call, "NotSupported", "stations do not ask this") == (
        '[4,9,"NotSupported","stations do not ask this",{}]'
    )


def test_a_call_with_small_faults_is_heard_with_findings(link: Link) -> None:
    heard = one(link, frame(2, 1, "StatusNotification", STATUS | {"connectorId": "1", "x": 1}))
    assert isinstance(heard, Heard)
    assert heard.call.payload == STATUS
    kinds = {finding.kind for finding in heard.findings}
    assert kinds == {"numeric-id", "text-for-number", "unknown-key"}


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        (V16, "Nonsense", "NotImplemented"),
        (V21, "Nonsense", "NotImplemented"),
        (V21, "NotifyPeriodicEventStream", "NotImplemented"),
        (V16, "Authorize", "OccurenceConstraintViolation"),
        (V21, "Authorize", "OccurrenceConstraintViolation"),
    ],
)
def test_a_wrong_call_is_refused_at_once(version: OcppVersion, action: str, code: str) -> None:
    reply = one(Link(version), frame(2, "1", action, {}))
    assert isinstance(reply, Reply)
    assert isinstance(reply.why, Violation)
    assert reply.call == Call("1", "1", action, {})
    assert json.loads(reply.frame)[:3] == [4, "1", code]


def test_garbage_is_refused_or_noted() -> None:
    reply = one(Link(V201), "garbage")
    assert isinstance(reply, Reply)
    assert isinstance(reply.why, Garbled)
    assert json.loads(reply.frame)[:3] == [4, "-1", "RpcFrameworkError"]
    assert isinstance(one(Link(V16), "garbage"), Noted)


def test_a_repeat_during_the_work_is_answered_once(link: Link) -> None:
    raw = frame(2, "1", "StatusNotification", STATUS)
    call = hear(link, raw)
    assert link.receive(raw) == ()
    assert link.answer(call, {}) == '[3,"1",{}]'
    assert link.repeats == 1


def test_a_repeat_after_the_answer_gets_the_same_answer(link: Link) -> None:
    raw = frame(2, "1", "StatusNotification", STATUS)
    call = hear(link, raw)
    sent = link.answer(call, {})
    assert one(link, raw) == Reply(sent, None, call)
    refused = hear(link, frame(2, "2", "Reset", {"type": "Soft"}))
    sent = link.refuse(refused, "NotSupported")
    assert one(link, frame(2, "2", "Reset", {"type": "Soft"})).frame == sent
    assert link.repeats == 2


def test_the_same_id_on_another_call_is_another_call(link: Link) -> None:
    link.answer(hear(link, frame(2, "1", "StatusNotification", STATUS)), {})
    other = STATUS | {"status": "Charging"}
    assert hear(link, frame(2, "1", "StatusNotification", other)).payload == other
    assert hear(link, frame(2, 1, "StatusNotification", STATUS)).raw_id == 1


def test_an_id_used_again_during_the_work_leaves_both_answers(link: Link) -> None:
    raw = frame(2, "1", "Heartbeat", {})
    first = hear(link, frame(2, "1", "StatusNotification", STATUS))
    second = hear(link, raw)
    assert link.answer(first, {}) == '[3,"1",{}]'
    assert link.receive(raw) == ()
    assert link.answer(second, {"currentTime": "t"}) == '[3,"1",{"currentTime":"t"}]'
    assert one(link, raw).frame == '[3,"1",{"currentTime":"t"}]'


def test_answers_are_remembered_for_a_while(link: Link, clock: Clock) -> None:
    raw, beat = frame(2, "1", "StatusNotification", STATUS), frame(2, "2", "Heartbeat", {})
    link.answer(hear(link, raw), {})
    link.answer(hear(link, beat), {})
    clock.time += 60
    assert isinstance(one(link, raw), Reply)
    # It asks for the time: an old answer would set its clock wrong.
    assert isinstance(one(link, beat), Heard)
    clock.time += 600
    assert isinstance(one(link, raw), Heard)


def test_only_the_last_answers_are_remembered(link: Link) -> None:
    raws = [frame(2, str(n), "StatusNotification", STATUS) for n in range(MAX_ANSWERS + 1)]
    for raw in raws:
        link.answer(hear(link, raw), {})
    assert isinstance(one(link, raws[1]), Reply)
    assert isinstance(one(link, raws[0]), Heard)


def test_a_send_is_told_and_never_answered() -> None:
    link = Link(V21)
    told = one(link, frame(6, "s", "NotifyPeriodicEventStream", STREAM | {"id": "1"}))
    assert isinstance(told, Told)
    assert told.send.payload == STREAM
    assert [finding.kind for finding in told.findings] == ["text-for-number"]
    assert isinstance(one(link, frame(6, "s", "NotifyPeriodicEventStream", STREAM)), Told)
    for wrong in (frame(6, "s", "NotifyPeriodicEventStream", {}), frame(6, "s", "Heartbeat", {})):
        assert isinstance(one(link, wrong), Noted)


def test_an_answer_of_ours_that_the_station_disputes() -> None:
    happening = one(Link(V21), frame(5, "1", "FormatViolation", "no", {}))
    assert isinstance(happening, Disputed)
    assert happening.error.code == "FormatViolation"


# Our calls


def test_a_call_of_ours_is_sent_and_answered(link: Link, clock: Clock) -> None:
    assert link.put("run 7")
    assert link.next() == "run 7"
    call = asked("u")
    assert link.send(call) == '[2,"u","Reset",{"type":"Soft"}]'
    assert link.in_flight == call
    clock.time += 2.5
    answered = one(link, frame(3, "u", {"status": "Accepted"}))
    assert answered == Answered(call, CallResult("u", {"status": "Accepted"}), 2.5, False, ())
    assert link.in_flight is None


def test_a_call_of_ours_is_refused(link: Link) -> None:
    call = ask(link, "u")
    answered = one(link, frame(4, "u", "NotSupported", "no", {}))
    error = CallError("u", "NotSupported", "no", {})
    assert (answered.asked, answered.answer, answered.late) == (call, error, False)


def test_one_call_is_in_flight_and_the_others_wait(link: Link) -> None:
    for number in (1, 2, 3):
        link.put(number)
    assert link.next() == 1
    assert link.next() is None
    link.send(asked("a"))
    assert link.next() is None
    assert link.waiting == (2, 3)
    link.receive(frame(3, "a", {"status": "Accepted"}))
    assert link.next() == 2
    link.release()
    link.put_first("urgent")
    assert link.next() == "urgent"


def test_the_outbox_is_bounded() -> None:
    link = Link(V16, outbox_limit=2)
    assert [link.put(n) for n in (1, 2, 3)] == [True, True, False]
    link.put_first(0)
    assert link.waiting == (0, 1, 2)


def test_nothing_is_asked_before_the_owner_allows_it(link: Link) -> None:
    link.may_call = False
    link.put(1)
    assert link.next() is None
    link.may_call = True
    assert link.next() == 1


def test_a_call_needs_the_slot(link: Link) -> None:
    with pytest.raises(RuntimeError, match="slot"):
        link.send(asked())


def test_a_late_answer_is_known_while_the_next_call_is_out(link: Link, clock: Clock) -> None:
    first = ask(link, "first")
    clock.time += 30
    assert link.expire("first")
    second = ask(link, "second")
    assert not link.expire("first")
    clock.time += 30
    late = one(link, frame(3, "first", {"status": "Rejected"}))
    assert (late.asked, late.late, late.latency_s) == (first, True, 60.0)
    assert link.in_flight == second
    assert not one(link, frame(3, "second", {"status": "Accepted"})).late


def test_what_is_over_does_not_expire(link: Link) -> None:
    ask(link, "u")
    link.receive(frame(3, "u", {"status": "Accepted"}))
    assert not link.expire("u")


def test_a_second_answer_is_a_stray(link: Link) -> None:
    ask(link, "u")
    answer = frame(3, "u", {"status": "Accepted"})
    assert isinstance(one(link, answer), Answered)
    assert isinstance(one(link, answer), Stray)
    assert isinstance(one(link, frame(4, "-1", "RpcFrameworkError", "", {})), Stray)
    assert link.strays == 2


def test_only_the_last_late_calls_are_known(link: Link) -> None:
    for number in range(MAX_LATE + 2):
        ask(link, str(number))
        link.expire(str(number))
    assert isinstance(one(link, frame(3, "0", {"status": "Accepted"})), Stray)
    assert isinstance(one(link, frame(3, "2", {"status": "Accepted"})), Answered)


def test_an_answer_is_mended(link: Link) -> None:
    ask(link, "u")
    answered = one(link, frame(3, "u", {"status": "accepted", "note": 1}))
    assert answered.answer.payload == {"status": "Accepted"}
    assert {finding.kind for finding in answered.findings} == {"spelling", "unknown-key"}


def test_a_wrong_answer_is_still_the_answer(link: Link) -> None:
    ask(link, "u")
    answered = one(link, frame(3, "u", {"status": "Maybe"}))
    assert answered.answer.payload == {"status": "Maybe"}
    assert [(f.kind, f.path) for f in answered.findings] == [("invalid-answer", "status")]
    assert link.in_flight is None


def test_an_answer_to_an_action_without_a_schema_is_taken_as_it_is(link: Link) -> None:
    ask(link, "u", action="VendorThing")
    answered = one(link, frame(3, "u", {"any": 1}))
    assert (answered.answer.payload, answered.findings) == ({"any": 1}, ())


def test_the_end_of_the_socket_ends_the_call_in_flight(link: Link) -> None:
    assert link.close() == ()
    assert link.next() is None
    link = Link(V16)
    call = ask(link, "u")
    link.put("next")
    assert link.close() == (call,)
    assert (link.in_flight, link.next(), link.waiting) == (None, None, ("next",))


def test_new_ids_fit_the_protocol() -> None:
    assert len(new_id()) == 36
    assert new_id() != new_id()


def test_memory_stays_flat_under_calls_nobody_answers(link: Link) -> None:
    for number in range(300):
        link.receive(frame(2, number, "Heartbeat", {}))
        link.receive(frame(3, number, {}))
    assert len(link._pending) == 64
    assert link.strays == 300
