"""What goes on with one station while its socket is open. Knows no Channels and no sockets."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from ocpp_gateway import codes
from ocpp_gateway.acceptance import Acceptance
from ocpp_gateway.codec import (
    CallError,
    CallResult,
    check_request,
    encode_call,
    encode_result,
)
from ocpp_gateway.dialects import DIALECTS
from ocpp_gateway.dialects.base import Handler
from ocpp_gateway.faults import FaultLog
from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.frames import Call, Garbled
from ocpp_gateway.link import (
    Answered,
    Asked,
    Disputed,
    Heard,
    Link,
    Noted,
    Reply,
    Stray,
    Told,
    new_id,
)
from ocpp_gateway.writer import Failed, Writer
from operations import events
from operations.answers import Answer, BootAnswer
from operations.commands import BY_SLUG
from operations.services import connections, outcomes, runs, stations
from operations.services.connections import Opened
from operations.services.messages import Exchange
from operations.services.runs import Claimed, OutgoingCall
from operations.services.told import Fault
from operations.statuses import Registration
from operations.versions import OcppVersion

logger = logging.getLogger(__name__)

# A station that does not boot after connecting was up already; how long we wait to be sure,
# and when we ask it to boot all the same, to learn who it is.
GRACE_S = 10.0
ASK_TO_BOOT_S = 30.0
# Nothing heard for so many heartbeat intervals: nobody is there, whatever TCP says.
SILENT_INTERVALS = 3
SILENT = 4002
FORGOTTEN = 4003  # the database has this connection closed
MOST_HANDLED = 32  # calls of one station under way; a proper one has one
MOST_STRAYS = 20  # answers nobody waits for, each worth a look into the database
OWN_TIMEOUT_S = 30.0
LOGGED_CHARACTERS = 20_000  # of a frame that could not be understood


@dataclass(frozen=True, slots=True)
class _Run:
    """In the outbox: a run to be claimed when its turn comes, or to be nudged."""

    pk: int
    is_nudge: bool = False


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


class Conversation:
    """Both sides of one socket's talk: what the station tells, and what operators ask."""

    def __init__(
        self,
        opened: Opened,
        version: OcppVersion,
        writer: Writer,
        faults: FaultLog,
        transmit: Callable[[str], None],
        hang_up: Callable[[int, str], None],
    ) -> None:
        self.opened = opened
        self._faults = faults
        self.last_heard_at: datetime = timezone.now()
        self._writer = writer
        self._transmit = transmit
        self.hang_up = hang_up
        self._loop = asyncio.get_running_loop()
        self._link = Link(version)
        self._link.may_call = False
        self._dialect = DIALECTS[version.name]
        self._version = version
        self._acceptance = Acceptance(opened.registration, is_strict=self._dialect.is_strict)
        self._handled = 0
        self._is_over = False
        self._watched: dict[int, tuple[type[events.Event], ...]] = {
            pk: BY_SLUG[slug].confirmed_by for pk, slug in opened.watched
        }
        self._asking: set[int] = set()  # runs that are in the outbox or being asked
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._grace = self._loop.call_later(GRACE_S, self._may_call, opened.registration)
        self._boot_due = self._loop.call_later(ASK_TO_BOOT_S, self._ask_to_boot)

    @property
    def is_busy(self) -> bool:
        """Whether the socket shall be read no further for now."""
        return self._handled >= MOST_HANDLED or self._writer.is_full

    # --- What the station says

    def hear(self, raw: str | bytes) -> None:
        """Take one frame; not from a socket that was replaced and has not noticed yet."""
        if self._is_over:
            return
        self.last_heard_at = timezone.now()
        for happening in self._link.receive(raw):
            match happening:
                case Heard(call, findings):
                    self._note(call.action, findings)
                    self._handle(call, raw)
                case Told(send, findings):
                    self._note(send.action, findings)
                    self._log(send.action, send.unique_id, raw)
                case Reply(frame, why, call):
                    self._reply(frame, why, call, raw)
                case Answered():
                    self._answered(happening, raw)
                case Stray(message):
                    self._take_stray(message, raw)
                case Disputed(error):
                    self._log("", error.unique_id, raw, error_code=error.code)
                case Noted(why):
                    self._log("", "", raw, error_code=why.code)
                    self._refused("", why)

    def _note(self, action: str, findings: tuple[Finding, ...]) -> None:
        """Faults that were understood all the same."""
        for finding in findings:
            self._faults.add(
                Fault(self.opened.station_pk, finding.kind, action, finding.path), finding.detail
            )

    def _refused(self, action: str, why: Violation | Garbled) -> None:
        """A fault that was not."""
        path = why.path if isinstance(why, Violation) else ""
        detail = why.text if isinstance(why, Violation) else why.detail
        self._faults.add(Fault(self.opened.station_pk, why.code, action, path), detail)

    def _handle(self, call: Call, raw: str | bytes) -> None:
        """Translate, record, answer once it is committed."""
        handler = self._dialect.handlers.get(call.action)
        if handler is None:
            # A central system's own message: known, but nothing a station may ask.
            self._refuse(call, raw, codes.NOT_SUPPORTED, "Stations don't send this message.")
            return
        if not self._acceptance.lets(call.action):
            why = Violation(codes.SECURITY_ERROR, "", "This station is not accepted yet.")
            self._refuse(call, raw, why.code, why.text)
            self._link.forget(call)  # once it is accepted, it may say the same again
            self._refused(call.action, why)
            return
        try:
            event = handler.translate(call.payload, self.last_heard_at)
        except (KeyError, TypeError, ValueError, OverflowError):
            logger.exception("a valid message was not understood", extra={"action": call.action})
            self._refuse(call, raw, codes.INTERNAL_ERROR, "The message was not understood.")
            return
        if isinstance(event, events.HeartbeatHeard):
            # Nothing to commit: answered at once, logged later.
            frame = self._link.answer(call, handler.answer(None, call.payload))
            self._transmit(frame)
            self._writer.log(self.row(call, raw, frame, self.last_heard_at))
            self._let_call()
            return
        self._handled += 1
        exchange = _Handling(self, call, raw, handler, event, self.last_heard_at)
        told = events.Told(self.opened.station_pk, event, self.last_heard_at)
        self._writer.record(told, exchange.conclude, exchange.done)

    def finish(self, exchange: "_Handling", result: Any) -> None:
        """The event is committed, or failed: answer."""
        self._handled -= 1
        if self._is_over:
            return
        if isinstance(result, Failed):
            self._refuse(
                exchange.call, exchange.raw, codes.INTERNAL_ERROR, "It could not be recorded."
            )
            return
        self._transmit(self._link.give(exchange.call, exchange.frame))
        if isinstance(exchange.answer, BootAnswer):
            self._acceptance.registration = exchange.answer.registration
        self._look(exchange.event)
        self._let_call(exchange.answer)
        if isinstance(exchange.answer, BootAnswer):
            self._boot_due.cancel()

    def _refuse(self, call: Call, raw: str | bytes, code: str, description: str) -> None:
        frame = self._link.refuse(call, code, description)
        self._transmit(frame)
        self._log(call.action, call.unique_id, raw, answer=frame, error_code=code)

    def _reply(
        self, frame: str, why: Violation | Garbled | None, call: Call | None, raw: str | bytes
    ) -> None:
        """The link has answered by itself: an error, or what it answered before."""
        self._transmit(frame)
        action = call.action if call else ""
        unique_id = call.unique_id if call else ""
        self._log(action, unique_id, raw, answer=frame, error_code=why.code if why else "")
        if why is not None:
            self._refused(action, why)

    def _log(
        self, action: str, unique_id: str, raw: str | bytes, answer: str = "", error_code: str = ""
    ) -> None:
        now = timezone.now()
        self._writer.log(
            Exchange(
                station_id=self.opened.station_pk,
                connection_id=self.opened.connection_pk,
                is_from_station=True,
                action=action,
                unique_id=unique_id,
                call=_text(raw),
                called_at=now,
                answer=answer,
                answered_at=now if answer else None,
                error_code=error_code,
            )
        )

    def row(self, call: Call, raw: str | bytes, answer: str, called_at: datetime) -> Exchange:
        """The message log's row of an answered call."""
        return Exchange(
            station_id=self.opened.station_pk,
            connection_id=self.opened.connection_pk,
            is_from_station=True,
            action=call.action,
            unique_id=call.unique_id,
            call=_text(raw),
            called_at=called_at,
            answer=answer,
            answered_at=timezone.now(),
        )

    # --- What operators ask

    def _let_call(self, answer: Answer = None) -> None:
        """Whoever was answered may be asked: at once after booting, or if it booted long ago.

        Some stations loop when they are called before their boot is answered (Wallbox,
        lbbrhzn #1503).
        """
        if self._link.may_call:
            return
        if isinstance(answer, BootAnswer):
            self._may_call(answer.registration)
        elif self.opened.has_booted_before and self.opened.registration == Registration.ACCEPTED:
            self._may_call(Registration.ACCEPTED)

    def _may_call(self, registration: Registration) -> None:
        """Whom we rejected answers nothing, until a later boot is answered otherwise."""
        self._grace.cancel()
        if not self._is_over and registration != Registration.REJECTED:
            self._link.may_call = True
            self._pump()

    def _ask_to_boot(self) -> None:
        """Reconnecting without a boot is legal, but leaves us with what we knew (evcc #31192)."""
        if not self.opened.ignores_boot_trigger:
            self._link.put(_Own("TriggerMessage", {"requestedMessage": "BootNotification"}))
            self._pump()

    def hang_up_if_silent(self, now: datetime) -> None:
        """Close a socket on which nothing was heard for too long."""
        silent_s = (now - self.last_heard_at).total_seconds()
        if silent_s > SILENT_INTERVALS * settings.EVCHARGE_HEARTBEAT_S:
            self.hang_up(SILENT, f"nothing heard for {silent_s:.0f} s")

    def ask(self, run_pk: int) -> None:
        """A run waits for this station. Told twice, it is asked once."""
        self._enqueue(_Run(run_pk))

    def nudge(self, run_pk: int) -> None:
        """A run wants the station to report again."""
        self._enqueue(_Run(run_pk, is_nudge=True))

    def _enqueue(self, item: _Run) -> None:
        if item.pk in self._asking:
            return
        # A full outbox forgets; the sweeper announces the run again.
        if self._link.put(item):
            self._asking.add(item.pk)
            self._pump()

    def _pump(self) -> None:
        """Send the next call, if the slot is free."""
        item = self._link.next()
        if item is None:
            return
        if isinstance(item, _Own):
            self._send(Asked(new_id(), item.action, item.payload, OWN_TIMEOUT_S, item))
            return
        if isinstance(item, _Call):
            if item.run_pk in self._asking:
                self._send(_asked(item))
            else:
                self._skip()  # an earlier call of this run was not answered
            return
        claim = runs.claim_nudge if item.is_nudge else runs.claim
        self._writer.call(
            partial(claim, run_pk=item.pk, connection_pk=self.opened.connection_pk),
            partial(self._claimed, item),
        )

    def _skip(self) -> None:
        self._link.release()
        self._pump()

    def _claimed(self, item: _Run, claimed: Claimed | Failed | None) -> None:
        if self._is_over:
            return
        if claimed is None or isinstance(claimed, Failed) or not claimed.calls:
            self._asking.discard(item.pk)
            self._skip()
            return
        for call in claimed.calls:
            violation = check_request(self._version, call.action, call.payload)
            if violation is not None and not call.may_break_schema:
                self._asking.discard(item.pk)
                why = f"The request breaks OCPP {self._version}: {violation}"
                self._writer.call(partial(outcomes.fail_unsent, run_pk=item.pk, why=why), _ignore)
                self._skip()
                return
        self._asking.add(item.pk)  # a late answer to an earlier attempt may have taken it off
        confirmed_by = BY_SLUG[claimed.command].confirmed_by
        if confirmed_by and not claimed.is_nudge:
            self._watched[item.pk] = confirmed_by
        first, *others = (_Call(item.pk, call, claimed.answer_timeout_s) for call in claimed.calls)
        for other in reversed(others):
            self._link.put_first(other)
        self._send(_asked(first))

    def _send(self, asked: Asked) -> None:
        self._acceptance.ask(asked.action, asked.payload)
        self._transmit(self._link.send(asked))
        self._timers[asked.unique_id] = self._loop.call_later(
            asked.timeout_s, self._expire, asked.unique_id
        )

    def _expire(self, unique_id: str) -> None:
        """No answer in time: free the slot. What that means for the run, the sweeper says."""
        self._timers.pop(unique_id, None)
        asked = self._link.in_flight
        if asked is None or not self._link.expire(unique_id):
            return
        if isinstance(asked.item, _Own):
            self._log_own(asked, "")
            self._writer.call(
                partial(stations.note_ignored_boot_trigger, station_pk=self.opened.station_pk),
                _ignore,
            )
        else:
            self._asking.discard(asked.item.run_pk)
        self._pump()

    def _log_own(self, asked: Asked, answer: str) -> None:
        now = timezone.now()
        self._writer.log(
            Exchange(
                station_id=self.opened.station_pk,
                connection_id=self.opened.connection_pk,
                is_from_station=False,
                action=asked.action,
                unique_id=asked.unique_id,
                call=encode_call(asked.unique_id, asked.action, asked.payload),
                called_at=now,
                answer=answer,
                answered_at=now if answer else None,
            )
        )

    def _answered(self, happening: Answered, raw: str | bytes) -> None:
        asked = happening.asked
        self._note(asked.action, happening.findings)
        timer = self._timers.pop(asked.unique_id, None)
        if timer is not None:
            timer.cancel()
        if isinstance(asked.item, _Own):
            self._log_own(asked, _text(raw))
            self._pump()
            return
        self._record_answer(asked.unique_id, happening.answer, raw)
        if not any(
            isinstance(item, _Call) and item.run_pk == asked.item.run_pk
            for item in self._link.waiting
        ):
            self._asking.discard(asked.item.run_pk)
        self._pump()

    def _take_stray(self, message: CallResult | CallError, raw: str | bytes) -> None:
        """Perhaps an answer to a call from before a restart; the database knows."""
        if self._link.strays <= MOST_STRAYS:
            self._record_answer(message.unique_id, message, raw)

    def _record_answer(
        self, unique_id: str, message: CallResult | CallError, raw: str | bytes
    ) -> None:
        answer: dict[str, Any]
        if isinstance(message, CallError):
            answer = {"error": message.code, "description": message.description}
        else:
            answer = {"payload": message.payload}
        self._writer.call(
            partial(
                outcomes.record_answer,
                unique_id=unique_id,
                station_pk=self.opened.station_pk,
                frame=_text(raw),
                answer=answer,
                answered_at=self.last_heard_at,
            ),
            partial(self._answer_recorded, message, raw),
        )

    def _answer_recorded(
        self, message: CallResult | CallError, raw: str | bytes, result: Any
    ) -> None:
        if result is None:
            self._log("", message.unique_id, raw)

    # --- Effects

    def _look(self, event: events.Event) -> None:
        """Ask whether what was just told is what runs wait for; usually nobody waits."""
        if not self._watched:
            return
        told = event.parts if isinstance(event, events.ComponentsReported) else (event,)
        concerned = [
            pk
            for pk, confirmed_by in self._watched.items()
            if any(isinstance(part, confirmed_by) for part in told)
        ]
        if concerned:
            self._writer.call(
                partial(outcomes.check_effects, run_pks=concerned),
                partial(self._looked, concerned),
            )

    def _looked(self, concerned: list[int], still: list[int] | Failed) -> None:
        if not isinstance(still, Failed):
            for pk in set(concerned) - set(still):
                self._watched.pop(pk, None)

    # --- The end

    def end(self, code: int | None, reason: str) -> None:
        """The socket is closed; tell whoever needs to know, once."""
        if self._is_over:
            return
        self._is_over = True
        self._grace.cancel()
        self._boot_due.cancel()
        self._link.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._writer.call(
            partial(
                connections.close_connection,
                connection_pk=self.opened.connection_pk,
                code=code,
                reason=reason,
            ),
            _ignore,
        )


