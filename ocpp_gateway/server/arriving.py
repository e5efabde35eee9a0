"""Lets a crowd in a few at a time: those that talk already are heard between them.

After an outage thousands come back in the same second. Somebody who wants a page may stand behind
them, so all connections are taken as they come, and what a client begins with says whether it is a
station. Stations begin in turn, for what follows is much more work.
"""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.tcp import Port

TAKEN, BEGUN = 64, 8  # in a round of the event loop


class Door(socket.socket):
    """The listening socket. Who begins as the crowd does is let in after all others."""

    def __init__(self, fileno: int, crowd: bytes) -> None:
        super().__init__(fileno=fileno)
        self._crowd = crowd
        self._to_take = self._to_begin = 0  # in this round
        self.waiting: deque[tuple[socket.socket, Any]] = deque()

    def open(self) -> None:
        """A round begins."""
        self._to_take, self._to_begin = TAKEN, BEGUN

    def accept(self) -> tuple[socket.socket, Any]:
        """As a socket's that does not block; also nobody is there when the round is over."""
        while self._to_take:
            self._to_take -= 1
            try:
                peer, address = super().accept()
            except BlockingIOError:
                break
            if not self._is_of_crowd(peer):
                return peer, address
            self.waiting.append((peer, address))
        if self.waiting and self._to_begin:
            self._to_begin -= 1
            return self.waiting.popleft()
        raise BlockingIOError(errno.EWOULDBLOCK, "nobody more in this round")

    def _is_of_crowd(self, peer: socket.socket) -> bool:
        """By what it has sent so far; who has sent nothing yet is none of them."""
        try:
            begin = peer.recv(len(self._crowd), socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return False
        return begin == self._crowd

    def shut(self) -> None:
        """Nobody is let in any more."""
        while self.waiting:
            self.waiting.popleft()[0].close()


class Listener(Port):
    """Twisted's listening port, with such a door; `crowd` is how a station's handshake begins."""

    socket: Door
    # Twisted's own begins with few, and takes more with each round that was full.
    numberAccepts = property(lambda _: TAKEN, lambda _, wanted: None)  # noqa: N815  Twisted's name

    def __init__(self, *args: Any, crowd: bytes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = crowd
        self._is_to_go_on = False

    def createInternetSocket(self) -> Door:  # noqa: N802  Twisted's name
        """Twisted's, as a door."""
        return Door(super().createInternetSocket().detach(), self._crowd)

    def doRead(self) -> None:  # noqa: N802
        """Let in who may come in this round; the next one comes by itself where some wait."""
        self.socket.open()
        super().doRead()
        if self.socket.waiting and not self._is_to_go_on:
            self._is_to_go_on = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._is_to_go_on = False
        if self.connected:
            self.doRead()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """It listens no more."""
        self.socket.shut()
        super().connectionLost(reason)


class Turns:
    """Begins what comes by thousands, a few in each round of the event loop; in order."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def wait(self, begin: Callable[[], None]) -> None:
        """Have it begun when its turn comes."""
        self._waiting.append(begin)
        if len(self._waiting) == 1:
            self._come_back()

    def _come_back(self) -> None:
        asyncio.get_running_loop().call_soon(self._take_turns)

    def _take_turns(self) -> None:
        # Each by itself: what fails in one of them keeps nobody else waiting.
        for _ in range(min(BEGUN, len(self._waiting))):
            asyncio.get_running_loop().call_soon(self._waiting.popleft())
        if self._waiting:
            self._come_back()
