"""A link holds whatever comes, in whatever order (hypothesis)."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ocpp_gateway.frames import Call
from ocpp_gateway.link import Answered, Asked, Heard, Link, Reply, Stray, new_id
from operations.versions import V16, VERSIONS, OcppVersion
from tests.gateway.linking import Clock, asked, frame, one
from tests.gateway.payloads import STATUS, STREAM

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
