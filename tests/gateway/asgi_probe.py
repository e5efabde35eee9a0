"""An ASGI application that does what a path says, served by the server under test.

Run as a program, it prints the port it listens on; what it notices goes to a journal file.
"""

import argparse
import asyncio
import gc
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ocpp_gateway.server import Options, run

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[["Probe", Scope, Receive, Send], Awaitable[None]]

CHUNK = 64 * 1024
SERVER = "ocpp_gateway.server"


class Probe:
    """The application, and what it has seen."""

    def __init__(self, journal: Path, lifespan: str) -> None:
        self.journal = journal
        self.lifespan = lifespan
        self.sent = 0
        self.release = asyncio.Event()

    def note(self, line: str) -> None:
        with self.journal.open("a") as file:
            file.write(line + "\n")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        handlers = SOCKETS if scope["type"] == "websocket" else PAGES
        if scope.get("method", "GET") == "GET":
            first = await receive()
            assert first["type"] in {"websocket.connect", "http.request"}
        try:
            await handlers[scope["path"].split("/")[1]](self, scope, receive, send)
        finally:
            self.note(f"finally {scope['path']}")

    async def live(self, receive: Receive, send: Send) -> None:
        if self.lifespan == "none":
            raise ValueError("no lifespan here")
        await receive()
        if self.lifespan == "fail":
            await send({"type": "lifespan.startup.failed", "message": "no database"})
            return
        if self.lifespan == "raise":
            raise RuntimeError("broken on start")
        self.note("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.note("shutdown")
        await send({"type": "lifespan.shutdown.complete"})


async def echo(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    chosen = scope["subprotocols"][0] if scope["subprotocols"] else None
    headers = [(b"x-probe", b"one"), (b"x-probe", b"two")]
    await send({"type": "websocket.accept", "subprotocol": chosen, "headers": headers})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            probe.note(f"disconnect {message['code']} {scope['path']}")
            return
        text = message.get("text") or ""
        if text.startswith("close "):
            _, code, reason = text.split(" ", 2)
            await send({"type": "websocket.close", "code": int(code), "reason": reason})
        elif text == "pong":
            ponged_at = scope["extensions"]["evcharge.pong"]["at"]()
            await send({"type": "websocket.send", "text": json.dumps(ponged_at)})
        elif text == "scope":
            known = {key: scope[key] for key in ("path", "scheme", "client", "root_path")}
            known["raw_path"] = scope["raw_path"].decode()
            await send({"type": "websocket.send", "text": json.dumps(known)})
        elif text == "raise":
            raise RuntimeError("asked to")
        elif text == "return":
            return
        else:
            await send({**message, "type": "websocket.send"})


async def deny(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    status = int(parse_qs(scope["query_string"].decode())["status"][0])
    headers = [(b"WWW-Authenticate", b'Basic realm="stations"'), (b"Content-Length", b"1")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send(
        {"type": "websocket.http.response.body", "body": b"The password ", "more_body": True}
    )
    await send({"type": "websocket.http.response.body", "body": b"is wrong."})


async def close_first(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close"})


async def of_crowd(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    stays = scope["path"].startswith("/ocpp/stays/")
    await (echo if stays else close_first)(probe, scope, receive, send)


async def wrong_subprotocol(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "subprotocol": "nobody-asked"})


async def undecided(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def stuck(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    await probe.release.wait()
    await echo(probe, scope, receive, ignoring_accept(send))


async def direct(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    """Hears and answers at once, but for what is to wait until it is released."""
    await send({"type": "websocket.accept"})
    line = scope["extensions"]["evcharge.direct"]

    def take(content: str | bytes) -> bool:
        if content == "later":
            probe.note("later waits")
            return False
        assert line["say"](f"at once {content!r}")
        return True

    line["hear"](take)
    await probe.release.wait()
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": f"in turn {message['text']!r}"})
    assert not line["say"]("nobody is there")


async def pour_at_once_to(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    """Says as much as is taken without waiting, and the rest in turn."""
    await send({"type": "websocket.accept"})
    text, said = "x" * CHUNK, 0
    while scope["extensions"]["evcharge.direct"]["say"](text):
        said += 1
    probe.note(f"said {said}")
    await send({"type": "websocket.send", "text": "the rest"})


def ignoring_accept(send: Send) -> Send:
    async def filtered(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await send(message)

    return filtered


async def pour(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    for _ in range(1000):
        await send({"type": "websocket.send", "bytes": bytes(CHUNK)})
        probe.sent += 1


async def show_scope(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    known = {key: scope[key] for key in ("path", "scheme", "client", "root_path")}
    await answer(send, json.dumps(known).encode())


async def count(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, str(probe.sent).encode())


async def kept(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    """How many of the server's own objects there are, without the collector's help."""
    gc.disable()
    objects = gc.get_objects()
    own = [each for each in objects if str(type(each).__module__).startswith(SERVER)]
    await answer(send, str(len(own)).encode())


async def let_go(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    probe.release.set()
    await answer(send, b"")


async def answer(send: Send, body: bytes) -> None:
    headers = [(b"Content-Length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def stream(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(3):
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
    await send({"type": "http.response.body"})


async def pour_page(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": bytes(CHUNK), "more_body": True})
        probe.sent += 1
    await send({"type": "http.response.body"})


async def break_page(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("asked to")


async def say_nothing(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    return


async def measure(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    total, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            probe.note(f"left after {total}")
            return
        total, more = total + len(message["body"]), message["more_body"]
    await answer(send, str(total).encode())


async def measure_later(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await probe.release.wait()
    await measure(probe, scope, receive, send)


async def refuse(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": b"Too large."})


async def pour_at_once(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, bytes(16 * 2**20))


async def hang(probe: Probe, scope: Scope, receive: Receive, send: Send) -> None:
    probe.note("hanging")
    while True:
        pass


SOCKETS: dict[str, Handler] = {
    "echo": echo,
    "deny": deny,
    "ocpp": of_crowd,
    "close-first": close_first,
    "wrong-subprotocol": wrong_subprotocol,
    "undecided": undecided,
    "stuck": stuck,
    "pour": pour,
    "direct": direct,
    "pour-direct": pour_at_once_to,
    "raise": break_page,
}
PAGES: dict[str, Handler] = {
    "scope": show_scope,
    "count": count,
    "kept": kept,
    "release": let_go,
    "stream": stream,
    "pour": pour_page,
    "raise": break_page,
    "nothing": say_nothing,
    "hang": hang,
    "measure": measure,
    "measure-later": measure_later,
    "refuse": refuse,
    "pour-at-once": pour_at_once,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("journal", type=Path)
    parser.add_argument("--lifespan", default="ok")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--options", type=json.loads, default={})
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
    probe = Probe(given.journal, given.lifespan)
    run(
        probe,
        host="127.0.0.1",
        port=given.port,
        on_ready=lambda port: print(port, flush=True),  # noqa: T201
        on_stop=lambda: probe.note("stop"),
        options=Options(**given.options),
    )


if __name__ == "__main__":
    main()
