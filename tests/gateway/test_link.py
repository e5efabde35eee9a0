"""Both conversations on one socket: repeats, late answers, the one slot."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

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
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
STREAM = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link(clock: Clock) -> Link:
    return Link(V16, now=clock)


def frame(*parts: Any) -> str:
    return json.dumps(parts)


def one(link: Link, raw: str | bytes) -> Any:
    (happening,) = link.receive(raw)
    return happening


def hear(link: Link, raw: str | bytes) -> Call:
    heard = one(link, raw)
    assert isinstance(heard, Heard)
    return heard.call


def asked(unique_id: str = "", action: str = "Reset", item: Any = 7) -> Asked:
    return Asked(unique_id or new_id(), action, {"type": "Soft"}, 30.0, item)


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


raws = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.binary(),
    st.tuples(
        st.integers(1, 7),
        st.sampled_from(["1", "2", 1, None, ""]),
        st.sampled_from(["Heartbeat", "StatusNotification", "NotifyPeriodicEventStream", 3])
        | st.dictionaries(st.text(), st.text()),
        st.sampled_from([{}, STATUS, STREAM, [], None, {"status": "\ud800"}, {"status": 10**400}]),
    ).map(json.dumps),
)


@settings(deadline=None)  # a busy machine proves nothing
@given(st.sampled_from(VERSIONS), st.lists(raws, max_size=20))
def test_nothing_a_station_sends_raises(version: OcppVersion, received: list[str | bytes]) -> None:
    link = Link(version)
    for raw in received:
        for happening in link.receive(raw):
            if isinstance(happening, Heard):
                link.answer(happening.call, {})
            if isinstance(happening, Reply):
                json.loads(happening.frame)


class Conversations(RuleBasedStateMachine):
    """Stations repeat, mix up and answer twice; each call gets one answer, the slot one call."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.link = Link(V16, now=self.clock, outbox_limit=3)
        self.todo: list[Call] = []
        self.expected: dict[tuple[Any, str], int] = {}
        self.written: dict[tuple[Any, str], int] = {}
        self.open: list[Asked] = []
        self.answered: set[str] = set()

    @rule(number=st.integers(0, 3), status=st.sampled_from(["Available", "Charging"]))
    def station_calls(self, number: int, status: str) -> None:
        raw = frame(2, number, "StatusNotification", STATUS | {"status": status})
        happenings = self.link.receive(raw)
        if not happenings:
            assert any(c.raw_id == number and c.payload["status"] == status for c in self.todo)
            return
        (happening,) = happenings
        if isinstance(happening, Heard):
            self.todo.append(happening.call)
        else:
            # The very answer that this call got before, not that of another with its id.
            assert json.loads(happening.frame)[2]["for"] == status  # type: ignore[union-attr]

    @precondition(lambda self: self.todo)
    @rule(data=st.data())
    def owner_answers(self, data: st.DataObject) -> None:
        call = self.todo.pop(data.draw(st.integers(0, len(self.todo) - 1)))
        written = self.link.answer(call, {"for": call.payload["status"]})
        assert json.loads(written)[1] == call.raw_id

    @rule()
    def owner_queues(self) -> None:
        had = len(self.link.waiting)
        assert self.link.put(new_id()) is (had < 3)

    @rule(sends=st.booleans())
    def owner_takes_the_slot(self, *, sends: bool) -> None:
        free = self.link.in_flight is None
        item = self.link.next()
        assert item is None or free
        if item is None:
            return
        assert self.link.next() is None
        if sends:
            self.open.append(asked(item))
            self.link.send(self.open[-1])
        else:
            self.link.release()
            self.link.put_first(item)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), seconds=st.floats(0, 100))
    def station_answers(self, data: st.DataObject, seconds: float) -> None:
        self.clock.time += seconds
        call = data.draw(st.sampled_from(self.open))
        in_flight = self.link.in_flight
        happening = one(self.link, frame(3, call.unique_id, {"status": "Accepted"}))
        if call.unique_id in self.answered:
            assert isinstance(happening, Stray)
            assert self.link.in_flight == in_flight
        else:
            assert isinstance(happening, Answered)
            assert happening.asked is call
            assert happening.late is (in_flight is not call)
            self.answered.add(call.unique_id)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def time_is_over(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.open))
        was_in_flight = self.link.in_flight is call
        assert self.link.expire(call.unique_id) is was_in_flight

    @invariant()
    def what_is_in_flight_was_sent_and_is_not_answered(self) -> None:
        call = self.link.in_flight
        assert call is None or (call in self.open and call.unique_id not in self.answered)


Conversations.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestConversations = Conversations.TestCase
