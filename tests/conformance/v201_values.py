"""OCPP 2.0.1: values that the certification's calls are made of."""

from typing import Any

import pytest

from tests.conformance.kit import Payload
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


def octt(*numbers: str) -> pytest.MarkDecorator:
    return pytest.mark.octt(*numbers, version="2.0.1")
