"""What an OCPP 1.6 station answers."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from ocpp.v16.enums import Action

from ocpp_gateway.simulator.certificates import Certificates
from ocpp_gateway.simulator.charging_profiles import ChargingProfiles
from ocpp_gateway.simulator.file_answers import FileAnswers
from ocpp_gateway.simulator.frames import Answer, CallRefusedError, Effect, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.language import Handler
from ocpp_gateway.simulator.list_answers import ListAnswers
from ocpp_gateway.simulator.reservations import Reservations
from ocpp_gateway.simulator.v16 import MessagesV16
from ocpp_gateway.simulator.v16_settings import Configuration

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

KNOWN_ACTIONS = frozenset(action.value for action in Action)


class AnswersV16:
    """Answers the calls of OCPP 1.6 §5."""

    malformed: ClassVar[str] = "FormationViolation"
    refusals: ClassVar[dict[str, Payload]] = {
        "CancelReservation": {"status": "Rejected"},
        "ChangeAvailability": {"status": "Rejected"},
        "ChangeConfiguration": {"status": "Rejected"},
        "ClearCache": {"status": "Rejected"},
        "DataTransfer": {"status": "Rejected"},
        "ExtendedTriggerMessage": {"status": "Rejected"},
        "GetDiagnostics": {},
        "GetLog": {"status": "Rejected"},
        "RemoteStartTransaction": {"status": "Rejected"},
        "RemoteStopTransaction": {"status": "Rejected"},
        "ReserveNow": {"status": "Rejected"},
        "Reset": {"status": "Rejected"},
        "SendLocalList": {"status": "Failed"},
        "SetChargingProfile": {"status": "Rejected"},
        "SignedUpdateFirmware": {"status": "Rejected"},
        "TriggerMessage": {"status": "Rejected"},
        "UnlockConnector": {"status": "UnlockFailed"},
    }

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._messages = MessagesV16(station)
        self._files = FileAnswers(station)
        self._profiles = ChargingProfiles(station)
        self._reservations = Reservations(station)
        self._lists = ListAnswers(station)
        self._configuration = Configuration(station)
        self._certificates = Certificates()

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "CancelReservation": self._reservations.cancel,
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._configuration.change,
            "ClearCache": self._lists.clear_cache,
            "ClearChargingProfile": self._profiles.clear_v16,
            "DataTransfer": self._data_transfer,
            "DeleteCertificate": self._secured(self._certificates.delete),
            "ExtendedTriggerMessage": self._extended_trigger_message,
            "GetCompositeSchedule": self._profiles.composite_v16,
            "GetConfiguration": self._configuration.get,
            "GetDiagnostics": self._files.get_diagnostics,
            "GetInstalledCertificateIds": self._secured(self._certificates.list_v16),
            "GetLocalListVersion": self._lists.version_v16,
            "GetLog": self._secured(self._files.get_log),
            "InstallCertificate": self._secured(self._certificates.install),
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "ReserveNow": self._reservations.reserve_v16,
            "Reset": self._reset,
            "SendLocalList": self._lists.send_v16,
            "SetChargingProfile": self._profiles.set_v16,
            "SignedUpdateFirmware": self._secured(self._files.update_signed),
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            "UpdateFirmware": self._files.update_plainly,
        }

    def knows(self, action: str) -> bool:
        return action in KNOWN_ACTIONS

    def _change_availability(self, request: Payload) -> Answer:
        """§5.2: connector 0 is the whole station; a session first comes to its end."""
        station, flat = self._station, int(request["connectorId"])
        operative = request["type"] == "Operative"
        affected = station.hardware.find_flat(flat)
        if not affected:
            return Answer({"status": "Rejected"})

        async def switch() -> None:
            station.hardware.switch_flat(operative=operative, flat=flat)
            await station.report()

        waits = not operative and any(connector.session for connector in affected)
        return Answer({"status": "Scheduled" if waits else "Accepted"}, switch)

    def _unlock_connector(self, request: Payload) -> Answer:
        """§5.17: a session on the connector ends first, with reason UnlockCommand."""
        station, flat = self._station, int(request["connectorId"])
        found = station.hardware.find_flat(flat) if flat else []
        if not found or not station.profile.has_lock:
            return Answer({"status": "NotSupported"})

        async def release() -> None:
            await station.drivers.stop(found[0], "UnlockCommand")
            await station.drivers.unplug(found[0])

        return Answer({"status": "Unlocked"}, release)

    def _reset(self, request: Payload) -> Answer:
        """§5.14: sessions end, whatever the type; the boot tells no reason."""
        stop_reason = "HardReset" if request["type"] == "Hard" else "SoftReset"
        return Answer(
            {"status": "Accepted"},
            partial(self._station.reboot, "RemoteReset", stop_reason=stop_reason),
        )

    def _secured(self, handler: Handler) -> Handler:
        """A call of the security extension: unknown to stations without it."""
        return handler if self._station.quirks.has_security_extension else _refuse

    def _trigger_message(self, request: Payload) -> Answer:
        """§5.16: without a connector the message is sent for all of them."""
        station, messages = self._station, self._messages
        logs, updates = station.logs, station.firmware_updates
        return self._trigger(
            request,
            {
                "DiagnosticsStatusNotification": partial(
                    logs.tell_status, messages.log_status("Idle")
                ),
                "FirmwareStatusNotification": partial(
                    updates.tell_status, messages.firmware_status("Idle")
                ),
            },
        )

    def _extended_trigger_message(self, request: Payload) -> Answer:
        """Security whitepaper §5.3: the same with what the extension adds."""
        station, messages = self._station, self._messages
        if not station.quirks.has_security_extension:
            return _refuse(request)
        logs, updates = station.logs, station.firmware_updates
        return self._trigger(
            request,
            {
                "LogStatusNotification": partial(logs.tell_status, messages.upload_status("Idle")),
                "FirmwareStatusNotification": partial(
                    updates.tell_status, messages.signed_firmware_status("Idle")
                ),
                "SignChargePointCertificate": self._ask_to_sign,
            },
        )

    async def _ask_to_sign(self) -> None:
        await self._station.say(self._messages.sign_certificate())

    def _trigger(self, request: Payload, more: dict[str, Effect]) -> Answer:
        station = self._station
        flat = int(request.get("connectorId", 0))
        connectors = station.hardware.find_flat(flat)
        effects: dict[str, Effect] = {
            "BootNotification": station.boot_once,
            "Heartbeat": partial(station.say, self._messages.heartbeat()),
            "MeterValues": partial(station.meter, connectors),
            "StatusNotification": partial(station.repeat, connectors, with_station=flat == 0),
            **more,
        }
        effect = effects.get(request["requestedMessage"])
        if effect is None:
            return Answer({"status": "NotImplemented"})
        return (
            Answer({"status": "Accepted"}, effect) if connectors else Answer({"status": "Rejected"})
        )

    def _data_transfer(self, request: Payload) -> Answer:
        """§4.3: what a vendor sends itself is echoed; other vendors are unknown."""
        if request["vendorId"] != self._station.profile.vendor:
            return Answer({"status": "UnknownVendorId"})
        echoed = {"data": request["data"]} if "data" in request else {}
        return Answer({"status": "Accepted"} | echoed)

    def _remote_start(self, request: Payload) -> Answer:
        station = self._station
        candidates = station.hardware.find_flat(int(request.get("connectorId", 0)))
        connector = next((each for each in candidates if station.is_free(each)), None)
        if connector is None:
            return Answer({"status": "Rejected"})
        return Answer(
            {"status": "Accepted"},
            partial(station.drivers.start, connector, request["idTag"], is_remote=True),
        )

    def _remote_stop(self, request: Payload) -> Answer:
        connector = self._charging(int(request["transactionId"]))
        if connector is None:
            return Answer({"status": "Rejected"})
        return Answer(
            {"status": "Accepted"}, partial(self._station.drivers.stop, connector, "Remote")
        )

    def _charging(self, transaction_id: int) -> Connector | None:
        for connector in self._station.hardware.running():
            if connector.session and connector.session.transaction_id == transaction_id:
                return connector
        return None


def _refuse(_request: Payload) -> Answer:
    raise CallRefusedError("NotSupported", "no security extension")
