"""Simulated stations really fetch, verify and install firmware."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ocpp_gateway.simulator import downloads, firmware
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.file_servers import http_files
from tests.gateway.simulated import ID
from tests.gateway.toy_central_system import ToyCentralSystem
from tests.gateway.transferring import IMAGE, station, told, update

# Firmware


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_firmware_is_fetched_installed_and_told_of(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    with http_files() as server:
        server.files["/eve-6.5.1.bin"] = IMAGE
        async with station(strict, version) as charger:
            url = f"{server.url}/eve-6.5.1.bin"
            answer = await strict.ask(ID, "UpdateFirmware", update(version, url))
            assert answer == ({} if version is V16 else {"status": "Accepted"})
            await strict.hears("FirmwareStatusNotification", status="Installed")
            rebooting = [] if version is V16 else ["InstallRebooting"]
            assert told(strict) == [
                "Downloading",
                "Downloaded",
                "Installing",
                *rebooting,
                "Installed",
            ]
            boot = strict.said("BootNotification")[-1]
            assert charger.firmware == "6.5.1"
    if version is V16:
        assert boot["firmwareVersion"] == "6.5.1"
        return
    assert (boot["reason"], boot["chargingStation"]["firmwareVersion"]) == (
        "FirmwareUpdate",
        "6.5.1",
    )
    assert {payload["requestId"] for payload in strict.said("FirmwareStatusNotification")} == {7}


async def test_dates_are_kept_and_told_of(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        async with station(strict, V201):
            later = datetime.now(UTC) + timedelta(seconds=200)
            order = update(
                V201,
                f"{server.url}/a.bin",
                retrieveDateTime=later.isoformat(),
                installDateTime=(later + timedelta(hours=1)).isoformat(),
            )
            await strict.ask(ID, "UpdateFirmware", order)
            await strict.hears("FirmwareStatusNotification", status="InstallScheduled")
            assert told(strict) == [
                "DownloadScheduled",
                "Downloading",
                "Downloaded",
                "InstallScheduled",
            ]


async def test_a_version_nobody_names_is_the_next_one(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/image"] = IMAGE
        async with station(strict, V16) as charger:
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/image"))
            await strict.hears("FirmwareStatusNotification", status="Installed")
            assert charger.firmware == "6.4.1"


def test_versions_are_read_from_names() -> None:
    assert downloads.version_in("/files/abc/eve-6.5.2-4289.bin") == "6.5.2-4289"
    assert downloads.version_in("/7.1/firmware.bin") == ""
    assert firmware.after("6.4.0-4210") == "6.4.0-4211"
    assert firmware.after("beta") == "beta"


async def test_a_server_may_name_the_version(tmp_path: Path) -> None:
    with http_files() as server:
        server.files["/x"] = IMAGE
        server.headers["X-Firmware-Version"] = "9.9"
        image = await downloads.fetch(f"{server.url}/x")
        assert image == downloads.Image(len(IMAGE), hashlib.sha256(IMAGE).digest(), "9.9")
        server.headers = {"Content-Disposition": 'attachment; filename="evse-2.10.bin"'}
        assert (await downloads.fetch(f"{server.url}/x")).version == "2.10"


async def test_every_retry_is_made_before_a_download_fails(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        server.statuses += [503, 503, 503]
        async with station(strict, V201):
            await strict.ask(ID, "UpdateFirmware", update(V201, f"{server.url}/a.bin"))
            await strict.hears("FirmwareStatusNotification", status="DownloadFailed")
            assert told(strict) == ["Downloading"] * 3 + ["DownloadFailed"]
            assert len(server.got) == 3


async def test_some_try_once_whatever_they_are_told(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        async with station(strict, V201, "ignores-retries"):
            await strict.ask(ID, "UpdateFirmware", update(V201, f"{server.url}/a.bin"))
            await strict.hears("FirmwareStatusNotification", status="DownloadFailed")
            assert len(server.got) == 1


async def test_a_download_can_fail_twice_and_work_then(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        async with station(strict, V16, "download-fails-twice"):
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/a.bin"))
            await strict.hears("FirmwareStatusNotification", status="Installed")
            assert told(strict)[:5] == ["Downloading", "DownloadFailed"] * 2 + ["Downloading"]


async def test_half_a_file_is_no_firmware(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        server.cuts_short = True
        async with station(strict, V201, "ignores-retries") as charger:
            await strict.ask(ID, "UpdateFirmware", update(V201, f"{server.url}/a.bin"))
            await strict.hears("FirmwareStatusNotification", status="DownloadFailed")
            assert charger.firmware == "6.4.0"


async def test_an_empty_image_can_t_be_installed(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/eve-7.0.bin"] = b""
        async with station(strict, V16) as charger:
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/eve-7.0.bin"))
            await strict.hears("FirmwareStatusNotification", status="InstallationFailed")
            assert charger.firmware == "6.4.0"


async def test_some_never_say_installed(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/eve-7.0.bin"] = IMAGE
        async with station(strict, V16, "never-installed"):
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/eve-7.0.bin"))
            await strict.hears("BootNotification", firmwareVersion="7.0")
            assert told(strict) == ["Downloading", "Downloaded", "Installing"]


async def test_some_mix_the_order_up(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        async with station(strict, V16, "wrong-order"):
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/a.bin"))
            await strict.hears("FirmwareStatusNotification", status="Installed")
            assert told(strict) == ["Downloaded", "Downloading", "Installing", "Installed"]


async def test_some_only_ever_say_idle(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/eve-7.0.bin"] = IMAGE
        async with station(strict, V16, "idle-only"):
            await strict.ask(ID, "UpdateFirmware", update(V16, f"{server.url}/eve-7.0.bin"))
            await strict.hears("BootNotification", firmwareVersion="7.0")
            assert set(told(strict)) == {"Idle"}


async def test_a_second_update_ends_the_first(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.files["/eve-7.0.bin"] = IMAGE
        async with station(strict, V21):
            far = (datetime.now(UTC) + timedelta(days=900)).isoformat()
            url = f"{server.url}/eve-7.0.bin"
            waiting = update(V21, url, retrieveDateTime=far)
            assert await strict.ask(ID, "UpdateFirmware", waiting) == {"status": "Accepted"}
            await strict.hears("FirmwareStatusNotification", status="DownloadScheduled")
            second = update(V21, url) | {"requestId": 8}
            assert await strict.ask(ID, "UpdateFirmware", second) == {"status": "AcceptedCanceled"}
            await strict.hears("FirmwareStatusNotification", status="Installed", requestId=8)


async def test_a_trigger_tells_where_an_update_is(strict: ToyCentralSystem) -> None:
    async with station(strict, V201):
        trigger = {"requestedMessage": "FirmwareStatusNotification"}
        await strict.ask(ID, "TriggerMessage", trigger)
        await strict.hears("FirmwareStatusNotification", status="Idle")
        far = (datetime.now(UTC) + timedelta(days=900)).isoformat()
        order = update(V201, "http://127.0.0.1:9/a.bin", retrieveDateTime=far)
        await strict.ask(ID, "UpdateFirmware", order)
        await strict.hears("FirmwareStatusNotification", status="DownloadScheduled")
        await strict.ask(ID, "TriggerMessage", trigger)
        await strict.until(lambda: told(strict) == ["Idle", *["DownloadScheduled"] * 2])


# Signatures


def signer(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Firmware")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def signed(key: Any, data: bytes) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return {
        "signingCertificate": signer(key),
        "signature": base64.b64encode(signature).decode(),
    }


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)],
    ids=["ec", "rsa"],
)
async def test_signed_firmware_of_1_6_is_verified(strict: ToyCentralSystem, key: Any) -> None:
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        async with station(strict, V16, "security-extension"):
            order = update(V201, f"{server.url}/a.bin", **signed(key, IMAGE))
            answer = await strict.ask(ID, "SignedUpdateFirmware", order)
            assert answer == {"status": "Accepted"}
            await strict.hears("SignedFirmwareStatusNotification", status="Installed", requestId=7)
            statuses = told(strict, "SignedFirmwareStatusNotification")
            assert statuses[:3] == ["Downloading", "Downloaded", "SignatureVerified"]
            assert "InstallRebooting" in statuses


@pytest.mark.parametrize("spoilt", [b"another image", None])
async def test_what_is_signed_wrongly_is_not_installed(
    strict: ToyCentralSystem, spoilt: bytes | None
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with http_files() as server:
        server.files["/a.bin"] = IMAGE
        async with station(strict, V201):
            signature = signed(key, spoilt or IMAGE)
            if spoilt is None:
                signature["signature"] = "no base64!"
            order = update(V201, f"{server.url}/a.bin", **signature)
            await strict.ask(ID, "UpdateFirmware", order)
            await strict.hears("FirmwareStatusNotification", status="InvalidSignature")
            assert "Installing" not in told(strict)


async def test_a_certificate_that_is_none_is_refused(strict: ToyCentralSystem) -> None:
    async with station(strict, V201):
        order = update(V201, "http://127.0.0.1:9/", signingCertificate="-", signature="-")
        assert await strict.ask(ID, "UpdateFirmware", order) == {"status": "InvalidCertificate"}


async def test_the_security_extension_refuses_what_is_not_signed(
    strict: ToyCentralSystem,
) -> None:
    async with station(strict, V16, "security-extension"):
        plain = update(V16, "http://127.0.0.1:9/")
        assert await strict.ask(ID, "UpdateFirmware", plain) == "NotSupported"
        assert await strict.ask(ID, "GetDiagnostics", {"location": "ftp://a/"}) == "NotSupported"
        for wanted, message in (
            ("LogStatusNotification", "LogStatusNotification"),
            ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
            ("SignChargePointCertificate", "SignCertificate"),
        ):
            trigger = {"requestedMessage": wanted}
            answer = await strict.ask(ID, "ExtendedTriggerMessage", trigger)
            assert answer == {"status": "Accepted"}
            await strict.hears(message)


async def test_without_the_extension_its_calls_are_unknown(strict: ToyCentralSystem) -> None:
    async with station(strict, V16):
        trigger = {"requestedMessage": "LogStatusNotification"}
        assert await strict.ask(ID, "ExtendedTriggerMessage", trigger) == "NotSupported"
        order = update(V201, "http://127.0.0.1:9/", signingCertificate="-", signature="-")
        assert await strict.ask(ID, "SignedUpdateFirmware", order) == "NotSupported"


async def test_2x_asks_for_a_certificate_when_triggered(strict: ToyCentralSystem) -> None:
    async with station(strict, V201):
        trigger = {"requestedMessage": "SignChargingStationCertificate"}
        assert await strict.ask(ID, "TriggerMessage", trigger) == {"status": "Accepted"}
        asked = await strict.hears("SignCertificate", certificateType="ChargingStationCertificate")
        request = x509.load_pem_x509_csr(asked["csr"].encode())
        assert request.is_signature_valid
