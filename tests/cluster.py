"""Two servers, a worker and a beat on PostgreSQL and Redis, for tests; each may be killed."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from signal import SIGKILL
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg

from tests import services
from tests.portal import Portal, served_apart

PASSWORD = "correct horse battery staple"
SIMULATED = 24
# Stations CP-1 to CP-8, and SIM-001 and on.
SEED = f"""
from django.core.management import call_command
from operations.models import Station, User
from operations.statuses import Role
call_command("migrate", verbosity=0)
User.objects.create_user("olga", password={PASSWORD!r}, role=Role.OPERATOR,
                         sees_all_organisations=True)
for number in range(1, 9):
    Station.objects.create(identity=f"CP-{{number}}", name=f"CP-{{number}}")
for number in range(1, {SIMULATED} + 1):
    Station.objects.create(identity=f"SIM-{{number:03}}", name=f"SIM-{{number:03}}")
"""


def prepare(database_url: str) -> None:
    """Make the tables, and those who are there from the beginning."""
    manage("shell", "-v0", "-c", SEED, env={"DATABASE_URL": database_url})


def manage(
    *arguments: str, env: dict[str, str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    """A command of manage.py, to its end."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "evcharge.settings"} | env,
        capture_output=True,
        text=True,
        timeout=300,
        check=check,
    )


class Redis:
    """A Redis that can be killed and comes back on its port, empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = services.free_port()
        self._stack = ExitStack()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        settings = f'bind 127.0.0.1\nport {self._port}\ndir {self._folder}\nsave ""\n'
        self.process = self._stack.enter_context(
            services.running(
                [services.require("Redis"), "-"],
                log=self._folder / "redis",
                is_ready=lambda: services._redis_answers(self.url),
                stdin=settings,
            )
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self._stack.close()


class Cluster:
    """All its processes, and what their database says."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database_url = database_url
        self.folder = folder
        self.redis = Redis(folder)
        self._stack = ExitStack()
        self._celery: dict[str, subprocess.Popen[str]] = {}
        self.env = {
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            "DJANGO_SETTINGS_MODULE": "evcharge.settings",  # for Celery
        }
        self.a: Portal
        self.b: Portal

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return manage(*arguments, env=self.env, check=check)

    def start(self, stack: ExitStack) -> None:
        stack.callback(self.redis.stop)
        stack.callback(self._stack.close)
        self.redis.start()
        self.start_worker()
        self.start_beat()
        self.start_a()
        self.b = self._stack.enter_context(
            served_apart("uvicorn", log=self.folder / "b", env=self.env)
        )
        stack.callback(self._kill_all)

    def _kill_all(self) -> None:
        """Quicker than goodbyes, which have tests of their own."""
        portals = [portal.process for portal in (self.a, self.b)]
        for process in (*portals, *self._celery.values()):
            if process is not None and process.poll() is None:
                _kill(process)

    def start_worker(self) -> None:
        self._start_celery("worker", "--concurrency=1")

    def start_beat(self) -> None:
        self._start_celery("beat", f"--schedule={self.folder / 'schedule'}")

    def start_a(self) -> None:
        """On the port it had before it was killed."""
        port = self.a.port if hasattr(self, "a") else None
        self.a = self._stack.enter_context(
            served_apart("daphne", log=self.folder / "a", env=self.env, port=port)
        )

    def _start_celery(self, name: str, *arguments: str) -> None:
        self._celery[name] = self._stack.enter_context(
            services.running(
                [sys.executable, "-m", "celery", "-A", "evcharge", name, *arguments],
                log=self.folder / name,
                env=self.env,
            )
        )

    def kill_worker(self) -> None:
        """With the children that do its work."""
        _kill(self._celery["worker"])

    def kill_beat(self) -> None:
        _kill(self._celery["beat"])

    def kill_a(self) -> None:
        assert self.a.process is not None
        _kill(self.a.process)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def station(self, identity: str) -> int:
        (row,) = self.rows("SELECT id FROM operations_station WHERE identity = %s", identity)
        return int(row[0])

    def status_of(self, run: int) -> str:
        (row,) = self.rows("SELECT status FROM operations_commandrun WHERE id = %s", run)
        return str(row[0])

    def open_connections(self, identity: str) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT node, epoch FROM operations_connection"
            " WHERE station_id = %s AND closed_at IS NULL",
            self.station(identity),
        )


def _kill(process: subprocess.Popen[str]) -> None:
    """No goodbye, for those it started neither."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    for pid in children:
        os.kill(int(pid), SIGKILL)
    process.wait()


class Visitor:
    """Somebody with a browser who signed in on one of the servers."""

    def __init__(self, portal: Portal) -> None:
        self._url = portal.url
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        self._opener.open(f"{self._url}/sign-in/", timeout=20).close()
        self.posts("/sign-in/", username="olga", password=PASSWORD)

    def posts(self, path: str, **fields: str) -> str:
        """Send a form; the address it led to."""
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        form = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        with self._opener.open(f"{self._url}{path}", form, timeout=20) as answer:
            return str(answer.url)

    def asks(self, station: int, slug: str, **fields: str) -> int:
        """Ask a station something; the run's key."""
        url = self.posts(f"/operations/stations/{station}/ask/{slug}/", **fields)
        found = re.search(r"/requests/(\d+)/", url)
        assert found is not None, url
        return int(found[1])


async def eventually(
    condition: Callable[[], bool], what: str, within: float = 10, *, state: Callable[[], str] = str
) -> None:
    deadline = time.monotonic() + within
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"not within {within} s: {what} {state()}"
        await asyncio.sleep(0.05)


async def becomes(cluster: Cluster, run: int, status: str, within: float = 10) -> None:
    await eventually(lambda: cluster.status_of(run) == status, f"run {run} is {status}", within)
