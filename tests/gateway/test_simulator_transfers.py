"""Simulated stations really fetch, verify and install firmware, and really bring logs."""

import base64
import gzip
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ocpp_gateway.simulator import downloads, firmware, places, uploads
from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.places import TransferError
from ocpp_gateway.simulator.specs import StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.file_servers import LOGIN, PASSWORD, USER, ftp_files, http_files, sftp_files
from tests.gateway.simulated import DOUBLE, ID, QUICK
from tests.gateway.toy_central_system import ToyCentralSystem

IMAGE = bytes(range(256)) * 600  # some 150 kB: several chunks
FAST = replace(QUICK, install_s=0.05, speed=1000.0)


@asynccontextmanager
async def station(
    system: ToyCentralSystem, version: OcppVersion, *behaviours: str
) -> AsyncIterator[SimulatedStation]:
    """One station that wastes no time, accepted and reported."""
    spec = StationSpec(ID, version, DOUBLE, quirks=quirks_of(behaviours))
    fleet, mark = Fleet(system.url, [spec], pace=FAST), len(system.frames)
    await fleet.start()
    try:
        await system.hears("StatusNotification", since=mark)
        yield fleet.stations[ID]
    finally:
        await fleet.stop()


def update(version: OcppVersion, url: str, **more: Any) -> dict[str, Any]:
    """An UpdateFirmware, for now if nothing else is said."""
    now = datetime.now(UTC).isoformat()
    if version is V16:
        return {"location": url, "retrieveDate": now, "retries": 3, "retryInterval": 5, **more}
    return {
        "requestId": 7,
        "retries": 3,
        "retryInterval": 5,
        "firmware": {"location": url, "retrieveDateTime": now, **more},
    }


def told(system: ToyCentralSystem, action: str = "FirmwareStatusNotification") -> list[str]:
    return [payload["status"] for payload in system.said(action)]


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


# Logs


def get_log(url: str, kind: str = "DiagnosticsLog", **more: Any) -> dict[str, Any]:
    return {
        "logType": kind,
        "requestId": 5,
        "retries": 2,
        "retryInterval": 5,
        "log": {"remoteLocation": url, **more},
    }


