"""Starts what is measured, each in a process of its own on the server's core."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from tests import services
from tests.bench import machine
from tests.bench.ground import Ground

SERVERS = ("daphne", "uvicorn")
# As docs/operating.md has it.
UVICORN = (
    *("--ws-ping-interval", "30", "--ws-ping-timeout", "20", "--ws-max-size", "1048576"),
    *("--log-level", "warning", "--no-access-log", "--backlog", "4096"),
)
LOG_CHARACTERS = 2_000
NUMBERS = count()


class Load:
    """Our end of a load generator: an order out, an answer back."""

    def __init__(self) -> None:
        with machine.born_on(machine.OTHER_CORES):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.load"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def do(self, order: str, **how: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": order, **how}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"The load generator broke off at {order!r}.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


@dataclass(frozen=True)
class Served:
    """A server that runs, with a load generator of its own."""

    port: int
    pid: int
    load: Load
    log: Path
    database_url: str = ""

    def connect(self, count: int, **how: Any) -> dict[str, Any]:
        answer = self.load.do("connect", port=self.port, count=count, **how)
        if answer["opened"] != count:
            said = self.log.read_text()[-LOG_CHARACTERS:]
            raise ConnectionError(
                f"{answer['opened']} of {count} stations could connect ({answer['why']}). "
                f"The server's log ends with:\n{said}"
            )
        return answer

    def talk(self, kind: str, **how: Any) -> dict[str, Any]:
        """A closed loop, with what it cost the server; wrong answers are no figures."""
        before = machine.cpu_s(self.pid)
        answer = self.load.do("talk", kind=kind, **how)
        spent = machine.cpu_s(self.pid) - before
        if answer["wrong"] or answer["unanswered"]:
            raise ValueError(f"{kind}: not answered as expected: {answer}")
        answer["cpu_us"] = spent / max(answer["answers"], 1) * 1e6
        return answer


@contextmanager
def started(
    command: list[str],
    ground: Ground,
    database_url: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A process that listens on a port, and a generator."""
    port = services.free_port()
    log = ground.folder / f"server_{next(NUMBERS)}.log"
    with ExitStack() as stack:
        with machine.born_on(machine.SERVER_CORES):
            process = stack.enter_context(
                services.running(
                    [sys.executable, *command, "--port", str(port)],
                    log=log,
                    env={**ground.env(database_url or ground.url), **(settings or {})},
                    is_ready=lambda: answers(port),
                )
            )
        load = Load()
        stack.callback(load.close)
        yield Served(port, process.pid, load, log, database_url)


def portal_command(server: str) -> list[str]:
    if server == "daphne":
        return ["manage.py", "serve"]
    return ["-m", "uvicorn", "evcharge.asgi:application", *UVICORN]


def echo_command(server: str) -> list[str]:
    if server == "daphne":
        return ["-m", "tests.bench.reference.echo"]
    return ["-m", "uvicorn", "tests.bench.reference.echo:application", *UVICORN]


@contextmanager
def portal(ground: Ground, server: str) -> Iterator[Served]:
    """Ours, on a copy of the database."""
    url = ground.copy()
    with started(portal_command(server), ground, url) as served:
        yield served
    ground.discard(url)


@contextmanager
def celery(ground: Ground, database_url: str) -> Iterator[int]:
    """The worker and beat beside a distributed portal, on the server's core: their process."""
    log = ground.folder / f"celery_{next(NUMBERS)}.log"
    beat = ["--beat", "--schedule", str(ground.folder / f"beat_{next(NUMBERS)}")]
    command = ["-m", "celery", "-A", "evcharge", "worker", "--pool", "solo", *beat]
    with (
        machine.born_on(machine.SERVER_CORES),
        services.running(
            [sys.executable, *command], log=log, env=ground.env(database_url)
        ) as process,
    ):
        yield process.pid


@contextmanager
def echo(ground: Ground, server: str) -> Iterator[Served]:
    """The same server with a consumer that only echoes."""
    with started(echo_command(server), ground) as served:
        yield served


@contextmanager
def usual_way(ground: Ground) -> Iterator[Served]:
    """The ocpp library, websockets, one transaction per message."""
    url = ground.copy()
    with started(["-m", "tests.bench.reference.usual"], ground, url) as served:
        yield served
    ground.discard(url)


@contextmanager
def bare_echo(ground: Ground) -> Iterator[Served]:
    """An echo without any framework."""
    with started(["-m", "tests.bench.reference.bare"], ground) as served:
        yield served


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except HTTPError:
        return False
    except OSError:
        return False
