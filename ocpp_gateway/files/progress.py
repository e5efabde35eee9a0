"""How far downloads are, gathered for a moment: no query for each piece that is sent."""

import asyncio
import logging

from django.db import Error

from ocpp_gateway.files.threads import in_thread
from operations.services import downloads
from operations.services.downloads import Asked, Progress

logger = logging.getLogger(__name__)

FIRST_S = 0.05  # a download is known as soon as it has begun
FLUSH_S = 0.5


class ProgressBoard:
    """What this process has been asked for and has sent, and not noted yet; by link."""

    def __init__(self) -> None:
        self._moved: dict[int, Progress] = {}
        self._flushing: asyncio.Task[None] | None = None

    def ask(self, link_pk: int, asked: Asked, *, has_bytes: int = 0) -> None:
        """A request has begun."""
        self._of(link_pk).ask(asked, has_bytes=has_bytes)

    def send(self, link_pk: int, size_bytes: int, *, until: int) -> None:
        """A piece was sent, up to this byte of the file."""
        self._of(link_pk).send(size_bytes, until=until)

    def _of(self, link_pk: int) -> Progress:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_soon())
        progress = self._moved.get(link_pk)
        if progress is None:
            progress = self._moved[link_pk] = Progress()
        return progress

    async def flush(self) -> None:
        """Note all of it now; what cannot be is kept for the next time."""
        moved, self._moved = self._moved, {}
        if not moved:
            return
        try:
            await in_thread(downloads.note, progress=moved)
        except Error as error:
            # What is shown of a download is behind; the download goes on.
            logger.warning("progress could not be noted", extra={"error": str(error)})
            for pk, progress in moved.items():
                self._of(pk).put_before(progress)

    async def _flush_soon(self) -> None:
        await asyncio.sleep(FIRST_S)
        await self.flush()
        while self._moved:
            await asyncio.sleep(FLUSH_S)
            await self.flush()
