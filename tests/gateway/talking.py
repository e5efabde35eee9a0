"""A conversation whose writer does what it is told, when it is told."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone

from ocpp_gateway import conversation as talking
from ocpp_gateway.conversation import Conversation
from ocpp_gateway.faults import FaultLog
from operations.answers import Answer, BootAnswer, TokenAnswer
from operations.events import StationBooted, Told
from operations.models import OcppMessage
from operations.services import connections, outcomes, runs
from operations.services.calls import Claimed, OutgoingCall
from operations.services.connections import Opened
from operations.statuses import Registration
from operations.versions import V16, OcppVersion

HEARTBEAT = '[2,"h","Heartbeat",{}]'
BOOT = '[2,"b","BootNotification",{"chargePointVendor":"A","chargePointModel":"B"}]'
STATUS = '[2,"s","StatusNotification",{"connectorId":1,"status":"Available","errorCode":"NoError"}]'
AUTHORIZE = '[2,"a","Authorize",{"idTag":"x"}]'


class FakeWriter:
    """Does what it is told when it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.is_full = False
        self.told: list[Told] = []
        self.rows: list[OcppMessage] = []
        self.calls: list[tuple[str, Any]] = []
        self.answers: dict[type, Answer] = {}
        self.results: dict[str, deque[Any]] = {}
        self._waiting: list[Callable[[], None]] = []

    def record(self, told: Told, conclude: Any, done: Any) -> None:
        self.told.append(told)
        answer = self.answers.get(type(told.event))

        def commit() -> None:
            result, row = conclude(answer)
            self.rows.append(row)
            done(result)

        self._waiting.append(commit)

    def call(self, service: "partial[Any]", done: Any) -> None:
        name = service.func.__name__
        self.calls.append((name, service.keywords or service.args[0]))
        results = self.results.get(name)
        otherwise = service.keywords["run_pks"] if name == "check_effects" else None
        self._waiting.append(lambda: done(results.popleft() if results else otherwise))

    def gather(self, service: Any, item: Any, done: Any, **_how_soon: bool) -> None:
        """Told as if it were done for this one alone."""
        if service is outcomes.check_all:
            single = partial(outcomes.check_effects, run_pks=item[0])
        elif service is outcomes.record_answers:
            single = partial(
                outcomes.record_answer,
                unique_id=item.unique_id,
                station_pk=item.station_pk,
                frame=item.frame,
                answer=item.answer,
                answered_at=item.at,
            )
        elif service is connections.close_connections:
            single = partial(service, item)
        else:
            run_pk, connection_pk = item
            single = partial(runs.claim, run_pk=run_pk, connection_pk=connection_pk)
        self.call(single, done)

    def log(self, row: OcppMessage) -> None:
        self.rows.append(row)

    def commits(self) -> None:
        """Everything that waits is in the database now."""
        while self._waiting:
            self._waiting.pop(0)()

    def asked(self, name: str) -> list[Any]:
        """What a service was called with."""
        return [keywords for called, keywords in self.calls if called == name]


class Talk:
    """A conversation, the frames it sent, and the services it called."""

    def __init__(
        self,
        version: OcppVersion = V16,
        registration: Registration = Registration.ACCEPTED,
        *,
        has_booted: bool = True,
        ignores_boot_trigger: bool = True,
        watched: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self.writer, self.faults = FakeWriter(), FaultLog()
        self.boot_is_answered(registration)
        self.writer.answers[talking.events.TokenPresented] = TokenAnswer("Accepted")
        self.sent: list[list[Any]] = []
        self.hung_up: list[int] = []
        opened = Opened(
            station_pk=1,
            connection_pk=7,
            epoch=1,
            registration=registration,
            has_booted_before=has_booted,
            ignores_boot_trigger=ignores_boot_trigger,
            watched=watched,
        )
        self.conversation = Conversation(
            opened,
            version,
            self.writer,  # type: ignore[arg-type]
            self.faults,
            lambda frame: self.sent.append(json.loads(frame)),
            lambda code, _reason: self.hung_up.append(code),
        )

    def boot_is_answered(self, registration: Registration) -> None:
        self.writer.answers[StationBooted] = BootAnswer(registration, 60, timezone.now())

    def hears(self, *frames: str | list[Any]) -> None:
        """Frames come in, and all that follows is done."""
        for frame in frames:
            self.conversation.hear(frame if isinstance(frame, str) else json.dumps(frame))
            self.writer.commits()

    def takes(self) -> list[list[Any]]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def wants(self, run_pk: int, *calls: OutgoingCall, command: str = "unlock") -> None:
        """An operator asks; these calls say it."""
        claims = self.writer.results.setdefault("claim", deque())
        claims.append(Claimed(run_pk, command, calls, answer_timeout_s=30) if calls else None)
        self.conversation.asking.ask(run_pk)
        self.writer.commits()


def call(unique_id: str, connector_id: int = 1) -> OutgoingCall:
    return OutgoingCall(unique_id, "UnlockConnector", {"connectorId": connector_id})


def ids(frames: list[list[Any]]) -> list[str]:
    return [frame[1] for frame in frames]


async def ready(*, ignores_boot_trigger: bool = True) -> Talk:
    """A station that may be asked."""
    talk = Talk(ignores_boot_trigger=ignores_boot_trigger)
    talk.hears(HEARTBEAT)
    talk.takes()
    return talk


async def until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 5
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def expire(talk: Talk, unique_id: str) -> None:
    """Its time is over."""
    talk.conversation.asking.expire(unique_id)
    talk.writer.commits()
