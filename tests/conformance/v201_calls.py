"""OCPP 2.0.1: the certification cases that are calls of ours, with what stations answer."""

from typing import Any

from tests.conformance.kit import Asked, Case, Payload, case, exchange
from tests.fake_station import TOKEN

AT = "2026-01-01T10:00:00Z"
SOON = "2099-01-01T00:00:00Z"
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
ID_TOKEN = {"idToken": TOKEN, "type": "ISO14443"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a1",
    "issuerKeyHash": "b2",
    "serialNumber": "c3",
}
OCPP_COMM = {"name": "OCPPCommCtrlr"}
HEARTBEAT = {"component": OCPP_COMM, "variable": {"name": "HeartbeatInterval"}}
OFFLINE = {"component": OCPP_COMM, "variable": {"name": "OfflineThreshold"}}
CONTACTOR = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
}
COMPOSITE = {
    "evseId": 1,
    "duration": 300,
    "scheduleStart": AT,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": SCHEDULE["chargingSchedulePeriod"],
}


def profile(purpose: str, **more: Any) -> Payload:
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [SCHEDULE],
        **more,
    }


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

# --- I, K: cost and smart charging


def sets(purpose: str, answer: Payload = ACCEPTED, evse: int = 1, **more: Any) -> Asked:
    payload = {"evseId": evse, "chargingProfile": profile(purpose, **more)}
    return Asked("SetChargingProfile", payload, answer)


def clears(answer: Payload = ACCEPTED, **which: Any) -> Asked:
    return Asked("ClearChargingProfile", which, answer)


def gets(number: str, *, evse: int | None = None, **criterion: Any) -> Case:
    told = {
        "requestId": 3,
        "chargingLimitSource": "CSO",
        "evseId": evse or 0,
        "chargingProfile": [profile("TxDefaultProfile")],
    }
    payload: Payload = {"requestId": 3, "chargingProfile": criterion}
    if evse is not None:
        payload["evseId"] = evse
    asked = Asked("GetChargingProfiles", payload, ACCEPTED, (("ReportChargingProfiles", told),))
    return case(number, asked)


def composite(number: str, evse: int) -> Case:
    answer = {"status": "Accepted", "schedule": COMPOSITE | {"evseId": evse}}
    return case(number, Asked("GetCompositeSchedule", {"evseId": evse, "duration": 300}, answer))


PURPOSE = "TxDefaultProfile"
I_AND_K = (
    case("I_01", Asked("CostUpdated", {"totalCost": 1.5, "transactionId": "T-1"}, {})),
    case("K_01", sets(PURPOSE)),
    case("K_02", sets("TxProfile", REJECTED, transactionId="T-9")),
    case("K_03", sets("ChargingStationMaxProfile", evse=0)),
    case("K_04", sets(PURPOSE), sets(PURPOSE, stackLevel=1)),
    case("K_05", clears(chargingProfileId=1)),
    case(
        "K_06",
        clears(
            chargingProfileCriteria={
                "evseId": 1,
                "chargingProfilePurpose": PURPOSE,
                "stackLevel": 0,
            }
        ),
    ),
    case("K_08", clears({"status": "Unknown"}, chargingProfileId=99)),
    case("K_10", sets(PURPOSE, evse=0)),
    case("K_15", sets(PURPOSE, REJECTED)),
    case("K_19", sets(PURPOSE, chargingProfileKind="Recurring", recurrencyKind="Daily")),
    gets("K_29", evse=0, chargingProfilePurpose=PURPOSE),
    gets("K_30", evse=1, chargingProfilePurpose=PURPOSE),
    gets("K_31", chargingProfilePurpose=PURPOSE),
    gets("K_32", chargingProfileId=[1]),
    gets("K_33", evse=1, stackLevel=0),
    gets("K_34", evse=1, chargingLimitSource=["CSO"]),
    gets("K_35", evse=1, chargingProfilePurpose=PURPOSE),
    gets("K_36", evse=1, chargingProfilePurpose=PURPOSE, stackLevel=0),
    composite("K_43", 1),
    composite("K_44", 0),
)

# --- L: firmware


def firmware(*said: str) -> tuple[tuple[str, Payload], ...]:
    return tuple(("FirmwareStatusNotification", {"status": one, "requestId": 1}) for one in said)


