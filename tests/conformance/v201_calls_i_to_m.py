"""OCPP 2.0.1, I to M: calls about cost, charging profiles, firmware and certificates."""

from typing import Any

from tests.conformance.kit import Asked, Case, Payload, case, exchange
from tests.conformance.v201_values import (
    ACCEPTED,
    AT,
    COMPOSITE,
    HASH,
    PEM,
    REJECTED,
    SOON,
    profile,
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
