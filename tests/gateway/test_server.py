"""The server over raw sockets: handshakes, messages, endings, backpressure, pages."""

import json
import re
import select
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ocpp_gateway.server.flow import INBOX_HIGH, MESSAGE_OVERHEAD, Inbox
from tests.gateway.raw_peer import (
    BINARY,
    CLOSE,
    DEADLINE_S,
    PING,
    PONG,
    TEXT,
    Peer,
    Server,
    frame,
    get,
    opened,
    starting,
    until,
    upgrade,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with starting(tmp_path_factory.mktemp("server")) as start_one:
        yield start_one()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    with starting(tmp_path) as start_one:
        yield start_one


# -- handshakes


@pytest.mark.parametrize(
    ("status", "phrase"), [(401, "Unauthorized"), (404, "Not Found"), (400, "Bad Request")]
)
def test_a_handshake_is_refused_with_status_headers_and_body(
    server: Server, status: int, phrase: str
) -> None:
    with upgrade(server, f"/deny?status={status}") as peer:
        head, body = peer.head(), peer.rest()
    assert head.startswith(f"HTTP/1.1 {status} {phrase}\r\n")
    assert 'WWW-Authenticate: Basic realm="stations"' in head
    assert re.findall(r"Content-Length: (\d+)", head) == ["22"]
    assert body == b"The password is wrong."


def test_closing_before_accepting_is_a_403(server: Server) -> None:
    with upgrade(server, "/close-first") as peer:
        assert peer.head().startswith("HTTP/1.1 403 Forbidden")
        assert peer.rest() == b""


def test_a_malformed_handshake_is_told_what_is_wrong(server: Server) -> None:
    with upgrade(server, "/echo", Sec_WebSocket_Key="short") as peer:
        assert peer.head().startswith("HTTP/1.1 400 Bad Request")
        assert b"bad Sec-WebSocket-Key" in peer.rest()


def test_accepting_sends_headers_and_the_subprotocol(server: Server) -> None:
    with upgrade(server, "/echo", Sec_WebSocket_Protocol="ocpp2.0.1, ocpp1.6") as peer:
        head = peer.head()
    assert "Sec-WebSocket-Protocol: ocpp2.0.1" in head
    assert head.count("x-probe: ") == 2
    assert "Server:" not in head


def test_a_subprotocol_that_was_not_offered_is_a_500_at_once(server: Server) -> None:
    with upgrade(server, "/wrong-subprotocol", Sec_WebSocket_Protocol="ocpp1.6") as peer:
        peer.socket.settimeout(2)
        assert peer.head().startswith("HTTP/1.1 500 ")
        assert peer.rest() == b"Internal Server Error"
    until(lambda: "did not offer the subprotocol 'nobody-asked'" in server.log(), "logged")


def test_an_application_that_breaks_in_the_handshake_is_a_500(server: Server) -> None:
    with upgrade(server, "/raise") as peer:
        assert peer.head().startswith("HTTP/1.1 500 ")


def test_an_application_that_never_decides_is_a_503(start: Callable[..., Server]) -> None:
    server = start(handshake_s=0.3)
    with upgrade(server, "/undecided") as peer:
        assert peer.head().startswith("HTTP/1.1 503 ")
    until(lambda: "finally /undecided" in server.journal(), "the application is told")


def test_a_client_that_leaves_in_the_handshake_ends_its_application(server: Server) -> None:
    with upgrade(server, "/undecided"):
        pass
    until(lambda: "finally /undecided" in server.journal(), "the application is told")


def test_the_path_keeps_what_an_identity_may_contain(server: Server) -> None:
    with opened(server, "/echo/CP%2F1;a?x=1") as peer:
        peer.send(b"scope")
        scope = json.loads(peer.frame()[1])
    assert (scope["raw_path"], scope["path"]) == ("/echo/CP%2F1;a", "/echo/CP/1;a")
    assert scope["scheme"] == "ws"


# -- messages and endings


@pytest.mark.parametrize(
    ("opcode", "payload"), [(TEXT, "Zähler".encode()), (BINARY, b"\xff"), (TEXT, b"")]
)
def test_messages_come_back_as_they_went(server: Server, opcode: int, payload: bytes) -> None:
    with opened(server) as peer:
        peer.send(payload, opcode)
        assert peer.frame() == (opcode, payload)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012, 2999, 3000, 4001, 4999])
def test_any_code_and_reason_closes(server: Server, code: int) -> None:
    with opened(server) as peer:
        peer.send(f"close {code} replaced".encode())
        assert peer.closing() == (code, "replaced")
        peer.send(struct.pack("!H", code), CLOSE)
        assert peer.rest() == b""


def test_a_long_reason_is_cut_between_characters(server: Server) -> None:
    with opened(server) as peer:
        peer.send(f"close 4001 x{'é' * 100}".encode())
        assert peer.closing() == (4001, "x" + "é" * 61)