def update(answer: str, *then: tuple[str, Payload], **more: Any) -> Asked:
    payload = {
        "requestId": 1,
        "firmware": {
            "location": "https://files.example/fw.bin",
            "retrieveDateTime": AT,
            "signingCertificate": PEM,
            "signature": "c2lnbmVk",
            **more,
        },
    }
    return Asked("UpdateFirmware", payload, {"status": answer}, then)


def security(kind: str) -> tuple[str, Payload]:
    return "SecurityEventNotification", {"type": kind, "timestamp": AT}


FETCHED = ("Downloading", "Downloaded", "SignatureVerified")
REBOOTED = (
    "BootNotification",
    {"reason": "FirmwareUpdate", "chargingStation": {"vendorName": "Alfen", "model": "Eve"}},
)


def published(*said: str) -> tuple[tuple[str, Payload], ...]:
    return tuple(
        (
            "PublishFirmwareStatusNotification",
            {"status": one, "requestId": 2}
            | ({"location": ["http://10.0.0.2/fw"]} if one == "Published" else {}),
        )
        for one in said
    )


PUBLISH = {"location": "https://files.example/fw.bin", "checksum": "a" * 32, "requestId": 2}
EVERY_WAY_TO_PUBLISH = (
    *(
        Asked("PublishFirmware", PUBLISH, ACCEPTED, published(*said))
        for said in (
            ("Downloading", "Downloaded", "ChecksumVerified", "Published"),
            ("Downloading", "Downloaded", "InvalidChecksum"),
            ("Downloading", "DownloadFailed"),
            ("Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"),
        )
    ),
    *(
        Asked("UnpublishFirmware", {"checksum": "a" * 32}, {"status": answer})
        for answer in ("Unpublished", "NoFirmware", "DownloadOngoing")
    ),
)
L = (
    case(
        "L_01",
        update(
            "Accepted",
            *firmware(*FETCHED, "Installing", "InstallRebooting"),
            REBOOTED,
            *firmware("Installed"),
            security("FirmwareUpdated"),
        ),
    ),
    case(
        "L_02",
        update(
            "Accepted",
            *firmware(*FETCHED, "InstallScheduled", "Installing", "Installed"),
            installDateTime=SOON,
        ),
    ),
    case(
        "L_03",
        update(
            "Accepted",
            *firmware("DownloadScheduled", *FETCHED, "Installing", "Installed"),
            retrieveDateTime=SOON,
        ),
    ),
    case("L_04", update("RevokedCertificate")),
    case("L_05", update("InvalidCertificate", security("InvalidFirmwareSigningCertificate"))),
    case(
        "L_06",
        update(
            "Accepted",
            *firmware("Downloading", "Downloaded", "InvalidSignature"),
            security("InvalidFirmwareSignature"),
        ),
    ),
    case("L_07", update("Accepted", *firmware("Downloading", "DownloadFailed"))),
    case(
        "L_08",
        update("Accepted", *firmware(*FETCHED, "Installing", "InstallVerificationFailed")),
    ),
    case("L_09", update("Accepted", *firmware(*FETCHED, "Installing", "InstallationFailed"))),
    case(
        "L_10",
        update("Accepted", *firmware("Downloading")),
        update("AcceptedCanceled", *firmware(*FETCHED, "Installing", "Installed")),
    ),
    case("L_11", update("Accepted", *firmware("Installing")), update("Rejected")),
    case(
        "L_13",
        update("Accepted", *firmware("Downloading", "Downloaded", "InstallScheduled")),
    ),
    case("L_17", EVERY_WAY_TO_PUBLISH[0]),
    exchange("publishing", *EVERY_WAY_TO_PUBLISH),
)

# --- M: certificates


def installs(number: str, use: str, answer: str = "Accepted") -> Case:
    payload = {"certificateType": use, "certificate": PEM}
    return case(number, Asked("InstallCertificate", payload, {"status": answer}))


