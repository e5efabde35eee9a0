"""What is mended, what is refused, and that nothing secret is repeated."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_gateway import forgiving, schemas
from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.forgiving import parse_time, repair
from ocpp_gateway.schemas import RESPONSE, actions
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
STOP = {"transactionId": 1, "timestamp": "2026-01-01T00:00:00Z", "meterStop": 5}
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
METER = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1"}]}]}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
EVENT = {
    "eventType": "Started",
    "timestamp": "2026-01-01T00:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T1"},
}


def mended(version: OcppVersion, action: str, payload: dict[str, Any]) -> tuple[Any, list[str]]:
    before = copy.deepcopy(payload)
    outcome = repair(version, action, payload)
    assert payload == before
    assert not isinstance(outcome, Violation), outcome
    assert schemas.check_request(version, action, outcome[0]) is None
    return outcome[0], [f"{finding.kind} {finding.path}" for finding in outcome[1]]


def refused(version: OcppVersion, action: str, payload: dict[str, Any]) -> Violation:
    outcome = repair(version, action, payload)
    assert isinstance(outcome, Violation)
    return outcome


def test_a_right_payload_stays_as_it_is() -> None:
    assert mended(V16, "StatusNotification", STATUS) == (STATUS, [])


@pytest.mark.parametrize("number", [1.0, "1", " 1 ", "1.0", "+1", "1e0"])
def test_whole_numbers_in_other_clothes(number: Any) -> None:
    payload, findings = mended(V16, "StatusNotification", STATUS | {"connectorId": number})
    assert payload == STATUS
    assert type(payload["connectorId"]) is int
    kind = "float-for-integer" if isinstance(number, float) else "text-for-number"
    assert findings == [f"{kind} connectorId"]


@pytest.mark.parametrize(
    "number", [1.5, "1.5", "one", "", True, [1, 2], {}, "0x1", "\u0661", "1,0", "NaN"]
)
def test_numbers_that_are_none_are_refused(number: Any) -> None:
    violation = refused(V16, "StatusNotification", STATUS | {"connectorId": number})
    # Empty text is dropped like null, so that what is required is then missing.
    missing = ("OccurenceConstraintViolation", "")
    assert (violation.code, violation.path) == (
        missing if number == "" else ("TypeConstraintViolation", "connectorId")
    )


def test_decimal_numbers_as_text() -> None:
    sampled = {"timestamp": "t", "sampledValue": [{"value": "21.5"}, {"value": "-3"}, {"value": 1}]}
    payload, findings = mended(V201, "MeterValues", {"evseId": 1, "meterValue": [sampled]})
    values = [sample["value"] for sample in payload["meterValue"][0]["sampledValue"]]
    assert values == [21.5, -3, 1]
    assert findings == ["text-for-number meterValue[].sampledValue[].value"]
    refused(V201, "MeterValues", {"evseId": 1, "meterValue": [
        {"timestamp": "t", "sampledValue": [{"value": ["1"]}]}]})  # fmt: skip


def test_numbers_and_booleans_where_text_belongs() -> None:
    samples = [{"value": 230}, {"value": 230.5}, {"value": True}]
    meter = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": samples}]}
    payload, findings = mended(V16, "MeterValues", meter)
    values = [sample["value"] for sample in payload["meterValue"][0]["sampledValue"]]
    assert values == ["230", "230.5", "true"]
    assert findings == [
        "number-for-text meterValue[].sampledValue[].value",
        "boolean-for-text meterValue[].sampledValue[].value",
    ]
    assert refused(V16, "Authorize", {"idTag": ["x"]}).code == "TypeConstraintViolation"


@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("False", False), (1, True), (0, False)]
)
def test_booleans_in_other_clothes(value: Any, *, meant: bool) -> None:
    payload, findings = mended(V201, "TransactionEvent", EVENT | {"offline": value})
    assert payload["offline"] is meant
    kind = "text-for-boolean" if isinstance(value, str) else "number-for-boolean"
    assert findings == [f"{kind} offline"]


@pytest.mark.parametrize("value", ["yes", 2, 1.0, [True]])
def test_booleans_that_are_none_are_refused(value: Any) -> None:
    violation = refused(V201, "TransactionEvent", EVENT | {"offline": value})
    assert (violation.code, violation.path) == ("TypeConstraintViolation", "offline")


def test_unknown_keys_are_dropped_at_every_depth() -> None:
    payload, findings = mended(
        V201, "BootNotification",
        {"reason": "PowerUp", "x": 1, "y": 2, "z": 3, "zz": 4,
         "chargingStation": {"model": "M", "vendorName": "V", "colour": "red"}},
    )  # fmt: skip
    assert payload == BOOT_2
    assert sorted(findings) == ["unknown-key ", "unknown-key chargingStation"]


def test_custom_data_keeps_what_it_holds() -> None:
    custom = {"vendorId": "V", "someKey_X": {"myURL": [1.0, None]}}
    payload, _ = mended(V201, "BootNotification", BOOT_2 | {"customData": custom, "x": 1})
    assert payload == BOOT_2 | {"customData": custom}


def test_custom_data_of_nobody_is_dropped() -> None:
    boot = BOOT_2 | {"customData": {"x": 1}}
    assert mended(V21, "BootNotification", boot) == (BOOT_2, ["nameless-custom-data customData"])


def test_too_long_texts_are_cut() -> None:
    payload, findings = mended(V16, "BootNotification", BOOT | {"chargePointModel": "m" * 30})
    assert payload["chargePointModel"] == "m" * 20
    assert findings == ["too-long chargePointModel"]


def test_a_cut_id_token_would_be_another_drivers() -> None:
    violation = refused(V16, "Authorize", {"idTag": "x" * 21})
    assert violation == Violation(
        "PropertyConstraintViolation", "idTag", "longer than 20 characters"
    )


def test_a_single_item_is_a_list_and_a_list_of_one_is_its_item() -> None:
    meter = {"connectorId": 1, "meterValue": {"timestamp": "t", "sampledValue": {"value": 1}}}
    payload, findings = mended(V16, "MeterValues", meter)
    assert payload == METER | {"meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1"}]}]}
    assert findings == [
        "single-for-list meterValue",
        "single-for-list meterValue[].sampledValue",
        "number-for-text meterValue[].sampledValue[].value",
    ]
    boxed = {"reason": "PowerUp", "chargingStation": [BOOT_2["chargingStation"]]}
    assert mended(V201, "BootNotification", boxed) == (BOOT_2, ["list-for-object chargingStation"])
    for wrong in ([], [{}, {}], ["x"], "x"):
        refused(V201, "BootNotification", {"reason": "PowerUp", "chargingStation": wrong})


def test_empty_lists_and_nulls_are_left_out_where_that_is_allowed() -> None:
    assert mended(V201, "TransactionEvent", EVENT | {"meterValue": []}) == (
        EVENT, ["empty-list meterValue"],
    )  # fmt: skip
    assert mended(V16, "StatusNotification", STATUS | {"info": None}) == (STATUS, ["null info"])
    violation = refused(V201, "MeterValues", {"evseId": 1, "meterValue": []})
    assert violation.code == "OccurenceConstraintViolation"
    assert refused(V16, "Authorize", {"idTag": None}).code == "OccurenceConstraintViolation"
    many = {"key": [None]}
    assert refused(V16, "GetConfiguration", many).path == "key[0]"


@pytest.mark.parametrize("status", ["available", " AVAILABLE "])
def test_allowed_values_in_another_spelling(status: str) -> None:
    payload, findings = mended(V16, "StatusNotification", STATUS | {"status": status})
    assert (payload, findings) == (STATUS, ["spelling status"])


def test_values_that_are_not_allowed_are_refused() -> None:
    for status in ("Asleep", ""):
        violation = refused(V16, "StatusNotification", STATUS | {"status": status})
        assert violation.code in ("PropertyConstraintViolation", "OccurenceConstraintViolation")
    assert mended(V16, "StopTransaction", STOP | {"reason": ""}) == (STOP, ["empty-text reason"])
    assert refused(V16, "StatusNotification", STATUS | {"status": ["x"]}).path == "status"


def test_what_is_missing_is_refused() -> None:
    assert refused(V16, "StatusNotification", {"status": 1}).code == "OccurenceConstraintViolation"
    event = EVENT | {"transactionInfo": {}}
    assert refused(V201, "TransactionEvent", event).path == "transactionInfo"


def test_an_action_nobody_knows() -> None:
    assert refused(V16, "Nonsense", {}).code == "NotImplemented"


def test_the_answers_of_a_station_are_mended_too() -> None:
    outcome = repair(V16, "GetLocalListVersion", {"listVersion": "3"}, RESPONSE)
    finding = Finding("text-for-number", "listVersion", "text where a number belongs")
    assert outcome == ({"listVersion": 3}, (finding,))


def test_findings_are_few_and_hold_no_values() -> None:
    samples = [{"value": 7_777_777 + number, "secret-key": "hush"} for number in range(300)]
    meter = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": samples}]}
    outcome = repair(V16, "MeterValues", meter)
    assert not isinstance(outcome, Violation)
    assert len(outcome[1]) == 2
    assert "7777" not in str(outcome[1])
    assert "hush" not in str(outcome[1])


@pytest.mark.parametrize("count", [1001, 20_000])
def test_too_much_to_mend_is_refused(count: int) -> None:
    samples = [{"value": number} for number in range(count)]
    meter = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": samples}]}
    assert refused(V16, "MeterValues", meter).code == "TypeConstraintViolation"


def test_mending_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgiving, "MAX_ROUNDS", 1)
    assert refused(V16, "StatusNotification", STATUS | {"x": 1}).code == "FormationViolation"


def test_a_large_payload_without_fault_stays_as_it_is() -> None:
    samples = [{"value": "1"}] * 20_000
    meter = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": samples}]}
    assert mended(V16, "MeterValues", meter) == (meter, [])


wrong = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "1", "1.0", "true", "Available", "Started", "T" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["connectorId", "status", "errorCode", "value", "timestamp", "sampledValue", "customData",
         "idToken", "type", "transactionInfo", "x"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
payloads = st.dictionaries(
    st.sampled_from([*STATUS, *EVENT, *METER, *BOOT_2, "customData", "offline", "evse", "idToken"]),
    wrong,
)


@settings(deadline=None)  # a busy machine proves nothing
@given(
    st.sampled_from(VERSIONS),
    st.sampled_from(["StatusNotification", "MeterValues", "TransactionEvent", "BootNotification"]),
    payloads,
)
def test_what_comes_out_is_valid_or_refused(
    version: OcppVersion, action: str, payload: dict[str, Any]
) -> None:
    full = {**EVENT, **payload} if action == "TransactionEvent" else payload
    outcome = repair(version, action, full)
    if isinstance(outcome, Violation):
        assert outcome.code
    else:
        assert schemas.check_request(version, action, outcome[0]) is None


def test_every_mend_of_every_schema_ends() -> None:
    for version in VERSIONS:
        for action in actions(version):
            repair(version, action, {"customData": None, "status": 1, "evse": [], "x": {}})


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00z",
        "2026-03-01t12:00:00Z",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T15:00:00+03",
        "2026-03-01T15:00:00+0300",
        "2026-03-01T15:00:00.000000000+03:00",
        "2026-03-01T12:00:00.0Z",
        "2026-03-01T12:00:00.0000000001Z",
        "2026-03-01T12:00:00,0 UTC",
        " 2026-03-01T12:00:00Z ",
        "2026-03-01  12:00 Z",
        "2026-03-01T07:00-05:00",
    ],
)
def test_times_in_many_clothes(text: str) -> None:
    assert parse_time(text, NOW) == (NOW, None)


def test_a_time_without_zone_is_utc() -> None:
    for text in ("2026-03-01T12:00:00", "2026-03-01 12:00:00,000"):
        at, finding = parse_time(text, NOW, "timestamp")
        assert (at, finding and finding.kind) == (NOW, "time-without-zone")
        assert finding is not None
        assert finding.path == "timestamp"


def test_a_fraction_is_kept_to_the_microsecond() -> None:
    at, _ = parse_time("2026-03-01T12:00:00.1234567Z", NOW)
    assert at == NOW + timedelta(microseconds=123_456)


def test_a_leap_second_is_read() -> None:
    assert parse_time("2026-03-01T11:59:60Z", NOW) == (NOW - timedelta(seconds=1), None)


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-02-28T11:59:59Z", "2027-01-01"]
)
def test_an_unbelievable_time_is_flagged(text: str) -> None:
    at, finding = parse_time(text, NOW)
    assert finding is not None
    assert finding.kind == "clock-off"
    assert abs(at - NOW) > timedelta(days=1)
    assert at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    ["", "now", "12:00", None, 5, {}, "2026-13-01T00:00:00Z", "2026-03-01T25:00:60Z", "2026-03-01T",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", "\u0662026-03-01T12:00:00Z",
     "2026-03-01T12:00:61Z"],
)  # fmt: skip
def test_what_is_no_time_is_the_time_of_receipt(text: object) -> None:
    at, finding = parse_time(text, NOW)
    assert at == NOW
    assert finding is not None
    assert finding.kind == "time-unreadable"


@settings(deadline=None)  # a busy machine proves nothing
@given(
    st.one_of(
        st.text(), st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d*)?")
    )
)
def test_no_text_raises_and_every_time_is_utc(text: str) -> None:
    at, _ = parse_time(text, NOW)
    assert at.utcoffset() == timedelta(0)
