"""Waiting in tests without an event loop."""

from collections.abc import Callable

from tests import services


def wait_until_true(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Until the condition on the database holds."""
    services.wait_until(condition, what="the condition", timeout_s=timeout_s)