def unpacked(data: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {name: tar.extractfile(name) for name in tar.getnames()}
        return {name: file.read().decode() for name, file in members.items() if file}


async def test_diagnostics_of_1_6_are_put(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        async with station(strict, V16):
            await strict.ask(ID, "ClearCache", {})
            url = f"http://{LOGIN}@127.0.0.1:{server.port}/uploads/secret/"
            answer = await strict.ask(ID, "GetDiagnostics", {"location": url})
            await strict.hears("DiagnosticsStatusNotification", status="Uploaded")
            assert told(strict, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
            method, path, headers, body = server.got[0]
            assert (method, path) == ("PUT", f"/uploads/secret/{answer['fileName']}")
            login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            assert headers["Authorization"] == f"Basic {login}"
            files = unpacked(body)
            assert "heard ClearCache" in files["station.log"]
            assert "model: Eve Double" in files["about.txt"]


@pytest.mark.parametrize(
    ("behaviour", "method", "path"),
    [("uploads-by-post", "POST", "/in/{name}"), ("uploads-by-form", "POST", "/in/")],
)
async def test_logs_of_2x_may_be_posted(
    strict: ToyCentralSystem, behaviour: str, method: str, path: str
) -> None:
    with http_files() as server:
        async with station(strict, V201, behaviour):
            answer = await strict.ask(ID, "GetLog", get_log(f"{server.url}/in/"))
            assert answer["status"] == "Accepted"
            await strict.hears("LogStatusNotification", status="Uploaded", requestId=5)
            got = server.got[0]
            assert got[:2] == (method, path.format(name=answer["filename"]))
            if behaviour == "uploads-by-form":
                assert got[2]["Content-Type"].startswith("multipart/form-data; boundary=")
                assert f'filename="{answer["filename"]}"'.encode() in got[3]


async def test_a_security_log_is_a_text_of_its_time(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        async with station(strict, V201):
            await strict.ask(ID, "ClearCache", {})
            long_ago = {"latestTimestamp": "2020-01-01T00:00:00Z"}
            order = get_log(f"{server.url}/in", "SecurityLog", **long_ago)
            answer = await strict.ask(ID, "GetLog", order)
            assert answer["filename"].endswith("-security.log.gz")
            await strict.hears("LogStatusNotification", status="Uploaded")
            text = gzip.decompress(server.got[0][3]).decode()
            assert text == f"# SecurityLog of {ID}\n"


@pytest.mark.parametrize(
    ("url", "status", "plain"),
    [
        ("http://127.0.0.1:{port}/denied/", "PermissionDenied", "UploadFailed"),
        ("gopher://127.0.0.1/", "NotSupportedOperation", "UploadFailed"),
        ("http://[half/", "BadMessage", "UploadFailed"),
        ("http://127.0.0.1:1/", "UploadFailure", "UploadFailed"),
    ],
)
async def test_what_goes_wrong_is_told_in_each_version_s_words(
    strict: ToyCentralSystem, url: str, status: str, plain: str
) -> None:
    with http_files() as server:
        server.statuses += [403] * 20
        url = url.format(port=server.port)
        async with station(strict, V201):
            await strict.ask(ID, "GetLog", get_log(url))
            await strict.hears("LogStatusNotification", status=status)
        async with station(strict, V16):
            await strict.ask(ID, "GetDiagnostics", {"location": url, "retries": 1})
            await strict.hears("DiagnosticsStatusNotification", status=plain)


async def test_a_trigger_tells_where_an_upload_is(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.statuses += [500]
        async with station(strict, V16):
            trigger = {"requestedMessage": "DiagnosticsStatusNotification"}
            await strict.ask(ID, "TriggerMessage", trigger)
            await strict.hears("DiagnosticsStatusNotification", status="Idle")
            slow = {"location": server.url, "retries": 2, "retryInterval": 10**6}
            await strict.ask(ID, "GetDiagnostics", slow)
            await strict.hears("DiagnosticsStatusNotification", status="Uploading")
            await strict.ask(ID, "TriggerMessage", trigger)
            await strict.until(
                lambda: (
                    told(strict, "DiagnosticsStatusNotification")
                    == ["Idle", "Uploading", "Uploading"]
                )
            )


async def test_a_failed_upload_is_tried_again(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.statuses += [500]
        async with station(strict, V201):
            await strict.ask(ID, "GetLog", get_log(server.url))
            await strict.hears("LogStatusNotification", status="Uploaded")
            statuses = told(strict, "LogStatusNotification")
            assert statuses == ["Uploading", "Uploading", "Uploaded"]


async def test_some_flood_us_with_uploading(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        async with station(strict, V16, "floods-uploading"):
            await strict.ask(ID, "GetDiagnostics", {"location": server.url})
            await strict.hears("DiagnosticsStatusNotification", status="Uploaded")
            statuses = told(strict, "DiagnosticsStatusNotification")
            assert statuses == ["Uploading"] * 25 + ["Uploaded"]


async def test_some_bring_nothing_and_some_have_nothing(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        async with station(strict, V16, "uploads-nothing"):
            await strict.ask(ID, "GetDiagnostics", {"location": server.url})
            await strict.hears("DiagnosticsStatusNotification", status="Uploaded")
            assert not server.got
        async with station(strict, V16, "no-logs"):
            assert await strict.ask(ID, "GetDiagnostics", {"location": server.url}) == {}
        async with station(strict, V201, "no-logs"):
            answer = await strict.ask(ID, "GetLog", get_log(server.url))
            assert answer == {"status": "Accepted"}
            assert not server.got


async def test_a_second_upload_ends_the_first(strict: ToyCentralSystem) -> None:
    with http_files() as server:
        server.statuses += [500]
        async with station(strict, V201):
            slow = get_log(server.url) | {"retryInterval": 10**6}
            assert (await strict.ask(ID, "GetLog", slow))["status"] == "Accepted"
            await strict.hears("LogStatusNotification", status="Uploading", requestId=5)
            second = get_log(server.url) | {"requestId": 6}
            assert (await strict.ask(ID, "GetLog", second))["status"] == "AcceptedCanceled"
            await strict.hears("LogStatusNotification", status="AcceptedCanceled", requestId=5)
            await strict.hears("LogStatusNotification", status="Uploaded", requestId=6)


# The other ways


async def test_files_come_and_go_by_ftp(tmp_path: Path) -> None:
    (tmp_path / "eve-3.2.1.bin").write_bytes(IMAGE)
    with ftp_files(tmp_path) as address:
        image = await downloads.fetch(f"ftp://{LOGIN}@{address}/eve-3.2.1.bin")
        assert (image.size_bytes, image.version) == (len(IMAGE), "3.2.1")
        await uploads.bring(f"ftp://{LOGIN}@{address}/", "log.txt", b"hello")
        assert (tmp_path / "log.txt").read_bytes() == b"hello"
        with pytest.raises(TransferError, match="530") as denied:
            await uploads.bring(f"ftp://{address}/", "log.txt", b"hello")
        assert denied.value.reason == "PermissionDenied"
        with pytest.raises(TransferError) as missing:
            await downloads.fetch(f"ftp://{LOGIN}@{address}/nothing.bin")
        assert missing.value.reason == "DownloadFailed"


async def test_files_come_and_go_by_sftp(tmp_path: Path) -> None:
    (tmp_path / "eve-3.2.1.bin").write_bytes(IMAGE)
    async with sftp_files(tmp_path) as address:
        image = await downloads.fetch(f"sftp://{LOGIN}@{address}/eve-3.2.1.bin")
        assert (image.size_bytes, image.version) == (len(IMAGE), "3.2.1")
        await uploads.bring(f"sftp://{LOGIN}@{address}/", "log.txt", b"hello")
        assert (tmp_path / "log.txt").read_bytes() == b"hello"
        with pytest.raises(TransferError) as denied:
            await uploads.bring(f"sftp://nobody:x@{address}/", "log.txt", b"hello")
        assert denied.value.reason == "PermissionDenied"
        with pytest.raises(TransferError) as missing:
            await downloads.fetch(f"sftp://{LOGIN}@{address}/nothing.bin")
        assert missing.value.reason == "DownloadFailed"


async def test_redirects_are_followed_but_not_for_ever() -> None:
    with http_files() as server:
        server.files["/b-1.2.bin"] = IMAGE
        server.statuses += [302]
        server.headers["Location"] = f"{server.url}/b-1.2.bin"
        assert (await downloads.fetch(f"{server.url}/a")).version == "1.2"
        server.statuses += [302] * 9
        with pytest.raises(TransferError, match="too many redirects"):
            await downloads.fetch(f"{server.url}/a")


def test_places_are_read() -> None:
    place = places.read("ftp://us%40er:p%2Fw@host/a%20b/c?x=1")
    assert (place.user, place.password, place.port) == ("us@er", "p/w", 21)
    assert (place.file, place.path) == ("/a b/c", "/a%20b/c?x=1")
    assert places.inside("http://h/in/?t=1", "x.gz") == "http://h/in/x.gz?t=1"
