"""What clients send: handed on as it comes, refused in time, cut off when it drips."""

import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.raw_peer import DEADLINE_S, Peer, Server, get, starting, until

MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with starting(tmp_path_factory.mktemp("bodies")) as start_one:
        yield start_one()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    with starting(tmp_path) as start_one:
        yield start_one


def test_a_body_arrives_whole_and_the_connection_goes_on(server: Server) -> None:
    with Peer(server, "/measure", "POST", Content_Length="300000") as peer:
        peer.socket.sendall(bytes(300_000))
        assert peer.head().startswith("HTTP/1.1 200 ")
        assert peer.take(6) == b"300000"
        peer.socket.sendall(b"GET /count HTTP/1.1\r\nHost: test\r\n\r\n")
        assert peer.head().startswith("HTTP/1.1 200 ")


def test_a_chunked_body_arrives_whole(server: Server) -> None:
    with Peer(server, "/measure", "PUT", Transfer_Encoding="chunked") as peer:
        peer.socket.sendall(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        assert peer.head().startswith("HTTP/1.1 200 ")
        assert peer.take(2) == b"11"


def test_who_asks_first_is_told_to_go_on_when_the_body_is_wanted(server: Server) -> None:
    headers = {"Content_Length": "5", "Expect": "100-continue"}
    with Peer(server, "/measure", "PUT", **headers) as peer:
        assert peer.head() == "HTTP/1.1 100 Continue"
        peer.socket.sendall(b"hello")
        assert peer.head().startswith("HTTP/1.1 200 ")
    with Peer(server, "/refuse", "PUT", **headers) as peer:
        assert peer.head().startswith("HTTP/1.1 413 ")
        assert peer.rest() == b"a\r\nToo large.\r\n0\r\n\r\n"


def test_a_refused_body_is_not_taken_for_the_next_request(server: Server) -> None:
    smuggled = b"GET /scope HTTP/1.1\r\nHost: test\r\n\r\n"
    with Peer(server, "/refuse", "POST", Content_Length=str(10 * MIB)) as peer:
        peer.socket.sendall(smuggled)
        head = peer.head()
        peer.socket.sendall(smuggled)
        rest = peer.rest()
    assert head.startswith("HTTP/1.1 413 ")
    assert "Connection: close" in head
    assert b"HTTP/1.1" not in rest


def test_a_client_in_full_flood_still_reads_why_it_was_refused(server: Server) -> None:
    with Peer(server, "/refuse", "POST", Content_Length=str(1024 * MIB)) as peer:
        until(lambda: _sends(peer.socket, bytes(MIB)), "an answer")
        assert peer.head().startswith("HTTP/1.1 413 ")
        assert b"Too large." in peer.rest()


def _sends(peer: socket.socket, data: bytes) -> bool:
    """Send as long as it goes; True as soon as there is something to read."""
    readable, writable, _ = select.select([peer], [peer], [], DEADLINE_S)
    if not readable and writable:
        peer.send(data)
    return bool(readable)


def test_a_body_that_is_not_read_waits_in_the_clients_buffers(
    start: Callable[..., Server],
) -> None:
    server = start(body_window_s=0.3)
    before = server.resident_mib()
    size = 256 * MIB
    with Peer(server, "/measure-later", "POST", Content_Length=str(size)) as peer:
        sent = 0
        while sent < size and select.select([], [peer.socket], [], 1.0)[1]:
            sent += peer.socket.send(bytes(min(MIB, size - sent)))
        assert sent < 32 * MIB
        get(server, "/release")
        while sent < size:
            sent += peer.socket.send(bytes(min(MIB, size - sent)))
        assert peer.head().startswith("HTTP/1.1 200 ")
        assert peer.take(9) == str(size).encode()
        assert server.resident_mib() - before < 16


def test_a_body_that_drips_is_cut_off(start: Callable[..., Server]) -> None:
    server = start(body_window_s=0.3, body_window_bytes=1000)
    with Peer(server, "/measure", "POST", Content_Length="100000") as peer:
        peer.socket.sendall(b"x" * 500)
        peer.wait_until_dropped()
    until(lambda: "left after 500" in server.journal(), "the application is told")
    assert "dripped" in server.log()


def test_a_head_that_drips_is_cut_off(start: Callable[..., Server]) -> None:
    server = start(head_s=0.3)
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE_S) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost:")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)


def test_a_client_that_leaves_in_the_middle_is_told(server: Server) -> None:
    with Peer(server, "/measure", "POST", Content_Length="100000") as peer:
        peer.socket.sendall(b"x" * 700)
    until(lambda: "left after 700" in server.journal(), "the application is told")


def test_a_handshake_has_no_body(server: Server) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Content_Length": str(10 * MIB)}
    with Peer(server, "/echo", **headers) as peer:
        assert peer.head().startswith("HTTP/1.1 400 ")


def test_the_scope_of_a_request_with_a_body_is_like_any_others(server: Server) -> None:
    with Peer(server, "/scope?page=2", "POST", Content_Length="2", Connection="close") as peer:
        peer.socket.sendall(b"ab")
        peer.head()
        assert b'"path": "/scope", "scheme": "http", "client": ["127.0.0.1"' in peer.rest()
