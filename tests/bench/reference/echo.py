"""A Channels consumer that does nothing but echo, on the very servers the portal runs on.

It also has the bare round trip behind a click: request, channel layer, frame, answer, response.
"""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

import django

django.setup()

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from ocpp_gateway import server

OCPP = "ocpp1.6"
PRESS = "/press/"


class Board:
    """Who is connected, and who waits for whose answer."""

    def __init__(self) -> None:
        self.channel_names: dict[str, str] = {}
        self.waiting: dict[str, asyncio.Future[None]] = {}


class Echo(AsyncWebsocketConsumer):
    """One socket."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._identity = ""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the hop to a shared thread that Channels makes before each message."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        self._identity = self.scope["path"].rpartition("/")[2]
        self._board.channel_names[self._identity] = self.channel_name
        await self.accept(subprotocol=OCPP)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        waiting = self._board.waiting
        if waiting and (future := waiting.pop(self._identity, None)) is not None:
            future.set_result(None)
            return
        await self.base_send({"type": "websocket.send", "text": message["text"]})

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def press(self, message: dict[str, Any]) -> None:
        await self.base_send({"type": "websocket.send", "text": '[2,"1","UnlockConnector",{}]'})


board = Board()
echo = Echo.as_asgi(board=board)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await echo(scope, receive, send)
    elif scope["type"] == "http":
        if scope["path"].startswith(PRESS):
            await _press(scope["path"].removeprefix(PRESS))
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-length", b"0"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b""})
    else:
        raise ValueError(f"no {scope['type']} here")


async def _press(identity: str) -> None:
    """Through the layer to the station and back."""
    answered = asyncio.get_running_loop().create_future()
    board.waiting[identity] = answered
    layer = get_channel_layer()
    assert layer is not None
    await layer.send(board.channel_names[identity], {"type": "press"})
    await answered


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    server.run(application, host="127.0.0.1", port=parser.parse_args().port)
