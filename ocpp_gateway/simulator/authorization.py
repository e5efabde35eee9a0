"""Whether an identifier may charge: what the station decides by itself, and what it asks."""

from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import ConnectionLostError, Payload
from ocpp_gateway.simulator.settings import Rule
from ocpp_gateway.simulator.tokens import TokenInfo

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation


class Verdict(Enum):
    """What is to become of somebody who wants to charge."""

    WELCOME = auto()
    REFUSED = auto()
    ASK = auto()


class Authorization:
    """The decision table of 2.0.1 C10 to C15, which is that of 1.6 §3.5 too."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station

    async def allows(self, token: str) -> bool:
        """Decide, asking the central system where that is needed and possible."""
        station = self._station
        verdict = self.judge(token, is_online=station.is_connected)
        if verdict is not Verdict.ASK:
            return verdict is Verdict.WELCOME
        with suppress(ConnectionLostError):
            answer = await station.say(station.messages.authorize(token))
            return answer is not None and self.heed(token, answer)
        return self.judge(token, is_online=False) is Verdict.WELCOME

    def judge(self, token: str, *, is_online: bool) -> Verdict:
        """What list, cache and settings say."""
        settings = self._station.settings
        if settings.text(Rule.AUTHORIZE).lower() == "false":
            return Verdict.WELCOME
        known, is_final = self._look_up(token)
        is_good = known is not None and known.is_accepted
        if is_online:
            if is_good and settings.is_on(Rule.PRE_AUTHORIZE):
                return Verdict.WELCOME
            is_bad = known is not None and not is_good
            return Verdict.REFUSED if is_bad and is_final else Verdict.ASK
        rule = Rule.UNKNOWN_OFFLINE if known is None else Rule.OFFLINE
        is_welcome = settings.is_on(rule) and (is_good or known is None)
        return Verdict.WELCOME if is_welcome else Verdict.REFUSED

    def heed(self, token: str, answer: Payload) -> bool:
        """Keep what an answer says of an identifier; whether that was yes, or nothing."""
        info = self._station.messages.token_info(answer)
        if info is None:
            return True
        # The list goes first, and what is on it is not cached as well (1.6 §3.5.3).
        if self._station.local_list.find(token, _now()) is None:
            self._station.cache.keep(token, info, _now())
        return info.is_accepted

    def _look_up(self, token: str) -> tuple[TokenInfo | None, bool]:
        """What is known here, and whether the central system has no say in it (2.x)."""
        station, now = self._station, _now()
        if listed := station.local_list.find(token, now):
            return listed, station.settings.is_on(Rule.LIST_IS_FINAL)
        return station.cache.find(token, now), station.settings.is_on(Rule.CACHE_IS_FINAL)


def _now() -> datetime:
    return datetime.now(UTC)
