"""How far downloads are, gathered for a moment: no query for each piece that is sent."""

import asyncio
import logging
from collections import defaultdict

from django.db import Error

from ocpp_gateway.files.threads import in_thread
from operations.services import downloads
from operations.services.downloads import Progress

logger = logging.getLogger(__name__)

FLUSH_S = 1.0


class ProgressBoard:
    """What this process has sent and not noted yet."""

    def __init__(self) -> None:
        self._sent: defaultdict[int, Progress] = defaultdict(Progress)
        self._flushing: asyncio.Task[None] | None = None

    def add(self, download_pk: int, *, sent_bytes: int, reached_bytes: int) -> None:
        """A piece was sent, up to `reached_bytes` of the file."""
        self._count(download_pk, sent_bytes, reached_bytes)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_soon())

    def _count(self, download_pk: int, sent_bytes: int, reached_bytes: int) -> None:
        progress = self._sent[download_pk]
        progress.sent_bytes += sent_bytes
        progress.reached_bytes = max(progress.reached_bytes, reached_bytes)

    async def flush(self) -> None:
        """Note all of it now; what cannot be is kept for the next time."""
        sent, self._sent = dict(self._sent), defaultdict(Progress)
        if not sent:
            return
        try:
            await in_thread(downloads.note, progress=sent)
        except Error as error:
            # What is shown of a download is behind; the download goes on.
            logger.warning("progress could not be noted", extra={"error": str(error)})
            for pk, progress in sent.items():
                self._count(pk, progress.sent_bytes, progress.reached_bytes)

    async def _flush_soon(self) -> None:
        while self._sent:
            await asyncio.sleep(FLUSH_S)
            await self.flush()
