"""A simulated station: it connects, boots, reports, and does what the central system asks."""

import asyncio
import itertools
import random
import time
import uuid
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from websockets.exceptions import InvalidHandshake

from ocpp_gateway.simulator.authorization import Authorization
from ocpp_gateway.simulator.behaviours import garble
from ocpp_gateway.simulator.clock import stamp
from ocpp_gateway.simulator.drivers import Drivers
from ocpp_gateway.simulator.firmware import Firmware
from ocpp_gateway.simulator.frames import (
    CallRefusedError,
    ConnectionLostError,
    HeardCall,
    Message,
    NoAnswerError,
    Payload,
)
from ocpp_gateway.simulator.hardware import Connector, Hardware
from ocpp_gateway.simulator.languages import LANGUAGES
from ocpp_gateway.simulator.logs import Logs
from ocpp_gateway.simulator.replies import Replies
from ocpp_gateway.simulator.settings import Setting
from ocpp_gateway.simulator.specs import Pace, StationSpec, Tally
from ocpp_gateway.simulator.tokens import Cache, LocalList
from ocpp_gateway.simulator.wire import Wire, open_wire

CALLS_KEPT = 1000
JOURNAL_KEPT = 300


class SimulatedStation:
    """One station, from power-up until it is stopped."""

    def __init__(self, url: str, spec: StationSpec, pace: Pace) -> None:
        self.spec, self.profile, self.quirks = spec, spec.profile, spec.quirks
        self.rng = random.Random(f"{spec.seed}/{spec.identity}")  # noqa: S311 - repeatable
        self.serial_number = f"SN{self.rng.randrange(10**8):08d}"
        self.firmware = self.rng.choice(spec.profile.firmwares)
        self.hardware = Hardware(spec.profile.layout)
        language = LANGUAGES[spec.version]
        self.settings = language.settings(self.hardware, self.profile, self.quirks)
        self.local_list, self.cache = LocalList(self.settings), Cache(self.settings)
        self.authorization = Authorization(self)
        self.tally = Tally()
        self.calls: deque[HeardCall] = deque(maxlen=CALLS_KEPT)
        # For its logs: when, said or heard, what.
        self.journal: deque[tuple[float, str, str]] = deque(maxlen=JOURNAL_KEPT)
        self.heartbeat_s = pace.heartbeat_s
        self.reboot_when_idle = False
        self.firmware_updates = Firmware(self)
        self.logs = Logs(self)
        self.drivers = Drivers(self, sessions_per_hour=spec.sessions_per_hour)
        self.messages = language.messages(self)
        self._replies = Replies(self, language.answers(self))
        self._url, self.pace = url, pace
        self._ids = _ids(self.quirks.id_style, self.rng)
        self._wire: Wire | None = None
        self._abandoned: list[Wire] = []
        self._accepted = asyncio.Event()
        self._has_network = True
        # Without power, nobody charges until it has started anew.
        self._is_down = False
        self._boot_reason: str | None = "PowerUp"
        self._pause_s = pace.retry_s
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return self._wire is not None

    @property
    def is_accepted(self) -> bool:
        """Whether the central system has accepted our boot on this connection."""
        return self._accepted.is_set()

    async def run(self) -> None:
        """Connect, stay, and connect again, until cancelled."""
        if not self.quirks.connects:
            return
        self._start_scene()
        try:
            while True:
                if await self._connect():
                    await self._stay()
                await self._stay_away(self._pause())
        finally:
            for task in self._tasks:
                task.cancel()
            for wire in self._abandoned:
                wire.abort()

    def stamp(self, at: datetime | None = None) -> str:
        """A time as this station writes it; now, if none is given."""
        return stamp(self.quirks.time_style, at or datetime.now(UTC))

    def power_of(self, connector: Connector) -> float:
        """What the connector delivers at the moment."""
        session = connector.session
        if session is None or session.is_suspended:
            return 0.0
        return self.profile.power_w * (0.85 + 0.1 * self.rng.random())

    def is_free(self, connector: Connector) -> bool:
        """Whether a driver could plug in here."""
        return connector.session is None and self.hardware.state_of(connector) == "Available"

    def heed_setting(self, setting: Setting) -> None:
        """A setting was written that steers the station itself."""
        if setting.name == "HeartbeatInterval" and int(setting.value):
            self.heartbeat_s = float(setting.value)

    def lose_network(self) -> None:
        """The line is cut, and stays so until it is mended; the station goes on offline."""
        self._has_network = False
        if self._wire:
            self._wire.abort()

    def mend_network(self) -> None:
        """It can connect again."""
        self._has_network = True

    async def say(self, message: Message) -> Payload | None:
        """Make a call; None if it was refused or left unanswered."""
        if self._wire is None:
            raise ConnectionLostError
        self.tally.said += 1
        self.journal.append((time.time(), "said", message.action))
        try:
            return await self._wire.call(message.action, garble(self.quirks, message.payload))
        except CallRefusedError:
            self.tally.refused += 1
        except NoAnswerError:
            self.tally.unanswered += 1
        return None

    async def insist(self, message: Message) -> None:
        """Make a call as soon as we may, again where the connection was lost meanwhile."""
        while True:
            if self.is_connected and (self.is_accepted or not self._should_boot()):
                with suppress(ConnectionLostError):
                    await self.say(message)
                    return
            await asyncio.sleep(self.pace.retry_s)

    async def report(self, connectors: Iterable[Connector] | None = None) -> None:
        """Tell which states have changed since they were last told; offline, on coming back."""
        if self.quirks.reports_changes and self.is_connected:
            with suppress(ConnectionLostError):
                await self._tell_changes(connectors)

    async def repeat(self, connectors: Iterable[Connector], *, with_station: bool = False) -> None:
        """Tell states whether they have changed or not."""
        if with_station:
            await self._tell_station()
        for connector in connectors:
            await self._tell(connector)

    async def meter(self, connectors: Iterable[Connector]) -> None:
        """Tell what meters read."""
        for connector in connectors:
            await self.say(self.messages.metered(connector))

    async def boot_once(self) -> None:
        """Send BootNotification and keep to the answer (1.6 §4.2, 2.0.1 B01 to B03)."""
        answer = await self.say(self.messages.boot(self._boot_reason or "Unknown"))
        if answer is None:
            return
        self.heartbeat_s = float(answer.get("interval") or self.pace.heartbeat_s)
        if answer.get("status") == "Accepted":
            self.tally.boots += 1
            self._boot_reason = None
            self._accepted.set()

    async def reboot(self, reason: str, *, stop_reason: str | None = None) -> None:
        """End the sessions if there is a reason to, close, and come back after a while."""
        if stop_reason:
            for connector in list(self.hardware.running()):
                await self.drivers.stop(connector, stop_reason)
        self._boot_reason = reason
        self.reboot_when_idle = False
        self._pause_s = self.pace.reboot_s
        self.settings.reboot()
        self._is_down = True
        if self._wire:
            await self._wire.close()

    async def went_idle(self) -> None:
        """A session ended: a reset that waited for that may go on (2.0.1 B12)."""
        if self.reboot_when_idle and not any(self.hardware.running()):
            # Not from here: closing the socket would cancel whoever ended the session.
            _task = self.start(self.reboot("ScheduledReset"))

    def start(self, job: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something on the side for as long as the station runs, connected or not."""
        task = asyncio.create_task(_until_lost(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- the connection ------------------------------------------------------------------------

    async def _stay_away(self, pause_s: float) -> None:
        """Without a connection; people come and go meanwhile, unless it has no power."""
        back_at = time.monotonic() + pause_s
        while (left_s := back_at - time.monotonic()) > 0:
            step_s = min(left_s, self.pace.meter_s)
            await asyncio.sleep(step_s)
            if not self._is_down:
                await self.drivers.tick(step_s)
        self._is_down = False

    async def _connect(self) -> bool:
        spec = self.spec
        if not self._has_network:
            return False
        try:
            self._wire = await open_wire(
                self._url, spec.identity, spec.version, spec.password, self._ids
            )
        except (OSError, TimeoutError, InvalidHandshake):
            self.tally.failed_connects += 1
            return False
        self.tally.connected += 1
        self._accepted.clear()
        return True

    async def _stay(self) -> None:
        wire = self._wire
        if wire is None:
            return
        listening = asyncio.create_task(wire.listen(self._heed))
        living = asyncio.create_task(self._live(wire))
        try:
            await asyncio.wait({listening, living}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wire = None
            listening.cancel()
            living.cancel()
            ends = await asyncio.gather(listening, living, return_exceptions=True)
            if wire not in self._abandoned:
                await wire.close()
        for end in ends:
            # They end by a lost connection or by being cancelled; all else is a bug to be seen.
            if isinstance(end, Exception):
                raise end

    async def _live(self, wire: Wire) -> None:
        quirks = self.quirks
        opens_second = quirks.second_socket_after_s is not None and not self._abandoned
        patience_s = quirks.second_socket_after_s if opens_second else quirks.drops_every_s
        try:
            async with asyncio.timeout(patience_s):
                await self._routine()
        except ConnectionLostError:
            return
        except TimeoutError:
            if opens_second:
                self._abandoned.append(wire)
            else:
                wire.abort()

    def _pause(self) -> float:
        """How long to stay away: the reboot's time, or longer with every failure."""
        pause_s = self._pause_s
        self._pause_s = min(max(pause_s, self.pace.retry_s) * 2, self.pace.longest_retry_s)
        if self.is_accepted:
            self._pause_s = self.pace.retry_s
            self._accepted.clear()
        return pause_s * (0.75 + 0.5 * self.rng.random())

    # -- the routine ---------------------------------------------------------------------------

    def _start_scene(self) -> None:
        if self.quirks.faulted:
            self.hardware.connectors[0].is_faulted = True

    async def _routine(self) -> None:
        if self.quirks.status_before_boot:
            await self.repeat(self.hardware.connectors, with_station=True)
        if self._should_boot():
            await self._boot()
        self._pause_s = self.pace.retry_s
        connectors = [] if self.quirks.station_status_only else self.hardware.connectors
        await self.repeat(connectors, with_station=True)
        await self.drivers.catch_up()
        if self.quirks.charging and self.is_free(self.hardware.connectors[0]):
            await self.drivers.start(self.hardware.connectors[0], "04A1B2C301", stays=True)
        await self._keep_going()

    def _should_boot(self) -> bool:
        if not self.quirks.boots:
            return False
        return self._boot_reason is not None or not self.quirks.boots_once

    async def _boot(self) -> None:
        """Until accepted: Pending and Rejected say when to ask again (1.6 §4.2)."""
        while not self.is_accepted:
            await self.boot_once()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.heartbeat_s):
                    await self._accepted.wait()

    async def _keep_going(self) -> None:
        # A first wait of random length keeps a fleet that started together out of step.
        now = time.monotonic()
        next_beat = now + self.heartbeat_s * self.rng.random()
        next_tick = now + self.pace.meter_s * self.rng.random()
        while True:
            await asyncio.sleep(max(0.0, min(next_beat, next_tick) - time.monotonic()))
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + self.pace.meter_s
                await self.drivers.tick(self.pace.meter_s)
            if now >= next_beat:
                next_beat = now + self.heartbeat_s
                await self.say(self.messages.heartbeat())

    async def _tell_changes(self, connectors: Iterable[Connector] | None) -> None:
        if connectors is None and self.hardware.told != self.hardware.state:
            await self._tell_station()
        if self.quirks.station_status_only:
            return
        for connector in connectors or self.hardware.connectors:
            word = self.messages.word(self.hardware.state_of(connector))
            if connector.told == word:
                continue
            if self.quirks.flickers and word == "Unavailable":
                await self.say(self.messages.status(connector, "Available"))
            await self._tell(connector)

    async def _tell(self, connector: Connector) -> None:
        state = self.hardware.state_of(connector)
        connector.told = self.messages.word(state)
        await self.say(self.messages.status(connector, state))

    async def _tell_station(self) -> None:
        self.hardware.told = self.hardware.state
        if message := self.messages.station_status():
            await self.say(message)

    # -- their calls ---------------------------------------------------------------------------

    def _heed(self, call: HeardCall) -> None:
        self.calls.append(call)
        self.tally.heard[call.action] += 1
        self.journal.append((time.time(), "heard", call.action))
        if self._wire and self.quirks.answers:
            _task = self.start(self._replies.reply(self._wire, call))


async def _until_lost(coroutine: Coroutine[None, None, None]) -> None:
    with suppress(ConnectionLostError):
        await coroutine


def _ids(style: str, rng: random.Random) -> Iterator[str | int]:
    if style == "number":
        return itertools.count(1)
    if style == "short":
        return (str(number) for number in itertools.count(1))
    return (str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in itertools.count())
