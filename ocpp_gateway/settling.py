"""Keeps what stays out of the garbage collector's sight: it stops the whole process while it looks.

With thousands of sockets a look at all their objects takes the better part of a second, in which
nobody is answered. So what is open is set aside. What goes is freed as ever, by its last reference;
only what refers to itself in a circle needs the collector, which looks at everything once many
sockets have come or gone and it is calm again.
"""

import gc

FEW = 1_000  # sockets whose objects are soon looked at
SHARE = 4  # of the sockets: one in so many has moved before it is worth a look
CALM = 10  # sockets that may come or go in the second before


class Settling:
    """Counts how many sockets come and go; asked each second."""

    def __init__(self) -> None:
        self._moved = 0
        self._moved_before = 0

    def begin(self) -> None:
        """The process is up: what it is made of stays."""
        gc.freeze()

    def move(self) -> None:
        """A socket was opened, or closed."""
        self._moved += 1

    def settle(self, sockets: int) -> None:
        """Set aside what there is now, if it is time to; `sockets` are open."""
        is_calm = self._moved - self._moved_before <= CALM
        self._moved_before = self._moved
        if is_calm and self._moved > max(FEW, sockets // SHARE):
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._moved = self._moved_before = 0

    def end(self) -> None:
        """All is the collector's again."""
        gc.unfreeze()
