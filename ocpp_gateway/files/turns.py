"""Lets downloads take turns, so that hundreds of them leave time for all that is not a file."""

import asyncio
from collections import deque


class Turns:
    """A round of the event loop gives `most` turns, each for a block that is handed to a socket.

    What a station's socket does not take waits there, outside of the turns: one that reads slowly
    keeps nobody waiting. With more in a round, other stations' messages would wait for all of them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_counting = False

    async def take(self) -> None:
        """Wait for a turn; those who wait longest go first."""
        if self._left and not self._waiting:
            self._use()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _use(self) -> None:
        self._left -= 1
        if not self._is_counting:
            self._is_counting = True
            asyncio.get_running_loop().call_soon(self._next_round)

    def _next_round(self) -> None:
        self._is_counting = False
        self._left = self._most
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who has left is not waited for
                turn.set_result(None)
                self._use()
