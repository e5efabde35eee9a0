"""Gives stations their firmware over HTTP: all of it or a part, as fast as they read."""

import asyncio

from django.utils.http import http_date

from ocpp_gateway.files import ranges
from ocpp_gateway.files.blocks import SIZE, Blocks
from ocpp_gateway.files.door import Door
from ocpp_gateway.files.exchanges import Exchange, Headers, Receive
from ocpp_gateway.files.progress import ProgressBoard
from ocpp_gateway.files.ranges import Span, UnsatisfiableError
from ocpp_gateway.files.turns import Turns
from operations.services import files, transfers
from operations.services.downloads import Asked
from operations.services.links import Grant

NOT_FOUND = "There is nothing here."
METHODS = "GET, HEAD"
BLOCKS_A_ROUND = 4


class Serving:
    """All downloads of one process."""

    def __init__(self) -> None:
        self._door = Door()
        self._blocks = Blocks()
        self._turns = Turns(BLOCKS_A_ROUND)
        self.board = ProgressBoard()

    async def answer(self, exchange: Exchange) -> None:
        """Send the file, or say why not."""
        if exchange.method not in {"GET", "HEAD"}:
            await exchange.say(405, "Files are fetched from here.", [(b"allow", METHODS.encode())])
            return
        grant = await self._door.grant(exchange.token)
        if grant is None:
            await exchange.say(404, NOT_FOUND)
        elif grant.is_over:
            await exchange.say(410, "This link has expired.")
        else:
            await self._give(exchange, grant)

    async def _give(self, exchange: Exchange, grant: Grant) -> None:
        try:
            span = _span(exchange, grant)
        except UnsatisfiableError:
            await self._refuse(exchange, grant)
            return
        if exchange.method == "HEAD":
            await exchange.start(206 if span else 200, _headers(grant, span))
            await exchange.send({"type": "http.response.body", "body": b""})
            return
        handed_over = files.accelerated(grant.stored_name)
        has_bytes = _has_bytes(exchange, grant) if span else 0
        asked = _asked(exchange, is_handed_over=bool(handed_over))
        self.board.ask(grant.link_pk, asked, has_bytes=has_bytes)
        if handed_over:
            await _hand_over(exchange, _headers(grant, None), handed_over)
            return
        await exchange.start(206 if span else 200, _headers(grant, span))
        await self._send(exchange, grant, span or Span(0, grant.size_bytes))

    async def _refuse(self, exchange: Exchange, grant: Grant) -> None:
        """Who wants what comes after the last byte has all of it, and only now hears so."""
        has_bytes = _has_bytes(exchange, grant)
        if has_bytes:
            asked = _asked(exchange, is_handed_over=False)
            self.board.ask(grant.link_pk, asked, has_bytes=has_bytes)
        refused = [(b"content-range", f"bytes */{grant.size_bytes}".encode())]
        await exchange.say(416, "The file has no such range.", refused)

    async def _send(self, exchange: Exchange, grant: Grant, span: Span) -> None:
        """Send block after block; each waits until the station has taken the last."""
        leaving = asyncio.create_task(_until_gone(exchange.receive))
        try:
            position = span.start
            while position < span.end and not leaving.done():
                number, skipped = divmod(position, SIZE)
                block = await self._blocks.get(grant.stored_name, number)
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
                self.board.send(grant.link_pk, len(piece), until=position)
            if span.size_bytes == 0:
                await exchange.send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()


def _span(exchange: Exchange, grant: Grant) -> Span | None:
    """The part asked for, unless it is to go on with a file that is another now (If-Range)."""
    known = exchange.headers.get("if-range")
    if known is not None and known not in {_etag(grant), _modified(grant)}:
        return None
    return ranges.parse(exchange.headers.get("range", ""), grant.size_bytes)


def _has_bytes(exchange: Exchange, grant: Grant) -> int:
    return ranges.goes_on_after(exchange.headers.get("range", ""), grant.size_bytes)


def _asked(exchange: Exchange, *, is_handed_over: bool) -> Asked:
    return Asked(
        protocol=transfers.HTTP,
        remote_address=exchange.remote_address,
        range=exchange.headers.get("range", ""),
        is_handed_over=is_handed_over,
    )


def _etag(grant: Grant) -> str:
    return f'"{grant.sha256[:32]}"'


def _modified(grant: Grant) -> str:
    return http_date(grant.created_at.timestamp())


def _headers(grant: Grant, span: Span | None) -> Headers:
    size_bytes = grant.size_bytes
    name = transfers.plain_name(grant.file_name)
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"content-length", str(size_bytes if span is None else span.size_bytes).encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", _etag(grant).encode()),
        (b"last-modified", _modified(grant).encode()),
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
