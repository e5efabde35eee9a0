"""What several of the domain's tests begin with."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from operations.models import Connection, Connector
from tests.domain.asked import connect
from tests.factories import ConnectorFactory


@pytest.fixture
def connector() -> Connector:
    """The only connector of a 1.6 station."""
    connector: Connector = ConnectorFactory(number=1)
    return connector


@pytest.fixture
def connection(connector: Connector) -> Connection:
    return connect(connector.station)


@pytest.fixture
def files_root(settings: Settings, tmp_path: Path) -> Path:
    """An empty store of files, and where stations are sent."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = "https://portal.example.org"
    return tmp_path / "files"
