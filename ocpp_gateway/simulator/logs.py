"""A simulated station's logs: written from what it heard, packed, and brought where asked."""

import asyncio
import gzip
import io
import tarfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ocpp_gateway.simulator import uploads
from ocpp_gateway.simulator.frames import Message
from ocpp_gateway.simulator.orders import LogOrder
from ocpp_gateway.simulator.places import TransferError
from ocpp_gateway.simulator.progress import Reporter, persevere

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

SECURITY = "SecurityLog"


class Logs:
    """At most one upload at a time: a newer order ends the older one (2.0.1 N01.FR.12)."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._task: asyncio.Task[None] | None = None
        self._order: LogOrder | None = None
        self._reporter = Reporter(station, lambda _status: None)

    @property
    def is_busy(self) -> bool:
        """Whether an upload is under way."""
        return self._task is not None and not self._task.done()

    def name_of(self, order: LogOrder) -> str | None:
        """What the file will be called; None where there is nothing to bring."""
        if self._station.quirks.no_logs:
            return None
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        kind = "security.log.gz" if order.kind == SECURITY else "diagnostics.tar.gz"
        return f"{self._station.spec.identity}-{at}-{kind}"

    async def begin(self, order: LogOrder, name: str) -> None:
        """Start an upload; the one that is under way is told of as cancelled (N01.FR.20)."""
        if self._task is not None and self.is_busy:
            self._task.cancel()
            await self._reporter.tell("AcceptedCanceled")
        self._reporter = Reporter(
            self._station, lambda status: self._station.messages.log_status(status, order)
        )
        self._task = self._station.start(self._bring(order, name))

    async def tell_status(self, message: Message | None) -> None:
        """A trigger asks where the upload is; `message` says that there is none."""
        if self.is_busy:
            await self._reporter.repeat()
        elif message is not None:
            await self._station.say(message)

    async def _bring(self, order: LogOrder, name: str) -> None:
        data = self._packed(order)

        async def attempt() -> None:
            await self._reporter.tell("Uploading")
            if not self._station.quirks.uploads_nothing:
                style = self._station.quirks.upload_style
                await uploads.bring(order.location, name, data, style=style)

        async def again(_error: TransferError) -> None:
            """Only the last failure is told of."""

        error = await persevere(self._station, order.patience, attempt, again)
        await self._reporter.tell(error.reason if error else "Uploaded")

    def _packed(self, order: LogOrder) -> bytes:
        text = self._text(order).encode()
        if order.kind == SECURITY:
            return gzip.compress(text)
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for name, part in (("station.log", text), ("about.txt", self._about().encode())):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(part), int(time.time())
                tar.addfile(entry, io.BytesIO(part))
        return archive.getvalue()

    def _about(self) -> str:
        """Who the station is, and how it fares."""
        station = self._station
        facts = {
            "identity": station.spec.identity,
            "vendor": station.profile.vendor,
            "model": station.profile.model,
            "serial number": station.serial_number,
            "firmware": station.firmware,
            "OCPP": station.spec.version,
            "boots": station.tally.boots,
            "sessions": station.tally.sessions,
        }
        for connector in station.hardware.connectors:
            state, energy = station.hardware.state_of(connector), connector.energy_wh
            facts[f"connector {connector.flat}"] = f"{state}, {energy:.0f} Wh"
        return "".join(f"{name}: {value}\n" for name, value in facts.items())

    def _text(self, order: LogOrder) -> str:
        """What it said and heard between the two times, by name: no payload, so no secret."""
        lines = [f"# {order.kind} of {self._station.spec.identity}"]
        for moment, word, action in tuple(self._station.journal):
            at = datetime.fromtimestamp(moment, UTC)
            if (order.since or at) <= at <= (order.until or at):
                lines.append(f"{at:%Y-%m-%dT%H:%M:%S.%fZ} {word} {action}")
        return "\n".join(lines) + "\n"
