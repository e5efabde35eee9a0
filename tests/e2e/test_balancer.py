"""Two nodes behind nginx, as deploy/ has it: stopped, killed, with all they need away or slow.

EVCHARGE_CHAOS_SECONDS=60 has what is away be away for a minute.
"""

import asyncio
import ipaddress
import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from signal import SIGTERM
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from websockets.asyncio.client import connect

from operations.versions import V16, V201
from tests import nginx, services
from tests.cluster import PASSWORD, Cluster, Visitor, becomes, eventually
from tests.fake_station import FakeStation
from tests.wire import Wire

CHAOS_S = float(os.environ.get("EVCHARGE_CHAOS_SECONDS", "4"))
SLOW_S = 0.5


class House(Cluster):
    """The cluster behind nginx, on lines to PostgreSQL and Redis that may fail."""

    def __init__(self, database_url: str, folder: Path) -> None:
        super().__init__(database_url, folder)
        parts = urlsplit(database_url)
        assert parts.port is not None
        self.to_database = Wire(parts.port)
        self.to_redis = Wire(urlsplit(self.redis.url).port or 0)
        self.port = services.free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.stations_url = f"wss://127.0.0.1:{self.port}/ocpp"
        self.env |= {
            "DATABASE_URL": database_url.replace(f":{parts.port}/", f":{self.to_database.port}/"),
            "REDIS_URL": f"redis://127.0.0.1:{self.to_redis.port}/0",
            "EVCHARGE_SECURE": "true",
            "CSRF_TRUSTED_ORIGINS": self.url,
        }

    def start(self, stack: ExitStack) -> None:
        stack.enter_context(self.to_database)
        stack.enter_context(self.to_redis)
        super().start(stack)
        command = [services.require("nginx"), "-p", self.folder, "-c", self._configured()]
        log = self.folder / "nginx"
        stack.enter_context(services.running(command, log=log, is_ready=self.answers))

    def _configured(self) -> Path:
        """deploy/nginx with the places marked EDIT edited, and a port anybody may listen on."""
        folder = self.folder / "conf.d"
        folder.mkdir()
        key, chain = certificate(self.folder)
        edited = (nginx.DEPLOYED / "evcharge.conf").read_text()
        for old, new in {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "/etc/ssl/evcharge/fullchain.pem": str(chain),
            "/etc/ssl/evcharge/privkey.pem": str(key),
        }.items():
            assert edited.count(old) == 1
            edited = edited.replace(old, new)
        (folder / "default.conf").write_text(edited)
        nodes = (nginx.DEPLOYED / "evcharge-nodes.conf").read_text()
        line = next(line for line in nodes.splitlines() if "EDIT" in line)
        both = (line.replace(":8000", f":{node.port}") for node in (self.a, self.b))
        (folder / "evcharge-nodes.conf").write_text(nodes.replace(line, "\n".join(both)))
        return nginx.configure(self.folder, f"include {self.folder}/conf.d/*.conf;")

    def answers(self) -> bool:
        try:
            with Guest(self).opener.open(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def node_of(self, identity: str) -> str:
        found = self.open_connections(identity)
        return str(found[0][0]) if found else ""


class Guest(Visitor):
    """Somebody who comes to nginx, over TLS."""

    def __init__(self, house: House) -> None:
        self._url = house.url
        self._cookies = CookieJar()
        self.context = ssl.create_default_context(cafile=house.folder / "chain.pem")
        self.opener = self._opener = build_opener(
            HTTPSHandler(context=self.context), HTTPCookieProcessor(self._cookies)
        )
        # Browsers say where a form was; over https Django wants to know.
        self._opener.addheaders = [("Referer", f"{house.url}/")]

    def signs_in(self) -> "Guest":
        self._opener.open(f"{self._url}/sign-in/", timeout=20).close()
        self.posts("/sign-in/", username="olga", password=PASSWORD)
        return self

    def reads(self, path: str) -> tuple[int, str]:
        try:
            with self._opener.open(f"{self._url}{path}", timeout=40) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self._cookies)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for this machine's own address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal.example.org")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = timezone.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    paths = folder / "key.pem", folder / "chain.pem"
    paths[0].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    paths[1].write_bytes(made.public_bytes(pem))
    return paths


