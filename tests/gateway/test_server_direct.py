"""The direct line between a socket and its application: at once, and yet in order."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.raw_peer import BINARY, CLOSE, TEXT, Server, frame, get, opened, starting, until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    with starting(tmp_path) as start_one:
        yield start_one


def test_messages_are_heard_at_once_until_one_has_to_wait(start: Callable[..., Server]) -> None:
    server = start()
    with opened(server, "/direct") as peer:
        peer.send(b"one")
        peer.send(b"\xff", BINARY)
        assert [peer.frame() for _ in range(2)] == [
            (TEXT, b"at once 'one'"),
            (TEXT, b"at once b'\\xff'"),
        ]
        # In one packet: the second would be heard at once, but does not overtake.
        peer.socket.sendall(frame(b"later") + frame(b"two"))
        until(lambda: "later waits" in server.journal(), "both have arrived")
        get(server, "/release")
        assert [peer.frame() for _ in range(2)] == [
            (TEXT, b"in turn 'later'"),
            (TEXT, b"in turn 'two'"),
        ]
        peer.send(b"three")
        assert peer.frame() == (TEXT, b"at once 'three'")
    until(lambda: "finally /direct" in server.journal(), "the application is told of the end")
    assert "Traceback" not in server.log()


def test_what_a_peer_does_not_read_is_not_said_at_once(start: Callable[..., Server]) -> None:
    server = start()
    with opened(server, "/pour-direct") as idle:
        until(lambda: any("said" in line for line in server.journal()), "it had to stop")
        (said,) = (line for line in server.journal() if line.startswith("said"))
        number = int(said.split()[1])
        assert 0 < number < 500
        for _ in range(number):
            assert idle.frame() == (TEXT, b"x" * 2**16)
        assert idle.frame() == (TEXT, b"the rest")
        assert idle.frame()[0] == CLOSE
