"""OCPP 2.0.1: sessions from start to end, as the certification tells them, event by event."""

from dataclasses import dataclass
from typing import Any

from tests.conformance.v201_values import AT, ID_TOKEN
from tests.fake_station import TOKEN, FakeStation


@dataclass(frozen=True)
class Step:
    """One TransactionEvent."""

    kind: str
    trigger: str
    state: str = ""
    token: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """A session, event by event."""

    number: str
    steps: tuple[Step, ...]
    asks_first: bool = False


async def says(
    station: FakeStation, step: Step, seq_no: int = 0, transaction: str = "T-1", **more: Any
) -> dict[str, Any]:
    info = {"transactionId": transaction}
    if step.state:
        info["chargingState"] = step.state
    if step.reason:
        info["stoppedReason"] = step.reason
    payload = {
        "eventType": step.kind,
        "timestamp": AT,
        "triggerReason": step.trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }
    if step.token:
        payload["idToken"] = ID_TOKEN
    return await station.calls("TransactionEvent", payload)


PLUGGED = Step("Updated", "CablePluggedIn", "EVConnected")
CARD = Step("Updated", "Authorized", token=True)
CHARGES = Step("Updated", "ChargingStateChanged", "Charging")
CARD_AGAIN = Step("Updated", "StopAuthorized", "EVConnected", token=True)
LOCAL_END = Step("Ended", "StopAuthorized", "EVConnected", token=True, reason="Local")
DEPARTED = Step("Ended", "EVCommunicationLost", "Idle", reason="EVDisconnected")


def started(trigger: str, state: str = "", *, token: bool = False) -> Step:
    return Step("Started", trigger, state, token=token)


def ended(trigger: str, reason: str, state: str = "EVConnected", *, token: bool = False) -> Step:
    return Step("Ended", trigger, state, token=token, reason=reason)


STORIES = (
    # How a transaction may start (E01).
    Story("E_01", (started("ChargingStateChanged", "EVConnected", token=True), CHARGES, LOCAL_END)),
    Story("E_02", (started("ChargingStateChanged", "Charging", token=True), LOCAL_END)),
    Story("E_03", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END)),
    Story("E_04", (started("Authorized", token=True), PLUGGED, CHARGES, LOCAL_END), True),
    Story("E_09", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, DEPARTED)),
    Story("E_10", (started("Authorized", token=True), PLUGGED, CHARGES, LOCAL_END)),
    Story("E_11", (started("SignedDataReceived", token=True), CHARGES, LOCAL_END)),
    Story("E_12", (started("EVDetected", "Idle"), PLUGGED, CARD, CHARGES, DEPARTED)),
    # How it may end (E06).
    Story("E_07", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END)),
    Story(
        "E_08",
        (
            started("CablePluggedIn", "EVConnected"),
            CARD,
            CHARGES,
            ended("ChargingStateChanged", "StoppedByEV", "EVConnected"),
        ),
    ),
    Story("E_14", (started("Authorized", token=True), PLUGGED, CHARGES, CARD_AGAIN, DEPARTED)),
    Story("E_15", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, LOCAL_END), True),
    Story(
        "E_17", (started("Authorized", token=True), CHARGES, ended("Deauthorized", "DeAuthorized"))
    ),
    Story(
        "E_19",
        (
            started("EVDetected", "Idle"),
            CARD,
            CHARGES,
            CARD_AGAIN,
            ended("EVDeparted", "EVDisconnected", "Idle"),
        ),
    ),
    Story("E_20", (started("CablePluggedIn", "EVConnected"), CARD, CHARGES, DEPARTED)),
    Story(
        "E_22",
        (
            started("Authorized", token=True),
            CHARGES,
            Step("Updated", "ChargingStateChanged", "SuspendedEV"),
            ended("ChargingStateChanged", "StoppedByEV", "SuspendedEV"),
        ),
    ),
    Story(
        "E_26",
        (
            started("Authorized", token=True),
            CHARGES,
            Step("Updated", "EVCommunicationLost", "Idle"),
            PLUGGED,
            CHARGES,
            LOCAL_END,
        ),
    ),
    Story(
        "E_39",
        (started("Authorized", token=True), ended("EVConnectTimeout", "Timeout", "Idle")),
        True,
    ),
)


async def authorizes(station: FakeStation, token: str = TOKEN) -> str:
    presented = {"idToken": {"idToken": token, "type": "ISO14443"}}
    answer = await station.calls("Authorize", presented)
    return str(answer["idTokenInfo"]["status"])
