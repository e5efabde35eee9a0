"""Starts and stops the application by the ASGI lifespan protocol, which daphne does not speak."""

import asyncio
import logging
from typing import Any

logger = logging.getLogger("ocpp_gateway.server")

Message = dict[str, Any]


class StartupFailedError(Exception):
    """The application said that it cannot start, and why."""


class Lifespan:
    """The one conversation with the application that lasts as long as the server."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._asked = False
        self._supported = False
        self._started: asyncio.Future[None]
        self._stopped: asyncio.Future[None]

    async def startup(self) -> None:
        """Return when the application is ready; raise StartupFailedError when it will not be."""
        loop = asyncio.get_running_loop()
        self._started, self._stopped = loop.create_future(), loop.create_future()
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = loop.create_task(self._converse())
        await self._started

    async def shutdown(self, *, timeout_s: float) -> None:
        """Let the application put itself away, for at most `timeout_s`."""
        if not self._supported:
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        try:
            await asyncio.wait_for(self._stopped, timeout_s)
        except TimeoutError:
            logger.error("The application did not shut down within %s s.", timeout_s)
        self._task.cancel()
        await asyncio.wait([self._task], timeout=1)

    async def _converse(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        try:
            await self._application(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001  the application's, whatever it is
            self._failed(error)
        if not self._started.done():
            self._started.set_result(None)
        if not self._stopped.done():
            self._stopped.set_result(None)

    def _failed(self, error: Exception) -> None:
        if self._started.done():
            logger.error("The application's lifespan broke off.", exc_info=error)
        elif self._asked:
            self._started.set_exception(StartupFailedError(str(error) or repr(error)))
            logger.error("The application's startup failed.", exc_info=error)
        else:
            # Refusing the scope before reading from it is how an application says it has none.
            logger.debug("The application has no lifespan: %s", error)

    async def _receive(self) -> Message:
        self._asked = True
        return await self._inbox.get()

    async def _send(self, message: Message) -> None:
        match message["type"]:
            case "lifespan.startup.complete":
                self._supported = True
                self._started.set_result(None)
            case "lifespan.startup.failed":
                self._started.set_exception(StartupFailedError(message.get("message", "")))
            case "lifespan.shutdown.complete":
                self._stopped.set_result(None)
            case "lifespan.shutdown.failed":
                logger.error("The application's shutdown failed: %s", message.get("message", ""))
                self._stopped.set_result(None)
            case unknown:
                raise ValueError(f"{unknown!r} is not a message of the lifespan protocol.")
