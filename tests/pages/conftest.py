"""What tests of pages may ask for."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from operations import consumers
from operations.services.live import switchboard


@pytest.fixture
async def on_this_loop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    # However busy the machine is: figures must not wait longer than the tests do.
    monkeypatch.setattr(consumers, "SLOW_S", 0.4)
    monkeypatch.setattr(consumers, "SLOW_SHARE", 0)
    switchboard.bind(asyncio.get_running_loop())
    yield
    switchboard.unbind()
