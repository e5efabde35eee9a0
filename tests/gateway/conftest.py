"""What the gateway's tests may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.gateway.toy_central_system import ToyCentralSystem


@pytest.fixture
async def system() -> AsyncIterator[ToyCentralSystem]:
    async with ToyCentralSystem.running() as system:
        yield system


@pytest.fixture
async def strict(system: ToyCentralSystem) -> AsyncIterator[ToyCentralSystem]:
    """A central system that minds every schema violation."""
    yield system
    assert not system.violations
