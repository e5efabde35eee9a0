"""The device model of an OCPP 2.x station: reading, writing and reporting variables."""

import json
from functools import partial
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, CallRefusedError, Payload
from ocpp_gateway.simulator.settings import Setting
from ocpp_gateway.simulator.v2 import MessagesV2, address
from ocpp_gateway.simulator.v2_variables import LOCK, MOST_BYTES, MOST_ITEMS
from ocpp_gateway.simulator.v16_settings import HIDDEN

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation


class DeviceModel:
    """The station's variables, addressed as B05 to B08 do."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._messages = MessagesV2(station)
        self._settings = station.settings.all

    def get_variables(self, request: Payload) -> Answer:
        """B06."""
        _refuse_too_much(request, "getVariableData")
        return Answer(
            {"getVariableResult": [self._read(each) for each in request["getVariableData"]]}
        )

    def set_variables(self, request: Payload) -> Answer:
        """B05."""
        _refuse_too_much(request, "setVariableData")
        return Answer(
            {"setVariableResult": [self._write(each) for each in request["setVariableData"]]}
        )

    def get_base_report(self, request: Payload) -> Answer:
        """B07: the full inventory, or what can be configured."""
        wanted = self._shown()
        if request["reportBase"] == "ConfigurationInventory":
            wanted = [setting for setting in wanted if not setting.is_readonly]
        elif request["reportBase"] == "SummaryInventory":
            return Answer({"status": "NotSupported"})
        return Answer({"status": "Accepted"}, partial(self._report, request["requestId"], wanted))

    def get_report(self, request: Payload) -> Answer:
        """B08: what the filter names; EmptyResultSet if that is nothing."""
        _refuse_too_much(request, "componentVariable")
        wanted = self._settings
        if filters := request.get("componentVariable"):
            wanted = [each for each in wanted if any(_covers(ask, each) for ask in filters)]
        if not wanted:
            return Answer({"status": "EmptyResultSet"})
        return Answer({"status": "Accepted"}, partial(self._report, request["requestId"], wanted))

    def _shown(self) -> list[Setting]:
        hides = self._station.quirks.hides_keys
        return [each for each in self._settings if not (hides and each.name in HIDDEN)]

    def _find(self, asked: Payload) -> list[Setting]:
        return [setting for setting in self._settings if _matches(setting, asked)]

    def _read(self, asked: Payload) -> Payload:
        result = _named(asked)
        if asked.get("attributeType", "Actual") != "Actual":
            return result | {"attributeStatus": "NotSupportedAttributeType"}
        found = self._find(asked)
        if not found:
            return result | {"attributeStatus": self._unknown(asked)}
        if found[0].is_writeonly:
            return result | {"attributeStatus": "Rejected"}
        return result | {"attributeStatus": "Accepted", "attributeValue": self._value(found[0])}

    def _write(self, asked: Payload) -> Payload:
        result = _named(asked)
        if asked.get("attributeType", "Actual") != "Actual":
            return result | {"attributeStatus": "NotSupportedAttributeType"}
        found = self._find(asked)
        if not found:
            return result | {"attributeStatus": self._unknown(asked)}
        # A refusing station refuses each variable: the answer as a whole has no status.
        if self._station.quirks.rejects:
            return result | {"attributeStatus": "Rejected"}
        if self._station.quirks.ignores or self._station.quirks.ignores_settings:
            return result | {"attributeStatus": "Accepted"}
        status = found[0].write(asked["attributeValue"])
        self._heed(found[0])
        return result | {"attributeStatus": status}

    def _value(self, setting: Setting) -> str:
        shows_old = self._station.quirks.shows_old_until_reboot
        return setting.in_use if shows_old else setting.value

    def _unknown(self, asked: Payload) -> str:
        names = {setting.component for setting in self._settings}
        return "UnknownVariable" if asked["component"]["name"] in names else "UnknownComponent"

    def _heed(self, setting: Setting) -> None:
        self._station.heed_setting(setting)
        if setting.component == LOCK:
            for connector in self._station.hardware.find(setting.charger, setting.connector):
                connector.is_locked = setting.value.lower() == "true"

    async def _report(self, request_id: int, settings: list[Setting]) -> None:
        for message in self._messages.report(request_id, settings):
            await self._station.say(message)


def _refuse_too_much(request: Payload, part: str) -> None:
    """B05, B06: no more in one message than the device model says."""
    if len(request.get(part, ())) > MOST_ITEMS:
        raise CallRefusedError("OccurrenceConstraintViolation", f"at most {MOST_ITEMS} items")
    if len(json.dumps(request, separators=(",", ":"))) > MOST_BYTES:
        raise CallRefusedError("FormatViolation", f"at most {MOST_BYTES} bytes")


def _named(asked: Payload) -> Payload:
    return {"component": asked["component"], "variable": asked["variable"]}


def _matches(setting: Setting, asked: Payload) -> bool:
    own = address(setting)
    return bool(asked["component"] == own["component"] and asked["variable"] == own["variable"])


def _covers(asked: Payload, setting: Setting) -> bool:
    """Whether a report's filter means this setting: what it leaves out is anything (B08)."""
    own = address(setting)
    return all(
        wanted.items() <= own[part].items()
        for part, wanted in asked.items()
        if part in ("component", "variable")
    )
