"""What can be wrong with what a station sent: what was mended, and what had to be refused."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of a station that was understood all the same; `kind` is a slug to count by.

    Neither `path` nor `detail` ever holds a value of the payload: it could be an id token.
    """

    kind: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a payload is refused: the CALLERROR code of the version, where, and what is wrong."""

    code: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def dotted(path: Iterable[str | int]) -> str:
    """Write a place in a payload as people do: `meterValue[0].sampledValue[1].value`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
