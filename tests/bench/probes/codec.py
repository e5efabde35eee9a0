"""Frames per second through codec, link and dialect without I/O, and through the library."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle
from time import perf_counter
from typing import Any

import django

django.setup()

from django.utils import timezone
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result

from ocpp_gateway.dialects import DIALECTS
from ocpp_gateway.link import Heard, Link
from operations.versions import V16
from tests.bench import frames

KINDS = {
    "Heartbeat": frames.heartbeat,
    "StatusNotification": frames.status,
    "MeterValues": frames.meters,
}
CHUNK = 200
SLICES = 10


class Wire:
    """A connection that takes everything and gives nothing."""

    async def send(self, _frame: str) -> None:
        """Gone."""


class Library(ChargePoint):
    """The least a central system must say, the library's way."""

    @on("Heartbeat")
    async def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("StatusNotification")
    async def on_status(self, **_payload: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on("MeterValues")
    async def on_meters(self, **_payload: Any) -> call_result.MeterValues:
        return call_result.MeterValues()


class Ours:
    """One socket's link and dialect: a frame in, the answer's frame out."""

    def __init__(self) -> None:
        self._link = Link(V16)
        self._handlers = DIALECTS[V16.name].handlers

    def hear(self, raw: str) -> str:
        (heard,) = self._link.receive(raw)
        assert isinstance(heard, Heard)
        call = heard.call
        handler = self._handlers[call.action]
        handler.translate(call.payload, timezone.now())
        return self._link.answer(call, handler.answer(None, call.payload))


def ours_per_s(texts: Sequence[str], seconds: float) -> float:
    ours = Ours()
    source = cycle(texts)
    return rate(lambda: [ours.hear(next(source)) for _ in range(CHUNK)], seconds)


async def library_per_s(texts: Sequence[str], seconds: float) -> float:
    station = Library("BENCH", Wire())
    source = cycle(texts)
    handled, began = 0, perf_counter()
    while (spent := perf_counter() - began) < seconds:
        for _ in range(CHUNK // 4):
            await station.route_message(next(source))
        handled += CHUNK // 4
    return handled / spent


def rate(chunk: Callable[[], object], seconds: float) -> float:
    handled, began = 0, perf_counter()
    while (spent := perf_counter() - began) < seconds:
        chunk()
        handled += CHUNK
    return handled / spent


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    seconds = parser.parse_args().seconds
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    figures = {}
    for action, make in KINDS.items():
        texts = [make(number).decode() for number in range(frames.POOL)]
        await library_per_s(texts, seconds / 10)
        ours_per_s(texts, seconds / 10)
        # In turns, each at its best: what else the machine does hits one slice, not one side.
        slices = [
            (await library_per_s(texts, seconds / SLICES), ours_per_s(texts, seconds / SLICES))
            for _ in range(SLICES)
        ]
        figures[action] = {
            "library": max(library for library, _ours in slices),
            "ours": max(ours for _library, ours in slices),
        }
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
