"""The paths of files as an ASGI application of its own: Django would hold whole bodies first."""

import asyncio

from ocpp_gateway.files import taking
from ocpp_gateway.files.exchanges import Exchange, Receive, Scope, Send
from ocpp_gateway.files.serving import Serving
from operations.services import transfers

serving = Serving()


def is_file_path(scope: Scope) -> bool:
    """Whether this HTTP request is for a station's file."""
    path: str = scope["path"]
    return path.startswith((transfers.DOWNLOADS, transfers.UPLOADS))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request for a file, or with one."""
    exchange = Exchange.of(scope, receive, send)
    if scope["path"].startswith(transfers.UPLOADS):
        await taking.answer(exchange)
    else:
        await serving.answer(exchange)


async def stop() -> None:
    """The process ends: nothing that was sent stays unnoted."""
    await asyncio.shield(serving.board.flush())
