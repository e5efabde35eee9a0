"""OCPP 2.0.1: what stations say, and how they are answered."""

from collections.abc import Iterator
from datetime import datetime

from ocpp_gateway.dialects.base import (
    Dialect,
    Handler,
    Payload,
    heard,
    reading,
    time_of,
    wire_time,
    with_nothing,
)
from ocpp_gateway.dialects.v16 import (
    FIRMWARE_STATUS,
    HEARTBEAT,
    LOG_STATUS,
    SECURITY_EVENT,
    boot_answer,
)
from operations import events
from operations.answers import Answer, SessionAnswer, TokenAnswer
from operations.statuses import ChargingStatus
from operations.versions import V201

LONGEST_TOKEN = 36  # IdTokenType; 2.1 takes more, and 36 too

Part = (
    events.ConnectorStatusReported
    | events.StationStatusReported
    | events.ChargerStatusReported
    | events.LockReported
)

# What 2.x calls the states of a connector; Occupied says less than the portal shows.
STATUSES = {
    "Available": ChargingStatus.AVAILABLE,
    "Occupied": ChargingStatus.PREPARING,
    "Reserved": ChargingStatus.RESERVED,
    "Unavailable": ChargingStatus.UNAVAILABLE,
    "Faulted": ChargingStatus.FAULTED,
}
LOCK = "ConnectorPlugRetentionLock"


def boot(payload: Payload, _at: datetime) -> events.StationBooted:
    """BootNotification (B01)."""
    station = payload["chargingStation"]
    modem = station.get("modem") or {}
    return events.StationBooted(
        vendor=station["vendorName"],
        model=station["model"],
        serial_number=station.get("serialNumber", ""),
        firmware_version=station.get("firmwareVersion", ""),
        iccid=modem.get("iccid", ""),
        imsi=modem.get("imsi", ""),
        reason=payload["reason"],
    )


def status(payload: Payload, at: datetime) -> Part:
    """StatusNotification (G01); some say 0 for the whole EVSE, or for the whole station."""
    happened_at = time_of(payload["timestamp"], at)
    return _availability(
        "Connector",
        payload["evseId"],
        payload["connectorId"],
        payload["connectorStatus"],
        happened_at,
    )


def notify_event(payload: Payload, at: datetime) -> events.ComponentsReported:
    """NotifyEvent (G01.FR.05, N07): 2.1 reports availability this way."""
    parts: list[Part] = []
    for item in payload["eventData"]:
        value = str(item.get("actualValue", ""))
        happened_at = time_of(item.get("timestamp"), at)
        parts += _parts(item, value, happened_at, is_writable=None)
    return events.ComponentsReported(tuple(parts))


def notify_report(payload: Payload, at: datetime) -> events.ReportPartReceived:
    """NotifyReport (B07, B08): tells which connectors there are, and which locks we may close."""
    items = payload.get("reportData", [])
    parts = [part for item in items for part in _reported_parts(item, at)]
    return report_part("NotifyReport", payload, items, tuple(dict.fromkeys(parts)))


def _reported_parts(
    item: Payload, at: datetime
) -> Iterator[events.LockReported | events.ConnectorKnown]:
    evse = item["component"].get("evse") or {}
    if item["component"]["name"] == "Connector" and evse.get("connectorId"):
        yield events.ConnectorKnown(evse["connectorId"], evse["id"])
    for attribute in item["variableAttribute"]:
        if attribute.get("type", "Actual") != "Actual":
            continue
        is_writable = attribute.get("mutability", "ReadWrite") != "ReadOnly"
        for part in _parts(item, str(attribute.get("value", "")), at, is_writable=is_writable):
            if isinstance(part, events.LockReported):
                yield part


def report_part(
    kind: str,
    payload: Payload,
    data: object,
    parts: tuple[events.LockReported | events.ConnectorKnown, ...] = (),
) -> events.ReportPartReceived:
    return events.ReportPartReceived(
        kind=kind,
        request_id=payload["requestId"],
        seq_no=payload.get("seqNo"),
        is_last=not payload.get("tbc", False),
        data=data,
        parts=parts,
    )


def report(kind: str, key: str) -> Handler:
    """A report in parts, of which `key` holds the data (N02, N09, O03, K09)."""
    return Handler(
        lambda payload, _at: report_part(kind, payload, payload.get(key, [])), with_nothing
    )


def charging_profiles(payload: Payload, _at: datetime) -> events.ReportPartReceived:
    """ReportChargingProfiles (K09): the profiles of one charger from one source."""
    told = ("evseId", "chargingLimitSource", "chargingProfile")
    data = {key: payload[key] for key in told}
    return report_part("ReportChargingProfiles", payload, data)


def _parts(item: Payload, value: str, at: datetime, *, is_writable: bool | None) -> Iterator[Part]:
    """What one variable's value tells us, if anything."""
    component, variable = item["component"], item["variable"]["name"]
    evse = component.get("evse") or {}
    evse_id, connector_id = evse.get("id", 0), evse.get("connectorId")
    if variable == "AvailabilityState" and value in STATUSES:
        yield _availability(component["name"], evse_id, connector_id, value, at)
    elif component["name"] == LOCK and evse_id:
        is_on = value.lower() == "true" if value else None
        yield events.LockReported(
            connector_id=connector_id or 1,
            evse_id=evse_id,
            is_locked=is_on if variable == "Active" else None,
            has_problem=is_on if variable == "Problem" else None,
            is_writable=is_writable if variable == "Active" else None,
        )


