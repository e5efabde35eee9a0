"""What a simulated station answers when its local list or its cache is asked for."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, CallRefusedError, Effect, Payload
from ocpp_gateway.simulator.settings import Rule
from ocpp_gateway.simulator.tokens import Listed, info_v2, info_v16

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

ACCEPTED: Payload = {"status": "Accepted"}
# A CALL's own: brackets, a UUID and the action.
ENVELOPE_BYTES = 60


class ListAnswers:
    """For all versions; each picks the calls it has."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station

    def version_v16(self, _request: Payload) -> Answer:
        """1.6 §5.10: -1 says that there are no lists; some say so of one that is off."""
        station = self._station
        is_on = station.settings.is_on(Rule.LIST)
        if not self._has_lists or (station.quirks.denies_disabled_list and not is_on):
            return Answer({"listVersion": -1})
        return Answer({"listVersion": station.local_list.version})

    def version_v2(self, _request: Payload) -> Answer:
        """2.0.1 D02: 0 where there is none, or where it is off."""
        self._refuse_without_lists()
        is_on = self._station.settings.is_on(Rule.LIST)
        return Answer({"versionNumber": self._station.local_list.version if is_on else 0})

    def send_v16(self, request: Payload) -> Answer:
        """1.6 §5.15."""
        if not self._has_lists or not self._station.settings.is_on(Rule.LIST):
            return Answer({"status": "NotSupported"})
        listed = [
            Listed(entry["idTag"], info_v16(entry["idTagInfo"]) if "idTagInfo" in entry else None)
            for entry in request.get("localAuthorizationList", [])
        ]
        version = int(request["listVersion"])
        if version < 0 or self._objection(request, listed):
            return Answer({"status": "Failed"})
        return self._update(request["updateType"], version, listed)

    def send_v2(self, request: Payload) -> Answer:
        """2.0.1 D01: the version is more than 0 (D01.FR.18)."""
        self._refuse_without_lists()
        listed = [
            Listed(
                entry["idToken"]["idToken"],
                info_v2(entry["idTokenInfo"]) if "idTokenInfo" in entry else None,
            )
            for entry in request.get("localAuthorizationList", [])
        ]
        version = int(request["versionNumber"])
        reason = self._objection(request, listed)
        if not self._station.settings.is_on(Rule.LIST):
            reason = "NotEnabled"
        elif version <= 0:
            reason = "InvalidValue"
        if reason:
            return Answer({"status": "Failed", "statusInfo": {"reasonCode": reason}})
        return self._update(request["updateType"], version, listed)

    def clear_cache(self, _request: Payload) -> Answer:
        """1.6 §5.4, 2.0.1 C11."""
        cache = self._station.cache
        if not cache.is_on:
            return Answer({"status": "Rejected"})
        if not self._station.quirks.ignores:
            cache.clear()
        return Answer(ACCEPTED)

    @property
    def _has_lists(self) -> bool:
        return self._station.profile.has_list and not self._station.quirks.no_lists

    def _refuse_without_lists(self) -> None:
        if not self._has_lists:
            raise CallRefusedError("NotSupported", "no local list")

    def _objection(self, request: Payload, listed: Sequence[Listed]) -> str | None:
        """Why an update is not even tried, as a reason code of 2.x."""
        settings, quirks = self._station.settings, self._station.quirks
        most = quirks.list_items_taken or settings.most(Rule.LIST_ITEMS)
        if most is not None and len(listed) > most:
            return "TooManyElements"
        most_bytes = settings.most(Rule.LIST_BYTES)
        length = len(json.dumps(request, separators=(",", ":"))) + ENVELOPE_BYTES
        if most_bytes is not None and length > most_bytes:
            return "TooLargeElement"
        is_doubled = len({each.token.lower() for each in listed}) < len(listed)
        return "DuplicateElement" if is_doubled else None

    def _update(self, kind: str, version: int, listed: Sequence[Listed]) -> Answer:
        station = self._station
        if station.quirks.ignores:
            return Answer(ACCEPTED)
        local_list = station.local_list
        update = local_list.replace if kind == "Full" else local_list.amend
        status = update(version, listed)
        return Answer({"status": status}, self._meddling() if status == "Accepted" else None)

    def _meddling(self) -> Effect | None:
        """Somebody else who will write to the list too, where there is one."""
        after_s = self._station.quirks.list_changes_after_s
        if after_s is None:
            return None

        async def meddle() -> None:
            await asyncio.sleep(after_s)
            self._station.local_list.change_unasked()

        return meddle
