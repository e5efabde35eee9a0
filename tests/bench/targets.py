"""What the figures must reach: the one table of targets."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A bound: on the ratio to the reference, or, for what is a plain amount, on ours."""

    bound: float
    is_least: bool
    of_ratio: bool = True
    unit: str = ""
    size: int = 0  # of what it is about: how many stations, rows, ...; 0 where it is about any

    def __str__(self) -> str:
        sign = "≥" if self.is_least else "≤"
        unit = " \u00d7" if self.of_ratio else f" {self.unit}".rstrip()
        size = f" at {self.size:,}" if self.size else ""
        return f"{sign} {self.bound:g}{unit}{size}"

    def is_met(self, ours: float, ratio: float | None) -> bool:
        value = ratio if self.of_ratio else ours
        if value is None:
            return False
        return value >= self.bound if self.is_least else value <= self.bound


def at_least(ratio: float, *, size: int = 0) -> Target:
    return Target(ratio, is_least=True, size=size)


def at_most(ratio: float, *, size: int = 0) -> Target:
    return Target(ratio, is_least=False, size=size)


def no_more_than(amount: float, unit: str, *, size: int = 0) -> Target:
    return Target(amount, is_least=False, of_ratio=False, unit=unit, size=size)


def no_less_than(amount: float, unit: str, *, size: int = 0) -> Target:
    return Target(amount, is_least=True, of_ratio=False, unit=unit, size=size)


TARGETS: Mapping[str, Target] = {
    "codec": at_least(20),
    "garbage-exceptions": no_more_than(0, "exceptions", size=1_000_000),
    "garbage-memory": no_more_than(8, "MiB", size=1_000_000),
    "generator": at_least(1),
    "heartbeat-echo": at_least(0.75),
    "status-echo-sqlite": at_least(0.55),
    "status-echo-postgresql": at_least(0.45),
    "status-usual": at_least(6),
    "meters-echo": at_least(0.35),
    "meters-usual": at_least(7),
    "session-usual": at_least(6),
    "memory": no_more_than(60, "KiB", size=10_000),
    "reconnect": at_most(2.5, size=10_000),
    "reconnect-dropped": no_more_than(0, "stations", size=10_000),
    "reconnect-pages": no_more_than(500, "ms", size=10_000),
    "crowd": at_most(1.3, size=10_000),
    "push": no_more_than(500, "ms"),
    "click-p50": no_more_than(8, "ms", size=1_000),
    "click-p99": no_more_than(40, "ms", size=1_000),
    "click-p99-busy": no_more_than(250, "ms", size=1_000),
    "page": at_most(3),
    "list": at_most(3, size=1_000_000),
    "page-time": no_more_than(200, "ms", size=1_000_000),
    "page-queries": no_more_than(12, "queries", size=1_000_000),
    "felt": no_more_than(100, "ms"),
    "felt-page": no_more_than(500, "ms"),
    "felt-moved": no_more_than(0.01, ""),
    "message-log": no_more_than(200, "ms", size=20_000_000),
    "overview": no_more_than(200, "ms", size=100_000),
    "batch-submit": no_more_than(3, "s", size=10_000),
    "batch-sqlite": no_less_than(300, "/s", size=10_000),
    "batch-postgresql": no_less_than(500, "/s", size=10_000),
    "batch-open": no_more_than(100, "runs", size=10_000),
    "batch-settled": no_more_than(0, "runs", size=10_000),
    "batch-click": no_more_than(250, "ms", size=10_000),
    "local-lists-time": no_more_than(10, "s"),
    "local-lists-memory": no_more_than(300, "MiB"),
    "prune-wait": no_more_than(50, "ms", size=1_000_000),
    "sweep": no_more_than(5, "ms", size=1_000_000),
    "fetch-memory": no_more_than(64, "MiB"),
    "fetch-beats": no_more_than(100, "ms"),
    "fetch-accelerated": at_least(0.9),
    "upload-memory": no_more_than(50, "MiB", size=2_048),
    "rollout-twice": no_more_than(0, "stations"),
    "token": at_most(3, size=1_000_000),
    "token-growth": at_most(1.5, size=1_000_000),
    "token-check": no_more_than(60, "s"),
    "token-import": no_more_than(15, "s"),
    "day-lost": no_more_than(0, "messages"),
    "day-memory": at_most(1.05),
    "day-handles": at_most(1.05),
    "extrapolation": no_more_than(20, "%"),
    "start": no_more_than(3, "s"),
}
