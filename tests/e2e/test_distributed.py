"""Two servers, a worker and a beat on PostgreSQL and Redis; each may fail while others work on."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection

import psycopg
import pytest
import redis
from psycopg import sql
from websockets.exceptions import InvalidStatus

from operations.versions import V16, V201, OcppVersion
from tests.cluster import SIMULATED, Cluster, Visitor, becomes, eventually
from tests.e2e.test_batch_chaos import fleet, heard
from tests.fake_station import FakeStation
from tests.portal import Portal


@pytest.fixture(scope="module")
def cluster(clusters_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        running = Cluster(clusters_database, tmp_path_factory.mktemp("cluster"))
        running.start(stack)
        yield running


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
        call = await station.expects("Reset", within=60)
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


async def test_who_is_refused_leaves_no_channel_behind(cluster: Cluster) -> None:
    with closing(redis.from_url(cluster.redis.url)) as client:
        before = client.pubsub_channels("*specific*")
        async with connected(cluster.a, "CP-1") as station:
            await eventually(
                lambda: len(client.pubsub_channels("*specific*")) == len(before) + 1, "its channel"
            )
            for identity in ("stranger", "bad identity!"):
                with pytest.raises(InvalidStatus):
                    await connected(cluster.a, identity).connects()
            await station.closes()
        await eventually(lambda: client.pubsub_channels("*specific*") == before, "all have gone")


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
    await asyncio.to_thread(cluster.start_a)


async def test_redis_may_come_back_empty(cluster: Cluster) -> None:
    # At the other server: a station's own needs no Redis to tell it.
    visitor = await asyncio.to_thread(Visitor, cluster.a)
    async with connected(cluster.b, "CP-7") as station:
        await station.boots()
        cluster.redis.kill()
        late = connected(cluster.b, "CP-8")
        await late.connects()
        await late.boots()
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
        # Who came meanwhile is heard of, too.
        number = await asyncio.to_thread(cluster.station, "CP-8")
        run = await asyncio.to_thread(visitor.asks, number, "reboot", mode="idle")
        await late.answers(await late.expects("Reset", within=30), status="Rejected")
        await becomes(cluster, run, "refused")
        await late.closes()


# -- whichever process is killed, the others go on


REBOOT_ALL = """
from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import Station
from operations.services import batches
from operations.services.selections import Selection
from operations.services.terms import Terms
batch = batches.submit(
    command=BY_SLUG["reboot"],
    selection=Selection(TargetKind.STATION, Station.objects.filter(identity__startswith="SIM-")),
    params={"mode": "now"}, user=None,
    terms=Terms(most_open=3, effect_timeout_s=25, wave_size=6, wave_pause_s=1),
)
print(batch.pk)
"""


def counted(cluster: Cluster, batch: int) -> Counter[str]:
    query = "SELECT status, count(*) FROM operations_commandrun WHERE batch_id = %s GROUP BY 1"
    return Counter(dict(cluster.rows(query, batch)))


async def kill_one_after_the_other(cluster: Cluster, batch: int) -> None:
    """Each process goes, and comes back, once five more were sent."""
    sent = "SELECT count(*) FROM operations_commandrun WHERE batch_id = %s AND sent_at IS NOT NULL"
    processes = [
        (cluster.kill_worker, cluster.start_worker),
        (cluster.kill_beat, cluster.start_beat),
        (cluster.redis.kill, cluster.redis.start),
        (cluster.kill_a, cluster.start_a),
    ]
    for number, (kill, come_back) in enumerate(processes, 1):
        await eventually(
            lambda most=number * 5: cluster.rows(sent, batch)[0][0] >= most,
            f"{number * 5} sent:",
            60,
            state=lambda: str(counted(cluster, batch)),
        )
        await asyncio.to_thread(kill)
        await asyncio.to_thread(come_back)


async def test_whichever_process_is_killed_the_others_finish_the_batch(cluster: Cluster) -> None:
    """Worker, beat, Redis, a server: each of them gone for a while, one after the other."""
    size = SIMULATED
    halves = [
        fleet(portal.stations_url, [""] * (size // 2), first=first)
        for portal, first in ((cluster.a, 1), (cluster.b, size // 2 + 1))
    ]
    try:
        await asyncio.gather(*(half.start() for half in halves))
        booted = (
            "SELECT count(*) FROM operations_station"
            " WHERE booted_at IS NOT NULL AND identity ~ '^SIM-'"
        )
        await eventually(lambda: cluster.rows(booted) == [(size,)], "all booted", 30)
        said = await asyncio.to_thread(cluster.manage, "shell", "-v0", "-c", REBOOT_ALL)
        batch = int(said.stdout)
        ended = "SELECT 1 FROM operations_commandbatch WHERE id = %s AND ended_at IS NOT NULL"
        await kill_one_after_the_other(cluster, batch)
        await eventually(
            lambda: bool(cluster.rows(ended, batch)),
            "the end:",
            90,
            state=lambda: str(counted(cluster, batch)),
        )
    finally:
        await asyncio.gather(*(half.stop() for half in halves))
    saw = heard(*halves, action="Reset")
    assert max(saw.values()) == 1, "a Reset is never sent twice"
    statuses = counted(cluster, batch)
    assert statuses.total() == size
    assert set(statuses) <= {"done", "not-confirmed", "connection-lost"}, statuses
    assert statuses["done"] >= size - 6, "all but those that were being asked"
    done = cluster.rows(
        "SELECT s.identity FROM operations_commandrun r JOIN operations_station s"
        " ON s.id = r.station_id WHERE r.batch_id = %s AND r.status = 'done'",
        batch,
    )
    assert all(saw[identity] == 1 for (identity,) in done)
