"""Simulated stations really bring logs, and fetch and bring over every protocol."""

import base64
import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ocpp_gateway.simulator import downloads, places, uploads
from ocpp_gateway.simulator.places import TransferError
from operations.versions import V16, V201
from tests.gateway.file_servers import LOGIN, PASSWORD, USER, ftp_files, http_files, sftp_files
from tests.gateway.simulated import ID
from tests.gateway.toy_central_system import ToyCentralSystem
from tests.gateway.transferring import IMAGE, station, told

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
