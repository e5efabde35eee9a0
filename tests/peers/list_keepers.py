"""Stations made of the `ocpp` library's ChargePoint that keep a local list and a cache.

What they do with them is written here anew: nothing of it is the simulator's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ocpp import v16, v21, v201
from ocpp.routing import after, on
from ocpp.v16 import call as call_v16
from ocpp.v16 import call_result as result_v16
from ocpp.v21 import call as call_v21
from ocpp.v21 import call_result as result_v21
from ocpp.v201 import call as call_v201
from ocpp.v201 import call_result as result_v201
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from operations.versions import V16, V21, V201, OcppVersion
from tests.fake_station import now

MOST_PER_MESSAGE, MOST = 10, 40
TYPE = "ISO14443"


@dataclass
class Shelf:
    """What a station keeps: it outlives connections, and a test looks into it."""

    version: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    cache: dict[str, str] = field(default_factory=dict)
    updates: list[tuple[str, int, int]] = field(default_factory=list)
    # So many differentials are refused with VersionMismatch, whatever their version.
    mismatches: int = 0

    def update(self, kind: str, version: int, listed: list[tuple[str, str | None]]) -> str:
        self.updates.append((kind, version, len(listed)))
        if len(listed) > MOST_PER_MESSAGE:
            return "Failed"
        if kind == "Differential" and (version <= self.version or self.mismatches):
            self.mismatches -= 1
            return "VersionMismatch"
        kept = {} if kind == "Full" else dict(self.tokens)
        for token, status in listed:
            if status is None:
                del kept[token.casefold()]
            else:
                kept[token.casefold()] = status
        if len(kept) > MOST:
            return "Failed"
        self.version, self.tokens = version, kept
        return "Accepted"

    def lets_in_offline(self, token: str) -> bool:
        key = token.casefold()
        return self.tokens.get(key, self.cache.get(key)) == "Accepted"


class KeeperV16(v16.ChargePoint):
    """Library names: camelCase becomes snake_case on the way in."""

    shelf: Shelf

    @on("GetConfiguration")
    def on_get_configuration(self, key: list[str] | None = None, **_said: Any) -> Any:
        keys = {
            "LocalAuthListEnabled": "true",
            "SendLocalListMaxLength": str(MOST_PER_MESSAGE),
            "LocalAuthListMaxLength": str(MOST),
        }
        asked = key or list(keys)
        known = [
            {"key": each, "readonly": True, "value": keys[each]} for each in asked if each in keys
        ]
        unknown = [each for each in asked if each not in keys]
        return result_v16.GetConfiguration(configuration_key=known, unknown_key=unknown)

    @on("GetLocalListVersion")
    def on_get_local_list_version(self, **_said: Any) -> Any:
        return result_v16.GetLocalListVersion(list_version=self.shelf.version)

    @on("SendLocalList")
    def on_send_local_list(
        self,
        list_version: int,
        update_type: str,
        local_authorization_list: list[dict[str, Any]] | None = None,
    ) -> Any:
        listed = [
            (each["id_tag"], (each.get("id_tag_info") or {}).get("status"))
            for each in local_authorization_list or []
        ]
        return result_v16.SendLocalList(self.shelf.update(update_type, list_version, listed))

    @on("ClearCache")
    def on_clear_cache(self, **_said: Any) -> Any:
        self.shelf.cache.clear()
        return result_v16.ClearCache("Accepted")

    async def boot(self) -> None:
        boot = call_v16.BootNotification(charge_point_model="Keeper", charge_point_vendor="Maker")
        await self.call(boot, suppress=False)

    async def presents(self, token: str) -> None:
        answer = await self.call(call_v16.Authorize(id_tag=token), suppress=False)
        self.shelf.cache[token.casefold()] = answer.id_tag_info["status"]


class _KeeperV2:
    """What 2.0.1 and 2.1 have in common: `calls` and `answers` are the version's dataclasses."""

    calls: Any
    answers: Any
    call: Callable[..., Any]
    shelf: Shelf

    @on("GetVariables")
    def on_get_variables(self, get_variable_data: list[dict[str, Any]], **_said: Any) -> Any:
        return self.answers.GetVariables([_read(asked) for asked in get_variable_data])

    @on("GetReport")
    def on_get_report(self, **_said: Any) -> Any:
        return self.answers.GetReport("Accepted")

    @after("GetReport")
    async def report(self, request_id: int, **_said: Any) -> None:
        """Only a report says how many entries there may be."""
        entries = {
            "component": {"name": "LocalAuthListCtrlr"},
            "variable": {"name": "Entries"},
            "variable_attribute": [{"value": str(len(self.shelf.tokens))}],
            "variable_characteristics": {
                "data_type": "integer",
                "max_limit": MOST,
                "supports_monitoring": False,
            },
        }
        told = self.calls.NotifyReport(
            request_id=request_id, generated_at=now(), seq_no=0, report_data=[entries]
        )
        await self.call(told, suppress=False)

    @on("GetLocalListVersion")
    def on_get_local_list_version(self, **_said: Any) -> Any:
        return self.answers.GetLocalListVersion(version_number=self.shelf.version)

    @on("SendLocalList")
    def on_send_local_list(
        self,
        version_number: int,
        update_type: str,
        local_authorization_list: list[dict[str, Any]] | None = None,
        **_said: Any,
    ) -> Any:
        listed = [
            (each["id_token"]["id_token"], (each.get("id_token_info") or {}).get("status"))
            for each in local_authorization_list or []
        ]
        return self.answers.SendLocalList(self.shelf.update(update_type, version_number, listed))

    @on("ClearCache")
    def on_clear_cache(self, **_said: Any) -> Any:
        self.shelf.cache.clear()
        return self.answers.ClearCache("Accepted")

    async def boot(self) -> None:
        station = {"model": "Keeper", "vendor_name": "Maker"}
        boot = self.calls.BootNotification(charging_station=station, reason="PowerUp")
        await self.call(boot, suppress=False)

    async def presents(self, token: str) -> None:
        authorize = self.calls.Authorize(id_token={"id_token": token, "type": TYPE})
        answer = await self.call(authorize, suppress=False)
        self.shelf.cache[token.casefold()] = answer.id_token_info["status"]


