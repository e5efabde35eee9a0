"""What an OCPP 1.6 station answers."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from ocpp.v16.enums import Action

from ocpp_gateway.simulator.frames import Answer, Effect, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.language import Handler
from ocpp_gateway.simulator.settings import keys
from ocpp_gateway.simulator.v16 import MessagesV16

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

KNOWN_ACTIONS = frozenset(action.value for action in Action)


class AnswersV16:
    """Answers the calls of OCPP 1.6 §5."""

    malformed: ClassVar[str] = "FormationViolation"
    refusals: ClassVar[dict[str, Payload]] = {
        "ChangeAvailability": {"status": "Rejected"},
        "ChangeConfiguration": {"status": "Rejected"},
        "ClearCache": {"status": "Rejected"},
        "DataTransfer": {"status": "Rejected"},
        "RemoteStartTransaction": {"status": "Rejected"},
        "RemoteStopTransaction": {"status": "Rejected"},
        "Reset": {"status": "Rejected"},
        "SendLocalList": {"status": "Failed"},
        "TriggerMessage": {"status": "Rejected"},
        "UnlockConnector": {"status": "UnlockFailed"},
    }

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._messages = MessagesV16(station)
        self._keys = keys(station.hardware)

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "DataTransfer": self._data_transfer,
            "GetConfiguration": self._get_configuration,
            "GetLocalListVersion": self._get_local_list_version,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "SendLocalList": self._send_local_list,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
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

    def _trigger_message(self, request: Payload) -> Answer:
        """§5.16: without a connector the message is sent for all of them."""
        station, messages = self._station, self._messages
        flat = int(request.get("connectorId", 0))
        connectors = station.hardware.find_flat(flat)
        effects: dict[str, Effect] = {
            "BootNotification": station.boot_once,
            "DiagnosticsStatusNotification": partial(station.say, messages.diagnostics_status()),
            "FirmwareStatusNotification": partial(station.say, messages.firmware_status()),
            "Heartbeat": partial(station.say, messages.heartbeat()),
            "MeterValues": partial(station.meter, connectors),
            "StatusNotification": partial(station.repeat, connectors, with_station=flat == 0),
        }
        effect = effects.get(request["requestedMessage"])
        if effect is None:
            return Answer({"status": "NotImplemented"})
        return (
            Answer({"status": "Accepted"}, effect) if connectors else Answer({"status": "Rejected"})
        )

    def _get_configuration(self, request: Payload) -> Answer:
        asked = request.get("key") or list(self._keys)
        known = [self._keys[name] for name in asked if name in self._keys]
        answer: Payload = {
            "configurationKey": [
                {"key": setting.name, "readonly": setting.is_readonly}
                | ({} if setting.is_writeonly else {"value": setting.value})
                for setting in known
            ]
        }
        if unknown := [name for name in asked if name not in self._keys]:
            answer["unknownKey"] = unknown
        return Answer(answer)

    def _change_configuration(self, request: Payload) -> Answer:
        setting = self._keys.get(request["key"])
        if setting is None:
            return Answer({"status": "NotSupported"})
        if self._station.quirks.ignores:
            return Answer({"status": "Accepted"})
        status = setting.write(request["value"])
        self._station.heed_setting(setting)
        return Answer({"status": status})

    def _get_local_list_version(self, request: Payload) -> Answer:
        return Answer({"listVersion": self._station.tokens.version})

    def _send_local_list(self, request: Payload) -> Answer:
        tokens = self._station.tokens
        listed = request.get("localAuthorizationList", [])
        entries = {entry["idTag"]: entry.get("idTagInfo") for entry in listed}
        if len(listed) > int(self._keys["SendLocalListMaxLength"].value):
            return Answer({"status": "Failed"})
        update = tokens.replace if request["updateType"] == "Full" else tokens.amend
        return Answer({"status": update(int(request["listVersion"]), entries)})

    def _clear_cache(self, request: Payload) -> Answer:
        if self._keys["AuthorizationCacheEnabled"].value.lower() != "true":
            return Answer({"status": "Rejected"})
        self._station.tokens.cache.clear()
        return Answer({"status": "Accepted"})

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
