"""What a simulated station is to be, how fast its time runs, and what it has seen."""

from collections import Counter
from dataclasses import dataclass, field

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.profiles import Profile
from operations.versions import OcppVersion


@dataclass(frozen=True, slots=True)
class StationSpec:
    """What a station is to be; equal specs behave alike."""

    identity: str
    version: OcppVersion
    profile: Profile
    password: str | None = None
    quirks: Quirks = field(default_factory=Quirks)
    sessions_per_hour: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast simulated time runs."""

    reboot_s: float = 3.0
    meter_s: float = 10.0
    heartbeat_s: float = 60.0
    retry_s: float = 1.0
    longest_retry_s: float = 60.0
    install_s: float = 5.0
    # How fast the waiting passes that a request asks for: dates to keep, pauses between attempts.
    speed: float = 1.0

    def real_s(self, seconds: float) -> float:
        """How long such a wait really takes."""
        return max(0.0, seconds) / self.speed


@dataclass(slots=True)
class Tally:
    """What a station has seen and done."""

    connected: int = 0
    failed_connects: int = 0
    boots: int = 0
    said: int = 0
    refused: int = 0
    unanswered: int = 0
    answered: int = 0
    sessions: int = 0
    heard: Counter[str] = field(default_factory=Counter)
