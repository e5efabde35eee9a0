"""The server from its start to its end: lifespan, port, signals."""

import asyncio
import re
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ocpp_gateway.server.lifespan import Lifespan
from ocpp_gateway.server.reactor import new_event_loop
from tests.gateway.raw_peer import (
    CLOSE,
    DEADLINE_S,
    Peer,
    Server,
    get,
    opened,
    starting,
    until,
    upgrade,
)

CROWD = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with starting(tmp_path_factory.mktemp("server")) as start_one:
        yield start_one()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    with starting(tmp_path) as start_one:
        yield start_one


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_every_socket_and_exits_well(
    start: Callable[..., Server], signum: int
) -> None:
    server = start()
    with opened(server, "/echo/a") as a, opened(server, "/echo/b") as b:
        began = time.monotonic()
        server.process.send_signal(signum)
        for peer in (a, b):
            assert peer.closing() == (1001, "The server is shutting down.")
            peer.send(struct.pack("!H", 1001), CLOSE)
        assert server.process.wait(DEADLINE_S) == 0
        assert time.monotonic() - began < 1
    journal = server.journal()
    assert {"disconnect 1001 /echo/a", "disconnect 1001 /echo/b"} <= set(journal)
    assert journal[0] == "startup"
    assert journal[-2:] == ["shutdown", "stop"]
    with pytest.raises(ConnectionRefusedError):
        Peer(server, "/")


def test_a_socket_still_in_its_handshake_is_refused_when_the_server_stops(
    start: Callable[..., Server],
) -> None:
    server = start()
    with upgrade(server, "/undecided") as peer:
        assert get(server, "/count")[1] == b"0"
        assert server.stop() == 0
        assert peer.head().startswith("HTTP/1.1 503 ")
    assert "finally /undecided" in server.journal()


def test_a_page_does_not_stand_behind_a_crowd_of_stations(start: Callable[..., Server]) -> None:
    server = start()
    # All come while the server cannot look, and the page last.
    server.process.send_signal(signal.SIGSTOP)
    with ExitStack() as open_ones:
        crowd = [
            open_ones.enter_context(upgrade(server, f"/ocpp/{number}")) for number in range(CROWD)
        ]
        page = open_ones.enter_context(Peer(server, "/count"))
        server.process.send_signal(signal.SIGCONT)
        assert page.head().startswith("HTTP/1.1 200 ")
        assert all(peer.head().startswith("HTTP/1.1 403 ") for peer in crowd)
    journal = server.journal()
    begun = [line for line in journal if line.startswith("finally /ocpp/")]
    assert begun == [f"finally /ocpp/{number}" for number in range(CROWD)]
    assert journal.index("finally /count") < CROWD // 2


def test_a_page_does_not_wait_for_the_end_of_a_crowd(start: Callable[..., Server]) -> None:
    server = start()
    with ExitStack() as crowd:
        for number in range(CROWD):
            crowd.enter_context(opened(server, f"/ocpp/stays/{number}"))
        # All go while the server cannot look, and the page comes last.
        server.process.send_signal(signal.SIGSTOP)
    with Peer(server, "/count") as page:
        server.process.send_signal(signal.SIGCONT)
        assert page.head().startswith("HTTP/1.1 200 ")
    until(lambda: len(server.journal()) >= 2 * CROWD + 2, "all have gone")
    journal = server.journal()
    told = [line for line in journal if line.startswith("disconnect 1006 /ocpp/stays/")]
    assert len(told) == CROWD
    assert journal.index("finally /count") < CROWD // 2


def test_a_socket_that_goes_leaves_nothing_to_the_collector(start: Callable[..., Server]) -> None:
    server = start()
    get(server, "/kept")
    before = get(server, "/kept")[1]
    with opened(server, "/echo"), opened(server, "/echo"):
        assert int(get(server, "/kept")[1]) > int(before)
    with upgrade(server, "/undecided"), upgrade(server, "/deny?status=401") as refused:
        assert refused.head().startswith("HTTP/1.1 401 ")
    until(lambda: get(server, "/kept")[1] == before, "all of them have gone")


def test_an_application_that_does_not_end_is_cancelled(start: Callable[..., Server]) -> None:
    server = start(grace_s=0.3)
    with opened(server, "/stuck"):
        assert server.stop() == 0
    assert "finally /stuck" in server.journal()


def test_a_second_signal_ends_the_process_at_once(start: Callable[..., Server]) -> None:
    server = start(grace_s=60)
    with opened(server, "/stuck") as peer:
        server.process.send_signal(signal.SIGTERM)
        assert peer.closing()[0] == 1001
        assert server.stop(signal.SIGINT) == -signal.SIGINT
    assert "shutdown" not in server.journal()


def test_a_second_signal_ends_a_process_whose_loop_hangs(start: Callable[..., Server]) -> None:
    server = start()
    with Peer(server, "/hang"):
        until(lambda: "hanging" in server.journal(), "the loop hangs")
        server.process.send_signal(signal.SIGTERM)
        until(lambda: not catches(server.process.pid, signal.SIGTERM), "the first was taken")
        assert server.stop(signal.SIGTERM) == -signal.SIGTERM


def catches(pid: int, signum: int) -> bool:
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    assert caught is not None
    return bool(int(caught[1], 16) >> (signum - 1) & 1)


@pytest.mark.parametrize(
    ("lifespan", "reason"), [("fail", "no database"), ("raise", "broken on start")]
)
def test_a_failed_startup_is_a_sentence_and_status_1(
    start: Callable[..., Server], lifespan: str, reason: str
) -> None:
    server = start(lifespan=lifespan)
    assert server.port == 0
    assert server.process.wait(DEADLINE_S) == 1
    assert server.log().endswith(f"The application did not start: {reason}\n")


def test_an_application_without_a_lifespan_is_served(start: Callable[..., Server]) -> None:
    server = start(lifespan="none")
    assert get(server, "/count")[1] == b"0"
    assert server.stop() == 0
    assert server.journal() == ["finally /count", "stop"]


def test_a_port_in_use_is_a_sentence_and_status_1(
    server: Server, start: Callable[..., Server]
) -> None:
    second = start(port=server.port)
    assert second.process.wait(DEADLINE_S) == 1
    assert f"Cannot listen on 127.0.0.1:{server.port}: " in second.log()
    assert second.journal() == ["startup", "shutdown", "stop"]


async def test_a_lifespan_that_does_not_shut_down_is_left() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.Event().wait()

    lifespan = Lifespan(application)
    await lifespan.startup()
    await asyncio.wait_for(lifespan.shutdown(timeout_s=0.05), DEADLINE_S)


def test_the_loop_is_uvloops_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = new_event_loop()
    assert type(loop).__module__ == pytest.importorskip("uvloop").__name__
    loop.close()
    monkeypatch.setattr("ocpp_gateway.server.reactor.find_spec", lambda _: None)
    loop = new_event_loop()
    assert isinstance(loop, asyncio.BaseEventLoop)
    loop.close()
