"""What a station is asked: one call at a time, in which order, and what its answer does."""

from collections import deque

import pytest

from ocpp_gateway import asking
from ocpp_gateway.writer import Failed
from operations.services.calls import Claimed, OutgoingCall, Over
from operations.versions import V201
from tests.gateway.talking import BOOT, HEARTBEAT, STATUS, Talk, call, expire, ids, ready, until

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


# Effects


async def test_a_run_that_its_answer_has_ended_is_looked_at_no_more() -> None:
    talk = Talk(watched=((5, "change-availability"), (6, "change-availability")))
    talk.hears(HEARTBEAT)
    talk.wants(5, call("c1"))
    talk.writer.results["record_answer"] = deque([Over(5)])
    talk.hears('[3,"c1",{"status":"Accepted"}]', STATUS)
    assert talk.writer.asked("check_effects") == [{"run_pks": [6]}]


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
