"""However many connect at once, no more than a few are let in before others are heard again."""

import socket
from typing import Any, cast

from twisted.internet.protocol import Factory, Protocol

from ocpp_gateway.server.arriving import A_ROUND, Listener


class Rounds:
    """As much of a reactor as listening takes; its rounds are counted by hand."""

    def addReader(self, reader: Any) -> None:  # noqa: N802  Twisted's name
        pass


class Arrivals(Factory):
    """Keeps who has been let in."""

    protocol = Protocol

    def __init__(self) -> None:
        self.all: list[Any] = []

    def buildProtocol(self, addr: Any) -> Protocol:  # noqa: N802
        self.all.append(Protocol())
        return self.all[-1]  # type: ignore[no-any-return]


def test_a_crowd_is_let_in_a_few_at_a_time_and_all_of_it() -> None:
    arrivals = Arrivals()
    listener: Any = Listener(0, cast("Any", arrivals), 100, "127.0.0.1", Rounds())
    listener.startListening()
    address = ("127.0.0.1", listener.getHost().port)
    crowd = [socket.create_connection(address) for _ in range(3 * A_ROUND + 1)]
    let_in = []
    while len(arrivals.all) < len(crowd):
        before = len(arrivals.all)
        listener.doRead()
        let_in.append(len(arrivals.all) - before)
    for each in (
        *crowd,
        *(protocol.transport.socket for protocol in arrivals.all),
        listener.socket,
    ):
        each.close()
    assert let_in == [A_ROUND, A_ROUND, A_ROUND, 1]
