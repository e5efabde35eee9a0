"""Looking up links for many stations that come at once."""

import asyncio
import threading
from collections.abc import Collection

import pytest
from django.db import OperationalError
from django.utils import timezone

from ocpp_gateway.files.door import Door
from operations.services import links
from operations.services.links import Grant


def grant(number: int) -> Grant:
    return Grant(number, "0" * 32, "x.bin", 1, "", timezone.now(), is_over=False)


async def test_those_who_come_during_a_look_share_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[list[str]] = []
    has_begun, may_answer = threading.Event(), threading.Event()

    def grants(tokens: Collection[str]) -> dict[str, Grant]:
        looks.append(sorted(tokens))
        has_begun.set()
        assert may_answer.wait(10)
        return {token: grant(int(token)) for token in tokens if token != "9"}

    monkeypatch.setattr(links, "grants", grants)
    door = Door()
    first = asyncio.create_task(door.grant("1"))
    assert await asyncio.to_thread(has_begun.wait, 10)
    others = [asyncio.create_task(door.grant(token)) for token in ("2", "3", "9", "2")]
    left = asyncio.create_task(door.grant("3"))
    await asyncio.sleep(0)
    left.cancel()
    may_answer.set()
    found = [await task for task in (first, *others)]
    assert [each and each.link_pk for each in found] == [1, 2, 3, None, 2]
    assert looks == [["1"], ["2", "3", "9"]]


async def test_a_database_that_is_away_is_told_to_all_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([OperationalError("away"), {"1": grant(1)}])

    def grants(tokens: Collection[str]) -> dict[str, Grant]:
        answer = next(answers)
        if isinstance(answer, OperationalError):
            raise answer
        return answer

    monkeypatch.setattr(links, "grants", grants)
    door = Door()
    failed = await asyncio.gather(door.grant("1"), door.grant("2"), return_exceptions=True)
    assert all(isinstance(error, OperationalError) for error in failed)
    assert await door.grant("1") is not None