def test_a_peers_close_is_answered_and_told(server: Server) -> None:
    with opened(server, "/echo/leaving") as peer:
        peer.send(struct.pack("!H", 4002), CLOSE)
        assert peer.closing()[0] == 1000
    until(lambda: "disconnect 4002 /echo/leaving" in server.journal(), "disconnect")


def test_a_peer_that_vanishes_is_told_as_1006(server: Server) -> None:
    with opened(server, "/echo/vanished"):
        pass
    until(lambda: "disconnect 1006 /echo/vanished" in server.journal(), "disconnect")


def test_a_close_without_a_code_is_told_as_1005(server: Server) -> None:
    with opened(server, "/echo/mute") as peer:
        peer.send(b"", CLOSE)
    until(lambda: "disconnect 1005 /echo/mute" in server.journal(), "disconnect")


@pytest.mark.parametrize(("request_text", "code"), [(b"raise", 1011), (b"return", 1000)])
def test_an_application_that_ends_closes_its_socket_at_once(
    server: Server, request_text: bytes, code: int
) -> None:
    with opened(server) as peer:
        began = time.monotonic()
        peer.send(request_text)
        assert peer.closing()[0] == code
        assert time.monotonic() - began < 0.5


def test_a_message_of_a_mebibyte_passes(server: Server) -> None:
    with opened(server) as peer:
        payload = b"x" * 2**20
        peer.send(payload)
        assert peer.frame() == (TEXT, payload)


def test_a_larger_message_closes_with_1009(server: Server) -> None:
    with opened(server) as peer:
        peer.send(b"x" * (2**20 + 1))
        assert peer.closing()[0] == 1009
        peer.send(struct.pack("!H", 1009), CLOSE)
        assert peer.rest() == b""


def test_fragments_count_together(server: Server) -> None:
    with opened(server) as peer:
        first = bytearray(frame(b"x" * 2**20))
        first[0] &= 127
        peer.socket.sendall(bytes(first))
        peer.send(b"x", 0)
        assert peer.closing()[0] == 1009


@pytest.mark.parametrize(
    ("data", "code"), [(frame(b"\xff\xfe"), 1007), (frame(b"hello", masked=False), 1002)]
)
def test_what_breaks_the_protocol_is_told_by_a_close_frame(
    server: Server, data: bytes, code: int
) -> None:
    with opened(server) as peer:
        peer.socket.sendall(data)
        assert peer.closing()[0] == code


def test_a_peer_that_stops_ponging_is_dropped(start: Callable[..., Server]) -> None:
    server = start(ping_interval_s=0.3, ping_timeout_s=0.5)
    with opened(server, "/echo/alive") as alive, opened(server, "/echo/dead") as dead:
        opcode, payload = dead.frame()
        assert opcode == PING
        dead.send(payload, PONG)
        for _ in range(4):
            opcode, payload = alive.frame()
            assert opcode == PING
            alive.send(payload, PONG)
        dead.wait_until_dropped()
        alive.send(b"still here")
        assert TEXT in {alive.frame()[0] for _ in range(2)}
    until(lambda: "disconnect 1006 /echo/dead" in server.journal(), "disconnect")


def test_the_application_can_learn_when_the_peer_last_ponged(start: Callable[..., Server]) -> None:
    server = start(ping_interval_s=0.2, ping_timeout_s=5)
    with opened(server) as peer:
        peer.send(b"pong")
        assert peer.frame() == (TEXT, b"null")
        opcode, payload = peer.frame()
        assert opcode == PING
        before = time.time()
        peer.send(payload, PONG)
        peer.send(b"pong")
        while (received := peer.frame())[0] == PING:
            pass
        assert before <= json.loads(received[1]) <= time.time()


def test_a_peer_that_never_pongs_is_pinged_on_and_kept(start: Callable[..., Server]) -> None:
    server = start(ping_interval_s=0.2, ping_timeout_s=0.2)
    with opened(server) as mute:
        for _ in range(4):
            assert mute.frame()[0] == PING
        mute.send(b"alive all the same")
        while (received := mute.frame())[0] == PING:
            pass
        assert received == (TEXT, b"alive all the same")


# -- backpressure


def send_until_stuck(peer: Peer, message: bytes, limit: int) -> int:
    """Send the message again and again until nobody takes it for half a second."""
    peer.socket.setblocking(False)
    sent = 0
    while sent < limit and select.select([], [peer.socket], [], 0.5)[1]:
        sent += peer.socket.send(message[sent % len(message) :])
    peer.socket.settimeout(DEADLINE_S)
    return sent


