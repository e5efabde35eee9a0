"""OCPP 1.6 with its security extension: what stations say, and how they are answered."""

from datetime import datetime

from ocpp_gateway.dialects.base import (
    Dialect,
    Handler,
    Payload,
    heard,
    now_on_the_wire,
    reading,
    time_of,
    wire_time,
    with_nothing,
)
from operations import events
from operations.answers import Answer, BootAnswer, SessionAnswer, TokenAnswer
from operations.statuses import ChargingStatus
from operations.versions import V16

LONGEST_TOKEN = 20  # IdToken (§7.28); a longer parent can't be told


def boot(payload: Payload, _at: datetime) -> events.StationBooted:
    """BootNotification (§4.2). The station's own serial number is the box's, where there is one."""
    return events.StationBooted(
        vendor=payload["chargePointVendor"],
        model=payload["chargePointModel"],
        serial_number=payload.get("chargePointSerialNumber")
        or payload.get("chargeBoxSerialNumber", ""),
        firmware_version=payload.get("firmwareVersion", ""),
        iccid=payload.get("iccid", ""),
        imsi=payload.get("imsi", ""),
    )


def boot_answer(answer: Answer, _payload: Payload) -> Payload:
    """Whether the station may work."""
    assert isinstance(answer, BootAnswer)  # noqa: S101
    return {
        "status": answer.registration.value,
        "currentTime": wire_time(answer.at),
        "interval": answer.interval_s,
    }


def status(
    payload: Payload, at: datetime
) -> events.ConnectorStatusReported | events.StationStatusReported:
    """StatusNotification (§4.9); connector 0 is the station itself."""
    said = ChargingStatus(payload["status"])
    error = payload.get("errorCode", "NoError")
    error = "" if error == "NoError" else error
    happened_at = time_of(payload["timestamp"], at) if "timestamp" in payload else at
    if payload["connectorId"] == 0:
        return events.StationStatusReported(
            status=said, at=happened_at, error_code=error, info=payload.get("info", "")
        )
    return events.ConnectorStatusReported(
        connector_id=payload["connectorId"],
        status=said,
        at=happened_at,
        error_code=error,
        info=payload.get("info", ""),
        vendor_error_code=payload.get("vendorErrorCode", ""),
    )


def authorize(payload: Payload, _at: datetime) -> events.TokenPresented:
    """Authorize (§4.1)."""
    return events.TokenPresented(payload["idTag"])


def token_answer(answer: Answer, _payload: Payload) -> Payload:
    """Whether the token may charge."""
    assert isinstance(answer, TokenAnswer)  # noqa: S101
    return {"idTagInfo": _token_info(answer)}


def _token_info(answer: TokenAnswer) -> Payload:
    info = {"status": answer.status}
    if answer.expires_at is not None:
        info["expiryDate"] = wire_time(answer.expires_at)
    if answer.group and len(answer.group) <= LONGEST_TOKEN:
        info["parentIdTag"] = answer.group
    return info


def start(payload: Payload, at: datetime) -> events.SessionStarted:
    """StartTransaction (§4.8)."""
    return events.SessionStarted(
        connector_id=payload["connectorId"],
        token=payload["idTag"],
        at=time_of(payload["timestamp"], at),
        meter_start_wh=float(payload["meterStart"]),
    )


def start_answer(answer: Answer, _payload: Payload) -> Payload:
    """The transaction id we hand out, and whether the token may charge."""
    assert isinstance(answer, SessionAnswer)  # noqa: S101
    assert answer.token is not None  # noqa: S101
    return {
        "transactionId": int(answer.transaction_id),
        "idTagInfo": _token_info(answer.token),
    }


def stop(payload: Payload, at: datetime) -> events.SessionStopped:
    """StopTransaction (§4.10)."""
    return events.SessionStopped(
        transaction_id=str(payload["transactionId"]),
        at=time_of(payload["timestamp"], at),
        meter_stop_wh=float(payload["meterStop"]),
        reason=payload.get("reason", ""),
        token=payload.get("idTag", ""),
        readings=_readings(payload.get("transactionData", []), at),
    )


def stop_answer(answer: Answer, _payload: Payload) -> Payload:
    """About the token only where one was presented."""
    assert isinstance(answer, SessionAnswer)  # noqa: S101
    return {} if answer.token is None else {"idTagInfo": _token_info(answer.token)}


def meters(payload: Payload, at: datetime) -> events.MetersRead:
    """MeterValues (§4.7)."""
    transaction_id = payload.get("transactionId")
    return events.MetersRead(
        connector_id=payload["connectorId"],
        evse_id=None,
        transaction_id="" if transaction_id is None else str(transaction_id),
        readings=_readings(payload["meterValue"], at),
    )


def _readings(values: list[Payload], at: datetime) -> tuple[events.Reading, ...]:
    return tuple(
        reading(time_of(value.get("timestamp"), at), value["sampledValue"]) for value in values
    )


def firmware_status(payload: Payload, _at: datetime) -> events.FirmwareStatusReported:
    """FirmwareStatusNotification (§4.5) and the signed one (security whitepaper §4.3)."""
    return events.FirmwareStatusReported(payload["status"], payload.get("requestId"))


def log_status(payload: Payload, _at: datetime) -> events.LogStatusReported:
    """DiagnosticsStatusNotification (§4.4), LogStatusNotification (security whitepaper §4.1)."""
    return events.LogStatusReported(payload["status"], payload.get("requestId"))


def security_event(payload: Payload, at: datetime) -> events.SecurityEventReported:
    """SecurityEventNotification (security whitepaper §4.2)."""
    return events.SecurityEventReported(
        type=payload["type"],
        at=time_of(payload["timestamp"], at),
        tech_info=payload.get("techInfo", ""),
    )


def heartbeat_answer(_answer: Answer, _payload: Payload) -> Payload:
    """What time it is (§4.6)."""
    return {"currentTime": now_on_the_wire()}


HEARD = events.HeartbeatHeard()
HEARTBEAT = Handler(lambda _payload, _at: HEARD, heartbeat_answer)
FIRMWARE_STATUS = Handler(firmware_status, with_nothing)
LOG_STATUS = Handler(log_status, with_nothing)
SECURITY_EVENT = Handler(security_event, with_nothing)

DIALECT = Dialect(
    V16,
    {
        "Authorize": Handler(authorize, token_answer),
        "BootNotification": Handler(boot, boot_answer),
        "DataTransfer": heard("DataTransfer", status="UnknownVendorId"),
        "DiagnosticsStatusNotification": LOG_STATUS,
        "FirmwareStatusNotification": FIRMWARE_STATUS,
        "Heartbeat": HEARTBEAT,
        "LogStatusNotification": LOG_STATUS,
        "MeterValues": Handler(meters, with_nothing),
        "SecurityEventNotification": SECURITY_EVENT,
        # We sign no certificates yet; saying so is better than silence.
        "SignCertificate": heard("SignCertificate", status="Rejected"),
        "SignedFirmwareStatusNotification": FIRMWARE_STATUS,
        "StartTransaction": Handler(start, start_answer),
        "StatusNotification": Handler(status, with_nothing),
        "StopTransaction": Handler(stop, stop_answer),
    },
    is_strict=False,
)