class KeeperV201(_KeeperV2, v201.ChargePoint):
    calls, answers = call_v201, result_v201


class KeeperV21(_KeeperV2, v21.ChargePoint):
    calls, answers = call_v21, result_v21


def _read(asked: dict[str, Any]) -> dict[str, Any]:
    values = {
        ("LocalAuthListCtrlr", "Enabled"): "true",
        ("LocalAuthListCtrlr", "ItemsPerMessage"): str(MOST_PER_MESSAGE),
        ("LocalAuthListCtrlr", "BytesPerMessage"): "8000",
    }
    value = values.get((asked["component"]["name"], asked["variable"]["name"]))
    named = {"component": asked["component"], "variable": asked["variable"]}
    if value is None:
        return named | {"attribute_status": "UnknownVariable"}
    return named | {"attribute_status": "Accepted", "attribute_value": value}


KEEPERS: dict[OcppVersion, Any] = {V16: KeeperV16, V201: KeeperV201, V21: KeeperV21}


async def live(
    url: str, identity: str, version: OcppVersion, shelf: Shelf, ready: asyncio.Future[Any]
) -> None:
    """Boot, tell who is ready, and do what is asked until cancelled."""
    protocols = [Subprotocol(version.subprotocol)]
    async with connect(f"{url}/{identity}", subprotocols=protocols) as socket:
        keeper = KEEPERS[version](identity, socket)
        keeper.shelf = shelf
        listening = asyncio.create_task(keeper.start())
        try:
            await keeper.boot()
            ready.set_result(keeper)
            await listening
        finally:
            listening.cancel()
