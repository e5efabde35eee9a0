"""Our side of one socket's talk: runs claimed, sent one at a time, answered, their effects seen."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ocpp_gateway.acceptance import Acceptance
from ocpp_gateway.codec import CallError, CallResult, check_request
from ocpp_gateway.journal import Journal, shortened
from ocpp_gateway.link import Answered, Asked, Link, new_id
from ocpp_gateway.writer import Failed, Writer
from operations import events
from operations.commands import BY_SLUG
from operations.services import outcomes, runs, stations
from operations.services.calls import Claimed, OutgoingCall, Over
from operations.services.connections import Opened

MOST_STRAYS = 20  # answers nobody waits for, each worth a look into the database
OWN_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class _Run:
    """In the outbox: a run to be claimed when its turn comes, or to be nudged."""

    pk: int
    is_nudge: bool = False
    can_wait: bool = False  # one of many: what somebody has just clicked goes before it


@dataclass(frozen=True, slots=True)
class _Own:
    """In the outbox: a call that no operator asked for."""

    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """In the outbox: a further call of a claimed run."""

    run_pk: int
    call: OutgoingCall
    timeout_s: float
    can_wait: bool = False  # as its run

    def asked(self) -> Asked:
        """As the link takes it."""
        call = self.call
        return Asked(call.unique_id, call.action, call.payload, self.timeout_s, self)


class Asking:
    """What operators ask of one station, from the announcement of a run to its answers."""

    def __init__(
        self,
        opened: Opened,
        link: Link,
        writer: Writer,
        journal: Journal,
        acceptance: Acceptance,
        transmit: Callable[[str], None],
    ) -> None:
        self._opened = opened
        self._link = link
        self._writer = writer
        self._journal = journal
        self._acceptance = acceptance
        self._transmit = transmit
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._asking: set[int] = set()  # runs that are in the outbox or being asked
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._watched: dict[int, tuple[type[events.Evidence], ...]] = {
            pk: BY_SLUG[slug].awaits for pk, slug in opened.watched
        }

    # What comes into the outbox

    def ask(self, run_pk: int, *, can_wait: bool = False) -> None:
        """A run waits for this station. Told twice, it is asked once."""
        self._enqueue(_Run(run_pk, can_wait=can_wait))

    def nudge(self, run_pk: int) -> None:
        """A run wants the station to report again."""
        self._enqueue(_Run(run_pk, is_nudge=True))

    def ask_to_boot(self) -> None:
        """Reconnecting without a boot is legal, but leaves us with what we knew (evcc #31192)."""
        if not self._opened.ignores_boot_trigger:
            self._link.put(_Own("TriggerMessage", {"requestedMessage": "BootNotification"}))
            self.pump()

    def _enqueue(self, item: _Run) -> None:
        if item.pk in self._asking:
            return
        # A full outbox forgets; the sweeper announces the run again.
        if self._link.put(item):
            self._asking.add(item.pk)
            self.pump()

    # What goes out of it

    def pump(self) -> None:
        """Send the next call, if the slot is free."""
        item = self._link.next()
        match item:
            case _Own(action, payload):
                self._send(Asked(new_id(), action, payload, OWN_TIMEOUT_S, item))
            case _Call(run_pk) if run_pk in self._asking:
                self._send(item.asked())
            case _Call():
                self._skip()  # an earlier call of this run was not answered
            case _Run(pk, is_nudge=False):
                asked, claimed = (pk, self._opened.connection_pk), partial(self._claimed, item)
                self._writer.gather(
                    runs.claim_all,
                    asked,
                    claimed,
                    is_urgent=not item.can_wait,
                    can_wait=item.can_wait,
                )
            case _Run(pk):
                claim = partial(
                    runs.claim_nudge, run_pk=pk, connection_pk=self._opened.connection_pk
                )
                self._writer.call(claim, partial(self._claimed, item))

    def _skip(self) -> None:
        self._link.release()
        self.pump()

    def _claimed(self, item: _Run, claimed: Claimed | Failed | None) -> None:
        if self._is_over:
            return
        if claimed is None or isinstance(claimed, Failed) or not claimed.calls:
            self._asking.discard(item.pk)
            self._skip()
            return
        awaits = BY_SLUG[claimed.command].awaits
        if awaits and not claimed.is_nudge:
            self._watched[item.pk] = awaits
        self._put_calls(claimed, can_wait=item.can_wait)
        self._skip()

    def _put_calls(self, claimed: Claimed, *, can_wait: bool = False) -> None:
        """A run's calls go out next, one after the other, unless they must not go out."""
        fault = self._fault_of(claimed)
        if fault is not None:
            self._asking.discard(claimed.run_pk)
            fail = partial(outcomes.fail_unsent, run_pk=claimed.run_pk, why=fault)
            self._writer.call(fail, ignore)
            return
        # A late answer to an earlier attempt may have taken it off.
        self._asking.add(claimed.run_pk)
        for call in reversed(claimed.calls):
            timeout_s = claimed.answer_timeout_s
            self._link.put_first(_Call(claimed.run_pk, call, timeout_s, can_wait))

    def _fault_of(self, claimed: Claimed) -> str | None:
        """Why these calls must not go out: we are strict in what we send."""
        version = self._link.version
        for call in claimed.calls:
            violation = check_request(version, call.action, call.payload)
            if violation is not None and not call.may_break_schema:
                return f"The request breaks OCPP {version}: {violation}"
        return None

    def _send(self, asked: Asked) -> None:
        self._acceptance.ask(asked.action, asked.payload)
        self._transmit(self._link.send(asked))
        self._timers[asked.unique_id] = self._loop.call_later(
            asked.timeout_s, self.expire, asked.unique_id
        )

    def expire(self, unique_id: str) -> None:
        """No answer in time: free the slot. What that means for the run, the sweeper says."""
        self._timers.pop(unique_id, None)
        asked = self._link.in_flight
        if asked is None or not self._link.expire(unique_id):
            return
        if isinstance(asked.item, _Own):
            self._journal.asked(asked, "")
            ignored = partial(
                stations.note_ignored_boot_trigger, station_pk=self._opened.station_pk
            )
            self._writer.call(ignored, ignore)
        else:
            self._asking.discard(asked.item.run_pk)
        self.pump()

    # What comes back

    def answered(self, happening: Answered, raw: str | bytes, at: datetime) -> None:
        """The station answered a call of ours."""
        asked = happening.asked
        self._journal.mended(asked.action, happening.findings)
        timer = self._timers.pop(asked.unique_id, None)
        if timer is not None:
            timer.cancel()
        if isinstance(asked.item, _Own):
            self._journal.asked(asked, shortened(raw))
        else:
            self._record_answer(happening.answer, raw, at, can_wait=asked.item.can_wait)
            self._settle(asked.item.run_pk)
        self.pump()

    def _settle(self, run_pk: int) -> None:
        """The run's last call is answered: it may be announced again."""
        waiting = (item for item in self._link.waiting if isinstance(item, _Call))
        if not any(item.run_pk == run_pk for item in waiting):
            self._asking.discard(run_pk)

    def take_stray(self, message: CallResult | CallError, raw: str | bytes, at: datetime) -> None:
        """Perhaps an answer to a call from before a restart; the database knows."""
        if self._link.strays <= MOST_STRAYS:
            self._record_answer(message, raw, at)

    def _record_answer(
        self,
        message: CallResult | CallError,
        raw: str | bytes,
        at: datetime,
        *,
        can_wait: bool = False,
    ) -> None:
        answer: dict[str, Any]
        if isinstance(message, CallError):
            answer = {"error": message.code, "description": message.description}
        else:
            answer = {"payload": message.payload}
        answered = outcomes.Answered(
            message.unique_id, self._opened.station_pk, shortened(raw), answer, at
        )
        recorded = partial(self._recorded, message.unique_id, raw, can_wait=can_wait)
        self._writer.gather(outcomes.record_answers, answered, recorded, can_wait=can_wait)

    def _recorded(
        self,
        unique_id: str,
        raw: str | bytes,
        recorded: int | Over | Claimed | Failed | None,
        *,
        can_wait: bool,
    ) -> None:
        if recorded is None:
            self._journal.stray(raw, unique_id)
        elif isinstance(recorded, Over):
            self._watched.pop(recorded.run_pk, None)
        elif isinstance(recorded, Claimed) and not self._is_over:
            self._put_calls(recorded, can_wait=can_wait)
            self.pump()

    # What shows

    @property
    def is_asking(self) -> bool:
        """Whether a run waits for its turn, or for this station's answer."""
        return bool(self._asking)

    @property
    def is_watching(self) -> bool:
        """Whether a run waits for what this station may tell."""
        return bool(self._watched)

    def look(self, told: events.Told) -> None:
        """Ask whether what was just told is what runs wait for; usually nobody waits."""
        if not self._watched:
            return
        event = told.event
        parts = event.parts if isinstance(event, events.ComponentsReported) else (event,)
        concerned = [
            pk
            for pk, awaits in self._watched.items()
            if any(isinstance(part, awaits) for part in parts)
        ]
        if concerned:
            self._writer.gather(
                outcomes.check_all, (concerned, told), partial(self._looked, concerned)
            )

    def _looked(self, concerned: list[int], still: list[int] | Failed) -> None:
        if not isinstance(still, Failed):
            for pk in set(concerned) - set(still):
                self._watched.pop(pk, None)

    def end(self) -> None:
        """The socket is closed: nothing goes out any more."""
        self._is_over = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def ignore(_result: Any) -> None:
    """Nobody waits for this; failures are in the log."""
