"""What a simulated station keeps free for somebody."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, Payload
from ocpp_gateway.simulator.hardware import Connector

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}
# What ReserveNow answers for a connector in these states; in any other it is occupied.
REFUSALS = {"Faulted": "Faulted", "Unavailable": "Unavailable"}


class Reservations:
    """Reservations by their numbers."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._connectors: dict[int, Connector] = {}

    def reserve_v16(self, request: Payload) -> Answer:
        """1.6 §5.13: connector 0 is any."""
        found = self._station.hardware.find_flat(int(request["connectorId"]))
        return self._reserve(int(request["reservationId"]), found)

    def reserve_v2(self, request: Payload) -> Answer:
        """2.0.1 H01: without an EVSE any."""
        return self._reserve(int(request["id"]), self._station.hardware.find(request.get("evseId")))

    def cancel(self, request: Payload) -> Answer:
        """1.6 §5.1, 2.0.1 H02."""
        connector = self._connectors.pop(int(request["reservationId"]), None)
        if connector is None:
            return Answer(REJECTED)
        connector.is_reserved = False
        return Answer(ACCEPTED, partial(self._station.report, [connector]))

    def _reserve(self, number: int, candidates: Sequence[Connector]) -> Answer:
        if not candidates:
            return Answer(REJECTED)
        # The same number again replaces its reservation (1.6 §5.13).
        free = [
            each
            for each in candidates
            if self._station.is_free(each) or each is self._connectors.get(number)
        ]
        if not free:
            state = self._station.hardware.state_of(candidates[0])
            return Answer({"status": REFUSALS.get(state, "Occupied")})
        self._connectors[number] = free[0]
        free[0].is_reserved = True
        return Answer(ACCEPTED, partial(self._station.report, [free[0]]))
