"""Gathers the faults in how stations speak, so that one repeated for ever costs next to nothing."""

import logging

from django.utils import timezone

from operations.services.told import Fault, Tally

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 2000  # different faults between two writes; more are only counted in the log


class FaultLog:
    """Counts faults until they are taken to be written; each is logged once in between."""

    def __init__(self) -> None:
        self._found: dict[Fault, Tally] = {}

    def add(self, fault: Fault, detail: str) -> None:
        """One more of these."""
        fault = Fault(fault.station_id, fault.kind[:50], fault.action[:50], fault.path[:200])
        tally = self._found.get(fault)
        if tally is not None:
            tally.count += 1
            tally.last_at = timezone.now()
            return
        if len(self._found) >= MOST_AT_ONCE:
            return
        self._found[fault] = Tally(detail[:300], 1, timezone.now())
        logger.info(
            "protocol finding",
            extra={
                "station": fault.station_id,
                "kind": fault.kind,
                "action": fault.action,
                "path": fault.path,
            },
        )

    def take(self) -> dict[Fault, Tally]:
        """What was found since the last time."""
        found, self._found = self._found, {}
        return found