@pytest.fixture(scope="module")
def house(clusters_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        running = House(clusters_database, tmp_path_factory.mktemp("house"))
        running.start(stack)
        with pytest.MonkeyPatch.context() as patch:
            # Stations trust whom the machine trusts.
            patch.setenv("SSL_CERT_FILE", str(running.folder / "chain.pem"))
            yield running


@pytest.fixture(scope="module")
def guest(house: House) -> Guest:
    return Guest(house).signs_in()


def station(house: House, number: int, version: object = V16) -> FakeStation:
    return FakeStation(house.stations_url, f"CP-{number}", version=version)  # type: ignore[arg-type]


# -- nginx


async def test_stations_are_spread_and_requests_and_pushes_find_them(
    house: House, guest: Guest
) -> None:
    async with station(house, 1) as one, station(house, 2, V201) as two:
        await one.boots()
        await two.boots()
        nodes = {house.node_of("CP-1"), house.node_of("CP-2")}
        assert len(nodes) == 2, "nginx gives the second station to the other node"
        numbers = {each: house.station(each.identity) for each in (one, two)}
        headers = {"Cookie": guest.cookie}
        live = f"wss://127.0.0.1:{house.port}/live/"
        how = {"additional_headers": headers, "origin": house.url, "ssl": guest.context}
        # Two pages: nginx gives each to another node.
        async with connect(live, **how) as first, connect(live, **how) as second:  # type: ignore[arg-type]
            for page in (first, second):
                keys = [f"station:{number}" for number in numbers.values()]
                await page.send(json.dumps({"watch": keys}))
            for each, number in numbers.items():
                run = await asyncio.to_thread(guest.asks, number, "reboot", mode="idle")
                await each.answers(await each.expects("Reset"), status="Rejected")
                await becomes(house, run, "refused")
            await one.closes()
            for page in (first, second):
                async with asyncio.timeout(10):
                    while f"station-{numbers[one]}" not in str(await page.recv()):
                        pass


async def test_figures_are_not_for_the_world(guest: Guest) -> None:
    assert guest.reads("/metrics")[0] == 404


async def test_a_stopped_node_sends_its_stations_to_the_other_and_loses_nothing(
    house: House, guest: Guest
) -> None:
    """Whoever is being asked something answers first; nobody is let in any more."""
    async with FakeStation(house.a.stations_url, "CP-3") as busy:
        await busy.boots()
        idle = FakeStation(house.a.stations_url, "CP-4")
        await idle.connects()
        await idle.boots()
        await idle.reports_status(1, "Charging")
        number = house.station("CP-3")
        run = await asyncio.to_thread(guest.asks, number, "reboot", mode="idle")
        call = await busy.expects("Reset")
        assert house.a.process is not None
        house.a.process.send_signal(SIGTERM)
        assert (await idle.is_closed())[0] == 1001
        # It comes again by nginx, which has to find the other node.
        idle.url = station(house, 4).url
        await idle.connects()
        await idle.beats()
        other = house.node_of("CP-4")
        assert f"-{house.b.process.pid}-" in other  # type: ignore[union-attr]
        await busy.answers(call, status="Accepted")
        assert (await busy.is_closed())[0] == 1001
        busy.url = station(house, 3).url
        await busy.connects()
        await busy.boots()
        await becomes(house, run, "done")
        assert await asyncio.to_thread(house.a.process.wait, 15) == 0
        await busy.hears_nothing(within=1.5)
        await idle.closes()
    query = "SELECT charging_status FROM operations_connector WHERE station_id = %s"
    assert house.rows(query, house.station("CP-4")) == [("Charging",)]
    steps = "SELECT to_status FROM operations_runtransition WHERE run_id = %s ORDER BY id"
    told = [to for (to,) in house.rows(steps, run)]
    assert told.count("sent") == 1
    await asyncio.to_thread(house.start_a)


async def test_a_killed_nodes_station_is_the_others_within_15_seconds(house: House) -> None:
    """By then its lease is over; a station that comes again at once need not wait for that."""
    async with FakeStation(house.a.stations_url, "CP-6") as moved:
        await moved.boots()
        began = time.monotonic()
        house.kill_a()
        moved.url = station(house, 6).url
        await moved.connects()
        await moved.beats()
        assert time.monotonic() - began < 15
        assert len(house.open_connections("CP-6")) == 1
        await moved.closes()
    await asyncio.to_thread(house.start_a)


# -- what they lean on


async def test_redis_is_away(house: House, guest: Guest) -> None:
    async with station(house, 1) as one, station(house, 2) as two:
        for each in (one, two):
            await each.boots()
        began = timezone.now()
        house.redis.kill()
        until = time.monotonic() + CHAOS_S
        number = house.station("CP-1")
        run = await asyncio.to_thread(guest.asks, number, "reboot", mode="idle")
        words = "Redis does not answer"
        await eventually(lambda: words in guest.reads("/operations/stations/")[1], words)
        told = 0
        while time.monotonic() < until:
            for each in (one, two):
                await each.reports_status(1, ("Available", "Charging")[told % 2])
            told += 1
        await asyncio.to_thread(house.redis.start)
        call = await one.expects("Reset", within=30)
        await one.answers(call, status="Rejected")
        await becomes(house, run, "refused")
        await eventually(lambda: words not in guest.reads("/operations/stations/")[1], "all well")
        for each in (one, two):
            await each.reports_status(1, "Finishing")
            await each.hears_nothing(within=0.2)
            await each.closes()
    assert statuses_of(house, "CP-1", "CP-2") == {"Finishing"}
    # Each that was answered is kept, and none of them twice.
    assert statuses_kept(house, began) == [told + 1, told + 1]


async def test_redis_takes_all_and_answers_nothing(house: House, guest: Guest) -> None:
    """As behind a line that is down, or a machine that hangs: nobody is told that it is away."""
    async with station(house, 1) as one:
        await one.boots()
        words = "Redis does not answer"
        with house.to_redis.dead():
            until = time.monotonic() + CHAOS_S
            await one.reports_status(1, "Charging")
            await eventually(lambda: words in guest.reads("/operations/stations/")[1], words)
            began = time.monotonic()
            assert (await asyncio.to_thread(guest.reads, "/operations/"))[0] == 200
            assert time.monotonic() - began < 10, "the overview waits for each of its figures"
            async with station(house, 2) as two:
                await two.boots()
                await two.reports_status(1, "Charging")
                await two.closes()
            while time.monotonic() < until:
                await one.hears_nothing(within=0.5)
                await one.beats()
        await eventually(lambda: words not in guest.reads("/operations/stations/")[1], "all well")
        run = await asyncio.to_thread(guest.asks, house.station("CP-1"), "reboot", mode="idle")
        await one.answers(await one.expects("Reset", within=30), status="Rejected")
        await becomes(house, run, "refused")
        await one.closes()
    assert statuses_of(house, "CP-1", "CP-2") == {"Charging"}


async def test_the_database_is_away(house: House, guest: Guest) -> None:
    """Messages wait, in the order in which they came; what waits too long is not accepted."""
    async with station(house, 1) as one, station(house, 2) as two:
        for each in (one, two):
            await each.boots()
        began = timezone.now()
        with house.to_database.cut():
            until = time.monotonic() + CHAOS_S
            kept = asyncio.create_task(two.socket.send(status_frame("kept", "Charging")))
            status, page = await asyncio.to_thread(guest.reads, "/operations/stations/")
            assert status == 503
            assert "The database does not answer" in page
            assert "Stations stay connected" in page
            await one.beats()
            await kept
            while time.monotonic() < until:
                await one.hears_nothing(within=0.5)
                await one.beats()
        heard = await two.receives(within=30)
        assert heard.startswith('[3,"kept"' if CHAOS_S < 20 else "[")  # type: ignore[arg-type]
        await eventually(lambda: guest.reads("/operations/stations/")[0] == 200, "pages", 20)
        for each in (one, two):
            await each.reports_status(1, "Available")
            await each.closes()
    assert statuses_of(house, "CP-1", "CP-2") == {"Available"}
    if heard.startswith("[3,"):  # type: ignore[arg-type]
        assert statuses_kept(house, began) == [1, 2]


async def test_both_are_slow(house: House, guest: Guest) -> None:
    async with station(house, 1) as one:
        await one.boots()
        number = house.station("CP-1")
        with house.to_database.slow(SLOW_S), house.to_redis.slow(SLOW_S):
            await one.sends_raw(status_frame("slow", "Faulted"))
            await one.beats()
            heard = await one.receives(within=30)
            assert heard == '[3,"slow",{}]'
        run = await asyncio.to_thread(guest.asks, number, "reboot", mode="idle")
        await one.answers(await one.expects("Reset", within=20), status="Rejected")
        await becomes(house, run, "refused")
        assert len(house.open_connections("CP-1")) == 1
        await one.closes()
    assert statuses_of(house, "CP-1") == {"Faulted"}


def status_frame(unique_id: str, status: str) -> str:
    payload = {"connectorId": 1, "status": status, "errorCode": "NoError"}
    return json.dumps([2, unique_id, "StatusNotification", payload])


def statuses_of(house: House, *identities: str) -> set[str]:
    query = (
        "SELECT c.charging_status FROM operations_connector c JOIN operations_station s"
        " ON s.id = c.station_id WHERE s.identity = ANY(%s)"
    )
    return {status for (status,) in house.rows(query, list(identities))}


def statuses_kept(house: House, since: datetime) -> list[int]:
    """How many StatusNotifications of CP-1 and CP-2 the message log has since then."""
    query = (
        "SELECT count(*) FROM operations_ocppmessage m JOIN operations_station s"
        " ON s.id = m.station_id WHERE s.identity = ANY(%s) AND m.action = 'StatusNotification'"
        " AND m.called_at >= %s AND m.error_code = '' GROUP BY s.identity ORDER BY s.identity"
    )
    return [number for (number,) in house.rows(query, ["CP-1", "CP-2"], since)]
