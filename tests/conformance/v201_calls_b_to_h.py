"""OCPP 2.0.1, B to H: calls about variables, lists, transactions, triggers and reservations."""

from typing import Any

from tests.conformance.kit import Asked, Case, Payload, case, exchange
from tests.conformance.v201_values import ACCEPTED, AT, HEARTBEAT, ID_TOKEN, OFFLINE, REJECTED, SOON

# --- B: variables, reports, the network


def got(*variables: Payload) -> Payload:
    return {
        "getVariableResult": [
            {"attributeStatus": "Accepted", "attributeValue": "60", **variable}
            for variable in variables
        ]
    }


def was_set(*variables: Payload, status: str = "Accepted") -> Payload:
    return {
        "setVariableResult": [{"attributeStatus": status, **variable} for variable in variables]
    }


def wanted(*variables: Payload) -> list[Payload]:
    return [{"attributeValue": "60", **variable} for variable in variables]


def report(request_id: int, *, parts: int = 2) -> tuple[tuple[str, Payload], ...]:
    item = {
        **HEARTBEAT,
        "variableAttribute": [{"value": "60", "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False},
    }
    return tuple(
        (
            "NotifyReport",
            {
                "requestId": request_id,
                "generatedAt": AT,
                "seqNo": number,
                "tbc": number < parts - 1,
                "reportData": [item],
            },
        )
        for number in range(parts)
    )


NETWORK = {
    "configurationSlot": 1,
    "connectionData": {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://portal.example/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    },
}
B = (
    case("B_06", Asked("GetVariables", {"getVariableData": [HEARTBEAT]}, got(HEARTBEAT))),
    case(
        "B_07",
        Asked("GetVariables", {"getVariableData": [HEARTBEAT, OFFLINE]}, got(HEARTBEAT, OFFLINE)),
    ),
    case("B_09", Asked("SetVariables", {"setVariableData": wanted(HEARTBEAT)}, was_set(HEARTBEAT))),
    case(
        "B_10",
        Asked(
            "SetVariables",
            {"setVariableData": wanted(HEARTBEAT, OFFLINE)},
            was_set(HEARTBEAT, OFFLINE),
        ),
    ),
    case("B_42", Asked("SetNetworkProfile", NETWORK, ACCEPTED)),
    case("B_44", Asked("SetNetworkProfile", NETWORK, {"status": "Failed"})),
)


def base_report(number: str, base: str) -> Case:
    payload = {"requestId": 5, "reportBase": base}
    return case(number, Asked("GetBaseReport", payload, ACCEPTED, report(5)))


REPORTS = (
    base_report("B_12", "ConfigurationInventory"),
    base_report("B_13", "FullInventory"),
    base_report("B_14", "SummaryInventory"),
    case(
        "B_18",
        Asked(
            "GetReport",
            {
                "requestId": 5,
                "componentCriteria": ["Problem"],
                "componentVariable": [{"component": {"name": "EVSE"}}],
            },
            ACCEPTED,
            report(5),
        ),
    ),
)

# --- C, D: cache and list


def listed(version: int, kind: str, entries: list[Payload] | None) -> Asked:
    payload: Payload = {"versionNumber": version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = entries
    return Asked("SendLocalList", payload, ACCEPTED)


ENTRY = {"idToken": ID_TOKEN, "idTokenInfo": {"status": "Accepted"}}


def version_is(number: int) -> Asked:
    return Asked("GetLocalListVersion", {}, {"versionNumber": number})


C_AND_D = (
    case("C_37", Asked("ClearCache", {}, ACCEPTED)),
    case("C_38", Asked("ClearCache", {}, REJECTED)),
    case("D_01", listed(1, "Full", [ENTRY]), version_is(1)),
    case("D_02", version_is(1), listed(2, "Differential", [ENTRY]), version_is(2)),
    case("D_03", version_is(2), listed(3, "Differential", [{"idToken": ID_TOKEN}]), version_is(3)),
    case("D_04", listed(1, "Full", None), version_is(1)),
    case("D_08", version_is(7)),
    case("D_09", version_is(0)),
)

# --- E: the status of a transaction


def status_of_transaction(number: str, **answer: bool) -> Case:
    named = "ongoingIndicator" in answer
    payload = {"transactionId": "T-1"} if named else {}
    return case(number, Asked("GetTransactionStatus", payload, dict(answer)))


E = (
    status_of_transaction("E_29", ongoingIndicator=True, messagesInQueue=True),
    status_of_transaction("E_30", ongoingIndicator=True, messagesInQueue=False),
    status_of_transaction("E_31", ongoingIndicator=False, messagesInQueue=True),
    status_of_transaction("E_33", messagesInQueue=True),
    status_of_transaction("E_34", messagesInQueue=False),
)

# --- F: triggers


def meters(evse: int) -> tuple[str, Payload]:
    sampled = [{"value": 1.0, "context": "Trigger"}]
    return "MeterValues", {
        "evseId": evse,
        "meterValue": [{"timestamp": AT, "sampledValue": sampled}],
    }


def triggered_transaction(transaction: str) -> tuple[str, Payload]:
    return "TransactionEvent", {
        "eventType": "Updated",
        "timestamp": AT,
        "triggerReason": "Trigger",
        "seqNo": 5,
        "transactionInfo": {"transactionId": transaction, "chargingState": "Charging"},
    }


def connector_status(said: str) -> tuple[str, Payload]:
    return "StatusNotification", {
        "timestamp": AT,
        "connectorStatus": said,
        "evseId": 1,
        "connectorId": 1,
    }


def triggers(number: str, wanted: str, *then: tuple[str, Payload], **evse: Any) -> Case:
    return case(
        number, Asked("TriggerMessage", {"requestedMessage": wanted, **evse}, ACCEPTED, then)
    )


EVSE_1 = {"id": 1}
CONNECTOR_1 = {"id": 1, "connectorId": 1}
F = (
    triggers("F_11", "MeterValues", meters(1), evse=EVSE_1),
    triggers("F_12", "MeterValues", meters(1), meters(2)),
    triggers("F_13", "TransactionEvent", triggered_transaction("T-1"), evse=EVSE_1),
    triggers(
        "F_14", "TransactionEvent", triggered_transaction("T-1"), triggered_transaction("T-2")
    ),
    triggers("F_15", "LogStatusNotification", ("LogStatusNotification", {"status": "Idle"})),
    triggers(
        "F_18", "FirmwareStatusNotification", ("FirmwareStatusNotification", {"status": "Idle"})
    ),
    triggers("F_20", "Heartbeat", ("Heartbeat", {})),
    triggers("F_23", "StatusNotification", connector_status("Available"), evse=CONNECTOR_1),
    triggers("F_24", "StatusNotification", connector_status("Occupied"), evse=CONNECTOR_1),
    case(
        "F_27",
        Asked(
            "TriggerMessage",
            {"requestedMessage": "PublishFirmwareStatusNotification"},
            {"status": "NotImplemented"},
        ),
    ),
)

# --- H: reservations


def reserve(answer: Payload, *then: tuple[str, Payload], **more: Any) -> Asked:
    payload = {"id": 7, "expiryDateTime": SOON, "idToken": ID_TOKEN, **more}
    return Asked("ReserveNow", payload, answer, then)


EXPIRED = ("ReservationStatusUpdate", {"reservationId": 7, "reservationUpdateStatus": "Expired"})
REMOVED = ("ReservationStatusUpdate", {"reservationId": 7, "reservationUpdateStatus": "Removed"})
EVERY_WAY_TO_RESERVE = (
    reserve(
        ACCEPTED, connector_status("Reserved"), EXPIRED, connector_status("Available"), evseId=1
    ),
    reserve(ACCEPTED, REMOVED),
    reserve(ACCEPTED, connectorType="cCCS2"),
    *(
        reserve({"status": status}, evseId=1)
        for status in ("Faulted", "Occupied", "Rejected", "Unavailable")
    ),
    reserve({"status": "Occupied"}),
    reserve({"status": "Occupied"}, connectorType="cType2"),
)
H = (
    case("H_07", reserve(ACCEPTED)),
    case("H_08", reserve(ACCEPTED, connectorType="cCCS2")),
    exchange("reserving", *EVERY_WAY_TO_RESERVE),
    case(
        "H_17",
        reserve(ACCEPTED, connector_status("Reserved"), evseId=1),
        Asked(
            "CancelReservation", {"reservationId": 7}, ACCEPTED, (connector_status("Available"),)
        ),
    ),
)
