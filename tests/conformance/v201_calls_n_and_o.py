"""OCPP 2.0.1, N and O: calls about monitoring, logs, customers and messages on displays."""

from typing import Any

from tests.conformance.kit import Asked, Payload, case, exchange
from tests.conformance.v201_calls_b_to_h import listed
from tests.conformance.v201_values import ACCEPTED, AT, CONTACTOR, HASH, ID_TOKEN, REJECTED, SOON

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
