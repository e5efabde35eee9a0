"""OCPP-J frames: any text or bytes in, a message or what to say about it out. No I/O, no state.

What is wrong with the frame itself is settled here; what is wrong with a payload, in `schemas`
(strictly) and `forgiving` (as far as its meaning is certain).
"""

import json
import json.scanner
import math
import re
from typing import Any, Final

from ocpp_gateway import codes
from ocpp_gateway.codes import Spelling, spelling
from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    Garbled,
    MessageId,
    Payload,
    Send,
)
from ocpp_gateway.schemas import actions, check_request, check_response, knows
from operations.versions import OcppVersion

__all__ = [
    "MAX_FRAME_BYTES",
    "Call",
    "CallError",
    "CallResult",
    "CallResultError",
    "Finding",
    "Frame",
    "Garbled",
    "MessageId",
    "Payload",
    "Send",
    "Violation",
    "actions",
    "check_request",
    "check_response",
    "decode",
    "encode_call",
    "encode_error",
    "encode_result",
    "encode_send",
    "knows",
]

MAX_FRAME_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_ID_LENGTH: Final = 255
USUAL_ID_LENGTH: Final = 36
MAX_DESCRIPTION_LENGTH: Final = 255
MAX_CODE_LENGTH: Final = 50


def decode(version: OcppVersion, raw: str | bytes) -> Frame:
    """Read one frame; whatever it holds, this returns."""
    usual = _usual_call(raw) if isinstance(raw, str) and raw.startswith(_USUAL_BEGIN) else None
    if usual is not None:
        return usual
    words = spelling(version)
    findings: list[Finding] = []
    if isinstance(raw, bytes):
        try:
            raw = raw.decode()
        except UnicodeDecodeError:
            return _garbled(words, words.nameless_id, words.frame, "binary and not UTF-8")
        findings.append(Finding("binary-frame", "", "sent as a binary frame, not as text"))
    if _is_too_large(raw):
        return _unreadable(words, raw, f"larger than {MAX_FRAME_BYTES} bytes")
    try:
        message = _read(raw)
    # ValueError: not JSON, or a number that nothing can hold. RecursionError: a tower of brackets.
    except (ValueError, RecursionError):
        return _unreadable(words, raw, "not JSON that can be read")
    if not isinstance(message, list) or not message:
        return _garbled(words, words.nameless_id, words.frame, "not a JSON array with a message")
    return _message(words, raw, message, findings)


def encode_call(unique_id: str, action: str, payload: Payload) -> str:
    """Write a CALL."""
    return _ENCODER.encode((codes.CALL, unique_id, action, payload))


def encode_result(unique_id: MessageId, payload: Payload) -> str:
    """Write a CALLRESULT; most are empty, and need no encoder."""
    if not payload and isinstance(unique_id, str):
        return f"[{codes.CALL_RESULT},{_QUOTED(unique_id)},{{}}]"
    return _ENCODER.encode((codes.CALL_RESULT, unique_id, payload))


def encode_error(
    unique_id: MessageId, code: str, description: str = "", details: Payload | None = None
) -> str:
    """Write a CALLERROR."""
    description = description[:MAX_DESCRIPTION_LENGTH]
    return _ENCODER.encode((codes.CALL_ERROR, unique_id, code, description, details or {}))


def encode_send(unique_id: str, action: str, payload: Payload) -> str:
    """Write a SEND (2.1)."""
    return _ENCODER.encode((codes.SEND, unique_id, action, payload))


def _usual_call(text: str) -> Call | None:
    """A CALL of which nothing is to be remarked, as nearly all frames are; None for any other.

    Takes only what the long way takes as it is: that one looks at everything by itself.
    """
    if not text.isascii() or "\\" in text or len(text) > MAX_FRAME_BYTES:
        return None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        return None
    try:
        message, end = _SCAN(text, 0)
    except (StopIteration, ValueError):
        return None
    if end != len(text) or len(message) != 4:
        return None
    kind, raw_id, action, payload = message
    if kind != codes.CALL or not isinstance(raw_id, str) or not isinstance(action, str):
        return None
    is_plain = len(raw_id) <= USUAL_ID_LENGTH and raw_id.isprintable()
    return Call(raw_id, raw_id, action, payload) if is_plain and type(payload) is dict else None


