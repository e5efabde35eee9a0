"""A simulated station's firmware updates: fetched, verified, installed, told of step by step."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

from ocpp_gateway.simulator import downloads, signatures
from ocpp_gateway.simulator.downloads import Image
from ocpp_gateway.simulator.frames import ConnectionLostError, Message
from ocpp_gateway.simulator.orders import FirmwareOrder
from ocpp_gateway.simulator.places import TransferError
from ocpp_gateway.simulator.progress import Reporter, persevere, until

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

# How many downloads fail at a station that has trouble with them.
TROUBLES = 2


class Firmware:
    """At most one update at a time: a newer order ends the older one (2.0.1 L01.FR.24)."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._task: asyncio.Task[None] | None = None
        self._reporter = Reporter(station, lambda _status: None)
        self._image: Image | None = None
        self._troubles = TROUBLES if station.quirks.downloads_fail else 0

    @property
    def is_busy(self) -> bool:
        """Whether an update is under way."""
        return self._task is not None and not self._task.done()

    async def begin(self, order: FirmwareOrder) -> None:
        """Start an update; one that is under way ends without a word."""
        if self._task is not None:
            self._task.cancel()
        self._reporter = Reporter(
            self._station, lambda status: self._station.messages.firmware_status(status, order)
        )
        self._image = None
        self._task = self._station.start(self._update(order))

    async def tell_status(self, message: Message | None) -> None:
        """A trigger asks where the update is; `message` says that there is none."""
        if self.is_busy:
            await self._reporter.repeat()
        elif message is not None:
            await self._station.say(message)

    async def _update(self, order: FirmwareOrder) -> None:
        tell = self._reporter.tell
        if _is_ahead(order.retrieve_at):
            await tell("DownloadScheduled")
        await until(self._station, order.retrieve_at)
        if await persevere(
            self._station, order.patience, lambda: self._download(order), self._retry
        ):
            await tell("DownloadFailed")
            return
        await tell("Downloaded")
        if order.signature and not await self._verify(order):
            return
        if _is_ahead(order.install_at):
            await tell("InstallScheduled")
        await until(self._station, order.install_at)
        await self._install()

    async def _download(self, order: FirmwareOrder) -> None:
        await self._reporter.tell("Downloading")
        if self._troubles:
            self._troubles -= 1
            raise TransferError(downloads.FAILED, "the line broke")
        self._image = await downloads.fetch(order.location)

    async def _retry(self, _error: TransferError) -> None:
        """Some tell of each attempt, which reopens what seemed to have failed."""
        if self._station.quirks.downloads_fail:
            await self._reporter.tell("DownloadFailed")

    async def _verify(self, order: FirmwareOrder) -> bool:
        digest = self._image.digest if self._image else b""
        try:
            signatures.verify(order.certificate, order.signature, digest)
        except (InvalidSignature, ValueError):
            await self._reporter.tell("InvalidSignature")
            return False
        await self._reporter.tell("SignatureVerified")
        return True

    async def _install(self) -> None:
        """Sessions end, the station starts anew with the new version (L01, A.3)."""
        station, image = self._station, self._image
        await self._reporter.tell("Installing")
        await asyncio.sleep(station.pace.install_s)
        if image is None or not image.size_bytes:
            await self._reporter.tell("InstallationFailed")
            return
        await self._reporter.tell("InstallRebooting")
        station.firmware = image.version or after(station.firmware)
        with suppress(ConnectionLostError):
            await station.reboot("FirmwareUpdate", stop_reason="Reboot")
        await self._reporter.tell("Installed")


def after(version: str) -> str:
    """The version an image has that names none: "6.4.0-4210" becomes "6.4.0-4211"."""
    return re.sub(r"\d+(?=\D*$)", lambda last: str(int(last[0]) + 1), version, count=1)


def _is_ahead(at: datetime | None) -> bool:
    return at is not None and at > datetime.now(UTC)