def finds(number: str, *uses: str, is_found: bool = True) -> Case:
    found = [
        {"certificateType": use, "certificateHashData": HASH}
        for use in uses or ("CSMSRootCertificate", "V2GRootCertificate")
    ]
    answer: Payload = {"status": "Accepted", "certificateHashDataChain": found}
    if not is_found:
        answer = {"status": "NotFound"}
    payload = {"certificateType": list(uses)} if uses else {}
    return case(number, Asked("GetInstalledCertificateIds", payload, answer))


def deletes(number: str, answer: str) -> Case:
    payload = {"certificateHashData": HASH}
    return case(number, Asked("DeleteCertificate", payload, {"status": answer}))


CSMS, MAKER = "CSMSRootCertificate", "ManufacturerRootCertificate"
M = (
    installs("M_01", CSMS),
    installs("M_02", MAKER),
    installs("M_03", "V2GRootCertificate"),
    installs("M_04", "MORootCertificate"),
    installs("M_05", CSMS, "Failed"),
    finds("M_12", CSMS),
    finds("M_13", MAKER),
    finds("M_14", "V2GRootCertificate"),
    finds("M_15", "V2GCertificateChain"),
    finds("M_16", "MORootCertificate"),
    finds("M_17", CSMS, MAKER),
    finds("M_18"),
    finds("M_19", CSMS, is_found=False),
    deletes("M_20", "Accepted"),
    deletes("M_21", "NotFound"),
)

# --- N: monitoring, logs, customers

MONITOR = {"value": 10.0, "type": "Delta", "severity": 4, **CONTACTOR}
MONITORED = {
    "requestId": 4,
    "seqNo": 0,
    "generatedAt": AT,
    "monitor": [
        {
            **CONTACTOR,
            "variableMonitoring": [
                {"id": 1, "transaction": False, "value": 10.0, "type": "Delta", "severity": 4}
            ],
        }
    ],
}


def monitors(answer: str = "Accepted", **criteria: Any) -> Asked:
    told = (("NotifyMonitoringReport", MONITORED),) if answer == "Accepted" else ()
    payload = {"requestId": 4, **criteria}
    return Asked("GetMonitoringReport", payload, {"status": answer}, told)


def monitor_set(*monitors: Payload) -> Asked:
    results = [
        {
            "id": number,
            "status": "Accepted",
            "type": one["type"],
            "severity": one["severity"],
            "component": one["component"],
            "variable": one["variable"],
        }
        for number, one in enumerate(monitors, start=1)
    ]
    payload = {"setMonitoringData": list(monitors)}
    return Asked("SetVariableMonitoring", payload, {"setMonitoringResult": results})


def monitors_cleared(*statuses: str) -> Asked:
    ids = list(range(1, len(statuses) + 1))
    results = [
        {"id": number, "status": status} for number, status in zip(ids, statuses, strict=True)
    ]
    return Asked("ClearVariableMonitoring", {"id": ids}, {"clearMonitoringResult": results})


def log(kind: str, answer: str, *said: str) -> Asked:
    payload = {
        "logType": kind,
        "requestId": 6,
        "log": {"remoteLocation": "https://files.example/logs"},
    }
    told = tuple(("LogStatusNotification", {"status": one, "requestId": 6}) for one in said)
    named = {"status": answer} | ({} if answer == "Rejected" else {"filename": "log.zip"})
    return Asked("GetLog", payload, named, told)


def customer(data: str | None, *, is_cleared: bool, answer: str = "Accepted", **who: Any) -> Asked:
    payload = {"requestId": 8, "report": data is not None, "clear": is_cleared, **who}
    told = {"requestId": 8, "seqNo": 0, "generatedAt": AT, "data": data or ""}
    then = (("NotifyCustomerInformation", told),) if answer == "Accepted" else ()
    return Asked("CustomerInformation", payload, {"status": answer}, then)


