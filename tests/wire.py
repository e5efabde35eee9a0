"""A line to a server that a test may make slow, or dead, or cut."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from tests import services


class Wire:
    """Listens on a port of its own and passes on what comes, to and fro."""

    def __init__(self, target: int) -> None:
        self.port = services.free_port()
        self.delay_s = 0.0  # before each answer: a round trip takes so much longer
        self._target = target
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        self.delay_s = delay_s
        try:
            yield
        finally:
            self.delay_s = 0.0

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Takes whatever is said, and passes nothing on until it is over."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Who is connected is thrown out, nobody gets in."""
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._abort)
        try:
            yield
        finally:
            self._is_cut = False

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _end(self) -> None:
        self._abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # as a server that is not there says itself
            writer.transport.abort()
            return
        both = {writer, there[1]}
        self._writers |= both
        try:
            with suppress(OSError):
                await asyncio.gather(
                    self._pass_on(reader, there[1]), self._pass_on(there[0], writer, is_slow=True)
                )
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_slow: bool = False
    ) -> None:
        while data := await source.read(65536):
            if is_slow and self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.write_eof()
