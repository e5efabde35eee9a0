"""What a group of rows gets to measure with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from tests.bench.ground import Ground
from tests.bench.scale import Scale
from tests.bench.table import Row


@dataclass(frozen=True)
class Bench:
    """How much to measure, and on what."""

    scale: Scale
    ground: Ground

    @property
    def servers(self) -> tuple[str, ...]:
        """Those that rows about many stations are measured on."""
        return self.scale.servers if self.ground.is_sqlite else self.scale.distributed

    def named(self, what: str, server: str = "") -> str:
        """The row's name with what it was taken on."""
        return ", ".join(part for part in (what, server, self.ground.kind) if part)


Rows = Iterator[Row]


@dataclass(frozen=True)
class Group:
    """Rows that are measured together, found by any of the words in `about`."""

    about: str
    measure: Callable[[Bench], Rows]
    needs_database: bool = True  # then once for each kind of database
    is_quick: bool = True  # else a glance leaves it out, unless it is asked for


class Samples:
    """Several rounds of the same measurement."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> float:
        return median(self._values[name])
