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

    def __str__(self) -> str:
        sign = "≥" if self.is_least else "≤"
        unit = " \u00d7" if self.of_ratio else f" {self.unit}".rstrip()
        return f"{sign} {self.bound:g}{unit}"

    def is_met(self, ours: float, ratio: float | None) -> bool:
        value = ratio if self.of_ratio else ours
        if value is None:
            return False
        return value >= self.bound if self.is_least else value <= self.bound


def at_least(ratio: float) -> Target:
    return Target(ratio, is_least=True)


def at_most(ratio: float) -> Target:
    return Target(ratio, is_least=False)


def no_more_than(amount: float, unit: str) -> Target:
    return Target(amount, is_least=False, of_ratio=False, unit=unit)


def no_less_than(amount: float, unit: str) -> Target:
    return Target(amount, is_least=True, of_ratio=False, unit=unit)


TARGETS: Mapping[str, Target] = {
    "codec": at_least(20),
    "garbage-exceptions": no_more_than(0, "exceptions"),
    "garbage-memory": no_more_than(8, "MiB"),
    "generator": at_least(1),
    "heartbeat-echo": at_least(0.75),
    "status-echo-sqlite": at_least(0.55),
    "status-echo-postgresql": at_least(0.45),
    "status-usual": at_least(6),
    "meters-echo": at_least(0.35),
    "meters-usual": at_least(7),
    "session-usual": at_least(6),
    "memory": no_more_than(60, "KiB"),
    "reconnect": at_most(2.5),
    "reconnect-dropped": no_more_than(0, "stations"),
    "reconnect-pages": no_more_than(500, "ms"),
    "crowd": at_most(1.3),
    "push": no_more_than(500, "ms"),
    "click-p50": no_more_than(8, "ms"),
    "click-p99": no_more_than(40, "ms"),
    "click-p99-busy": no_more_than(250, "ms"),
    "page": at_most(3),
    "page-time": no_more_than(200, "ms"),
    "page-queries": no_more_than(12, "queries"),
    "felt": no_more_than(100, "ms"),
    "felt-page": no_more_than(500, "ms"),
    "felt-moved": no_more_than(0.01, ""),
    "message-log": no_more_than(200, "ms"),
    "overview": no_more_than(200, "ms"),
    "batch-submit": no_more_than(3, "s"),
    "batch-sqlite": no_less_than(300, "/s"),
    "batch-postgresql": no_less_than(500, "/s"),
    "batch-open": no_more_than(100, "runs"),
    "batch-settled": no_more_than(0, "runs"),
    "batch-click": no_more_than(250, "ms"),
    "local-lists-time": no_more_than(10, "s"),
    "local-lists-memory": no_more_than(300, "MiB"),
    "prune-wait": no_more_than(50, "ms"),
    "sweep": no_more_than(5, "ms"),
    "fetch-memory": no_more_than(64, "MiB"),
    "fetch-beats": no_more_than(100, "ms"),
    "fetch-accelerated": at_least(0.9),
    "upload-memory": no_more_than(50, "MiB"),
    "rollout-twice": no_more_than(0, "stations"),
    "token": at_most(3),
    "token-growth": at_most(1.5),
    "token-check": no_more_than(60, "s"),
    "token-import": no_more_than(15, "s"),
    "day-lost": no_more_than(0, "messages"),
    "day-memory": at_most(1.05),
    "day-handles": at_most(1.05),
    "extrapolation": no_more_than(20, "%"),
    "start": no_more_than(3, "s"),
}
