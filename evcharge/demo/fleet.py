"""The simulated fleet in a thread beside the server."""

import asyncio
import threading
from collections.abc import Sequence

from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.specs import Pace, StationSpec

STOP_S = 5


class FleetThread:
    """Stations with an event loop of their own, so that they can't slow the portal's."""

    def __init__(self, specs: Sequence[StationSpec], pace: Pace | None = None) -> None:
        self._specs = specs
        self._pace = pace
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    def start(self, url: str) -> None:
        """Switch the fleet on."""
        self._thread = threading.Thread(target=self._run, args=[url], name="fleet", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Switch it off; waits until all have said goodbye."""
        if self._thread is None or self._task is None:
            return
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(timeout=STOP_S)

    def _run(self, url: str) -> None:
        self._task = self._loop.create_task(Fleet(url, self._specs, rate=40, pace=self._pace).run())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()