COMPONENTS = [{"component": CONTACTOR["component"], "variable": CONTACTOR["variable"]}]
CRITERIA = ["ThresholdMonitoring", "DeltaMonitoring", "PeriodicMonitoring"]
BY_TOKEN = {"idToken": ID_TOKEN}
N = (
    case("N_01", monitors(monitoringCriteria=CRITERIA)),
    case("N_02", monitors(componentVariable=COMPONENTS)),
    case("N_03", monitors(monitoringCriteria=CRITERIA, componentVariable=COMPONENTS)),
    exchange("monitors", monitors(), monitors("EmptyResultSet", monitoringCriteria=CRITERIA)),
    case(
        "N_05",
        *(
            Asked("SetMonitoringBase", {"monitoringBase": base}, ACCEPTED)
            for base in ("All", "FactoryDefault", "HardWiredOnly")
        ),
    ),
    case("N_08", monitor_set(MONITOR)),
    case("N_09", monitor_set(MONITOR, {**MONITOR, "type": "UpperThreshold"})),
    case("N_16", Asked("SetMonitoringLevel", {"severity": 4}, ACCEPTED)),
    case("N_17", Asked("SetMonitoringLevel", {"severity": 9}, REJECTED)),
    case("N_18", monitors_cleared("Accepted")),
    exchange("clearing-monitors", monitors_cleared("Accepted", "NotFound", "Rejected")),
    case("N_25", log("DiagnosticsLog", "Accepted", "Uploading", "Uploaded")),
    case("N_34", log("DiagnosticsLog", "Rejected")),
    case("N_35", log("SecurityLog", "Accepted", "Uploading", "Uploaded")),
    case(
        "N_36",
        log("DiagnosticsLog", "Accepted", "Uploading"),
        log("DiagnosticsLog", "AcceptedCanceled", "AcceptedCanceled", "Uploading", "Uploaded"),
    ),
    case("N_27", customer("name=…", is_cleared=False, **BY_TOKEN)),
    case("N_28", customer("", is_cleared=False, **BY_TOKEN)),
    case("N_29", customer("", is_cleared=False, answer="Invalid", **BY_TOKEN)),
    case("N_30", customer("name=…", is_cleared=True, **BY_TOKEN)),
    case("N_31", customer("", is_cleared=True, **BY_TOKEN)),
    case("N_32", customer(None, is_cleared=True, **BY_TOKEN)),
    case(
        "N_46",
        customer(None, is_cleared=True, **BY_TOKEN),
        listed(2, "Differential", [{"idToken": ID_TOKEN}]),
    ),
    exchange(
        "clearing-customers",
        customer("name=…", is_cleared=True, customerIdentifier="customer-1"),
        customer("name=…", is_cleared=True, customerCertificate=HASH),
    ),
)

# --- O: display messages

SHOWN = {
    "id": 1,
    "priority": "NormalCycle",
    "message": {"format": "UTF8", "content": "Grüß Gott", "language": "de"},
}


def shows(answer: str = "Accepted", **more: Any) -> Asked:
    return Asked("SetDisplayMessage", {"message": {**SHOWN, **more}}, {"status": answer})


def lists(answer: str = "Accepted", **which: Any) -> Asked:
    told = {"requestId": 9, "messageInfo": [SHOWN]}
    then = (("NotifyDisplayMessages", told),) if answer == "Accepted" else ()
    return Asked("GetDisplayMessages", {"requestId": 9, **which}, {"status": answer}, then)


def hides(answer: str) -> Asked:
    return Asked("ClearDisplayMessage", {"id": 1}, {"status": answer})


HTML = {"format": "HTML", "content": "<b>Hi</b>"}
EVERY_WAY_TO_DISPLAY = (
    shows(),
    shows(startDateTime=AT, endDateTime=SOON),
    shows(transactionId="T-1"),
    shows(state="Charging", priority="AlwaysFront"),
    shows("UnknownTransaction", transactionId="T-9"),
    shows("NotSupportedPriority", priority="InFront"),
    shows("NotSupportedState", state="Faulted"),
    shows("NotSupportedMessageFormat", message=HTML),
    lists(),
    lists(id=[1], priority="NormalCycle"),
    lists("Unknown", id=[99]),
    hides("Accepted"),
    hides("Unknown"),
)
O = (  # noqa: E741
    case("O_01", shows()),
    case("O_02", lists()),
    case("O_03", lists("Unknown")),
    case("O_04", hides("Accepted")),
    case("O_05", hides("Unknown")),
    case("O_06", shows(transactionId="T-1")),
    exchange("displaying", *EVERY_WAY_TO_DISPLAY),
)

CALLS: tuple[Case, ...] = (*B, *C_AND_D, *E, *F, *H, *I_AND_K, *L, *M, *N, *O)
