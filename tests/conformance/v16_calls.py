"""OCPP 1.6-J: the certification cases that are calls of ours, with what stations answer."""

from typing import Any

from tests.conformance.kit import Asked, Case, case
from tests.fake_station import TOKEN

LONG_AGO = "2026-01-01T10:00:00Z"
SOON = "2099-01-01T00:00:00Z"
HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a1",
    "issuerKeyHash": "b2",
    "serialNumber": "c3",
}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
SCHEDULE = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
}


def profile(purpose: str, **more: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": SCHEDULE,
        **more,
    }


def listed(version: int, kind: str) -> dict[str, Any]:
    entry = {"idTag": TOKEN, "idTagInfo": {"status": "Accepted"}}
    return {"listVersion": version, "updateType": kind, "localAuthorizationList": [entry]}


def reserved(connector: int = 1) -> dict[str, Any]:
    return {
        "connectorId": connector,
        "expiryDate": SOON,
        "idTag": TOKEN,
        "reservationId": 7,
    }


def status(connector: int, said: str) -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"connectorId": connector, "status": said, "errorCode": "NoError"}


def firmware(*said: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(("FirmwareStatusNotification", {"status": one}) for one in said)


def signed_firmware(*said: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(
        ("SignedFirmwareStatusNotification", {"status": one, "requestId": 1}) for one in said
    )


def diagnostics(*said: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(("DiagnosticsStatusNotification", {"status": one}) for one in said)


UPDATE = {"location": "https://files.example/fw.bin", "retrieveDate": LONG_AGO}
SIGNED_UPDATE = {
    "requestId": 1,
    "firmware": {
        "location": "https://files.example/fw.bin",
        "retrieveDateTime": LONG_AGO,
        "signingCertificate": PEM,
        "signature": "c2lnbmVk",
    },
}
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}

# One call of ours each; what the station says after it is part of the case.
CALLS: tuple[Case, ...] = (
    case(
        "TC_019_1",
        Asked(
            "GetConfiguration",
            {},
            {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]},
        ),
    ),
    case(
        "TC_019_2",
        Asked(
            "GetConfiguration",
            {"key": ["SupportedFeatureProfiles"]},
            {
                "configurationKey": [
                    {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"}
                ]
            },
        ),
    ),
    case(
        "TC_021",
        Asked("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "10"}, ACCEPTED),
    ),
    case("TC_026", Asked("RemoteStartTransaction", {"idTag": TOKEN, "connectorId": 1}, REJECTED)),
    case("TC_028", Asked("RemoteStopTransaction", {"transactionId": 4711}, REJECTED)),
    case("TC_031", Asked("UnlockConnector", {"connectorId": 9}, {"status": "NotSupported"})),
    case(
        "TC_040_1",
        Asked(
            "ChangeConfiguration", {"key": "NoSuchKey", "value": "1"}, {"status": "NotSupported"}
        ),
    ),
    case(
        "TC_040_2",
        Asked("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}, REJECTED),
    ),
    case("TC_042_1", Asked("GetLocalListVersion", {}, {"listVersion": -1})),
    case("TC_042_2", Asked("GetLocalListVersion", {}, {"listVersion": 0})),
    case("TC_043_1", Asked("SendLocalList", listed(1, "Full"), {"status": "NotSupported"})),
    case("TC_043_3", Asked("SendLocalList", listed(1, "Full"), {"status": "Failed"})),
    case(
        "TC_043_4",
        Asked("SendLocalList", listed(1, "Full"), ACCEPTED),
        Asked("GetLocalListVersion", {}, {"listVersion": 1}),
    ),
    case(
        "TC_043_5",
        Asked("GetLocalListVersion", {}, {"listVersion": 1}),
        Asked("SendLocalList", listed(2, "Differential"), ACCEPTED),
        Asked("GetLocalListVersion", {}, {"listVersion": 2}),
    ),
    case(
        "TC_044_1",
        Asked(
            "UpdateFirmware",
            UPDATE,
            {},
            (
                *firmware("Downloading", "Downloaded"),
                status(1, "Unavailable"),
                *firmware("Installing"),
                ("BootNotification", {"chargePointVendor": "Alfen", "chargePointModel": "Eve"}),
                status(1, "Available"),
                *firmware("Installed"),
            ),
        ),
    ),
    case(
        "TC_044_2",
        Asked("UpdateFirmware", UPDATE, {}, firmware("Downloading", "DownloadFailed")),
    ),
    case(
        "TC_044_3",
        Asked(
            "UpdateFirmware",
            UPDATE,
            {},
            firmware("Downloading", "Downloaded", "Installing", "InstallationFailed"),
        ),
    ),
    case(
        "TC_045_1",
        Asked(
            "GetDiagnostics",
            {"location": "ftp://files.example/logs"},
            {"fileName": "diagnostics.zip"},
            diagnostics("Uploading", "Uploaded"),
        ),
    ),
    case(
        "TC_045_2",
        Asked(
            "GetDiagnostics",
            {"location": "ftp://files.example/logs"},
            {"fileName": "diagnostics.zip"},
            diagnostics("Uploading", "UploadFailed"),
        ),
    ),
    case(
        "TC_047",
        Asked("ReserveNow", reserved(), ACCEPTED, (status(1, "Reserved"), status(1, "Available"))),
    ),
    case("TC_048_1", Asked("ReserveNow", reserved(), {"status": "Faulted"})),
    case("TC_048_2", Asked("ReserveNow", reserved(), {"status": "Occupied"})),
    case("TC_048_3", Asked("ReserveNow", reserved(), {"status": "Unavailable"})),
    case("TC_048_4", Asked("ReserveNow", reserved(), REJECTED)),
    case("TC_049", Asked("ReserveNow", reserved(0), ACCEPTED)),
    case(
        "TC_051",
        Asked("ReserveNow", reserved(), ACCEPTED, (status(1, "Reserved"),)),
        Asked("CancelReservation", {"reservationId": 7}, ACCEPTED, (status(1, "Available"),)),
    ),
    case("TC_052", Asked("CancelReservation", {"reservationId": 8}, REJECTED)),
    case(
        "TC_054",
        Asked(
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "connectorId": 1},
            ACCEPTED,
            (
                (
                    "MeterValues",
                    {
                        "connectorId": 1,
                        "meterValue": [
                            {
                                "timestamp": LONG_AGO,
                                "sampledValue": [{"value": "1", "context": "Trigger"}],
                            }
                        ],
                    },
                ),
            ),
        ),
        *(
            Asked("TriggerMessage", {"requestedMessage": wanted}, ACCEPTED, ((wanted, said),))
            for wanted, said in (
                ("Heartbeat", {}),
                ("DiagnosticsStatusNotification", {"status": "Idle"}),
                ("FirmwareStatusNotification", {"status": "Idle"}),
            )
        ),
        Asked(
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 1},
            ACCEPTED,
            (status(1, "Available"),),
        ),
    ),
    case(
        "TC_055",
        Asked("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}, REJECTED),
    ),
    case(
        "TC_056",
        Asked(
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")},
            ACCEPTED,
        ),
    ),
    case("TC_061", Asked("ClearCache", {}, ACCEPTED)),
    case(
        "TC_066",
        Asked(
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")},
            ACCEPTED,
        ),
        Asked(
            "GetCompositeSchedule",
            {"connectorId": 1, "duration": 300},
            {"status": "Accepted", "connectorId": 1, "chargingSchedule": SCHEDULE},
        ),
    ),
    case(
        "TC_067",
        Asked("ClearChargingProfile", {"id": 1}, ACCEPTED),
        Asked("ClearChargingProfile", {"stackLevel": 0}, {"status": "Unknown"}),
    ),
    case(
        "TC_075_1",
        Asked(
            "InstallCertificate",
            {"certificateType": "ManufacturerRootCertificate", "certificate": PEM},
            ACCEPTED,
        ),
        Asked(
            "GetInstalledCertificateIds",
            {"certificateType": "ManufacturerRootCertificate"},
            {"status": "Accepted", "certificateHashData": [HASH]},
        ),
    ),
    case(
        "TC_075_2",
        Asked(
            "InstallCertificate",
            {"certificateType": "CentralSystemRootCertificate", "certificate": PEM},
            ACCEPTED,
        ),
        Asked(
            "GetInstalledCertificateIds",
            {"certificateType": "CentralSystemRootCertificate"},
            {"status": "Accepted", "certificateHashData": [HASH]},
        ),
    ),
    case(
        "TC_076",
        Asked(
            "GetInstalledCertificateIds",
            {"certificateType": "CentralSystemRootCertificate"},
            {"status": "Accepted", "certificateHashData": [HASH]},
        ),
        Asked("DeleteCertificate", {"certificateHashData": HASH}, ACCEPTED),
    ),
    case(
        "TC_078",
        Asked(
            "InstallCertificate",
            {"certificateType": "CentralSystemRootCertificate", "certificate": "nonsense"},
            REJECTED,
            (
                (
                    "SecurityEventNotification",
                    {"type": "InvalidCentralSystemCertificate", "timestamp": LONG_AGO},
                ),
            ),
        ),
    ),
    case(
        "TC_079",
        Asked(
            "GetLog",
            {
                "logType": "SecurityLog",
                "requestId": 1,
                "log": {"remoteLocation": "https://files.example/logs"},
            },
            {"status": "Accepted", "filename": "security.log"},
            (
                ("LogStatusNotification", {"status": "Uploading", "requestId": 1}),
                ("LogStatusNotification", {"status": "Uploaded", "requestId": 1}),
            ),
        ),
    ),
    case(
        "TC_080",
        Asked(
            "SignedUpdateFirmware",
            SIGNED_UPDATE,
            ACCEPTED,
            (
                *signed_firmware("Downloading", "Downloaded", "SignatureVerified", "Installing"),
                *signed_firmware("InstallRebooting"),
                ("BootNotification", {"chargePointVendor": "Alfen", "chargePointModel": "Eve"}),
                *signed_firmware("Installed"),
            ),
        ),
    ),
    case(
        "TC_081",
        Asked(
            "SignedUpdateFirmware",
            SIGNED_UPDATE,
            ACCEPTED,
            (
                *signed_firmware("Downloading", "Downloaded", "InvalidSignature"),
                (
                    "SecurityEventNotification",
                    {"type": "InvalidFirmwareSignature", "timestamp": LONG_AGO},
                ),
            ),
        ),
    ),
)
