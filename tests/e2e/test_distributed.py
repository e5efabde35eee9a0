"""Two servers, a worker and a beat on PostgreSQL and Redis; each may fail while others work on."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path
from signal import SIGKILL
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest
from psycopg import sql

from operations.versions import V16, V201, OcppVersion
from tests import services
from tests.fake_station import FakeStation
from tests.portal import Portal, served_apart

PASSWORD = "correct horse battery staple"
SEED = f"""
from operations.models import Station, User
from operations.statuses import Role
User.objects.create_user("olga", password={PASSWORD!r}, role=Role.OPERATOR,
                         sees_all_organisations=True)
for number in range(1, 9):
    Station.objects.create(identity=f"CP-{{number}}", name=f"CP-{{number}}")
"""


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
            "DJANGO_SETTINGS_MODULE": "evcharge.settings",
        }
        self.a: Portal
        self.b: Portal

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments],
            env=os.environ | self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=check,
        )

    def start(self, stack: ExitStack) -> None:
        stack.callback(self.redis.stop)
        stack.callback(self._stack.close)
        self.redis.start()
        self.manage("migrate", "-v0")
        self.manage("shell", "-v0", "-c", SEED)
        self.start_worker()
        self.start_beat()
        self.start_a()
        self.b = self._stack.enter_context(
            served_apart("uvicorn", log=self.folder / "b", env=self.env)
        )

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


@pytest.fixture(scope="module")
def cluster(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        own = stack.enter_context(services._own_database(postgres_url))
        running = Cluster(own, tmp_path_factory.mktemp("cluster"))
        running.start(stack)
        yield running


async def eventually(
    condition: Callable[[], bool], what: str, within: float = 10, *, state: Callable[[], str] = str
) -> None:
    deadline = time.monotonic() + within
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"not within {within} s: {what} {state()}"
        await asyncio.sleep(0.05)


async def becomes(cluster: Cluster, run: int, status: str, within: float = 10) -> None:
    await eventually(lambda: cluster.status_of(run) == status, f"run {run} is {status}", within)


def connected(portal: Portal, identity: str, version: OcppVersion = V16) -> FakeStation:
    return FakeStation(portal.stations_url, identity, version=version)


async def test_a_request_on_one_server_reaches_a_station_on_the_other(cluster: Cluster) -> None:
    visitor = await asyncio.to_thread(Visitor, cluster.a)
    async with connected(cluster.b, "CP-1", V201) as station:
        await station.boots()
        number = await asyncio.to_thread(cluster.station, "CP-1")
        run = await asyncio.to_thread(visitor.asks, number, "reboot", mode="now")
        await station.answers(await station.expects("Reset"), status="Accepted")
        await becomes(cluster, run, "accepted")
        await station.closes()
        await station.connects()
        await station.boots()
        await becomes(cluster, run, "done")


async def test_a_shell_command_asks_and_waits(cluster: Cluster) -> None:
    async with connected(cluster.a, "CP-2") as station:
        await station.boots()
        asked = asyncio.create_task(
            asyncio.to_thread(
                cluster.manage,
                *("command", "reboot", "CP-2", "--set", "mode=idle", "--wait", "20", "--json"),
                check=False,
            )
        )
        call = await station.expects("Reset", within=20)
        await station.answers(call, status="Rejected")
        done = await asked
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "refused"
    assert [step["to"] for step in told["transitions"]] == ["queued", "sent", "refused"]
    assert call.unique_id in json.dumps(told["frames"])


async def test_a_station_that_comes_again_elsewhere_has_one_owner(cluster: Cluster) -> None:
    visitor = await asyncio.to_thread(Visitor, cluster.a)
    async with connected(cluster.a, "CP-3") as old, connected(cluster.b, "CP-3") as new:
        assert (await old.is_closed())[0] == 4001
        await new.boots()
        number = await asyncio.to_thread(cluster.station, "CP-3")
        run = await asyncio.to_thread(visitor.asks, number, "reboot", mode="idle")
        await new.answers(await new.expects("Reset"), status="Rejected")
        await becomes(cluster, run, "refused")
        ((_node, epoch),) = await asyncio.to_thread(cluster.open_connections, "CP-3")
        assert epoch == 2
        # To and fro, as often as a bad mobile network likes.
        last = new
        for turn in range(10):
            newer = connected((cluster.a, cluster.b)[turn % 2], "CP-3")
            await newer.connects()
            assert (await last.is_closed())[0] == 4001
            last = newer
        await last.beats()
        ((_node, epoch),) = await asyncio.to_thread(cluster.open_connections, "CP-3")
        assert epoch == 12
        await last.closes()
    await eventually(lambda: not cluster.open_connections("CP-3"), "CP-3 is offline")


async def test_an_absent_database_is_named_and_nothing_is_lost(cluster: Cluster) -> None:
    async with connected(cluster.b, "CP-4") as station:
        await station.boots()
        with _no_database(cluster):
            for _ in range(2):
                status, state, took_s = await asyncio.to_thread(_readiness, cluster.a)
                assert (status, state) == (503, {"database": False, "layer": True, "broker": True})
                assert took_s < 5
            await station.sends_raw(
                '[2,"patient","StatusNotification",'
                '{"connectorId":1,"status":"Charging","errorCode":"NoError"}]'
            )
            await station.hears_nothing(within=1)
        # What is answered is kept, so the answer waits for the database.
        assert await station.receives(within=25) == '[3,"patient",{}]'
        assert await asyncio.to_thread(cluster.open_connections, "CP-4")
        shown = "SELECT charging_status FROM operations_connector"
        assert await asyncio.to_thread(cluster.rows, shown) == [("Charging",)]
        await eventually(lambda: _is_ready(cluster.a), "A is ready", within=30)
        await station.closes()


@contextmanager
def _no_database(cluster: Cluster) -> Iterator[None]:
    """Nobody gets in, and who is in is thrown out."""
    server, _, name = cluster.database_url.rpartition("/")
    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            connection.execute(throw_out, [name])
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def _readiness(portal: Portal) -> tuple[int, dict[str, bool], float]:
    """The status of /readyz, what it says, and how long it took."""
    began = time.monotonic()
    with closing(HTTPConnection("127.0.0.1", portal.port, timeout=60)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.load(answer), time.monotonic() - began


def _is_ready(portal: Portal) -> bool:
    return _readiness(portal)[0] == 200


async def test_a_dead_servers_stations_are_offline_and_its_runs_are_told(cluster: Cluster) -> None:
    visitor = await asyncio.to_thread(Visitor, cluster.b)
    async with connected(cluster.a, "CP-5") as station, connected(cluster.b, "CP-6") as other:
        await station.boots()
        await station.reports_status(1, "Available")
        await other.boots()
        number = await asyncio.to_thread(cluster.station, "CP-5")
        ((connector,),) = await asyncio.to_thread(
            cluster.rows, "SELECT id FROM operations_connector WHERE station_id = %s", number
        )
        url = await asyncio.to_thread(
            visitor.posts, f"/operations/connectors/{connector}/ask/unlock/"
        )
        run = int(url.rstrip("/").rpartition("/")[2])
        unlock = await station.expects("UnlockConnector")
        assert cluster.a.process is not None
        cluster.a.process.kill()
        await becomes(cluster, run, "connection-lost", within=40)
        assert not await asyncio.to_thread(cluster.open_connections, "CP-5")
        assert await asyncio.to_thread(cluster.open_connections, "CP-6")
        pid = cluster.a.process.pid
        node = "SELECT 1 FROM operations_node WHERE name LIKE %s"
        await eventually(lambda: not cluster.rows(node, f"%-{pid}-%"), "the node is buried")
        # The other server takes the station over, and even the answer that was on its way.
        station.url = connected(cluster.b, "CP-5").url
        await station.connects()
        await station.boots()
        await station.answers(unlock, status="Unlocked")
        await becomes(cluster, run, "done")


async def test_redis_may_come_back_empty(cluster: Cluster) -> None:
    visitor = await asyncio.to_thread(Visitor, cluster.b)
    async with connected(cluster.b, "CP-7") as station:
        await station.boots()
        cluster.redis.kill()
        status, state, took_s = await asyncio.to_thread(_readiness, cluster.b)
        assert (status, state) == (503, {"database": True, "layer": False, "broker": False})
        assert took_s < 5
        number = await asyncio.to_thread(cluster.station, "CP-7")
        run = await asyncio.to_thread(visitor.asks, number, "reboot", mode="idle")
        await station.beats()
        await station.reports_status(1, "Available")
        assert await asyncio.to_thread(cluster.status_of, run) == "queued"
        await asyncio.to_thread(cluster.redis.start)
        # Its announcement is lost: the sweeper makes it again.
        call = await station.expects("Reset", within=30)
        await station.answers(call, status="Rejected")
        await becomes(cluster, run, "refused")
        await eventually(lambda: _is_ready(cluster.b), "B is ready")
        await station.closes()
