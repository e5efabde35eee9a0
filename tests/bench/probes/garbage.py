"""Garbage through the link: does anything get out of it, does anything stay in it?"""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
import os
import random
from collections.abc import Callable

import django

django.setup()

from ocpp_gateway.link import Heard, Link
from operations.versions import VERSIONS
from tests.bench import frames, machine

SEED = 20_160

TOKENS = (
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"1" * 400, b"-0", b"0.1", b"{}", b"[]"),
    *(b'""', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"', b"\xff\xfe", b"\x00", b'"' * 3),
    *(b"[" * 50, b"{" * 50, b'{"a":' * 40, b"]" * 30, b",", b":", b"2", b"3", b"4", b"5", b"6"),
    *(b'"Heartbeat"', b'"MeterValues"', b'"__proto__"', "ž☃\U0001f50c".encode(), b"\\"),
)

Mutation = Callable[[random.Random, bytes], bytes]


def flip(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame))
    return frame[:at] + bytes((dice.randrange(256),)) + frame[at + 1 :]


def cut(dice: random.Random, frame: bytes) -> bytes:
    return frame[: dice.randrange(len(frame))]


def drop(dice: random.Random, frame: bytes) -> bytes:
    begin = dice.randrange(len(frame))
    return frame[:begin] + frame[begin + dice.randrange(1, 20) :]


def insert(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame))
    return frame[:at] + dice.choice(TOKENS) + frame[at:]


def replace(dice: random.Random, frame: bytes) -> bytes:
    """Another value where one was."""
    starts = [at for at, byte in enumerate(frame) if byte in b":,["]
    begin = dice.choice(starts or [0]) + 1
    end = min((at for at in (frame.find(c, begin) for c in b",]}") if at > 0), default=begin)
    return frame[:begin] + dice.choice(TOKENS) + frame[end:]


def double(dice: random.Random, frame: bytes) -> bytes:
    begin = dice.randrange(len(frame))
    return frame + frame[begin:]


def noise(dice: random.Random, _frame: bytes) -> bytes:
    return dice.randbytes(dice.randrange(1, 200))


MUTATIONS: tuple[Mutation, ...] = (flip, cut, drop, insert, replace, replace, double, noise)


def seeds() -> list[bytes]:
    """Proper frames to spoil: calls, answers, errors, and 2.1's own."""
    own = [frames.heartbeat(1), frames.status(1), frames.meters(1), frames.boot()]
    own += [frames.authorize(1), frames.start(1), frames.stop(1, 1)]
    answers = [b'[3,"1",{"status":"Accepted"}]', b'[4,"1","InternalError","",{}]']
    newer = [b'[5,"1","InternalError","",{}]', b'[6,"1","NotifyPeriodicEventStream",{"id":1}]']
    return own + answers + newer


def garbage(dice: random.Random, sources: list[bytes]) -> str | bytes:
    frame = dice.choice(sources)
    for _ in range(dice.randrange(1, 4)):
        frame = dice.choice(MUTATIONS)(dice, frame) or b"["
    if dice.random() < 0.1:
        return frame
    return frame.decode(errors="surrogateescape" if dice.random() < 0.3 else "replace")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, required=True)
    count = parser.parse_args().frames
    dice = random.Random(SEED)  # noqa: S311
    sources = seeds()
    links = [Link(version) for version in VERSIONS]
    exceptions: list[str] = []
    early = 0
    for number in range(count):
        link = links[number % len(links)]
        raw = garbage(dice, sources)
        try:
            hear(link, raw, dice)
        except Exception as error:  # noqa: BLE001  it is what is looked for
            exceptions.append(f"{error!r} for {raw!r:.200}")
        if number == count // 5:
            early = machine.memory_kib(os.getpid())
    grown = machine.memory_kib(os.getpid()) - early
    said = {"exceptions": len(exceptions), "first": exceptions[:3], "grown_kib": max(grown, 0)}
    print(json.dumps(said))  # noqa: T201


def hear(link: Link, raw: str | bytes, dice: random.Random) -> None:
    for happening in link.receive(raw):
        # Some calls are never answered: what is kept of them must be bounded, too.
        if isinstance(happening, Heard) and dice.random() < 0.9:
            link.answer(happening.call, {})


if __name__ == "__main__":
    main()
