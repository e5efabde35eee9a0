"""Figures counted once for all who look, and by each for itself while the cache is away."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from operations.services import shared
from operations.services.shared import AWAY_S, counted_once


class Cache:
    """A cache that may be away; it counts how often it is asked."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked = 0
        self._kept: dict[str, Any] = {}

    def _do(self) -> None:
        self.asked += 1
        if self.is_away:
            raise RedisTimeoutError("Timeout reading from socket")

    def get(self, key: str) -> Any:
        self._do()
        return self._kept.get(key)

    def set(self, key: str, value: Any, _seconds: float) -> None:
        self._do()
        self._kept[key] = value

    def add(self, key: str, value: Any, _seconds: float) -> bool:
        self._do()
        is_new = key not in self._kept
        self._kept.setdefault(key, value)
        return is_new

    def delete(self, key: str) -> None:
        self._do()
        self._kept.pop(key, None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(shared.time, "time", lambda: now[0])
    monkeypatch.setattr(shared.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:
    cache = Cache()
    monkeypatch.setattr(shared, "cache", cache)
    yield cache
    shared._patience.asks_from = 0.0


def test_who_comes_within_the_time_gets_the_same(cache: Cache, clock: list[float]) -> None:
    counts = iter(range(10))

    def count() -> int:
        return next(counts)

    assert [counted_once("fleet", count, fresh_s=5) for _ in range(3)] == [0, 0, 0]
    clock[0] += 5.1
    assert counted_once("fleet", count, fresh_s=5) == 1
    assert counted_once("fleet", count, fresh_s=5, not_before=clock[0] + 1) == 2


def test_while_one_counts_the_others_get_the_last(cache: Cache, clock: list[float]) -> None:
    counted_once("fleet", lambda: "before", fresh_s=5)
    clock[0] += 6

    def count() -> str:
        assert counted_once("fleet", lambda: "twice", fresh_s=5) == "before"
        return "after"

    assert counted_once("fleet", count, fresh_s=5) == "after"


def test_a_cache_that_is_away_is_not_asked_for_each_figure(
    cache: Cache, clock: list[float]
) -> None:
    counts = iter(range(10))

    def count() -> int:
        return next(counts)

    cache.is_away = True
    assert [counted_once("fleet", count, fresh_s=5) for _ in range(3)] == [0, 1, 2]
    assert cache.asked == 1
    cache.is_away = False
    clock[0] += AWAY_S
    assert [counted_once("fleet", count, fresh_s=5) for _ in range(2)] == [3, 3]
