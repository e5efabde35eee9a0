"""Batches what sockets want written into few transactions, in a thread of its own.

Consumers hand over work and get called back on their loop once it is committed. While one batch
is written the next one gathers, so that batches grow with the load and a quiet portal waits for
nothing. A batch that fails is done again piece by piece: one bad message hurts nobody else.
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db import connection as database
from django.utils import translation

from operations import metrics
from operations.answers import Answer
from operations.events import Told
from operations.services import messages, reports
from operations.services.live import Changes, publishing
from operations.services.messages import Exchange
from operations.services.parts import TooManyPartsError

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
# Who clicks waits for the transaction that is open: it lasts about so long, however much waits.
LASTS_S = 0.05
FEWEST_AT_ONCE = 25  # fewer would write little more than their commits
MOST_WAITING = 10_000  # then sockets are read no further, and the stations wait
PATIENCE_S = 20.0  # how long a database may be away before stations get an error
RETRY_S = 0.5
COMPANY_S = 0.01  # how long what is one of many waits for others, to share their statements
QUIET_S = 1.0  # how long log lines may wait for company
# Where so many stations tell something in so short a time, a transaction for each message would
# cost more than what it writes: then they begin so far apart, and each takes what came meanwhile.
CROWD, CROWD_S = 5, 0.1
APART_S = 0.01

Done = Callable[[Any], None]
# A service that does for many what it does for one: as many results as items, in their order.
Many = Callable[[Sequence[Any]], Sequence[Any]]
# Makes of the service's answer what the socket sends, and the row that keeps both.
Conclude = Callable[[Answer], tuple[Any, Exchange]]


@dataclass(frozen=True, slots=True)
class Failed:
    """What a caller gets instead of a result: the work was not done."""

    error: Exception


@dataclass(frozen=True, slots=True)
class _Work:
    """Something to do in a transaction: record an event, or call a service."""

    done: Done
    told: Told | None = None
    conclude: Conclude | None = None
    call: Callable[[], Any] | None = None
    many: Many | None = None
    item: Any = None


class Writer:
    """One thread that does all the writing of this process's sockets."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._work: deque[_Work] = deque()
        self._urgent: deque[_Work] = deque()  # what somebody waits for who has just clicked
        # On the loop: what is one of many, and what came in this turn.
        self._patient: list[_Work] = []
        self._fresh: list[_Work] = []
        self._log: deque[Exchange] = deque()
        self._wake = threading.Event()
        self._is_stopping = False
        self._at_once = MOST_AT_ONCE
        self._began = 0.0
        self._crowd = _Crowd()
        self._is_holding = False  # the thread need not wake for events
        # What is no event, counted on the loop when it is handed over, in the thread when taken.
        self._asked = 0
        self._heard = 0

    # Used on the loop

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; results are delivered on `loop`."""
        self._loop = loop
        self._is_stopping = False
        metrics.writer_queue.set_function(lambda: len(self._work) + len(self._log))
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end. Blocks for that long."""
        self._end_patience()
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S + 5)
            self._thread = None

    def record(self, told: Told, conclude: Conclude, done: Done) -> None:
        """Record an event and log its exchange; `done` gets what `conclude` made, or Failed."""
        self._put(_Work(done, told=told, conclude=conclude))

    def call(self, service: Callable[[], Any], done: Done) -> None:
        """Call a service in the next transaction; `done` gets its result, or Failed."""
        self._put(_Work(done, call=service))

    def gather(
        self,
        service: Many,
        item: Any,
        done: Done,
        *,
        is_urgent: bool = False,
        can_wait: bool = False,
    ) -> None:
        """Like `call`, together with all others that want the same of this service.

        What is urgent goes before all else; what can wait, one of very many, waits a moment for
        others of its kind.
        """
        work = _Work(done, many=service, item=item)
        if is_urgent:
            self._urgent.append(work)
            self._wake.set()
        elif can_wait:
            self._patient.append(work)
            if len(self._patient) == 1 and self._loop is not None:
                self._loop.call_later(COMPANY_S, self._end_patience)
        else:
            self._put(work)

    def _end_patience(self) -> None:
        patient, self._patient = self._patient, []
        self._fresh.extend(patient)
        self._hand_over()

    def _put(self, work: _Work) -> None:
        """Hand over at the end of the loop's turn, with all else that came in it.

        Woken by each, the thread would begin with the first, and the two take turns for every few.
        """
        self._fresh.append(work)
        if self._loop is None or self._loop.is_closed():
            self._hand_over()
        elif len(self._fresh) == 1:
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        fresh, self._fresh = self._fresh, []
        self._asked += _asked_in(fresh)
        self._work.extend(fresh)
        if self._asked > self._heard or not self._is_holding:
            self._wake.set()

    def ask(self, service: Callable[[], Any]) -> asyncio.Future[Any]:
        """Like `call`, to be awaited; raises what the service raised."""
        future, settle = _awaited()
        self.call(service, settle)
        return future

    def ask_together(self, service: Many, item: Any) -> asyncio.Future[Any]:
        """Like `gather`, to be awaited."""
        future, settle = _awaited()
        self.gather(service, item, settle)
        return future

    def log(self, row: Exchange) -> None:
        """Have a finished exchange logged, some time soon."""
        self._log.append(row)

    @property
    def is_full(self) -> bool:
        """Whether sockets shall wait before they bring more."""
        waiting = len(self._work) + len(self._patient) + len(self._fresh) + len(self._log)
        return waiting >= MOST_WAITING

    # Runs in the thread

    def _run(self) -> None:
        # What is kept is in the portal's own words: nobody's catalog is looked through for them.
        translation.deactivate_all()
        while True:
            self._wake.wait(timeout=QUIET_S)
            self._wake.clear()
            try:
                self._write_all()
            except DatabaseError:
                logger.exception("the message log could not be written")
            if self._is_stopping and not self._work and not self._urgent:
                break
        database.close()

    def _write_all(self) -> None:
        if database.errors_occurred:
            # Not after each batch: opening anew takes longer than writing a few rows.
            database.close()
        while self._urgent or self._work or self._log:
            self._hold()
            # What is urgent goes alone: a short transaction instead of a share in a long one.
            is_urgent = bool(self._urgent)
            batch = _take(self._urgent if is_urgent else self._work, self._at_once)
            rows = [] if is_urgent else _take(self._log, MOST_AT_ONCE)
            metrics.writer_batch.observe(len(batch) + len(rows))
            began = self._began = time.perf_counter()
            if not is_urgent:
                self._heard += _asked_in(batch)
            results = self._write(batch, rows)
            seconds = time.perf_counter() - began
            self._crowd.note(batch, began)
            metrics.writer_seconds.observe(seconds)
            self._deliver(batch, results)
            self._learn(len(batch), seconds)

    def _hold(self) -> None:
        """Wait until it is time for the next transaction, where all that waits are events."""
        self._is_holding = True
        while (
            self._crowd.is_one
            and not (self._urgent or self._asked > self._heard or self._is_stopping)
            and (left_s := self._began + APART_S - time.perf_counter()) > 0
        ):
            self._wake.wait(timeout=left_s)
            self._wake.clear()
        self._is_holding = False

    def _learn(self, size: int, seconds: float) -> None:
        """Take as much at once as may be written in the time; half-way, for one may be slow."""
        if size >= FEWEST_AT_ONCE and seconds > 0:
            fair = round((self._at_once + size * LASTS_S / seconds) / 2)
            self._at_once = min(max(fair, FEWEST_AT_ONCE), MOST_AT_ONCE)

    def _write(self, batch: list[_Work], rows: list[Exchange]) -> list[Any]:
        """All in one transaction; if that fails, each alone."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with publishing() as changes:
                    results = _perform(batch, changes)
                    if rows:
                        messages.log(rows)
                return results
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() > deadline:
                    logger.exception("the database does not answer")
                    if not self._is_stopping:
                        self._log.extendleft(reversed(rows))  # nobody else has these lines
                    return [Failed(error) for _work in batch]
                database.close()
                time.sleep(RETRY_S)
            except Exception:  # noqa: BLE001
                # Whose fault it is shows when each is done alone.
                break
        self._log_alone(rows)
        return [_perform_alone(work) for work in batch]

    @staticmethod
    def _log_alone(rows: list[Exchange]) -> None:
        for row in rows:
            try:
                messages.log([row])
            except (DatabaseError, ValueError):
                logger.exception("a message could not be logged", extra={"action": row.action})

    def _deliver(self, batch: list[_Work], results: list[Any]) -> None:
        loop = self._loop
        if loop is None or not batch:
            return

        def call_back() -> None:
            for work, result in zip(batch, results, strict=True):
                try:
                    work.done(result)
                except Exception as error:  # noqa: BLE001  it keeps nobody else from an answer
                    what = {"message": "what was written could not be told", "exception": error}
                    loop.call_exception_handler(what)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(call_back)


class _Crowd:
    """Whether many stations talk, each now and then; one that talks a lot is none."""

    def __init__(self) -> None:
        self.is_one = False
        self._stations: set[int] = set()
        self._ends = 0.0

    def note(self, batch: Sequence[_Work], now: float) -> None:
        """What was written, and when."""
        if now >= self._ends:
            self.is_one = len(self._stations) >= CROWD and now < self._ends + CROWD_S
            self._stations = set()
            self._ends = now + CROWD_S
        self._stations.update(work.told.station_id for work in batch if work.told is not None)


def _awaited() -> tuple[asyncio.Future[Any], Done]:
    """A future, and what settles it with a result or the error of Failed."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(result: Any) -> None:
        if future.done():
            return
        if isinstance(result, Failed):
            future.set_exception(result.error)
        else:
            future.set_result(result)

    return future, settle


