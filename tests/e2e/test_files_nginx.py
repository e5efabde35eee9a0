"""The snippet for nginx, with nginx: it sends the files, and nobody gets behind the portal."""

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGTERM

import pytest
from pytest_django.fixtures import Settings

from operations.models import Download, ReceivedFile
from tests import nginx, services
from tests.filing import bytes_of, link_to_image, link_to_receiver, parts, stored_image
from tests.portal import Portal

CONTENT = bytes(range(256)) * 4096
INSIDE = """
    upstream evcharge {{ server 127.0.0.1:{portal}; }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 0;
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        include {folder}/files.conf;
        location / {{ proxy_pass http://evcharge; }}
    }}
"""

Ask = Callable[..., tuple[http.client.HTTPResponse, bytes]]


@pytest.fixture
def ask(portal: Portal, settings: Settings, tmp_path: Path) -> Iterator[Ask]:
    program, port = services.require("nginx"), services.free_port()
    root = tmp_path / "store"
    settings.EVCHARGE_FILES_ROOT = root
    settings.EVCHARGE_FILES_ACCEL = "/stored-files/"
    settings.EVCHARGE_PUBLIC_URL = f"http://127.0.0.1:{port}"
    snippet = (
        (nginx.DEPLOYED / "files.conf").read_text().replace("/var/lib/evcharge/files/", f"{root}/")
    )
    (tmp_path / "files.conf").write_text(snippet)
    nginx.configure(tmp_path, INSIDE.format(folder=tmp_path, portal=portal.port, port=port))

    def ask(
        method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def answers() -> bool:
        try:
            return ask("GET", "/healthz")[0].status == 200
        except OSError:
            return False

    command = [program, "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    with services.running(command, log=tmp_path / "log", is_ready=answers, stop_with=SIGTERM):
        yield ask


def test_nginx_sends_what_the_portal_allows(ask: Ask, tmp_path: Path) -> None:
    image = stored_image(CONTENT)
    path = parts(link_to_image(image)).path
    answer, body = ask("GET", path)
    assert (answer.status, body) == (200, CONTENT)
    assert answer.getheader("content-disposition") == 'attachment; filename="terra-1.5.0.bin"'
    assert answer.getheader("x-accel-redirect") is None
    answer, body = ask("GET", path, Range="bytes=1000-1999")
    assert (answer.status, body) == (206, CONTENT[1000:2000])
    noted = Download.objects.filter(is_handed_over=True, requests=2)
    services.wait_until(noted.exists, what="both requests")


def test_nobody_gets_behind_the_portal(ask: Ask) -> None:
    name = stored_image(CONTENT).stored_name
    assert ask("GET", f"/stored-files/{name[:2]}/{name}")[0].status == 404
    assert ask("GET", f"/files/{'0' * 32}/x")[0].status == 404


def test_logs_pass_through_and_their_secrets_into_no_log(ask: Ask, tmp_path: Path) -> None:
    path = parts(link_to_receiver()).path
    assert ask("PUT", f"{path}log.txt", CONTENT)[0].status == 200
    assert bytes_of(ReceivedFile.objects.get().stored_name) == CONTENT
    assert path.split("/")[2] not in (tmp_path / "access.log").read_text()
