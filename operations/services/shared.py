"""Figures that everybody looks at are counted once for all of them, and kept in the cache.

On several nodes the cache is Redis, so that they count once together. Without it, or while it
does not answer, each counts for itself: nothing here is worth an error.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

from operations.models import User

Value = TypeVar("Value")

AWAY_S = 10  # how long a cache that did not answer is not asked again
COUNTING_S = 10  # how long one may be counting while others are given the figures from before
STALE = 5  # times as old as they may be when fresh


def scope_of(user: User) -> str:
    """Who sees the same stations shares their figures."""
    return "all" if user.sees_whole_network else str(user.organisation_id)


def counted_once(
    key: str, count: Callable[[], Value], *, fresh_s: float, not_before: float = 0.0
) -> Value:
    """What `count` says, or what it said at most `fresh_s` ago and after `not_before`."""
    now = time.time()
    kept: tuple[float, Value] | None = _ask(cache.get, key)
    if kept is not None:
        is_fresh = kept[0] >= max(now - fresh_s, not_before)
        # Many pages at the same moment must not all count: the others get the last figures.
        if is_fresh or not (not_before or _ask(cache.add, f"{key}:counting", 1, COUNTING_S)):
            return kept[1]
    value = count()
    _ask(cache.set, key, (now, value), fresh_s * STALE)
    _ask(cache.delete, f"{key}:counting")
    return value


class _Patience:
    """Whether the cache is asked: a page that waits for each of its figures comes too late."""

    asks_from = 0.0

    def ask(self, call: Callable[..., Any], *args: Any) -> Any:
        """What the cache says, or None."""
        if time.monotonic() < self.asks_from:
            return None
        try:
            return call(*args)
        except (RedisError, OSError):
            self.asks_from = time.monotonic() + AWAY_S
            return None


_patience = _Patience()
_ask = _patience.ask
