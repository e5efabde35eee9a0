"""Payloads against the schemas of each version."""

from typing import Any

import pytest

from ocpp_gateway import codec
from ocpp_gateway.schemas import REQUEST, RESPONSE, SEND, actions
from operations.versions import V16, V21, V201, OcppVersion
from tests.gateway.payloads import BOOT_2, BOOT_16, STREAM

# Payloads against the schemas


def test_every_schema_of_the_library_compiles() -> None:
    expected = {V16: (39, 39, 0), V201: (64, 64, 0), V21: (90, 90, 1)}
    for version, counts in expected.items():
        assert tuple(len(actions(version, part)) for part in (REQUEST, RESPONSE, SEND)) == counts
        for action in actions(version):
            codec.check_request(version, action, {})
        for action in actions(version, RESPONSE):
            codec.check_response(version, action, {})


def test_the_actions_of_each_version() -> None:
    assert codec.knows(V16, "BootNotification")
    assert not codec.knows(V16, "TransactionEvent")
    assert codec.knows(V201, "TransactionEvent")
    assert not codec.knows(V21, "NotifyPeriodicEventStream")
    assert codec.actions(V21, SEND) == {"NotifyPeriodicEventStream"}


def test_valid_payloads_pass() -> None:
    assert codec.check_request(V16, "BootNotification", BOOT_16) is None
    assert codec.check_request(V201, "BootNotification", BOOT_2) is None
    assert codec.check_request(V21, "NotifyPeriodicEventStream", STREAM, SEND) is None
    assert codec.check_response(V16, "Reset", {"status": "Accepted"}) is None
    # No zone: a fault of the time, not of the payload.
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    naive = status | {"timestamp": "2026-01-01T00:00:00"}
    assert codec.check_request(V16, "StatusNotification", naive) is None


STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
AUTHORIZE = {"idToken": {"idToken": "T", "type": "Central"}}


@pytest.mark.parametrize(
    ("version", "action", "payload", "code", "path", "text"),
    [
        (V16, "Nonsense", {}, "NotImplemented", "", "Nonsense is not an action of OCPP 1.6"),
        (V16, "Authorize", {}, "OccurenceConstraintViolation", "", "idTag is missing"),
        (V201, "Authorize", {}, "OccurenceConstraintViolation", "", "idToken is missing"),
        (V21, "Authorize", {}, "OccurrenceConstraintViolation", "", "idToken is missing"),
        (V16, "Authorize", {"idTag": 1}, "TypeConstraintViolation", "idTag", "string expected"),
        (V16, "Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation", "idTag",
         "longer than 20 characters"),
        (V16, "Authorize", {"idTag": "x", "y": 1}, "FormationViolation", "",
         "has keys that are not allowed here"),
        (V201, "Authorize", AUTHORIZE | {"y": 1}, "FormatViolation", "",
         "has keys that are not allowed here"),
        (V201, "MeterValues", {"evseId": 1, "meterValue": []}, "OccurenceConstraintViolation",
         "meterValue", "fewer than 1 items"),
        (V16, "StatusNotification", STATUS | {"status": "Asleep"}, "PropertyConstraintViolation",
         "status", "not one of the values allowed here"),
        (V16, "StatusNotification", STATUS | {"connectorId": 1.0}, "TypeConstraintViolation",
         "connectorId", "integer expected"),
        (V16, "StatusNotification", STATUS | {"connectorId": 2**63}, "PropertyConstraintViolation",
         "connectorId", f"more than {2**31 - 1}"),
        (V201, "NotifyEvent", {"generatedAt": "x", "seqNo": 0, "eventData": [7]},
         "TypeConstraintViolation", "eventData[0]", "object expected"),
    ],
)  # fmt: skip
def test_a_violation_has_the_code_of_its_version(
    version: OcppVersion, action: str, payload: dict[str, Any], code: str, path: str, text: str
) -> None:
    violation = codec.check_request(version, action, payload)
    assert violation is not None
    assert (violation.code, violation.path, violation.text) == (code, path, text)


def test_a_violation_never_repeats_what_was_sent() -> None:
    violation = codec.check_request(V16, "Authorize", {"idTag": "secret" * 5})
    assert violation is not None
    assert str(violation) == "idTag: longer than 20 characters"
    assert str(codec.check_request(V16, "Authorize", {})) == "idTag is missing"