def _read(text: str) -> Any:
    """Parse JSON: the scanner alone where nothing stands around it, as in nearly every frame."""
    try:
        message, end = _SCAN(text, 0)
    except StopIteration:
        end = -1
    return message if end == len(text) else _DECODER.decode(text)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large to keep")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


# Built once: json.loads and json.dumps build a new one for each call that has options.
_DECODER: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)

_USUAL_BEGIN: Final = f"[{codes.CALL},"
# The beginning of a CALL, to answer one whose rest cannot be read.
_CALL_HEAD: Final = re.compile(
    r'\s*\[\s*2\s*,\s*("(?:[^"\\\x00-\x1f]|\\.){0,255}"|-?\d{1,255})\s*,', re.ASCII
)
_SCAN: Final[Any] = json.scanner.make_scanner(_DECODER)  # type: ignore[arg-type]
_QUOTED: Final = json.encoder.encode_basestring_ascii

# Escapes for NUL and for halves of a surrogate pair.
_SUSPECT: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def _is_too_large(text: str) -> bool:
    if text.isascii():
        return len(text) > MAX_FRAME_BYTES
    return len(text.encode(errors="surrogatepass")) > MAX_FRAME_BYTES


def _message(words: Spelling, text: str, message: list[Any], findings: list[Finding]) -> Frame:
    kind, raw_id = message[0], _id_of(message)
    if type(kind) is not int:
        return _garbled(words, _reply_id(words, raw_id), words.frame, "no message type")
    if kind not in words.message_types:
        # 1.6 has no code for this and wants such messages ignored (OCPP-J 1.6 §4.1.3).
        reply_id = None if words.nameless_id is None else _reply_id(words, raw_id)
        detail = "unknown message type"
        return _garbled(words, reply_id, codes.MESSAGE_TYPE_NOT_SUPPORTED, detail)
    if kind in (codes.CALL, codes.SEND):
        return _request(words, text, message, raw_id, findings)
    return _answer(words, text, message, raw_id, findings)


def _request(
    words: Spelling,
    text: str,
    message: list[Any],
    raw_id: MessageId | None,
    findings: list[Finding],
) -> Frame:
    # A SEND is never answered, not even when it is wrong (2.1 part 4).
    reply_id = _reply_id(words, raw_id) if message[0] == codes.CALL else None
    if raw_id is None:
        return _garbled(words, reply_id, words.frame, "the message id cannot be read")
    if len(message) != 4 or not isinstance(message[2], str):
        return _garbled(words, reply_id, words.frame, "not type, id, action and payload")
    if _is_deep(text, message):
        return _garbled(words, reply_id, words.format, f"nested deeper than {MAX_DEPTH} levels")
    _, _, action, body = _cleaned(text, message, findings)
    payload = _object(body, findings)
    is_text = not findings or all(finding.kind != "lone-surrogate" for finding in findings)
    if payload is None or not is_text:
        return _garbled(words, reply_id, words.format, "the payload is not an object of text")
    unique_id = _named(raw_id, findings)
    if message[0] == codes.SEND:
        return Send(unique_id, action, payload, tuple(findings))
    return Call(unique_id, raw_id, action, payload, tuple(findings))


def _answer(
    words: Spelling,
    text: str,
    message: list[Any],
    raw_id: MessageId | None,
    findings: list[Finding],
) -> Frame:
    if raw_id is None or _is_deep(text, message):
        # Nobody waits for an answer to an answer.
        return Garbled(None, None, words.frame, "an answer without an id, or nested too deep")
    kind, _, *body = _cleaned(text, message, findings)
    unique_id = _named(raw_id, findings)
    # What arrived is taken as far as it can be read: the call it answers is over either way.
    if kind == codes.CALL_RESULT:
        payload = _object(body[0] if body else None, findings) or {}
        return CallResult(unique_id, payload, tuple(findings))
    if len(body) != 3:
        findings.append(Finding("incomplete-error", "", "not type, id, code, text and details"))
    parts: list[Any] = [*body, None, None, None]
    code, description, details = parts[:3]
    return (CallError if kind == codes.CALL_ERROR else CallResultError)(
        unique_id,
        code[:MAX_CODE_LENGTH] if isinstance(code, str) else codes.GENERIC_ERROR,
        description[:MAX_DESCRIPTION_LENGTH] if isinstance(description, str) else "",
        details if isinstance(details, dict) else {},
        tuple(findings),
    )


