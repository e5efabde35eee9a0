"""What end-to-end tests may ask for: programs that others have made."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import cluster, services

PACKAGE = "ocpp-rpc@2.2.1"


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed for this run: nothing of it is kept in the project."""
    services.require("Node.js")
    folder = tmp_path_factory.mktemp("npm")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    installed = subprocess.run(  # noqa: S603
        [services.require("npm"), "install", *quiet, "--prefix", folder, PACKAGE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if installed.returncode:
        services.miss(f"{PACKAGE} could not be installed: {installed.stderr[-300:]}")
    return folder / "node_modules"


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays(_swept: None) -> None:
    """Servers in processes of their own write until they are gone."""


@pytest.fixture(scope="session")
def _prepared_database(postgres_url: str) -> Iterator[str]:
    """Its name; making all tables takes longer than all else that a cluster needs."""
    with services.own_database(postgres_url) as url:
        cluster.prepare(url)
        yield urlsplit(url).path[1:]


@pytest.fixture(scope="module")
def clusters_database(postgres_url: str, _prepared_database: str) -> Iterator[str]:
    """The URL of a database for a cluster."""
    with services.own_database(postgres_url, template=_prepared_database) as url:
        yield url
