"""Stations that do what they are asked: they report the new status, or how an update goes."""

import re
from itertools import count

from tests.bench import frames
from tests.bench.sockets import StationSocket

CONNECTOR = re.compile(rb'"connectorId": ?(\d+)')
NUMBERS = count()


class Update:
    """What a station says of an update, each after the answer to the one before."""

    __slots__ = ("_at",)

    PHASES = ("Downloading", "Downloaded", "Installing", "Installed")

    def __init__(self) -> None:
        self._at = 0

    def begin(self, socket: StationSocket) -> None:
        socket.send(frames.masked(frames.firmware(next(NUMBERS), self.PHASES[self._at])))

    def answered(self, socket: StationSocket, _text: bytes) -> None:
        self._at += 1
        if self._at < len(self.PHASES):
            self.begin(socket)


def follow(socket: StationSocket, action: bytes, text: bytes) -> None:
    """Say what came of the call that was just answered."""
    if action == b"UpdateFirmware":
        socket.script = update = Update()
        update.begin(socket)
    if action != b"ChangeAvailability":
        return
    found = CONNECTOR.search(text)
    assert found is not None
    status = "Unavailable" if b'"Inoperative"' in text else "Available"
    socket.send(frames.masked(frames.turned(next(NUMBERS), int(found[1]), status)))
