"""The configuration of an OCPP 1.6 station: reading and writing keys (§5.3, §5.8)."""

from typing import TYPE_CHECKING, Any

from ocpp_gateway.simulator.frames import Answer, CallRefusedError, Payload
from ocpp_gateway.simulator.settings import BOOLEANS, Setting
from ocpp_gateway.simulator.v16_keys import MOST_KEYS

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

# What a station that hides keys leaves out of the list of all; asked by name it tells them.
HIDDEN = frozenset({"AllowOfflineTxForUnknownId", "LocalAuthorizeOffline"})


class Configuration:
    """The station's keys."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._keys = {setting.name: setting for setting in station.settings.all}

    def get(self, request: Payload) -> Answer:
        """§5.8: those asked for, or all."""
        quirks = self._station.quirks
        asked = request.get("key") or [
            name for name in self._keys if not (quirks.hides_keys and name in HIDDEN)
        ]
        if len(request.get("key", ())) > MOST_KEYS:
            raise CallRefusedError("OccurenceConstraintViolation", f"at most {MOST_KEYS} keys")
        known = [self._keys[name] for name in asked if name in self._keys]
        answer: Payload = {"configurationKey": [self._told(setting) for setting in known]}
        unknown = [name for name in asked if name not in self._keys]
        if unknown and not quirks.drops_unknown_keys:
            answer["unknownKey"] = unknown
        return Answer(answer)

    def change(self, request: Payload) -> Answer:
        """§5.3."""
        setting, quirks = self._keys.get(request["key"]), self._station.quirks
        if setting is None:
            return Answer({"status": "NotSupported"})
        if quirks.ignores or quirks.ignores_settings:
            return Answer({"status": "Accepted"})
        status = setting.write(request["value"])
        self._station.heed_setting(setting)
        return Answer({"status": status})

    def _told(self, setting: Setting) -> Payload:
        quirks = self._station.quirks
        told: Payload = {
            "key": setting.name,
            "readonly": setting.is_readonly != quirks.wrong_readonly,
        }
        if setting.is_writeonly:
            return told
        value = setting.in_use if quirks.shows_old_until_reboot else setting.value
        return told | {"value": _typed(setting, value) if quirks.types_values else value}


def _typed(setting: Setting, value: str) -> Any:
    """As JSON would have it, though §7.29 wants text."""
    if value.lower() in BOOLEANS:
        return value.lower() == "true"
    return int(value) if value.isdecimal() else value
