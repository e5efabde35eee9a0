"""What all sockets of one process share: the writer, the node's name, the beat of presence."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from django.utils import timezone

from ocpp_gateway.conversation import FORGOTTEN, Conversation
from ocpp_gateway.faults import FaultLog
from ocpp_gateway.settling import Settling
from ocpp_gateway.writer import Failed, Writer
from operations import metrics
from operations.services import connections, history, pacing, told
from operations.services.connections import Seen
from operations.services.live import switchboard
from operations.services.pacer import Done, pacer
from operations.services.traffic import traffic

logger = logging.getLogger(__name__)

BEAT_S = 1.0
MOST_ADMITTED_AT_ONCE = 200  # of a storm of reconnects; the others wait, nobody is refused
RENEW_S = 5.0
TURNS = 15  # sockets are touched in turn, a share with each beat: nobody waits for them all
GOING_AWAY = 1001
ANSWERS_S = 5.0  # how long stations that are being asked something may take when the server stops
FAREWELLS, FAREWELL_EVERY_S = 50, 0.1  # in turn: the other nodes have to take them all in


class Gateway:
    """Started with the server, stopped with it."""

    def __init__(self) -> None:
        self.writer = Writer()
        self.faults = FaultLog()
        self.admission = asyncio.Semaphore(MOST_ADMITTED_AT_ONCE)
        self.node = ""
        self._is_alone = True
        self._conversations: set[Conversation] = set()
        self._beat: asyncio.Task[None] | None = None
        self._touched: dict[int, object] = {}
        self._settling = Settling()
        self._minute = history.minute_of(timezone.now())  # the one messages are counted in

    @property
    def is_running(self) -> bool:
        """Whether sockets may be opened."""
        return self._beat is not None

    async def start(self, *, is_alone: bool) -> None:
        """Begin, on the running loop. `is_alone`: no other server process shares the database."""
        self.node = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"
        self._is_alone = is_alone
        self.admission = asyncio.Semaphore(MOST_ADMITTED_AT_ONCE)
        self.writer.start(asyncio.get_running_loop())
        metrics.connections.set_function(lambda: len(self._conversations))
        await self.writer.ask(partial(connections.start_node, name=self.node, is_alone=is_alone))
        pacer.bind(asyncio.get_running_loop(), self._look_at_batches)
        self._settling.begin()
        self._beat = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """End: whatever is open is closed in the database, and all is written."""
        if self._beat is None:
            return
        self._beat.cancel()
        self._beat = None
        pacer.unbind()
        for conversation in list(self._conversations):
            conversation.end(GOING_AWAY, "The server process stopped.")
        self._note_faults()
        self.writer.call(partial(connections.stop_node, name=self.node), _log_failure)
        await asyncio.to_thread(self.writer.stop)
        self._settling.end()

    async def drain(self) -> None:
        """The process ends soon: send stations away in turn, those that are being asked last."""
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + ANSWERS_S
        while self._conversations:
            is_patient = loop.time() < patient_until
            idle = (
                each for each in self._conversations if not (is_patient and each.asking.is_asking)
            )
            for conversation in list(islice(idle, FAREWELLS)):
                conversation.hang_up(GOING_AWAY, "The server is shutting down.")
            await asyncio.sleep(FAREWELL_EVERY_S)

    def add(self, conversation: Conversation) -> None:
        """A socket was opened."""
        self._conversations.add(conversation)
        self._settling.move()

    def remove(self, conversation: Conversation) -> None:
        """A socket was closed."""
        if conversation in self._conversations:
            self._conversations.remove(conversation)
            self._settling.move()
        self._touched.pop(conversation.opened.connection_pk, None)

    async def _keep_alive(self) -> None:
        """Renew the lease, and note now and then who was heard and what was wrong."""
        beats = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beats += 1
            self._note_faults()
            self._note_traffic()
            self._settling.settle()
            if beats % round(RENEW_S / BEAT_S) == 0:
                self.writer.call(partial(connections.renew_node, name=self.node), self._renewed)
                if not self._is_alone:
                    switchboard.look()
            self._touch(beats % TURNS)

    def _look_at_batches(self, batch_pks: Collection[int], done: Done) -> None:
        """Through the writer: SQLite has one at a time, and sockets must not wait for another."""
        self.writer.call(partial(pacing.advance, batch_pks=batch_pks), done)

    def _note_faults(self) -> None:
        found = self.faults.take()
        if found:
            self.writer.call(partial(told.record_findings, found=found), _log_failure)

    def _note_traffic(self) -> None:
        """Once a minute: how many messages the one before brought."""
        minute = history.minute_of(timezone.now())
        if minute == self._minute:
            return
        counts, at, self._minute = traffic.take(), self._minute, minute
        if counts:
            note = partial(history.note_traffic, node=self.node, at=at, counts=counts)
            self.writer.call(note, _log_failure)

    def _renewed(self, was_alive: bool | Failed) -> None:  # noqa: FBT001
        _log_failure(was_alive)
        if was_alive is False:
            # Taken for dead, with all sockets: look at each again.
            self._touched.clear()
            for turn in range(TURNS):
                self._touch(turn)

    def _touch(self, turn: int) -> None:
        now = timezone.now()
        mine = [each for each in self._conversations if each.opened.connection_pk % TURNS == turn]
        for conversation in mine:
            conversation.hang_up_if_silent(now)
        heard = {
            conversation.opened.connection_pk: Seen(
                conversation.opened.connection_pk,
                conversation.last_heard_at,
                _pong_of(conversation),
            )
            for conversation in self._conversations.intersection(mine)
        }
        news = {pk: seen for pk, seen in heard.items() if self._touched.get(pk) != seen}
        self._touched.update(news)
        if news:
            self.writer.call(partial(connections.touch, heard=news), self._hang_up_closed)

    def _hang_up_closed(self, closed: set[int] | Failed) -> None:
        """The database knows better than these sockets: their stations shall come again."""
        if isinstance(closed, Failed):
            _log_failure(closed)
            return
        for conversation in list(self._conversations):
            if conversation.opened.connection_pk in closed:
                conversation.hang_up(FORGOTTEN, "connect again")


def _pong_of(conversation: Conversation) -> datetime | None:
    """When the socket last answered a ping, to the minute: each pong is not worth a write."""
    at = conversation.ponged_at()
    return None if at is None else datetime.fromtimestamp(at // 60 * 60, UTC)


def _log_failure(result: Any) -> None:
    if isinstance(result, Failed):
        logger.error("presence could not be noted", extra={"error": str(result.error)})


gateway = Gateway()
