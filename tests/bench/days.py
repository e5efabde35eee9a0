"""Days of simulated stations in compressed time: what each says when. Knows no Django.

A day is three slots of eight hours. In each a station charges one car and loses its line once; all
day long it sends a heartbeat every five minutes. No two stations do so at the same moment.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

from tests.bench import frames
from tests.bench.scripts import TRANSACTION
from tests.bench.sockets import StationSocket

DAY_S = 86_400
HEARTBEAT_S = 300
SLOT_S = 8 * 3_600
METER_S = 300
METERS = 12
SESSION_S = METER_S * (METERS + 1)
# Sessions begin at other times at each station, and end within their slot.
SPREAD_S = SLOT_S - SESSION_S - 60
# Steps of a session before its meter values and after them; a status says its own name.
BEGINNING = ("Preparing", "authorize", "start", "Charging")
ENDING = ("stop", "Finishing", "Available")
RECONNECT = "reconnect"
ARRIVAL = 3  # messages of a station that comes back: boot and two statuses

MESSAGES_A_DAY = DAY_S // HEARTBEAT_S + DAY_S // SLOT_S * (
    len(BEGINNING) + METERS + len(ENDING) + ARRIVAL
)


def steps(share: float, *, first_s: float = 0, last_s: float = DAY_S) -> list[tuple[float, str]]:
    """(second of the day, what happens), in order; `share`: where among all stations it stands."""
    shift = share * SPREAD_S
    found = [(at + share * HEARTBEAT_S, "heartbeat") for at in range(0, DAY_S, HEARTBEAT_S)]
    for slot in range(0, DAY_S, SLOT_S):
        began = slot + shift
        found += _session(began, first_s)
        found.append((slot + (shift + SLOT_S / 2) % SLOT_S, RECONNECT))
    return sorted(step for step in found if first_s <= step[0] < last_s)


def _session(began: float, first_s: float) -> Iterator[tuple[float, str]]:
    """Whoever is charging when the day is joined begins with it at that moment."""
    ends = began + SESSION_S
    if ends <= first_s:
        return
    for number, step in enumerate(BEGINNING):
        yield max(began, first_s) + number / 1000, step
    for number in range(1, METERS + 1):
        yield began + number * METER_S, "meters"
    for number, step in enumerate(ENDING):
        yield ends + number / 1000, step


@dataclass
class Told:
    """What all stations said, and what became of it."""

    sent: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    late_s: float = 0.0  # how far behind its day a station was at worst
    taken_ms: list[float] = field(default_factory=list)


class StationDay:
    """One station: what is due waits until what was said before is answered."""

    __slots__ = (
        "_due", "_number", "_reconnect", "_sent_at", "_told", "_transaction_id", "_waits_for",
        "_when_due", "socket",
    )  # fmt: skip

    def __init__(
        self, socket: StationSocket, told: Told, reconnect: Callable[["StationDay"], None]
    ) -> None:
        self.socket = socket
        self._told = told
        self._reconnect = reconnect
        self._due: deque[str] = deque()
        self._when_due: deque[float] = deque()
        self._waits_for = ""
        self._number = 0
        self._transaction_id = 0
        self._sent_at = 0.0

    @property
    def is_idle(self) -> bool:
        return not self._waits_for and not self._due

    def happens(self, step: str) -> None:
        self._due.append(step)
        self._when_due.append(perf_counter())
        if not self._waits_for:
            self._go_on()

    def answered(self, _socket: StationSocket, text: bytes) -> None:
        told, step = self._told, self._waits_for
        told.taken_ms.append((perf_counter() - self._sent_at) * 1000)
        told.answered[step] += 1
        if not text.startswith(b"[3,"):
            told.wrong.append(text[:200].decode(errors="replace"))
        elif step == "start" and (found := TRANSACTION.search(text)) is not None:
            self._transaction_id = int(found[1])
        self._waits_for = ""
        self._go_on()

    def is_back(self, socket: StationSocket) -> None:
        """It has booted on a new socket, and said how its connectors are."""
        self.socket, socket.script = socket, self
        self._told.answered["arrival"] += ARRIVAL
        self._waits_for = ""
        self._go_on()

    def _go_on(self) -> None:
        if not self._due:
            return
        step = self._waits_for = self._due.popleft()
        self._sent_at = perf_counter()
        self._told.late_s = max(self._told.late_s, self._sent_at - self._when_due.popleft())
        if step == RECONNECT:
            self._told.sent["arrival"] += ARRIVAL
            self._reconnect(self)
            return
        self._number += 1
        self._told.sent[step] += 1
        self.socket.send(frames.masked(self._text(step)))

    def _text(self, step: str) -> bytes:
        number = self._number
        match step:
            case "heartbeat":
                return frames.heartbeat(number)
            case "authorize":
                return frames.authorize(number)
            case "start":
                return frames.start(number)
            case "meters":
                return frames.meters(number, self._transaction_id)
            case "stop":
                return frames.stop(number, self._transaction_id)
            case status:
                return frames.turned(number, 1, status)


class Calendar:
    """What happens next, over all stations."""

    def __init__(self, shares: Iterable[float], *, first_s: float, last_s: float) -> None:
        self._events = heapq.merge(
            *(
                [(at, number, step) for at, step in steps(share, first_s=first_s, last_s=last_s)]
                for number, share in enumerate(shares)
            )
        )
        self._next = next(self._events, None)

    @property
    def is_over(self) -> bool:
        return self._next is None

    def until(self, second: float) -> Iterator[tuple[int, str]]:
        """(number of the station, step) of all that has happened by then."""
        while self._next is not None and self._next[0] <= second:
            _at, number, step = self._next
            self._next = next(self._events, None)
            yield number, step
