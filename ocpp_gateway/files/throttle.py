"""Slows down who guesses passwords: each wrong one from an address costs more than the last."""

import time
from collections import OrderedDict

FIRST_S = 0.5
MOST_S = 10.0
FORGOTTEN_S = 600
MOST_ADDRESSES = 10_000


class Throttle:
    """Wrong log-ins by address. Nobody is locked out: stations share addresses."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def delay_s(self, address: str) -> float:
        """Count a wrong log-in; how long its answer is to take."""
        count, last_at = self._wrong.pop(address, (0, 0.0))
        now = time.monotonic()
        count = count + 1 if now - last_at < FORGOTTEN_S else 1
        self._wrong[address] = (count, now)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return min(MOST_S, FIRST_S * float(2 ** min(count - 1, 10)))
