"""The whole portal, served for a test: in this process, in one of its own, or as the demo."""

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from subprocess import Popen
from urllib.error import HTTPError
from urllib.request import urlopen

import uvicorn
from django.conf import settings

from tests import services

SERVERS = ("daphne", "uvicorn")
DEMO_MADE_S = 240
# Each demo has a folder of its own in there (evcharge.demo.settings).
DEMOS = Path(__file__).parent.parent / "var" / "demo"


@dataclass(frozen=True)
class Portal:
    """Where a served portal is."""

    port: int
    process: Popen[str] | None = None
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stations_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp"


@contextmanager
def served_here() -> Iterator[Portal]:
    """On uvicorn in a thread: quick, seen by coverage, and its services can be called."""
    from evcharge.asgi import application

    port = services.free_port()
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_level="warning", lifespan="on", ws="auto"
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(server.serve()), name="portal", daemon=True
    )
    thread.start()
    try:
        services.wait_until(lambda: server.started or not thread.is_alive(), what="the server")
        assert server.started, "the server did not start"
        yield Portal(port, loop=loop)
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        loop.close()


@contextmanager
def served_apart(
    kind: str, *, log: Path, env: dict[str, str] | None = None, port: int | None = None
) -> Iterator[Portal]:
    """In a process of its own, on the test database."""
    port = port or services.free_port()
    command = {
        "daphne": ["manage.py", "serve", "--port", str(port)],
        "uvicorn": ["-m", "uvicorn", "evcharge.asgi:application", "--port", str(port)],
    }[kind]
    own = {
        "DATABASE_URL": database_url(),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "evcharge.settings",
        **(env or {}),
    }
    ready = f"http://127.0.0.1:{port}/healthz"
    with services.running(
        [sys.executable, *command],
        log=log,
        env=own,
        is_ready=lambda: _answers(ready),
        stop_with=SIGTERM,
    ) as process:
        yield Portal(port, process)


@contextmanager
def served_demo(*, log: Path, password: str, port: int | None = None) -> Iterator[Portal]:
    """As `make demo` does: a made-up network whose stations have begun to connect."""
    port = port or services.free_port()
    ready = f"http://127.0.0.1:{port}/healthz"
    try:
        with services.running(
            [sys.executable, "manage.py", "demo"],
            log=log,
            env={"PORT": str(port), "DEMO_PASSWORD": password},
            stop_with=SIGTERM,
        ) as process:
            services.wait_until(lambda: _answers(ready), what="the demo", timeout_s=DEMO_MADE_S)
            yield Portal(port, process)
    finally:
        shutil.rmtree(DEMOS / str(port), ignore_errors=True)


def database_url() -> str:
    """The test database's address, for another process."""
    if "TEST_DATABASE_URL" in os.environ:
        base = os.environ["TEST_DATABASE_URL"].rsplit("/", 1)[0]
        return f"{base}/{settings.DATABASES['default']['NAME']}"
    return f"sqlite:///{settings.DATABASES['default']['NAME']}"


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except HTTPError:
        return False
    except OSError:
        return False