def _availability(
    component: str, evse_id: int, connector_id: int | None, value: str, at: datetime
) -> Part:
    """AvailabilityState of a connector, an EVSE or the whole station."""
    said, is_occupied = STATUSES[value], value == "Occupied"
    if component == "Connector" and evse_id and connector_id:
        return events.ConnectorStatusReported(
            connector_id=connector_id,
            evse_id=evse_id,
            status=said,
            is_occupied=is_occupied,
            at=at,
        )
    if evse_id:
        return events.ChargerStatusReported(
            evse_id=evse_id, status=said, is_occupied=is_occupied, at=at
        )
    return events.StationStatusReported(status=said, at=at)


def authorize(payload: Payload, _at: datetime) -> events.TokenPresented:
    """Authorize (C01)."""
    token = payload["idToken"]
    return events.TokenPresented(token["idToken"], token["type"])


def token_answer(answer: Answer, _payload: Payload) -> Payload:
    """Whether the token may charge."""
    assert isinstance(answer, TokenAnswer)  # noqa: S101
    return {"idTokenInfo": _token_info(answer)}


def _token_info(answer: TokenAnswer) -> Payload:
    info: Payload = {"status": answer.status}
    if answer.expires_at is not None:
        info["cacheExpiryDateTime"] = wire_time(answer.expires_at)
    if answer.group and len(answer.group) <= LONGEST_TOKEN:
        info["groupIdToken"] = {"idToken": answer.group, "type": "Central"}
    return info


def transaction(payload: Payload, at: datetime) -> events.SessionChanged:
    """TransactionEvent (E01 to E15)."""
    evse = payload.get("evse") or {}
    info = payload["transactionInfo"]
    token = payload.get("idToken") or {}
    return events.SessionChanged(
        kind=payload["eventType"],
        transaction_id=info["transactionId"],
        seq_no=payload["seqNo"],
        at=time_of(payload["timestamp"], at),
        evse_id=evse.get("id"),
        connector_id=evse.get("connectorId"),
        charging_state=info.get("chargingState", ""),
        token=token.get("idToken", ""),
        token_type=token.get("type", ""),
        stopped_reason=info.get("stoppedReason", ""),
        is_offline=payload.get("offline", False),
        remote_start_id=info.get("remoteStartId"),
        readings=_readings(payload.get("meterValue", []), at),
    )


def transaction_answer(answer: Answer, _payload: Payload) -> Payload:
    """About the token only where one was presented (E01.FR.11)."""
    assert isinstance(answer, SessionAnswer)  # noqa: S101
    return {} if answer.token is None else {"idTokenInfo": _token_info(answer.token)}


def meters(payload: Payload, at: datetime) -> events.MetersRead:
    """MeterValues outside a transaction (J01)."""
    return events.MetersRead(
        connector_id=0,
        evse_id=payload["evseId"],
        transaction_id="",
        readings=_readings(payload["meterValue"], at),
    )


def _readings(values: list[Payload], at: datetime) -> tuple[events.Reading, ...]:
    return tuple(
        reading(time_of(value.get("timestamp"), at), value["sampledValue"]) for value in values
    )


DIALECT = Dialect(
    V201,
    {
        "Authorize": Handler(authorize, token_answer),
        "BootNotification": Handler(boot, boot_answer),
        "ClearedChargingLimit": heard("ClearedChargingLimit"),
        "DataTransfer": heard("DataTransfer", status="UnknownVendorId"),
        "FirmwareStatusNotification": FIRMWARE_STATUS,
        "Get15118EVCertificate": heard("Get15118EVCertificate", status="Failed", exiResponse=""),
        "GetCertificateStatus": heard("GetCertificateStatus", status="Failed"),
        "Heartbeat": HEARTBEAT,
        "LogStatusNotification": LOG_STATUS,
        "MeterValues": Handler(meters, with_nothing),
        "NotifyChargingLimit": heard("NotifyChargingLimit"),
        "NotifyCustomerInformation": report("NotifyCustomerInformation", "data"),
        "NotifyDisplayMessages": report("NotifyDisplayMessages", "messageInfo"),
        # Without smart charging there is nothing to offer the car, or to keep its schedule for.
        "NotifyEVChargingNeeds": heard("NotifyEVChargingNeeds", status="Rejected"),
        "NotifyEVChargingSchedule": heard("NotifyEVChargingSchedule", status="Accepted"),
        "NotifyEvent": Handler(notify_event, with_nothing),
        "NotifyMonitoringReport": report("NotifyMonitoringReport", "monitor"),
        "NotifyReport": Handler(notify_report, with_nothing),
        "PublishFirmwareStatusNotification": heard("PublishFirmwareStatusNotification"),
        "ReportChargingProfiles": Handler(charging_profiles, with_nothing),
        "ReservationStatusUpdate": heard("ReservationStatusUpdate"),
        "SecurityEventNotification": SECURITY_EVENT,
        # We sign no certificates yet; saying so is better than silence.
        "SignCertificate": heard("SignCertificate", status="Rejected"),
        "StatusNotification": Handler(status, with_nothing),
        "TransactionEvent": Handler(transaction, transaction_answer),
    },
)
