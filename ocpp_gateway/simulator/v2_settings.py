"""The device model of an OCPP 2.x station: reading, writing and reporting variables."""

from functools import partial
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, Payload
from ocpp_gateway.simulator.settings import Setting, variables
from ocpp_gateway.simulator.v2 import MessagesV2, address

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

LOCK = "ConnectorPlugRetentionLock"


class DeviceModel:
    """The station's variables, addressed as B05 to B08 do."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._messages = MessagesV2(station)
        self._settings = variables(station.hardware, station.profile)

    def get_variables(self, request: Payload) -> Answer:
        """B06."""
        return Answer(
            {"getVariableResult": [self._read(each) for each in request["getVariableData"]]}
        )

    def set_variables(self, request: Payload) -> Answer:
        """B05."""
        return Answer(
            {"setVariableResult": [self._write(each) for each in request["setVariableData"]]}
        )

    def get_base_report(self, request: Payload) -> Answer:
        """B07: the full inventory, or what can be configured."""
        wanted = self._settings
        if request["reportBase"] == "ConfigurationInventory":
            wanted = [setting for setting in wanted if not setting.is_readonly]
        elif request["reportBase"] == "SummaryInventory":
            return Answer({"status": "NotSupported"})
        return Answer({"status": "Accepted"}, partial(self._report, request["requestId"], wanted))

    def get_report(self, request: Payload) -> Answer:
        """B08: what the filter names; EmptyResultSet if that is nothing."""
        wanted = self._settings
        if filters := request.get("componentVariable"):
            wanted = [each for each in wanted if any(_covers(ask, each) for ask in filters)]
        if not wanted:
            return Answer({"status": "EmptyResultSet"})
        return Answer({"status": "Accepted"}, partial(self._report, request["requestId"], wanted))

    def number(self, component: str, name: str) -> int:
        """A whole number of the station's own."""
        return int(self._own(component, name).value)

    def is_on(self, component: str, name: str) -> bool:
        """A switch of the station's own."""
        return self._own(component, name).value.lower() == "true"

    def note(self, component: str, name: str, value: str) -> None:
        """Keep what the station itself measures."""
        self._own(component, name).value = value

    def _own(self, component: str, name: str) -> Setting:
        return next(s for s in self._settings if (s.component, s.name) == (component, name))

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
        return result | {"attributeStatus": "Accepted", "attributeValue": found[0].value}

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
        if self._station.quirks.ignores:
            return result | {"attributeStatus": "Accepted"}
        status = found[0].write(asked["attributeValue"])
        self._heed(found[0])
        return result | {"attributeStatus": status}

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