class _Handling:
    """One call of the station, from hearing it to answering it."""

    __slots__ = ("_owner", "answer", "call", "event", "frame", "handler", "heard_at", "raw")

    def __init__(
        self,
        owner: Conversation,
        call: Call,
        raw: str | bytes,
        handler: Handler,
        event: events.Event,
        heard_at: datetime,
    ) -> None:
        self._owner = owner
        self.call = call
        self.raw = raw
        self.handler = handler
        self.event = event
        self.heard_at = heard_at
        self.answer: Answer = None
        self.frame = ""

    def conclude(self, answer: Answer) -> tuple["_Handling", Exchange]:
        """In the writer's thread, in the event's transaction: the answer and the log's row."""
        self.answer = answer
        payload = self.handler.answer(answer, self.call.payload)
        self.frame = encode_result(self.call.raw_id, payload)
        row = self._owner.row(self.call, self.raw, self.frame, self.heard_at)
        return self, row

    def done(self, result: Any) -> None:
        """On the loop, after the commit."""
        self._owner.finish(self, result)


def _asked(item: _Call) -> Asked:
    call = item.call
    return Asked(call.unique_id, call.action, call.payload, item.timeout_s, item)


def _text(raw: str | bytes) -> str:
    text = raw if isinstance(raw, str) else raw.decode(errors="replace")
    return text if len(text) <= LOGGED_CHARACTERS else text[:LOGGED_CHARACTERS] + "…"


def _ignore(_result: Any) -> None:
    """Nobody waits for this; failures are in the log."""
