"""How the embedded worker reaches its queue: in memory, looked into often.

kombu waits a second between two looks into an empty queue, and two until the worker can see that
it is to end: what is asked of it would begin late, and each stop of the server take as long.
"""

from typing import Any

from kombu.transport import memory

LOOK_EVERY_S = 0.1


class Transport(memory.Transport):
    """The queue as broker; the settings name it."""

    polling_interval = LOOK_EVERY_S

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override]  # as its own base has it
        """Take what there is, or give the worker time to look at itself."""
        super().drain_events(connection, timeout=LOOK_EVERY_S)
