"""Frames in, messages out, and the words each version has for what is no message."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_gateway import codec
from ocpp_gateway.codec import (
    MAX_FRAME_BYTES,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Garbled,
    Send,
    decode,
)
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.payloads import STREAM


def kinds(frame: Any) -> list[str]:
    return [finding.kind for finding in frame.findings]


def refusal(frame: Any) -> list[Any]:
    assert isinstance(frame, Garbled)
    assert frame.reply is not None
    return list(json.loads(frame.reply))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_is_read(version: OcppVersion) -> None:
    assert decode(version, '[2, "a-1", "Heartbeat", {}]') == Call("a-1", "a-1", "Heartbeat", {})


@pytest.mark.parametrize(
    "raw",
    [
        '[2,"id-1","Heartbeat",{}]',
        '[2, "id-1", "Heartbeat", {}]',
        '[2,"","Heartbeat",{"a":[{"b":1.5}]}]',
        f'[2,"{"x" * 36}","Heartbeat",{{}}]',
        f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        '[2,"id\\n1","Heartbeat",{}]',
        '[2,"id-1","Heartbeat",{"a":"\\u0000"}]',
        '[2,"id-é","Heartbeat",{}]',
        '[2,"id-1","Heartbeat",null]',
        '[2,"id-1","Heartbeat",[]]',
        '[2,"id-1","Heartbeat"]',
        '[2,"id-1","Heartbeat",{},{}]',
        '[2,"id-1",7,{}]',
        '[2,7,"Heartbeat",{}]',
        '[2,"id-1","Heartbeat",{}] ',
        '[2,"id-1","Heartbeat",{}]]',
        '[2,"id-1","Heartbeat",{',
        '[2,"id-1","Heartbeat",{"a":' + "[" * 40 + "]" * 40 + "}]",
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_short_way_reads_what_the_long_way_reads(version: OcppVersion, raw: str) -> None:
    # A frame that begins with a blank takes the long way.
    assert decode(version, raw) == decode(version, f" {raw}")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_result_and_an_error_are_read(version: OcppVersion) -> None:
    assert decode(version, '[3,"a",{"status":"Accepted"}]') == CallResult(
        "a", {"status": "Accepted"}
    )
    error = decode(version, '[4,"a","InternalError","oops",{"x":1}]')
    assert error == CallError("a", "InternalError", "oops", {"x": 1})


def test_2_1_has_two_more_messages() -> None:
    assert decode(V21, '[5,"a","FormatViolation","no",{}]') == CallResultError(
        "a", "FormatViolation", "no", {}
    )
    frame = json.dumps([6, "a", "NotifyPeriodicEventStream", STREAM])
    assert decode(V21, frame) == Send("a", "NotifyPeriodicEventStream", STREAM)


NO_MESSAGE = ["", " ", "hello", "{}", "[]", "null", "7", '"x"', "[2", "[[[", "[2]", '{"a":[2]}']


@pytest.mark.parametrize(
    "raw", [*NO_MESSAGE, '[2,null,"Heartbeat",{}]', '[2,{"a":1},"Heartbeat",{}]']
)
def test_what_has_no_id_is_answered_as_minus_one_in_2_x_and_not_in_1_6(raw: str) -> None:
    for version in (V201, V21):
        assert refusal(decode(version, raw))[:3] == [4, "-1", "RpcFrameworkError"]
    frame = decode(V16, raw)
    assert isinstance(frame, Garbled)
    assert (frame.reply, frame.unique_id, frame.code) == (None, None, "FormationViolation")


@pytest.mark.parametrize(
    "rest",
    [
        '"Heartbeat"]',
        '"Heartbeat",{},{}]',
        '{"a":1},{}]',
        "7,{}]",
        '"Heartbeat",{]',
        '"Heartbeat",{"a":NaN}]',
        '"Heartbeat",{"a":-Infinity}]',
        '"Heartbeat",{"a":1e999}]',
        '"Heartbeat",{"a":' + "9" * 5000 + "}]",
        '"Heartbeat",' + "[" * 100_000,
        '"Heartbeat",{"a":"' + "x" * MAX_FRAME_BYTES + '"}]',
        '"Heartbeat",{"a":"' + "é" * (MAX_FRAME_BYTES // 2) + '"}]',
    ],
    ids=lambda rest: rest[:30],
)
def test_a_bad_call_is_refused_under_its_id(rest: str) -> None:
    raw = '[2,"id-1",' + rest
    assert refusal(decode(V16, raw))[:3] == [4, "id-1", "FormationViolation"]
    assert refusal(decode(V201, raw))[:3] == [4, "id-1", "RpcFrameworkError"]
    frame = decode(V21, raw)
    assert refusal(frame)[:3] == [4, "id-1", "RpcFrameworkError"]
    assert isinstance(frame, Garbled)
    assert frame.unique_id == "id-1"


@pytest.mark.parametrize("payload", ['"x"', "7", "[1]", "true"])
def test_a_payload_that_cannot_be_an_object_is_refused(payload: str) -> None:
    raw = f'[2,"id-1","Heartbeat",{payload}]'
    assert refusal(decode(V16, raw))[:3] == [4, "id-1", "FormationViolation"]
    assert refusal(decode(V201, raw))[:3] == [4, "id-1", "FormatViolation"]
    assert refusal(decode(V21, raw))[:3] == [4, "id-1", "FormatViolation"]


@pytest.mark.parametrize("payload", ["[]", "null"])
def test_an_empty_payload_of_another_shape_is_taken(payload: str) -> None:
    frame = decode(V16, f'[2,"1","Heartbeat",{payload}]')
    assert isinstance(frame, Call)
    assert frame.payload == {}
    assert kinds(frame) == ["payload-not-object"]


@pytest.mark.parametrize("kind", ["5", "6", "1", "99", "-2"])
def test_an_unknown_message_type_is_ignored_in_1_6_and_refused_in_2_x(kind: str) -> None:
    raw = f'[{kind},"id-1","Heartbeat",{{}}]'
    frame = decode(V16, raw)
    assert isinstance(frame, Garbled)
    assert frame.reply is None
    assert refusal(decode(V201, raw))[:3] == [4, "id-1", "MessageTypeNotSupported"]


def test_an_unknown_message_type_without_an_id() -> None:
    assert refusal(decode(V21, "[99]"))[:3] == [4, "-1", "MessageTypeNotSupported"]


@pytest.mark.parametrize("kind", ['"2"', "true", "null", "[2]", "2.5"])
def test_a_message_type_is_a_whole_number(kind: str) -> None:
    frame = decode(V201, f'[{kind},"id-1","Heartbeat",{{}}]')
    assert refusal(frame)[:3] == [4, "id-1", "RpcFrameworkError"]


@pytest.mark.parametrize("raw", ["[3]", "[4]", "[3,null,{}]", '[5,{},"a","b",{}]'])
def test_an_answer_without_an_id_is_not_answered(raw: str) -> None:
    frame = decode(V21, raw)
    assert isinstance(frame, Garbled)
    assert frame.reply is None


def test_a_wrong_send_is_not_answered() -> None:
    for raw in ('[6,"a"]', '[6,null,"NotifyPeriodicEventStream",{}]', '[6,"a","X",7]'):
        frame = decode(V21, raw)
        assert isinstance(frame, Garbled)
        assert frame.reply is None


@pytest.mark.parametrize("raw_id", ["17", "-3", "1.5", "123456789012345678901234567890"])
def test_a_number_as_id_is_echoed_as_it_came(raw_id: str) -> None:
    frame = decode(V16, f'[2,{raw_id},"Heartbeat",{{}}]')
    assert isinstance(frame, Call)
    assert frame.unique_id == raw_id
    assert codec.encode_result(frame.raw_id, {}) == f"[3,{raw_id},{{}}]"
    assert kinds(frame) == ["numeric-id"]


def test_a_number_as_id_is_echoed_in_a_refusal_of_what_cannot_be_read() -> None:
    assert refusal(decode(V16, '[2,17,"Heartbeat",{'))[:2] == [4, 17]


def test_ids_up_to_255_characters_are_taken() -> None:
    frame = decode(V16, json.dumps([2, "x" * 255, "Heartbeat", {}]))
    assert isinstance(frame, Call)
    assert frame.raw_id == "x" * 255
    assert kinds(frame) == ["long-id"]
    assert refusal(decode(V201, json.dumps([2, "x" * 256, "Heartbeat", {}])))[1] == "-1"
    assert refusal(decode(V201, '[2,"\\q","Heartbeat",{}]'))[1] == "-1"


def test_a_station_matches_its_own_odd_ids() -> None:
    for odd in ("ü-1", "", " ", "a\tb", "-1"):
        frame = decode(V201, json.dumps([2, odd, "Heartbeat", {}]))
        assert isinstance(frame, Call)
        assert frame.raw_id == odd


def test_a_binary_frame_is_read_with_a_finding() -> None:
    frame = decode(V16, b'[2,"1","Heartbeat",{}]')
    assert isinstance(frame, Call)
    assert kinds(frame) == ["binary-frame"]
    assert refusal(decode(V201, b"\xff\xfe[2]"))[:3] == [4, "-1", "RpcFrameworkError"]


def test_nul_characters_are_dropped() -> None:
    raw = (
        '[2,"i\\u0000d","DataTransfer",{"vendorId":"a\\u0000","k\\u0000":[{"x":"\\u0000"}],"n":1}]'
    )
    frame = decode(V16, raw)
    assert isinstance(frame, Call)
    assert frame.payload == {"vendorId": "a", "k": [{"x": ""}], "n": 1}
    assert (frame.unique_id, frame.raw_id) == ("id", "i\0d")
    assert kinds(frame) == ["nul-character"]


def test_half_a_surrogate_pair_is_refused_in_a_call_and_replaced_in_an_answer() -> None:
    raw = '[2,"id-1","DataTransfer",{"vendorId":"a\\ud800b"}]'
    assert refusal(decode(V16, raw))[:3] == [4, "id-1", "FormationViolation"]
    assert refusal(decode(V21, raw))[:3] == [4, "id-1", "FormatViolation"]
    assert refusal(decode(V21, '[2,"id-1","DataTransfer",{"vendorId":"\ud800"}]'))[1] == "id-1"
    frame = decode(V16, '[3,"id-1",{"data":"a\\udc00b"}]')
    assert isinstance(frame, CallResult)
    assert frame.payload == {"data": "a\ufffdb"}
    assert kinds(frame) == ["lone-surrogate"]


def test_text_of_all_scripts_stays_as_it_is() -> None:
    for text in ("Ünïcode ⚡ 电", "\U0001f50c"):
        for escaped in (True, False):
            raw = json.dumps([2, "1", "DataTransfer", {"vendorId": text}], ensure_ascii=escaped)
            assert decode(V16, raw) == Call("1", "1", "DataTransfer", {"vendorId": text})
    backslash = {"vendorId": "C:\\u0000"}
    raw = json.dumps([2, "1", "DataTransfer", backslash])
    assert decode(V16, raw) == Call("1", "1", "DataTransfer", backslash)


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth - 1):
        value = {"a": [value]} if depth % 2 else [value]
    return {"deep": value}


def test_a_payload_may_be_wide_but_not_deep() -> None:
    wide = {"list": [{"a": [1]}] * 100}
    assert decode(V16, json.dumps([2, "1", "DataTransfer", wide])) == Call(
        "1", "1", "DataTransfer", wide
    )
    for depth in (40, 41, 300):
        raw = json.dumps([2, "id-1", "DataTransfer", nested(depth)])
        assert refusal(decode(V16, raw))[:3] == [4, "id-1", "FormationViolation"]
        assert refusal(decode(V201, raw))[:3] == [4, "id-1", "FormatViolation"]
    answer = decode(V16, json.dumps([3, "id-1", nested(300)]))
    assert isinstance(answer, Garbled)
    assert answer.reply is None


@pytest.mark.parametrize(
    ("raw", "code", "description"),
    [
        ('[4,"a","NotSupported"]', "NotSupported", ""),
        ('[4,"a","NotSupported","why"]', "NotSupported", "why"),
        ('[4,"a"]', "GenericError", ""),
        ('[4,"a",null,7,"text"]', "GenericError", ""),
        ('[4,"a","X","y",{},"more"]', "X", "y"),
        (json.dumps([4, "a", "C" * 300, "d" * 300, {}]), "C" * 50, "d" * 255),
    ],
)
def test_errors_are_taken_as_far_as_they_can_be_read(raw: str, code: str, description: str) -> None:
    frame = decode(V16, raw)
    assert isinstance(frame, CallError)
    assert (frame.code, frame.description, frame.details) == (code, description, {})


def test_results_are_taken_as_far_as_they_can_be_read() -> None:
    for raw in ('[3,"a"]', '[3,"a",null]', '[3,"a",[]]', '[3,"a","text"]'):
        frame = decode(V16, raw)
        assert isinstance(frame, CallResult)
        assert frame.payload == {}
        assert kinds(frame) == ["payload-not-object"]


def test_frames_are_written_compactly_and_in_ascii() -> None:
    assert codec.encode_call("u", "Reset", {"type": "Soft"}) == '[2,"u","Reset",{"type":"Soft"}]'
    assert codec.encode_result("u", {}) == '[3,"u",{}]'
    assert codec.encode_result("u", {"n": 8.1, "t": "é"}) == '[3,"u",{"n":8.1,"t":"\\u00e9"}]'
    assert codec.encode_error("u", "GenericError") == '[4,"u","GenericError","",{}]'
    long = json.loads(codec.encode_error("u", "GenericError", "x" * 300, {"a": 1}))
    assert (len(long[3]), long[4]) == (255, {"a": 1})
    assert codec.encode_send("u", "X", {}) == '[6,"u","X",{}]'
    with pytest.raises(ValueError, match="not JSON compliant"):
        codec.encode_result("u", {"n": float("nan")})


# Anything at all

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
frames = st.tuples(
    st.sampled_from([0, 2, 3, 4, 5, 6, 2.0, "2"]),
    st.text(max_size=5) | json_values,
    st.sampled_from(["Heartbeat", "BootNotification", "NotifyEvent"]) | json_values,
    json_values,
    json_values,
)
cut_frames = st.tuples(frames, st.integers(0, 5)).map(lambda pair: json.dumps(pair[0][: pair[1]]))
raws = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.binary(),
    json_values.map(json.dumps),
    cut_frames,
)


@settings(deadline=None)  # a busy machine proves nothing
@given(st.sampled_from(VERSIONS), raws)
def test_nothing_raises_and_every_refusal_is_a_frame(
    version: OcppVersion, raw: str | bytes
) -> None:
    frame = decode(version, raw)
    if isinstance(frame, Garbled):
        if frame.reply is not None:
            kind, _, code, description, details = json.loads(frame.reply)
            assert (kind, code, description, details) == (4, frame.code, frame.detail, {})
        return
    assert len(frame.unique_id) <= 255
    frame.unique_id.encode()
    assert "\0" not in frame.unique_id
    payload = frame.details if isinstance(frame, (CallError, CallResultError)) else frame.payload
    stored = json.dumps(payload, ensure_ascii=False, allow_nan=False)
    stored.encode()
    if isinstance(frame, Call):
        assert json.loads(codec.encode_result(frame.raw_id, {}))[1] == frame.raw_id
