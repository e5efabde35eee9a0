"""What a simulated station answers when it is told to fetch firmware or to bring logs."""

from functools import partial
from typing import TYPE_CHECKING

from ocpp_gateway.simulator import orders, signatures
from ocpp_gateway.simulator.frames import Answer, CallRefusedError, Payload
from ocpp_gateway.simulator.orders import FirmwareOrder

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation


class FileAnswers:
    """For all versions; each picks the calls it has."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station

    def update_plainly(self, request: Payload) -> Answer:
        """UpdateFirmware of 1.6: not for those who can tell whether it is signed (L01.FR.20)."""
        self._refuse_if_secured()
        order = orders.plain_firmware(request)
        return Answer({}, partial(self._station.firmware_updates.begin, order))

    def update_signed(self, request: Payload) -> Answer:
        """SignedUpdateFirmware of 1.6's security extension."""
        return self._update(orders.firmware(request, is_signed=True))

    def update(self, request: Payload) -> Answer:
        """UpdateFirmware of 2.x (L01, L02)."""
        return self._update(orders.firmware(request, is_signed=False))

    def _update(self, order: FirmwareOrder) -> Answer:
        updates = self._station.firmware_updates
        if order.certificate and not signatures.is_certificate(order.certificate):
            return Answer({"status": "InvalidCertificate"})
        status = "AcceptedCanceled" if updates.is_busy else "Accepted"
        return Answer({"status": status}, partial(updates.begin, order))

    def get_diagnostics(self, request: Payload) -> Answer:
        """GetDiagnostics of 1.6: no file name says that there are none (§5.9)."""
        self._refuse_if_secured()
        order, logs = orders.diagnostics(request), self._station.logs
        name = logs.name_of(order)
        if name is None:
            return Answer({})
        return Answer({"fileName": name}, partial(logs.begin, order, name))

    def get_log(self, request: Payload) -> Answer:
        """GetLog of 1.6's security extension and of 2.x (N01)."""
        order, logs = orders.log(request), self._station.logs
        name = logs.name_of(order)
        if name is None:
            return Answer({"status": "Accepted"})
        status = "AcceptedCanceled" if logs.is_busy else "Accepted"
        return Answer({"status": status, "filename": name}, partial(logs.begin, order, name))

    def _refuse_if_secured(self) -> None:
        if self._station.quirks.has_security_extension:
            raise CallRefusedError("NotSupported", "signed updates and GetLog only")
