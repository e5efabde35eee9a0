"""The charging profiles a simulated station keeps; what it draws does not follow them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ocpp_gateway.simulator.frames import Answer, Message, Payload

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}
# Without a profile: what the cable carries.
UNLIMITED_A = 32.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile, and the connector (1.6) or charger (2.x) it is for; 0 is the station."""

    place: int
    profile: Payload

    @property
    def purpose(self) -> Any:
        """What it is for."""
        return self.profile["chargingProfilePurpose"]

    @property
    def level(self) -> int:
        """Of those that count, the highest wins."""
        return int(self.profile["stackLevel"])


class ChargingProfiles:
    """Profiles by their numbers."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._kept: dict[int, Kept] = {}

    def set_v16(self, request: Payload) -> Answer:
        """1.6 §5.16."""
        profile, place = request["csChargingProfiles"], int(request["connectorId"])
        if not self._station.hardware.find_flat(place):
            return Answer(REJECTED)
        return self._set(int(profile["chargingProfileId"]), place, profile)

    def set_v2(self, request: Payload) -> Answer:
        """2.0.1 K01."""
        profile, place = request["chargingProfile"], int(request["evseId"])
        if place and not self._station.hardware.find(place):
            return Answer(REJECTED)
        return self._set(int(profile["id"]), place, profile)

    def _set(self, number: int, place: int, profile: Payload) -> Answer:
        self._kept[number] = Kept(place, profile)
        return Answer(ACCEPTED)

    def clear_v16(self, request: Payload) -> Answer:
        """1.6 §5.3."""
        return self._clear(request.get("id"), request.get("connectorId"), request)

    def clear_v2(self, request: Payload) -> Answer:
        """2.0.1 K10."""
        criteria = request.get("chargingProfileCriteria", {})
        return self._clear(request.get("chargingProfileId"), criteria.get("evseId"), criteria)

    def _clear(self, number: int | None, place: int | None, criteria: Payload) -> Answer:
        gone = [
            key
            for key, kept in self._kept.items()
            if number in (None, key) and place in (None, kept.place) and _fits(kept, criteria)
        ]
        for key in gone:
            del self._kept[key]
        return Answer(ACCEPTED if gone else {"status": "Unknown"})

    def report_v2(self, request: Payload) -> Answer:
        """2.0.1 K09: one message for each place."""
        criteria = request["chargingProfile"]
        numbers = criteria.get("chargingProfileId")
        found = [
            kept
            for key, kept in self._kept.items()
            if request.get("evseId") in (None, kept.place)
            and (numbers is None or key in numbers)
            and _fits(kept, criteria)
        ]
        if not found:
            return Answer({"status": "NoProfiles"})

        async def tell() -> None:
            for number, kept in enumerate(found, start=1):
                await self._station.say(
                    Message(
                        "ReportChargingProfiles",
                        {
                            "requestId": request["requestId"],
                            "chargingLimitSource": "CSO",
                            "evseId": kept.place,
                            "chargingProfile": [kept.profile],
                            "tbc": number < len(found),
                        },
                    )
                )

        return Answer(ACCEPTED, tell)

    def composite_v16(self, request: Payload) -> Answer:
        """1.6 §5.7."""
        place = int(request["connectorId"])
        schedule = self._schedule(place, request)
        return Answer(
            ACCEPTED
            | {
                "connectorId": place,
                "scheduleStart": self._station.stamp(),
                "chargingSchedule": schedule,
            }
        )

    def composite_v2(self, request: Payload) -> Answer:
        """2.0.1 K08."""
        place = int(request["evseId"])
        schedule = self._schedule(place, request)
        start = {"evseId": place, "scheduleStart": self._station.stamp()}
        return Answer(ACCEPTED | {"schedule": {**schedule, **start}})

    def _schedule(self, place: int, request: Payload) -> Payload:
        """What the profile with the highest level says, as far as it was asked for."""
        duration = int(request["duration"])
        concerned = [kept for kept in self._kept.values() if kept.place in (0, place)]
        if not concerned:
            unlimited = [{"startPeriod": 0, "limit": UNLIMITED_A}]
            return _composite("A", unlimited, duration)
        schedule = max(concerned, key=lambda kept: kept.level).profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        periods = schedule["chargingSchedulePeriod"]
        shown = [period for period in periods if period["startPeriod"] < duration]
        return _composite(schedule["chargingRateUnit"], shown, duration)


def _fits(kept: Kept, criteria: Payload) -> bool:
    purpose, level = criteria.get("chargingProfilePurpose"), criteria.get("stackLevel")
    return purpose in (None, kept.purpose) and level in (None, kept.level)


def _composite(unit: str, periods: list[Payload], duration: int) -> Payload:
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": periods, "duration": duration}
