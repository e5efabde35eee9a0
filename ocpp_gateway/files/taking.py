"""Takes the logs that stations send over HTTP: PUT or POST, plain or as a form, of any name."""

import asyncio
from collections.abc import AsyncIterator

from python_multipart.multipart import parse_options_header

from ocpp_gateway.files.exchanges import Exchange
from ocpp_gateway.files.forms import FileBegins, FileEnds, FileForm, MalformedFormError, boundary_of
from ocpp_gateway.files.threads import in_thread
from ocpp_gateway.gateway import gateway
from operations.models import FileLink
from operations.services import links, receiving, transfers
from operations.services.links import ExpiredLinkError, UnknownLinkError
from operations.services.receiving import Reception, RefusedError

NOT_FOUND = "There is nothing here."
METHODS = "POST, PUT"
GATHERED = 256 * 1024  # so many bytes are worth a trip to the disk
FORM_OVERHEAD = 64 * 1024


class GoneError(Exception):
    """The station has left before the end."""


async def answer(exchange: Exchange) -> None:
    """Take what is sent, or say why not."""
    if exchange.method not in {"PUT", "POST"}:
        await exchange.say(405, "Files are sent here.", [(b"allow", METHODS.encode())])
        return
    if "content-range" in exchange.headers:
        # RFC 9110 §14.5: who cannot put parts together has to say so.
        await exchange.say(400, "Send the file as a whole.")
        return
    link = await _link(exchange)
    if link is not None:
        await _take(exchange, _Upload(exchange, link))


async def _take(exchange: Exchange, upload: "_Upload") -> None:
    try:
        await upload.take()
    except GoneError:
        await upload.break_off()
    except MalformedFormError:
        await upload.break_off()
        await exchange.say(400, "This form cannot be read.")
    except RefusedError as error:
        await upload.refuse(error.sentence)
        await exchange.say(error.status, error.sentence)
    except asyncio.CancelledError:
        await asyncio.shield(upload.break_off())
        raise
    else:
        await exchange.say(200, f"Received {upload.taken_bytes} bytes.")


async def _link(exchange: Exchange) -> FileLink | None:
    """The link, None after the client was told that there is none."""
    try:
        link = await in_thread(links.by_token, exchange.token)
    except UnknownLinkError:
        await exchange.say(404, NOT_FOUND)
        return None
    except ExpiredLinkError as error:
        await in_thread(
            receiving.note_refusal,
            link=error.link,
            why=str(error),
            protocol=transfers.HTTP,
            remote_address=exchange.remote_address,
        )
        await exchange.say(410, str(error))
        return None
    if link.is_upload:
        return link
    await exchange.say(404, NOT_FOUND)
    return None


class _Upload:
    """One request with a file in it, or with several in a form."""

    def __init__(self, exchange: Exchange, link: FileLink) -> None:
        self._exchange = exchange
        self._link = link
        self._reception: Reception | None = None
        self._gathered = bytearray()
        self.taken_bytes = 0

    async def take(self) -> None:
        boundary = boundary_of(self._exchange.headers.get("content-type", ""))
        if boundary is not None:
            await self._take_form(FileForm(boundary))
            return
        await self._begin(self._exchange.name or self._named_in_head(), overhead=0)
        async for piece in self._pieces():
            await self._add(piece)
        await self._end()

    async def _take_form(self, form: FileForm) -> None:
        async for piece in self._pieces():
            for event in form.feed(piece):
                if isinstance(event, FileBegins):
                    await self._begin(event.name or self._exchange.name, overhead=FORM_OVERHEAD)
                elif isinstance(event, FileEnds):
                    await self._end()
                else:
                    await self._add(event)
        if self._reception is not None or not self.taken_bytes:
            raise MalformedFormError("It ended too early, or had no file in it.")

    def _named_in_head(self) -> str:
        _, options = parse_options_header(self._exchange.headers.get("content-disposition"))
        return options.get(b"filename", b"").decode("utf-8", "replace")

    async def _pieces(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._exchange.receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                return

    async def _begin(self, name: str, *, overhead: int) -> None:
        length = self._exchange.length
        self._reception = await in_thread(
            receiving.begin,
            link=self._link,
            name=name,
            protocol=transfers.HTTP,
            remote_address=self._exchange.remote_address,
            announced_bytes=None if length is None else max(0, length - overhead),
            node=gateway.node,
        )

    async def _add(self, piece: bytes) -> None:
        self._gathered += piece
        if len(self._gathered) >= GATHERED:
            await self._write()

    async def _write(self) -> None:
        assert self._reception is not None  # noqa: S101
        data, self._gathered = bytes(self._gathered), bytearray()
        await in_thread(_write, self._reception, data)

    async def _end(self) -> None:
        assert self._reception is not None  # noqa: S101
        await self._write()
        reception, self._reception = self._reception, None
        self.taken_bytes += reception.size_bytes
        await in_thread(reception.complete)

    async def break_off(self) -> None:
        """Keep what came of an unfinished file."""
        if self._reception is not None and self._reception.is_open:
            await in_thread(_write_rest, self._reception, bytes(self._gathered))

    async def refuse(self, why: str) -> None:
        """Keep nothing of an unfinished file."""
        if self._reception is not None and self._reception.is_open:
            await in_thread(self._reception.refuse, why)


def _write(reception: Reception, data: bytes) -> None:
    reception.write(data)
    if reception.is_report_due:
        reception.report()


def _write_rest(reception: Reception, data: bytes) -> None:
    try:
        reception.write(data)
    except RefusedError as error:
        reception.refuse(error.sentence)
    else:
        reception.break_off()
