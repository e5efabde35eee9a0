"""What lives in a server process beside the requests: gateway, switchboard, embedded Celery."""

import asyncio
import logging
import sys
import threading
from typing import Any

from celery.beat import Scheduler, Service
from django.conf import settings
from django.core.checks import run_checks
from django.core.checks.messages import CheckMessage

from evcharge.celery import app as celery_app
from ocpp_gateway.files import http as file_application
from ocpp_gateway.files.servers import FileServers
from ocpp_gateway.gateway import gateway
from operations.services.live import switchboard

logger = logging.getLogger(__name__)

# How long a thread that computes keeps the interpreter from one that has just heard from the
# database: a click asks a dozen times, and has waited for the writer's thread each time.
SWITCH_S = 0.001

BEAT_S = 0.2


class EmbeddedCelery:
    """Worker and beat as threads of the server, when no Redis connects other processes."""

    def __init__(self) -> None:
        self._parts: list[Any] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin both threads."""
        # The controller alone, without the command line's banner and signal handlers. Only solo
        # works here: it runs tasks in the worker's own thread.
        worker: Any = celery_app.WorkController(
            pool_cls="solo", without_gossip=True, without_mingle=True, without_heartbeat=True
        )
        # In memory: the schedule is in the settings, and nothing needs to survive. It sleeps for no
        # longer than the interval, and would not be told meanwhile that it is to end.
        beat: Any = Service(
            celery_app,
            max_interval=BEAT_S,  # type: ignore[arg-type]  # a part of a second will do, too
            scheduler_cls=Scheduler,
        )
        self._parts = [beat, worker]
        self._threads = [
            threading.Thread(target=part.start, name=name, daemon=True)
            for name, part in (("beat", beat), ("worker", worker))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both; a task that runs is finished first."""
        # Both are told before either is waited for.
        for part in self._parts:
            part.stop()
        for thread in self._threads:
            thread.join(timeout=5)


class Runtime:
    """Starts once per process, by the ASGI lifespan or with the first request."""

    def __init__(self) -> None:
        self._celery = EmbeddedCelery()
        self._files = FileServers()
        self._is_started = False
        self._lock = asyncio.Lock()

    async def live(self, receive: Any, send: Any) -> None:
        """Speak the lifespan protocol."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.ensure_started()
                except Exception as error:
                    logger.exception("the server could not start")
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def ensure_started(self) -> None:
        """Start what is not running yet."""
        if not self._is_started:
            async with self._lock:
                await self._start_once()

    async def _start_once(self) -> None:
        if self._is_started:
            return
        await asyncio.to_thread(_refuse_wrong_settings)
        is_alone = not settings.REDIS_URL
        sys.setswitchinterval(SWITCH_S)
        switchboard.bind(asyncio.get_running_loop())
        await gateway.start(is_alone=is_alone)
        await asyncio.to_thread(self._files.start)
        if is_alone:
            await asyncio.to_thread(self._celery.start)
        self._is_started = True

    async def stop(self) -> None:
        """End in the opposite order."""
        if not self._is_started:
            return
        self._is_started = False
        await asyncio.to_thread(self._celery.stop)
        await asyncio.to_thread(self._files.stop)
        await file_application.stop()
        await gateway.stop()
        switchboard.unbind()


def _refuse_wrong_settings() -> None:
    """Whatever server runs us, wrong mixes do not start."""
    errors: list[CheckMessage] = [check for check in run_checks() if check.is_serious()]
    if errors:
        raise RuntimeError(" ".join(f"{error.msg} {error.hint or ''}" for error in errors))
