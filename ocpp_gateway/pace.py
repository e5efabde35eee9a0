"""How fast one socket may speak before it is slowed down. No I/O."""

import time
from collections.abc import Callable

PER_SECOND = 200.0
BURST = 400.0


class Pace:
    """A bucket of frames that fills steadily; a babbler waits, its neighbours don't."""

    __slots__ = ("_filled_at", "_left", "_now")

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left = BURST
        self._filled_at = now()

    def wait_s(self) -> float:
        """Count one frame; how long to wait before the next is read."""
        now = self._now()
        self._left = min(BURST, self._left + (now - self._filled_at) * PER_SECOND) - 1
        self._filled_at = now
        return max(0.0, -self._left / PER_SECOND)