def _id_of(message: list[Any]) -> MessageId | None:
    raw_id = message[1] if len(message) > 1 else None
    if isinstance(raw_id, bool) or not isinstance(raw_id, (str, int, float)):
        return None
    return raw_id if len(str(raw_id)) <= MAX_ID_LENGTH else None


def _named(raw_id: MessageId, findings: list[Finding]) -> str:
    """Make text of an id, to match and to store."""
    if not isinstance(raw_id, str):
        findings.append(Finding("numeric-id", "", "the message id is a number"))
        return str(raw_id)
    if len(raw_id) > USUAL_ID_LENGTH:
        findings.append(Finding("long-id", "", f"longer than {USUAL_ID_LENGTH} characters"))
    return raw_id if raw_id.isascii() and raw_id.isprintable() else _storable(raw_id)


def _object(value: Any, findings: list[Finding]) -> Payload | None:
    """Take null and PHP's empty array for an empty payload; None is for what cannot be one."""
    if isinstance(value, dict):
        return value
    findings.append(Finding("payload-not-object", "", "the payload is not an object"))
    return {} if value is None or value == [] else None


def _is_deep(text: str, message: list[Any]) -> bool:
    # Few brackets cannot be deep: most frames are settled by counting.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    level: list[Any] = message
    for _ in range(MAX_DEPTH):
        nodes = [node for node in level if isinstance(node, (list, dict))]
        level = [
            child for node in nodes for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _cleaned(text: str, message: list[Any], findings: list[Finding]) -> list[Any]:
    """Make all text in the message storable: PostgreSQL takes neither NUL nor lone surrogates.

    A NUL is the end of a C string that was sent along and means nothing; in place of half a
    surrogate pair stood a character that is lost.
    """
    # Looking for one character is ten times faster than looking for two.
    escapes = "\\" in text and _SUSPECT.search(text) is not None
    if not escapes and (text.isascii() or _SURROGATES.search(text) is None):
        return message
    faults: set[str] = set()
    cleaned = [_clean(element, faults) for element in message]
    findings.extend(Finding(fault, "", "dropped or replaced") for fault in sorted(faults))
    return cleaned


def _clean(value: Any, faults: set[str]) -> Any:
    if isinstance(value, str):
        if "\0" in value:
            faults.add("nul-character")
        if _SURROGATES.search(value):
            faults.add("lone-surrogate")
        return _storable(value)
    if isinstance(value, list):
        return [_clean(item, faults) for item in value]
    if isinstance(value, dict):
        return {_clean(key, faults): _clean(item, faults) for key, item in value.items()}
    return value


def _storable(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text.replace("\0", ""))


def _unreadable(words: Spelling, text: str, detail: str) -> Garbled:
    """Answer a frame whose JSON fails under its id, when at least a CALL's id can be read."""
    head = _CALL_HEAD.match(text)
    try:
        raw_id = _id_of([codes.CALL, json.loads(head[1])]) if head else None
    except ValueError:
        raw_id = None
    return _garbled(words, _reply_id(words, raw_id), words.frame, detail)


def _reply_id(words: Spelling, raw_id: MessageId | None) -> MessageId | None:
    return words.nameless_id if raw_id is None else raw_id


def _garbled(words: Spelling, reply_id: MessageId | None, code: str, detail: str) -> Garbled:
    if reply_id is None:
        return Garbled(None, None, code, detail)
    unique_id = None if reply_id == words.nameless_id else _storable(str(reply_id))
    return Garbled(encode_error(reply_id, code, detail), unique_id, code, detail)
