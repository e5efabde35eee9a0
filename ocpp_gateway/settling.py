"""Keeps what stays out of the garbage collector's sight: it stops the whole process while it looks.

With thousands of sockets a look at all their objects takes a second and more, in which nobody is
answered. So what is open is set aside: while thousands come, each second. A socket that goes is
freed by its last reference, for nothing of it refers to itself in a circle; circles that others
left among what was set aside are few, and looked for once there may be many of them.
"""

import gc

CALM = 10  # sockets that may come or go in a second
CALM_FOR = 60  # seconds of calm in a row: who was cut off is back before everything is looked at
ENOUGH = 300  # seconds of a crowd, set aside each, before everything is looked at
OVERDUE = 4  # times as many: it is not going to be calm
# Looks at younger objects before one at all that are not set aside: Python's own 10 would come
# several times in each second of a crowd, before what is open is set aside.
YOUNG_LOOKS = 200


class Settling:
    """Counts how many sockets come and go; asked each second."""

    def __init__(self) -> None:
        self._moved = 0  # since the last second
        self._calm_for = 0
        self._set_aside = 0  # seconds, since the last look
        self._thresholds = gc.get_threshold()

    def begin(self) -> None:
        """The process is up: what it is made of stays."""
        gc.set_threshold(*self._thresholds[:2], YOUNG_LOOKS)
        gc.freeze()

    def move(self) -> None:
        """A socket was opened, or closed."""
        self._moved += 1

    def settle(self) -> None:
        """Set aside what there is now, if many move; look at everything, if it is time to."""
        is_calm = self._moved <= CALM
        self._moved = 0
        self._calm_for = self._calm_for + 1 if is_calm else 0
        if not is_calm:
            self._set_aside += 1
            gc.freeze()
        patience = ENOUGH if self._calm_for >= CALM_FOR else OVERDUE * ENOUGH
        if self._set_aside >= patience:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._set_aside = 0

    def end(self) -> None:
        """All is the collector's again."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()
