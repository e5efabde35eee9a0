"""Rows, as they are printed and as bench.json keeps them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.targets import TARGETS, Target


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure, next to what it is compared with (None: an amount that stands for itself)."""

    what: str
    ours: float
    unit: str
    reference: float | None = None
    target: Target | None = None
    size: int | None = None  # of what is measured, where the target is about a larger one
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """None where it can't be told: what holds for few may not for as many as are meant."""
        if self.target is None:
            return None
        is_met = self.target.is_met(self.ours, self.ratio)
        is_smaller = self.size is not None and self.size < self.target.size
        return None if is_met and is_smaller else is_met

    def cells(self) -> tuple[str, ...]:
        verdict = {None: "", True: "yes", False: "NO"}[self.met]
        return (
            self.what,
            f"{shown(self.ours)} {self.unit}",
            "" if self.reference is None else shown(self.reference),
            "" if self.ratio is None else shown(self.ratio),
            "" if self.target is None else str(self.target),
            verdict,
            self.note,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "ours": self.ours,
            "reference": self.reference,
            "ratio": self.ratio,
            "target": None if self.target is None else str(self.target),
            "met": self.met,
            "unit": self.unit,
            "note": self.note,
        }


def target(name: str) -> Target:
    return TARGETS[name]


def shown(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2f}"


HEAD = ("what", "ours", "reference", "ratio", "target", "met", "")


def as_text(rows: Sequence[Row]) -> str:
    """The table, columns aligned."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    words = (
        cell.rjust(width) if 1 <= column <= 3 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(words).rstrip()


def write_json(rows: Iterable[Row], path: Path) -> None:
    document = [row.as_json() for row in rows]
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
