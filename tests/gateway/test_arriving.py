"""However many connect at once, a few begin at a time: others are heard between them."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any, cast

import pytest
from twisted.internet.protocol import Factory, Protocol

from ocpp_gateway.server import arriving
from ocpp_gateway.server.arriving import BEGUN, Listener, Turns


class Rounds:
    """As much of a reactor as listening takes; its rounds are counted by hand."""

    def addReader(self, reader: Any) -> None:  # noqa: N802  Twisted's name
        pass

    removeReader = removeWriter = addReader  # noqa: N815


class Arrivals(Factory):
    """Keeps who has been let in."""

    protocol = Protocol

    def __init__(self) -> None:
        self.all: list[Any] = []

    def buildProtocol(self, addr: Any) -> Protocol:  # noqa: N802
        self.all.append(Protocol())
        return self.all[-1]  # type: ignore[no-any-return]


class Street:
    """Clients of a listener that is asked by hand."""

    def __init__(self, open_ones: ExitStack) -> None:
        self.arrivals = Arrivals()
        self.listener: Any = Listener(
            0, cast("Any", self.arrivals), 100, "127.0.0.1", Rounds(), crowd=b"GET /ocpp/"
        )
        self.listener.startListening()
        self._open_ones = open_ones
        open_ones.callback(self.close)

    def come(self, words: bytes, number: int) -> list[socket.socket]:
        address = ("127.0.0.1", self.listener.getHost().port)
        clients = [
            self._open_ones.enter_context(socket.create_connection(address)) for _ in range(number)
        ]
        for each in clients:
            each.sendall(words)
        return clients

    def let_in(self) -> list[int]:
        """The ports of those that are inside, in the order in which they came in."""
        return [protocol.transport.getPeer().port for protocol in self.arrivals.all]

    def close(self) -> None:
        for protocol in self.arrivals.all:
            protocol.transport.socket.close()
        if self.listener.connected:
            self.listener.connectionLost(None)


@pytest.fixture
def street() -> Iterator[Street]:
    with ExitStack() as open_ones:
        yield Street(open_ones)


def ports(clients: list[socket.socket]) -> list[int]:
    return [each.getsockname()[1] for each in clients]


async def test_stations_are_let_in_a_few_in_a_round_and_others_before_them(street: Street) -> None:
    stations = street.come(b"GET /ocpp/CP-1 HTTP/1.1\r\n", 2 * BEGUN + 1)
    others = [*street.come(b"GET /operations/ HTTP/1.1\r\n", 2), *street.come(b"", 1)]
    street.listener.doRead()
    assert street.let_in() == ports(others) + ports(stations)[:BEGUN]
    await asyncio.sleep(0)
    late = street.come(b"POST / HTTP/1.1\r\n", 1)
    street.listener.doRead()
    assert street.let_in() == ports(
        [*others, *stations[: 2 * BEGUN], *late, *stations[2 * BEGUN :]]
    )
    await a_few_rounds()
    assert len(street.let_in()) == len(stations) + len(others) + len(late)


async def test_no_more_are_taken_in_a_round_than_it_may_last(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "TAKEN", 4)
    others = street.come(b"GET / HTTP/1.1\r\n", 10)
    counts = []
    for _ in range(3):
        street.listener.doRead()
        counts.append(len(street.let_in()))
    assert counts == [4, 8, 10]
    assert street.let_in() == ports(others)


async def test_who_waits_when_it_listens_no_more_is_hung_up(street: Street) -> None:
    stations = street.come(b"GET /ocpp/CP-1 HTTP/1.1\r\n", BEGUN + 1)
    street.listener.doRead()
    street.listener.connectionLost(None)
    with pytest.raises(ConnectionResetError):
        stations[-1].recv(1)
    await a_few_rounds()
    assert street.let_in() == ports(stations[:-1])


async def a_few_rounds() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_waits_begins_in_order_a_few_in_a_round() -> None:
    turns, begun = Turns(), []
    for number in range(2 * BEGUN + 1):
        turns.wait(partial(begun.append, number))
    rounds = [0]
    while len(begun) < 2 * BEGUN + 1:
        await asyncio.sleep(0)
        rounds.append(len(begun))
    steps = [after - before for before, after in pairwise(rounds)]
    assert [step for step in steps if step] == [BEGUN, BEGUN, 1]
    assert begun == sorted(begun)
    turns.wait(partial(begun.append, -1))
    await a_few_rounds()
    assert begun[-1] == -1


async def test_what_fails_keeps_nobody_else_waiting() -> None:
    turns, begun, failed = Turns(), [], []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failed.append(context["exception"]))
    turns.wait(partial(int, "no number"))
    for number in range(BEGUN):
        turns.wait(partial(begun.append, number))
    await a_few_rounds()
    assert begun == list(range(BEGUN))
    assert len(failed) == 1