def _asked_in(works: Sequence[_Work]) -> int:
    return sum(work.told is None for work in works)


def _take(queue: deque[Any], most: int) -> list[Any]:
    return [queue.popleft() for _ in range(min(len(queue), most))]


def _perform(batch: Sequence[_Work], changes: Changes) -> list[Any]:
    """Events first, all together; then what is gathered; then the services' calls, in order."""
    results: list[Any] = [None] * len(batch)
    told = [place for place, work in enumerate(batch) if work.told is not None]
    answers = reports.record([_told(batch[place]) for place in told], changes)
    rows = []
    for place, answer in zip(told, answers, strict=True):
        conclude = batch[place].conclude
        if conclude is not None:
            results[place], row = conclude(answer)
            rows.append(row)
    messages.log(rows)
    _gather(batch, results)
    for place, work in enumerate(batch):
        if work.call is not None:
            results[place] = work.call()
    return results


def _gather(batch: Sequence[_Work], results: list[Any]) -> None:
    """Each service once, for all that want the same of it."""
    wanted: dict[Many, list[int]] = defaultdict(list)
    for place, work in enumerate(batch):
        if work.many is not None:
            wanted[work.many].append(place)
    for service, places in wanted.items():
        done = service([batch[place].item for place in places])
        for place, result in zip(places, done, strict=True):
            results[place] = result


def _told(work: _Work) -> Told:
    assert work.told is not None  # noqa: S101
    return work.told


def _perform_alone(work: _Work) -> Any:
    try:
        with publishing() as changes:
            return _perform([work], changes)[0]
    except TooManyPartsError as error:
        # The station's fault, as often as it likes: no traceback for it.
        logger.warning("could not be recorded", extra={"why": str(error)})
        return Failed(error)
    except Exception as error:
        logger.exception(
            "could not be recorded",
            extra={"event": type(work.told.event).__name__ if work.told else str(work.call)},
        )
        return Failed(error)
