"""Firmware: many stations that download at once, an image that is added, a rollout to thousands."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests import services
from tests.bench import machine, servers
from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.servers import Served
from tests.bench.table import Row, target

PROBE = "tests.bench.probes.firmware"
MIB = 2**20
BEATING, BEATS_PER_S = 100, 50.0
LOOK_S = 0.02
ACCEL = "/stored-files/"
SNIPPET = Path(__file__).parents[3] / "deploy" / "nginx" / "files.conf"
# One worker on the server's core; its own copy of the file is what plain nginx is asked for.
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
user {user};
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream evcharge {{
        server 127.0.0.1:{portal};
        keepalive 32;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        include {folder}/files.conf;
        location /plain/ {{ alias {root}/; }}
        location / {{ proxy_pass http://evcharge; }}
    }}
}}
"""


def measure(bench: Bench) -> Rows:
    if bench.ground.is_sqlite:  # files pass by the database
        yield from downloads(bench)
    yield from rollout(bench)


# -- downloads


def downloads(bench: Bench) -> Rows:
    number, url = bench.scale.fetchers, bench.ground.copy()
    made = run_apart(PROBE, "links", str(number), env=bench.ground.env(url))
    name = made["name"]
    plain = [f"/plain/{name[:2]}/{name}"] * number
    serve = servers.portal_command("daphne")
    with servers.started(serve, bench.ground, url) as ours:
        seen = watched(ours, made["paths"])
        with nginx(bench, ours.port) as port:
            reference = fetch(port, plain) if port else None
        yield from told(bench, seen, reference)
        yield added(bench, ours)
    with (
        servers.started(serve, bench.ground, url, {"EVCHARGE_FILES_ACCEL": ACCEL}) as ours,
        nginx(bench, ours.port) as port,
    ):
        yield handed_over(bench, port, made["paths"], plain)
    bench.ground.discard(url)
    shutil.rmtree(bench.ground.folder / "files")


def watched(ours: Served, paths: list[str]) -> dict[str, Any]:
    """A download for each of these paths, with what other stations and the memory notice of it."""
    ours.connect(BEATING, arrives=True)
    ours.load.do("beat", sockets=BEATING, per_s=BEATS_PER_S)
    with Peak(ours.pid) as peak:
        seen = fetch(ours.port, paths)
    beats = ours.load.do("beaten")
    if beats["unanswered"]:
        raise ValueError(f"{beats['unanswered']} heartbeats were never answered.")
    return {**seen, **beats, "grown_mib": peak.grown_kib / 1024}


def told(bench: Bench, seen: dict[str, Any], reference: dict[str, Any] | None) -> Rows:
    what = f"{bench.scale.fetchers} stations download 20 MB at once"
    yield Row(
        what=bench.named(f"{what}; nginx"),
        ours=per_s(seen),
        reference=None if reference is None else per_s(reference),
        unit="MB/s",
        note="" if reference else "ratio not measured: nginx is not installed",
    )
    yield Row(
        what=bench.named("memory it takes the server meanwhile"),
        ours=seen["grown_mib"],
        unit="MiB",
        target=target("fetch-memory"),
    )
    yield Row(
        what=bench.named("heartbeats of other stations meanwhile, p99"),
        ours=seen["p99_ms"],
        unit="ms",
        target=target("fetch-beats"),
        note=f"p50 {seen['p50_ms']:.1f} ms; {seen['beats']} heartbeats",
    )


def handed_over(bench: Bench, port: int, paths: list[str], plain: list[str]) -> Row:
    """nginx sends the file, the portal only says whether it may."""
    what = bench.named("the same behind nginx with X-Accel; plain nginx")
    if not port:
        return Row(what=what, ours=0, unit="MB/s", note="not measured: nginx is not installed")
    fetch(port, plain)  # it is in the page cache for both
    return Row(
        what=what,
        ours=per_s(fetch(port, paths)),
        reference=per_s(fetch(port, plain)),
        unit="MB/s",
        target=target("fetch-accelerated"),
    )


def fetch(port: int, paths: list[str]) -> dict[str, Any]:
    """By a process of its own, on the load generator's core."""
    with machine.born_on(machine.OTHER_CORES):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tests.bench.fetching", str(port)],
            input="\n".join(paths),
            capture_output=True,
            text=True,
            check=True,
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    if answer["broken"]:
        raise ValueError(f"{answer['broken']} downloads were not whole: {answer['why']}")
    return answer


def per_s(seen: dict[str, Any]) -> float:
    return float(seen["size_bytes"] / seen["seconds"] / 1e6)


