"""Gives stations their firmware over HTTP: all of it or a part, as fast as they read."""

import asyncio

from django.utils.http import http_date

from ocpp_gateway.files import ranges
from ocpp_gateway.files.blocks import SIZE, Blocks
from ocpp_gateway.files.exchanges import Exchange, Headers, Receive
from ocpp_gateway.files.progress import ProgressBoard
from ocpp_gateway.files.ranges import Span, UnsatisfiableError
from ocpp_gateway.files.threads import in_thread
from ocpp_gateway.files.turns import Turns
from operations.models import FileLink, FirmwareImage
from operations.services import downloads, files, links, transfers
from operations.services.links import ExpiredLinkError, UnknownLinkError

NOT_FOUND = "There is nothing here."
METHODS = "GET, HEAD"
BLOCKS_A_ROUND = 4
OPENED_AT_ONCE = 2


class Serving:
    """All downloads of one process."""

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._turns = Turns(BLOCKS_A_ROUND)
        # A rollout's stations come all at once; the loop waits for each thread that computes.
        self._door = asyncio.Semaphore(OPENED_AT_ONCE)
        self.board = ProgressBoard()

    async def answer(self, exchange: Exchange) -> None:
        """Send the file, or say why not."""
        if exchange.method not in {"GET", "HEAD"}:
            await exchange.say(405, "Files are fetched from here.", [(b"allow", METHODS.encode())])
            return
        async with self._door:
            link = await _link(exchange)
        if link is None or link.image is None:
            return
        size_bytes = link.image.size_bytes or 0
        try:
            span = _span(exchange, link.image, size_bytes)
        except UnsatisfiableError:
            refused = [(b"content-range", f"bytes */{size_bytes}".encode())]
            await exchange.say(416, "The file has no such range.", refused)
            return
        if exchange.method == "HEAD":
            await exchange.start(206 if span else 200, _headers(link.image, span))
            await exchange.send({"type": "http.response.body", "body": b""})
        else:
            await self._give(exchange, link, link.image, span)

    async def _give(
        self, exchange: Exchange, link: FileLink, image: FirmwareImage, span: Span | None
    ) -> None:
        handed_over = files.accelerated(image.stored_name)
        async with self._door:
            download = await in_thread(
                downloads.begin,
                link=link,
                protocol=transfers.HTTP,
                remote_address=exchange.remote_address,
                requested=exchange.headers.get("range", ""),
                is_handed_over=bool(handed_over),
            )
        if handed_over:
            await _hand_over(exchange, _headers(image, None), handed_over)
            return
        await exchange.start(206 if span else 200, _headers(image, span))
        await self._send(exchange, image, span or Span(0, image.size_bytes or 0), download.pk)

    async def _send(
        self, exchange: Exchange, image: FirmwareImage, span: Span, download_pk: int
    ) -> None:
        """Send block after block; each waits until the station has taken the last."""
        leaving = asyncio.create_task(_until_gone(exchange.receive))
        try:
            position = span.start
            while position < span.end and not leaving.done():
                number, skipped = divmod(position, SIZE)
                block = await self._blocks.get(image.stored_name, number)
                # A whole block goes out as it is, without a copy for each station.
                last = min(len(block), skipped + span.end - position)
                piece = block if last - skipped == len(block) else block[skipped:last]
                if not piece:
                    raise EOFError("The stored file is shorter than its size says.")
                position += len(piece)
                more = position < span.end
                await self._turns.take()
                await exchange.send(
                    {"type": "http.response.body", "body": piece, "more_body": more}
                )
                self.board.add(download_pk, sent_bytes=len(piece), reached_bytes=position)
            if span.size_bytes == 0:
                await exchange.send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()


async def _link(exchange: Exchange) -> FileLink | None:
    """The link to an image that is there, None after the client was told that there is none."""
    try:
        link = await in_thread(_look_up, exchange.token)
    except UnknownLinkError:
        await exchange.say(404, NOT_FOUND)
        return None
    except ExpiredLinkError as error:
        await exchange.say(410, str(error))
        return None
    return link


def _look_up(token: str) -> FileLink:
    """The link to an image; without its file it is as good as none."""
    link = links.by_token(token)
    image = link.image
    if image is None or not image.is_stored or not files.path_of(image.stored_name).is_file():
        raise UnknownLinkError
    return link


def _span(exchange: Exchange, image: FirmwareImage, size_bytes: int) -> Span | None:
    """The part asked for, unless it is to go on with a file that is another now (If-Range)."""
    known = exchange.headers.get("if-range")
    if known is not None and known not in {_etag(image), _modified(image)}:
        return None
    return ranges.parse(exchange.headers.get("range", ""), size_bytes)


def _etag(image: FirmwareImage) -> str:
    return f'"{image.sha256[:32]}"'


def _modified(image: FirmwareImage) -> str:
    return http_date(image.created_at.timestamp())


def _headers(image: FirmwareImage, span: Span | None) -> Headers:
    size_bytes = image.size_bytes or 0
    name = transfers.plain_name(image.file_name)
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"content-length", str(size_bytes if span is None else span.size_bytes).encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", _etag(image).encode()),
        (b"last-modified", _modified(image).encode()),
    ]
    if span is not None:
        shown = f"bytes {span.start}-{span.end - 1}/{size_bytes}"
        headers.append((b"content-range", shown.encode()))
    return headers


async def _hand_over(exchange: Exchange, headers: Headers, path: str) -> None:
    """Let nginx send it: it knows ranges itself, and compares the ETag we give."""
    own = {b"content-length", b"content-range", b"accept-ranges"}
    kept = [(key, value) for key, value in headers if key not in own]
    empty = [(b"x-accel-redirect", path.encode()), (b"content-length", b"0")]
    await exchange.start(200, [*kept, *empty])
    await exchange.send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
