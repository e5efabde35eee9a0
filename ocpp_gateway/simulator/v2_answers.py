"""What an OCPP 2.0.1 or 2.1 station answers."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from ocpp.v21.enums import Action as ActionV21
from ocpp.v201.enums import Action as ActionV201

from ocpp_gateway.simulator.certificates import Certificates
from ocpp_gateway.simulator.charging_profiles import ChargingProfiles
from ocpp_gateway.simulator.file_answers import FileAnswers
from ocpp_gateway.simulator.frames import Answer, Effect, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.language import Handler
from ocpp_gateway.simulator.list_answers import ListAnswers
from ocpp_gateway.simulator.monitors import Monitors
from ocpp_gateway.simulator.reservations import Reservations
from ocpp_gateway.simulator.v2 import MessagesV2
from ocpp_gateway.simulator.v2_keeping import Customers, DisplayMessages
from ocpp_gateway.simulator.v2_settings import DeviceModel

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}


class AnswersV2:
    """Answers the calls of OCPP 2.0.1."""

    malformed: ClassVar[str] = "FormatViolation"
    known_actions: ClassVar[frozenset[str]] = frozenset(action.value for action in ActionV201)
    refusals: ClassVar[dict[str, Payload]] = {
        "CancelReservation": REJECTED,
        "ChangeAvailability": REJECTED,
        "ClearCache": REJECTED,
        "DataTransfer": REJECTED,
        "GetBaseReport": REJECTED,
        "GetLog": REJECTED,
        "GetReport": REJECTED,
        "RequestStartTransaction": REJECTED,
        "RequestStopTransaction": REJECTED,
        "ReserveNow": REJECTED,
        "Reset": REJECTED,
        "SendLocalList": {"status": "Failed"},
        "SetChargingProfile": REJECTED,
        "SetDisplayMessage": REJECTED,
        "TriggerMessage": REJECTED,
        "UnlockConnector": {"status": "UnlockFailed"},
        "UpdateFirmware": REJECTED,
    }

    more_of_monitors: ClassVar[Payload] = {}

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._messages = MessagesV2(station)
        self._model = DeviceModel(station)
        self._lists = ListAnswers(station)
        self._files = FileAnswers(station)
        self._profiles = ChargingProfiles(station)
        self._reservations = Reservations(station)
        self._display = DisplayMessages(station)
        self._certificates = Certificates()
        self._customers = Customers(station)
        self._monitors = Monitors(station, self.more_of_monitors)

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "CancelReservation": self._reservations.cancel,
            "ChangeAvailability": self._change_availability,
            "ClearCache": self._lists.clear_cache,
            "ClearChargingProfile": self._profiles.clear_v2,
            "ClearDisplayMessage": self._display.clear,
            "ClearVariableMonitoring": self._monitors.clear,
            "CostUpdated": _take_note,
            "CustomerInformation": self._customers.tell,
            "DataTransfer": self._data_transfer,
            "DeleteCertificate": self._certificates.delete,
            "GetBaseReport": self._model.get_base_report,
            "GetChargingProfiles": self._profiles.report_v2,
            "GetCompositeSchedule": self._profiles.composite_v2,
            "GetDisplayMessages": self._display.report,
            "GetInstalledCertificateIds": self._certificates.list_v2,
            "GetLocalListVersion": self._lists.version_v2,
            "GetLog": self._files.get_log,
            "GetMonitoringReport": self._monitors.report,
            "GetReport": self._model.get_report,
            "GetTransactionStatus": self._customers.transaction_status,
            "GetVariables": self._model.get_variables,
            "InstallCertificate": self._certificates.install,
            "RequestStartTransaction": self._request_start,
            "RequestStopTransaction": self._request_stop,
            "ReserveNow": self._reservations.reserve_v2,
            "Reset": self._reset,
            "SendLocalList": self._lists.send_v2,
            "SetChargingProfile": self._profiles.set_v2,
            "SetDisplayMessage": self._display.set,
            "SetMonitoringBase": _accept,
            "SetMonitoringLevel": _accept,
            "SetNetworkProfile": _accept,
            "SetVariableMonitoring": self._monitors.set,
            "SetVariables": self._model.set_variables,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            "UpdateFirmware": self._files.update,
        }

    def knows(self, action: str) -> bool:
        return action in self.known_actions

    def _change_availability(self, request: Payload) -> Answer:
        """G03, G04: idle connectors follow at once, busy ones after their session."""
        station = self._station
        charger, number = _place(request.get("evse", {}))
        operative = request["operationalStatus"] == "Operative"
        affected = station.hardware.find(charger, number)
        if not affected:
            return Answer(REJECTED)

        async def switch() -> None:
            station.hardware.switch(operative=operative, charger=charger, number=number)
            await station.report()

        waits = not operative and any(connector.session for connector in affected)
        return Answer({"status": "Scheduled"} if waits else ACCEPTED, switch)

    def _unlock_connector(self, request: Payload) -> Answer:
        """F05: refused while an authorised transaction runs."""
        station = self._station
        found = station.hardware.find(int(request["evseId"]), int(request["connectorId"]))
        if not found:
            return Answer({"status": "UnknownConnector"})
        if found[0].session:
            return Answer({"status": "OngoingAuthorizedTransaction"})
        if not station.profile.has_lock:
            return Answer({"status": "UnlockFailed", "statusInfo": {"reasonCode": "NoLock"}})
        return Answer({"status": "Unlocked"}, partial(station.drivers.unplug, found[0]))

    def _reset(self, request: Payload) -> Answer:
        """B11, B12: OnIdle waits for the sessions, Immediate ends them."""
        station = self._station
        if "evseId" in request:
            return self._reset_charger(int(request["evseId"]))
        if request["type"] == "OnIdle" and any(station.hardware.running()):
            station.reboot_when_idle = True
            return Answer({"status": "Scheduled"})
        return Answer(
            ACCEPTED,
            partial(station.reboot, "RemoteReset", stop_reason=self._stop_reason(request["type"])),
        )

    def _stop_reason(self, reset_type: str) -> str | None:
        if reset_type not in ("Immediate", "OnIdle"):
            raise ValueError(reset_type)
        return "ImmediateReset"

    def _reset_charger(self, charger: int) -> Answer:
        """B11.FR.08: one charger starts anew, the connection stays."""
        station = self._station
        connectors = station.hardware.find(charger)
        if not connectors:
            return Answer(REJECTED)

        async def restart() -> None:
            for connector in connectors:
                await station.drivers.stop(connector, "ImmediateReset")
            await station.repeat(connectors)

        return Answer(ACCEPTED, restart)

    def _trigger_message(self, request: Payload) -> Answer:
        """F06: the message comes after the answer; StatusNotification needs a connector."""
        station, messages, wanted = self._station, self._messages, request["requestedMessage"]
        charger, number = _place(request.get("evse", {}))
        connectors = station.hardware.find(charger, number)
        effects: dict[str, Effect] = {
            "BootNotification": station.boot_once,
            "FirmwareStatusNotification": partial(
                station.firmware_updates.tell_status, messages.firmware_status("Idle")
            ),
            "Heartbeat": partial(station.say, messages.heartbeat()),
            "LogStatusNotification": partial(station.logs.tell_status, messages.log_status("Idle")),
            "MeterValues": partial(station.meter, connectors),
            "StatusNotification": partial(station.repeat, connectors),
            "TransactionEvent": partial(self._tell_transactions, connectors),
            "SignChargingStationCertificate": self._ask_to_sign,
        }
        effect = effects.get(wanted)
        if effect is None:
            return Answer({"status": "NotImplemented"})
        is_refused = (
            not connectors
            # F06.FR.17: no boot from a station that is already accepted; F06.FR.13: say which.
            or (wanted == "BootNotification" and station.is_accepted)
            or (wanted == "StatusNotification" and number is None)
        )
        return Answer(REJECTED) if is_refused else Answer(ACCEPTED, effect)

    async def _ask_to_sign(self) -> None:
        await self._station.say(self._messages.sign_certificate())

    async def _tell_transactions(self, connectors: list[Connector]) -> None:
        for connector in connectors:
            if connector.session and connector.session.is_started:
                await self._station.say(self._messages.updated(connector))

    def _data_transfer(self, request: Payload) -> Answer:
        """P01: what a vendor sends itself is echoed; other vendors are unknown."""
        if request["vendorId"] != self._station.profile.vendor:
            return Answer({"status": "UnknownVendorId"})
        echoed = {"data": request["data"]} if "data" in request else {}
        return Answer(ACCEPTED | echoed)

    def _request_start(self, request: Payload) -> Answer:
        station = self._station
        candidates = station.hardware.find(request.get("evseId"))
        connector = next((each for each in candidates if station.is_free(each)), None)
        if connector is None:
            return Answer(REJECTED)
        start = partial(
            station.drivers.start,
            connector,
            request["idToken"]["idToken"],
            is_remote=True,
            remote_start_id=int(request["remoteStartId"]),
        )
        return Answer(ACCEPTED, start)

    def _request_stop(self, request: Payload) -> Answer:
        for connector in self._station.hardware.running():
            if connector.session and connector.session.transaction == request["transactionId"]:
                stop = partial(self._station.drivers.stop, connector, "Remote")
                return Answer(ACCEPTED, stop)
        return Answer(REJECTED)


class AnswersV21(AnswersV2):
    """2.1: a reset may also let the sessions go on (B11, ImmediateAndResume)."""

    known_actions: ClassVar[frozenset[str]] = frozenset(action.value for action in ActionV21)
    more_of_monitors: ClassVar[Payload] = {"eventNotificationType": "CustomMonitor"}

    def _stop_reason(self, reset_type: str) -> str | None:
        return None if reset_type == "ImmediateAndResume" else super()._stop_reason(reset_type)


def _take_note(_request: Payload) -> Answer:
    """CostUpdated (I02): there is no display to show it on."""
    return Answer({})


def _accept(_request: Payload) -> Answer:
    """B09, N03, N05: nothing that a simulated station does depends on it."""
    return Answer(ACCEPTED)


def _place(evse: Payload) -> tuple[int | None, int | None]:
    """Charger and connector of an `evse` object, where given."""
    charger, number = evse.get("id"), evse.get("connectorId")
    return (int(charger) if charger else None), (int(number) if number else None)
