"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.layers import channel_layers
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from operations.services.live import switchboard
from tests import services
from tests.emptying import empty_tables
from tests.making import MadeOnce
from tests.portal import Portal, served_here


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        services.require("Chromium")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The program Playwright is to drive (`executable_path`)."""
    return services.require("Chromium")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis, one for each worker of the suite."""
    with services.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL, one for each worker of the suite."""
    with services.postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def _made_once(request: pytest.FixtureRequest) -> MadeOnce | None:
    is_one_of_many = hasattr(request.config, "workerinput")
    return MadeOnce() if is_one_of_many and connection.vendor == "sqlite" else None


@pytest.fixture(scope="session")
def django_db_keepdb(
    _made_once: MadeOnce | None, django_db_modify_db_settings: None, django_db_keepdb: bool
) -> bool:
    """Whether the database that is there is to be used: another worker's, copied."""
    return django_db_keepdb or (_made_once is not None and _made_once.is_there())


@pytest.fixture(scope="session")
def django_db_setup(
    _made_once: MadeOnce | None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    if _made_once is not None:
        with django_db_blocker.unblock():
            _made_once.give()


@pytest.fixture(autouse=True, scope="session")
def _emptied_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_tables())
        yield


# What a server wrote after its last test's rows were removed (its sweeper does so each second)
# would stay for whatever module this worker has next.
@pytest.fixture(scope="module")
def _swept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    yield
    with django_db_blocker.unblock():
        # A run of tests that all need no database has none.
        if connection.introspection.table_names():
            empty_tables()


# For one module at a time: its sweeper and its node's lease would disturb tests without it.
@pytest.fixture(scope="module")
def _served(_swept: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Portal]:
    with django_db_blocker.unblock(), served_here() as portal:
        yield portal


@pytest.fixture
def portal(_served: Portal, transactional_db: None) -> Portal:
    """The whole portal on a port of this machine; its rows are seen by the test and back."""
    # Another test of this worker may have bound it to a loop of its own.
    assert _served.loop is not None
    switchboard.bind(_served.loop)
    return _served


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    # Figures are kept for a few seconds: long enough for another test's.
    cache.clear()


@pytest.fixture(autouse=True)
def _fresh_channel_layers(request: pytest.FixtureRequest) -> None:
    # A layer belongs to the event loop that made it, and every test has its own loop; the
    # served portal keeps its own.
    if "portal" not in request.fixturenames:
        channel_layers.backends = {}
