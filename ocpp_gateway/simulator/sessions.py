"""A charging session as a simulated station keeps it, and what its meter reads."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Sample(NamedTuple):
    """One sampled value."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None


@dataclass(slots=True)
class Session:
    """A session; `transaction` is our id in OCPP 2.x, `transaction_id` the one 1.6 is given."""

    token: str
    started_at: datetime
    meter_start_wh: float
    ticks_left: int | None
    transaction: str
    transaction_id: int | None = None
    remote_start_id: int | None = None
    is_authorized: bool = False
    is_started: bool = False
    # Going on without energy: the central system does not want its driver.
    is_suspended: bool = False
    seq_no: int = 0
    stop_reason: str | None = None

    @property
    def state(self) -> str:
        """The connector's state while this session lasts."""
        if not self.is_started:
            return "Preparing"
        return "SuspendedEVSE" if self.is_suspended else "Charging"

    def next_seq_no(self) -> int:
        """The number of the next TransactionEvent (2.0.1 E01: the start has 0)."""
        self.seq_no += 1
        return self.seq_no


def measure(energy_wh: float, power_w: float, rng: random.Random) -> list[Sample]:
    """Ten sampled values, as a three-phase charger sends them."""
    volts = [round(229 + rng.random() * 4, 1) for _ in range(3)]
    amperes = [round(power_w / 3 / volt, 2) for volt in volts]
    return [
        Sample("Energy.Active.Import.Register", round(energy_wh, 1), "Wh"),
        Sample("Power.Active.Import", round(power_w, 1), "W"),
        Sample("Power.Offered", round(power_w * 1.05, 1), "W"),
        *(Sample("Current.Import", a, "A", f"L{n}") for n, a in enumerate(amperes, start=1)),
        *(Sample("Voltage", v, "V", f"L{n}-N") for n, v in enumerate(volts, start=1)),
        Sample("SoC", min(100, round(20 + energy_wh / 600 % 80)), "Percent"),
    ]
