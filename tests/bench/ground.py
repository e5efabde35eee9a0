"""The databases the figures are taken on: one is filled, and copied for each server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests import services
from tests.bench import machine

KEY = "a-key-for-benchmarks-long-enough-to-pass-the-deployment-checks-0123456789"


@dataclass
class Ground:
    """A kind of database (and channel layer), and how to get a filled copy of it."""

    kind: str  # "SQLite" or "PostgreSQL"
    folder: Path
    url: str  # of the filled one
    redis_url: str = ""
    first_station: int = 0
    first_charger: int = 0
    first_connector: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def is_sqlite(self) -> bool:
        return self.kind == "SQLite"

    def env(self, database_url: str) -> dict[str, str]:
        """What every process of the portal gets."""
        return {
            "SECRET_KEY": KEY,
            "EVCHARGE_SECRET_KEYS": KEY,
            "DEBUG": "false",
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "evcharge.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def fill(self, stations: int) -> None:
        """Tables, stations, an operator."""
        said = run_apart("tests.bench.fill", "--stations", str(stations), env=self.env(self.url))
        self.first_station, self.first_charger = said["first_station"], said["first_charger"]
        self.first_connector = said["first_connector"]
        self.cookies = said["cookies"]

    def copy(self) -> str:
        """The address of a copy of its own, to be written into."""
        name = f"copy_{next(self._numbers)}"
        if self.is_sqlite:
            path = self.folder / f"{name}.sqlite3"
            shutil.copy(self.folder / "filled.sqlite3", path)
            return f"sqlite:///{path}"
        filled = urlsplit(self.url).path[1:]
        maintenance = urlsplit(self.url)._replace(path="/postgres").geturl()
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(filled)
                )
            )
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def discard(self, database_url: str) -> None:
        """Room for the next copy."""
        if self.is_sqlite:
            for path in self.folder.glob(Path(urlsplit(database_url).path).name + "*"):
                path.unlink()
            return
        name = urlsplit(database_url).path[1:]
        maintenance = urlsplit(self.url)._replace(path="/postgres").geturl()
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def sqlite_ground(folder: Path, stations: int) -> Iterator[Ground]:
    """Embedded: SQLite, the channel layer in memory."""
    own = folder / "sqlite"
    own.mkdir()
    ground = Ground("SQLite", own, f"sqlite:///{own / 'filled.sqlite3'}")
    ground.fill(stations)
    yield ground


@contextmanager
def postgres_ground(folder: Path, stations: int) -> Iterator[Ground]:
    """Distributed: PostgreSQL and Redis, on the load generator's core as if on another machine."""
    own = folder / "postgresql"
    own.mkdir()
    with machine.born_on(machine.OTHER_CORES):
        postgres, redis = services.postgres_server(), services.redis_server()
        url = postgres.__enter__()
    try:
        with machine.born_on(machine.OTHER_CORES):
            redis_url = redis.__enter__()
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE filled")
            ground = Ground(
                "PostgreSQL", own, urlsplit(url)._replace(path="/filled").geturl(), redis_url
            )
            ground.fill(stations)
            yield ground
        finally:
            redis.__exit__(None, None, None)
    finally:
        postgres.__exit__(None, None, None)


GROUNDS = {"SQLite": sqlite_ground, "PostgreSQL": postgres_ground}


def run_apart(
    module: str, *arguments: str, env: dict[str, str], cores: set[int] = machine.SERVER_CORES
) -> dict[str, Any]:
    """Run a module in a process of its own, on the server's core; what it prints is JSON."""
    with machine.born_on(cores):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise ChildProcessError(f"{module} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