@contextmanager
def nginx(bench: Bench, portal: int) -> Iterator[int]:
    """In front of a portal, and with the store's files for anybody; its port, 0 without nginx."""
    program = services.FINDERS["nginx"]()
    if program is None:
        yield 0
        return
    folder, port = bench.ground.folder / f"nginx_{portal}", services.free_port()
    folder.mkdir()
    root = bench.ground.folder / "files"
    snippet = SNIPPET.read_text().replace("/var/lib/evcharge/files/", f"{root}/")
    (folder / "files.conf").write_text(snippet)
    user = "root" if services.IS_ROOT else "nobody"  # only root's nginx changes who it is
    told = {"folder": folder, "portal": portal, "port": port, "root": root, "user": user}
    (folder / "nginx.conf").write_text(NGINX.format(**told))
    command = [program, "-p", folder, "-c", folder / "nginx.conf"]
    with ExitStack() as stack:
        with machine.born_on(machine.SERVER_CORES):
            started = services.running(
                command, log=folder / "log", is_ready=lambda: servers.answers(port)
            )
            stack.enter_context(started)
        yield port


class Peak:
    """The most memory a process holds while something goes on, above what it held before."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = machine.memory_kib(pid)
        self._most = self._before
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    @property
    def grown_kib(self) -> int:
        return self._most - self._before

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_S):
            self._most = max(self._most, machine.memory_kib(self._pid))


# -- an image that is added


def added(bench: Bench, ours: Served) -> Row:
    """By somebody with a browser, into the library."""
    size_mib = bench.scale.upload_mib
    with Peak(ours.pid) as peak:
        upload(ours.port, bench.ground.cookies, size_mib)
    return Row(
        what=bench.named(f"memory an image of {size_mib:,} MiB takes while it is added"),
        ours=peak.grown_kib / 1024,
        unit="MiB",
        target=target("upload-memory"),
        size=bench.scale.upload_mib,
    )


def upload(port: int, cookies: dict[str, str], size_mib: int) -> None:
    """The library's form, as static/js/uploads.js sends it."""
    fields = {"vendor": "Bench", "model": "Double", "version": "9.9.9"}
    parts = [
        f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = 'name="upload"; filename="large.bin"\r\nContent-Type: application/octet-stream'
    head = f"{''.join(parts)}--bench\r\nContent-Disposition: form-data; {file}\r\n\r\n".encode()
    tail = b"\r\n--bench--\r\n"
    length = len(head) + size_mib * MIB + len(tail)

    def body() -> Iterator[bytes]:
        yield head
        chunk = bytes(MIB)
        for _number in range(size_mib):
            yield chunk
        yield tail

    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
        "X-Requested-With": "XMLHttpRequest",
        "Content-Type": "multipart/form-data; boundary=bench",
        "Content-Length": str(length),
    }
    connection.request("POST", "/operations/firmware/add/", body=body(), headers=headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 201:
        raise ValueError(f"The upload was answered {answer.status}: {said[-300:]!r}")


# -- a rollout


def rollout(bench: Bench) -> Rows:
    stations = bench.scale.batch_runs // 2
    with served(bench) as ours:
        ours.connect(stations, arrives=True)
        ours.load.do("obey")
        asked = probe(bench, ours, "roll-out", stations)
        seen = probe(bench, ours, "wait", asked["batch"])
    yield Row(
        what=bench.named(f"firmware rolled out to {stations:,} stations, followed to Installed"),
        ours=stations / seen["seconds"],
        unit="/s",
        note=f"{seen['seconds']:.1f} s, four reports each",
    )
    yield Row(
        what=bench.named("under way at a time, most by the records"),
        ours=seen["most_open"],
        unit="runs",
        target=target("batch-open"),
    )
    yield Row(
        what=bench.named("asked twice, by the message log"),
        ours=seen["twice"],
        unit="stations",
        target=target("rollout-twice"),
        note=f"{seen['asked']:,} were asked",
    )
    yield Row(
        what=bench.named("not updated in the end"),
        ours=seen["not_done"],
        unit="runs",
        target=target("batch-settled"),
        note=", ".join(f"{word} {number:,}" for word, number in seen["statuses"].items()),
    )


def probe(bench: Bench, ours: Served, what: str, number: int) -> dict[str, Any]:
    """Who only looks does so from the other core."""
    cores = machine.OTHER_CORES if what == "wait" else machine.SERVER_CORES
    env = bench.ground.env(ours.database_url)
    return run_apart(PROBE, what, str(number), env=env, cores=cores)


@contextmanager
def served(bench: Bench) -> Iterator[Served]:
    """The portal, with a worker beside it where it needs one."""
    url = bench.ground.copy()
    with ExitStack() as stack:
        serve = servers.portal_command("daphne")
        ours = stack.enter_context(servers.started(serve, bench.ground, url))
        if not bench.ground.is_sqlite:
            stack.enter_context(servers.celery(bench.ground, url))
        yield ours
    bench.ground.discard(url)
