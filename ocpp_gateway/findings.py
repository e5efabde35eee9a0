"""What can be wrong with what a station sent: what was mended, and what had to be refused."""

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
