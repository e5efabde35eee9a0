"""Answers requests for pages: each in one thread, from the first middleware to the view and back.

Django's own handler changes between the loop and a thread for each middleware that could be either,
and takes a new thread, with a new connection to the database, for each request.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from evcharge import probes

MOST_AT_ONCE = 16  # each keeps a connection to SQLite, with its cache
MOST_PROBES = 4  # some of them wait for what does not answer

Scope = dict[str, Any]


class PageHandler(ASGIHandler):
    """The application of all pages."""

    def __init__(self) -> None:
        # Not as ASGIHandler does it: all of the chain can do without a loop.
        self.load_middleware(is_async=False)
        self._in_thread = self._threads("page", MOST_AT_ONCE)
        # While the database hangs, and all pages with it, the process still says that it lives.
        self._beside = self._threads("probe", MOST_PROBES)

    def _threads(self, name: str, most: int) -> Any:
        pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix=name)
        return sync_to_async(self._answer, thread_sensitive=False, executor=pool)

    async def handle(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            response: Any = refusal
            if request is not None:
                in_thread = self._beside if request.path in probes.VIEWS else self._in_thread
                response = await in_thread(scope, request)
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)

    def _answer(self, scope: Scope, request: ASGIRequest) -> Any:
        """In a thread: all there is to do; what is streamed is closed when its end is sent."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        response: Any = self.get_response(request)
        response._handler_class = self.__class__  # noqa: SLF001  as Django's handlers do
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send piece by piece, unless the browser leaves."""
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self.listen_for_disconnect(receive))
                await self.send_response(response, send)
                listening.cancel()
        except* RequestAborted:
            pass
        finally:
            await sync_to_async(response.close)()
