"""The variables an OCPP 2.x station was asked to watch (2.0.1 N); it only remembers them."""

from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, Message, Payload

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

# What one of them is of, and what it is; the rest of what was asked is how it is told of.
OF = ("component", "variable")


class Monitors:
    """Monitors by their numbers; `more` is what a version says of each besides."""

    def __init__(self, station: "SimulatedStation", more: Payload) -> None:
        self._station = station
        self._more = more
        self._kept: dict[int, Payload] = {}

    def set(self, request: Payload) -> Answer:
        """N04: one with the number of another replaces it."""
        results = [self._keep(asked) for asked in request["setMonitoringData"]]
        return Answer({"setMonitoringResult": results})

    def _keep(self, asked: Payload) -> Payload:
        names = {name: asked[name] for name in ("type", "severity", *OF)}
        components = {setting.component for setting in self._station.settings.all}
        if asked["component"]["name"] not in components:
            return {"status": "UnknownComponent", **names}
        number = int(asked.get("id") or max(self._kept, default=0) + 1)
        self._kept[number] = {"transaction": False, **asked, "id": number}
        return {"id": number, "status": "Accepted", **names}

    def clear(self, request: Payload) -> Answer:
        """N06."""
        results = [
            {"id": number, "status": "Accepted" if self._kept.pop(number, None) else "NotFound"}
            for number in request["id"]
        ]
        return Answer({"clearMonitoringResult": results})

    def report(self, request: Payload) -> Answer:
        """N02: all in one part."""
        asked = request.get("componentVariable", [])
        found = [kept for kept in self._kept.values() if not asked or _is_of(kept, asked)]
        if not found:
            return Answer({"status": "EmptyResultSet"})

        async def tell() -> None:
            payload = {
                "requestId": request["requestId"],
                "seqNo": 0,
                "generatedAt": self._station.stamp(),
                "monitor": [self._told(kept) for kept in found],
            }
            await self._station.say(Message("NotifyMonitoringReport", payload))

        return Answer({"status": "Accepted"}, tell)

    def _told(self, kept: Payload) -> Payload:
        names = ("id", "transaction", "value", "type", "severity")
        monitor = {name: kept[name] for name in names} | self._more
        return {**{name: kept[name] for name in OF}, "variableMonitoring": [monitor]}


def _is_of(kept: Payload, asked: list[Payload]) -> bool:
    """Whether it watches one of these; a component alone stands for all its variables."""
    return any(
        all(kept[part]["name"] == each[part]["name"] for part in OF if part in each)
        for each in asked
    )