def test_a_stuck_application_stops_the_reading_of_its_socket_only(
    start: Callable[..., Server],
) -> None:
    server = start(ping_interval_s=0.3, ping_timeout_s=0.3)
    message = frame(b"x" * 10_000)
    with opened(server, "/stuck") as flood:
        before = server.resident_mib()
        sent = send_until_stuck(flood, message, 64 * 2**20)
        assert sent < 16 * 2**20
        assert server.resident_mib() - before < 8
        with opened(server) as other:
            other.send(b"unhurt")
            assert other.frame() == (TEXT, b"unhurt")
        # Its pongs wait behind what is not read: that is no reason to drop it.
        until(lambda: sum(1 for _ in pings(flood)) >= 3, "pings go on")
        get(server, "/release")
        flood.socket.sendall(message[sent % len(message) :])
        while (received := flood.frame())[0] != TEXT:
            flood.send(received[1], PONG)
        assert received == (TEXT, b"x" * 10_000)


def pings(peer: Peer) -> Iterator[bytes]:
    for _ in range(3):
        opcode, payload = peer.frame()
        assert opcode == PING
        yield payload


@pytest.mark.parametrize("kind", ["socket", "page"])
def test_a_client_that_does_not_read_stalls_its_sender_not_the_memory(
    start: Callable[..., Server], kind: str
) -> None:
    server = start()
    before = server.resident_mib()
    with opened(server, "/pour") if kind == "socket" else Peer(server, "/pour") as idle:
        counts = [-1]

        def has_stalled() -> bool:
            select.select([], [], [], 0.2)
            counts.append(int(get(server, "/count")[1]))
            return counts[-1] == counts[-2]

        until(has_stalled, "stalled")
        assert 0 < counts[-1] < 500
        assert server.resident_mib() - before < 8
        seen = len(idle.buffer)
        while seen < 1000 * 2**16:
            seen += len(idle.socket.recv(2**20))
        until(lambda: get(server, "/count")[1] == b"1000", "all of it is sent")


def test_a_response_left_unread_is_cut_off(start: Callable[..., Server]) -> None:
    server = start(stalled_response_s=0.3)
    with Peer(server, "/pour"):
        until(lambda: "finally /pour" in server.journal(), "the application is released")


def test_an_application_that_has_said_all_is_not_kept_for_a_slow_client(
    start: Callable[..., Server],
) -> None:
    # It was held until the client had read, and cut off after 10 s as if it had gone on.
    server = start(abandoned_s=60)
    with Peer(server, "/pour-at-once"):
        until(lambda: "finally /pour-at-once" in server.journal(), "the application is released")


async def test_an_inbox_says_when_it_is_full_and_when_it_is_drained() -> None:
    said: list[str] = []
    inbox = Inbox(on_full=lambda: said.append("full"), on_drained=lambda: said.append("drained"))
    count = INBOX_HIGH // MESSAGE_OVERHEAD
    for _ in range(count + 5):
        inbox.put_nowait({"type": "websocket.receive", "text": ""})
    assert said == ["full"]
    for _ in range(count + 5):
        await inbox.get()
    assert said == ["full", "drained"]


# -- HTTP


def test_pages_are_served_without_naming_the_server(server: Server) -> None:
    head, body = get(server, "/scope")
    assert head.startswith("HTTP/1.1 200 OK")
    assert "server" not in head.lower()
    assert json.loads(body)["scheme"] == "http"


def test_a_connection_serves_one_request_after_another(server: Server) -> None:
    with Peer(server, "/count") as peer:
        assert peer.head().startswith("HTTP/1.1 200 OK")
        peer.buffer = b""
        peer.socket.sendall(b"GET /stream HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in peer.rest()


def test_a_response_streams(server: Server) -> None:
    assert get(server, "/stream")[1] == b"1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n"


@pytest.mark.parametrize("path", ["/raise", "/nothing"])
def test_an_application_without_a_response_is_a_500(server: Server, path: str) -> None:
    head, body = get(server, path)
    assert head.startswith("HTTP/1.1 500 ")
    assert b"aphne" not in body


FORWARDED = {
    "X_Forwarded_For": "1.1.1.1, 203.0.113.9",
    "X_Forwarded_Proto": "https",
    "Daphne_Root_Path": "/evil",
}


def test_forwarded_headers_are_not_believed(server: Server) -> None:
    scope = json.loads(get(server, "/scope", **FORWARDED)[1])
    assert (scope["client"][0], scope["scheme"], scope["root_path"]) == ("127.0.0.1", "http", "")


def test_a_proxys_headers_are_believed_when_asked_for(start: Callable[..., Server]) -> None:
    server = start(proxy_headers=True)
    scope = json.loads(get(server, "/scope", **FORWARDED)[1])
    assert (scope["client"], scope["scheme"]) == (["203.0.113.9", 0], "https")
    with opened(server, **FORWARDED) as peer:
        peer.send(b"scope")
        scope = json.loads(peer.frame()[1])
    assert (scope["client"], scope["scheme"]) == (["203.0.113.9", 0], "wss")
