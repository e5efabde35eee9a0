"""What goes on with one station while its socket is open. Knows no Channels and no sockets."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from ocpp_gateway import codes
from ocpp_gateway.acceptance import Acceptance
from ocpp_gateway.asking import Asking, ignore
from ocpp_gateway.codec import encode_result
from ocpp_gateway.dialects import DIALECTS
from ocpp_gateway.dialects.base import Handler
from ocpp_gateway.faults import FaultLog
from ocpp_gateway.findings import Violation
from ocpp_gateway.frames import Call
from ocpp_gateway.journal import Journal
from ocpp_gateway.link import (
    Answered,
    Disputed,
    Happening,
    Heard,
    Link,
    Noted,
    Reply,
    Stray,
    Told,
)
from ocpp_gateway.writer import Failed, Writer
from operations import events
from operations.answers import Answer, BootAnswer
from operations.services import connections
from operations.services.connections import Closing, Opened
from operations.services.messages import Exchange
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


class Conversation:
    """Both sides of one socket's talk; what operators ask is `asking`'s."""

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
        self.last_heard_at: datetime = timezone.now()
        self.hang_up = hang_up
        # When the socket last answered a ping, where the server tells: seconds since 1970.
        self.ponged_at: Callable[[], float | None] = lambda: None
        self.journal = Journal(opened, writer, faults)
        self._writer = writer
        self._transmit = transmit
        self._link = Link(version)
        self._link.may_call = False
        self._dialect = DIALECTS[version.name]
        self._acceptance = Acceptance(opened.registration, is_strict=self._dialect.is_strict)
        self.asking = Asking(opened, self._link, writer, self.journal, self._acceptance, transmit)
        self._handled = 0
        self._is_over = False
        loop = asyncio.get_running_loop()
        self._grace = loop.call_later(GRACE_S, self._may_call, opened.registration)
        self._boot_due = loop.call_later(ASK_TO_BOOT_S, self.asking.ask_to_boot)

    @property
    def is_busy(self) -> bool:
        """Whether the socket shall be read no further for now."""
        return self._handled >= MOST_HANDLED or self._writer.is_full

    # What the station says

    def hear(self, raw: str | bytes) -> None:
        """Take one frame; not from a socket that was replaced and has not noticed yet."""
        if self._is_over:
            return
        self.last_heard_at = timezone.now()
        for happening in self._link.receive(raw):
            match happening:
                case Heard(call, findings):
                    self.journal.mended(call.action, findings)
                    self._handle(call, raw)
                case Answered():
                    self.asking.answered(happening, raw, self.last_heard_at)
                case Stray(message):
                    self.asking.take_stray(message, raw, self.last_heard_at)
                case _:
                    self._take_rest(happening, raw)

    def _take_rest(self, happening: Happening, raw: str | bytes) -> None:
        """What the link has dealt with itself, and what is only noted."""
        match happening:
            case Reply(frame, why, call):
                self._transmit(frame)
                self.journal.heard(raw, call, frame, why.code if why else "")
                if why is not None:
                    self.journal.refused(call.action if call else "", why)
            case Told(send, findings):
                self.journal.mended(send.action, findings)
                self._keep(send.action, send.payload, raw)
            case Disputed(error):
                self.journal.stray(raw, error.unique_id, error.code)
            case Noted(why):
                self.journal.heard(raw, error_code=why.code)
                self.journal.refused("", why)

    def _keep(self, action: str, payload: dict[str, Any], raw: str | bytes) -> None:
        """What is told without waiting for an answer (2.1 SEND)."""
        event = events.MessageHeard(action, payload)
        line = self.journal.exchange(raw, None, "", self.last_heard_at)
        line.action = action
        told = events.Told(self.opened.station_pk, event, self.last_heard_at)
        self._writer.record(told, lambda _answer: (None, line), ignore)

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
            self.journal.refused(call.action, why)
            return
        try:
            event = handler.translate(call.payload, self.last_heard_at)
        except (KeyError, TypeError, ValueError, OverflowError):
            logger.exception("a valid message was not understood", extra={"action": call.action})
            self._refuse(call, raw, codes.INTERNAL_ERROR, "The message was not understood.")
            return
        if isinstance(event, events.HeartbeatHeard) and not self.asking.is_watching:
            self._answer_at_once(call, raw, handler)
            return
        handling = _Handling(self, call, raw, handler, event, self.last_heard_at)
        self._handled += 1
        self._writer.record(handling.told, handling.conclude, handling.done)

    def _answer_at_once(self, call: Call, raw: str | bytes, handler: Handler) -> None:
        """Nothing is to be committed, and nobody waits for it: the log has it later."""
        frame = encode_result(call.raw_id, handler.answer(None, call.payload))
        self._transmit(self._link.give(call, frame))
        at = self.last_heard_at
        self._writer.log(self.journal.exchange(raw, call, frame, at, at))
        self._let_call()

    def finish(self, handling: "_Handling", result: Any) -> None:
        """The event is committed, or failed: answer."""
        self._handled -= 1
        if self._is_over:
            return
        if isinstance(result, Failed):
            why = "It could not be recorded."
            self._refuse(handling.call, handling.raw, codes.INTERNAL_ERROR, why)
            return
        self._transmit(self._link.give(handling.call, handling.frame))
        if isinstance(handling.answer, BootAnswer):
            self._acceptance.registration = handling.answer.registration
            self._boot_due.cancel()
        self.asking.look(handling.told)
        self._let_call(handling.answer)

    def _refuse(self, call: Call, raw: str | bytes, code: str, description: str) -> None:
        frame = self._link.refuse(call, code, description)
        self._transmit(frame)
        self.journal.heard(raw, call, frame, code)

    # When the station may be asked

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
            self.asking.pump()

    # The end

    def hang_up_if_silent(self, now: datetime) -> None:
        """Close a socket on which nothing was heard for too long."""
        silent_s = (now - self.last_heard_at).total_seconds()
        if silent_s > SILENT_INTERVALS * settings.EVCHARGE_HEARTBEAT_S:
            self.hang_up(SILENT, f"nothing heard for {silent_s:.0f} s")

    def end(self, code: int | None, reason: str) -> None:
        """The socket is closed; tell whoever needs to know, once."""
        if self._is_over:
            return
        self._is_over = True
        self._grace.cancel()
        self._boot_due.cancel()
        self._link.close()
        self.asking.end()
        closing = Closing(self.opened.connection_pk, code, reason)
        self._writer.gather(connections.close_connections, closing, ignore)


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

    @property
    def told(self) -> events.Told:
        """The event, with who told it and when."""
        return events.Told(self._owner.opened.station_pk, self.event, self.heard_at)

    def conclude(self, answer: Answer) -> tuple["_Handling", Exchange]:
        """In the writer's thread, in the event's transaction: the answer and the log's line."""
        self.answer = answer
        payload = self.handler.answer(answer, self.call.payload)
        self.frame = encode_result(self.call.raw_id, payload)
        return self, self._owner.journal.exchange(self.raw, self.call, self.frame, self.heard_at)

    def done(self, result: Any) -> None:
        """On the loop, after the commit."""
        self._owner.finish(self, result)
