"""Counts what a server has kept, and what that cost its database, from outside the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.bench import machine, watching

# The tables that grow with what stations say.
TABLES = {
    "messages": "operations_ocppmessage",
    "readings": "operations_meterreading",
    "sessions": "operations_session",
    "events": "operations_stationevent",
    "connections": "operations_connection",
}


class Books:
    """A database, looked at by somebody who is no part of the portal."""

    def __init__(self, database_url: str) -> None:
        self._is_sqlite = watching.is_sqlite(database_url)
        self._database = watching.open_database(database_url)

    def number(self, query: str) -> int:
        """What a query says that has one number to say."""
        return int(self._database.execute(query).fetchone()[0])

    def rows(self) -> dict[str, int]:
        """How many rows each of the tables has."""
        return {
            name: self.number(f"SELECT count(*) FROM {table}")  # noqa: S608
            for name, table in TABLES.items()
        }

    def size_bytes(self) -> int:
        """What it takes on disk, indexes and all."""
        if self._is_sqlite:
            pages, size = self.number("PRAGMA page_count"), self.number("PRAGMA page_size")
            return pages * size
        return self.number("SELECT pg_database_size(current_database())")

    def log_bytes(self) -> int:
        """How much PostgreSQL has written into its write-ahead log."""
        return self.number("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")

    @property
    def server_pid(self) -> int | None:
        """PostgreSQL's own process, where it runs on this machine."""
        if self._is_sqlite:
            return None
        backend = self._database.info.backend_pid
        return machine.parent_of(backend) if Path(f"/proc/{backend}").exists() else None

    def close(self) -> None:
        self._database.close()


@dataclass(frozen=True, slots=True)
class Costs:
    """Time on a core, in seconds: the server's, PostgreSQL's, Redis's, Celery's."""

    server: float
    database: float = 0.0
    redis: float = 0.0
    celery: float = 0.0

    def since(self, before: "Costs") -> "Costs":
        return Costs(
            self.server - before.server,
            self.database - before.database,
            self.redis - before.redis,
            self.celery - before.celery,
        )

    def times(self, factor: float) -> "Costs":
        return Costs(
            self.server * factor,
            self.database * factor,
            self.redis * factor,
            self.celery * factor,
        )


class Meter:
    """Reads what all processes of a portal have used so far."""

    def __init__(self, books: Books, server: int, redis_url: str, celery: int | None) -> None:
        self._server, self._celery = server, celery
        self._database = books.server_pid
        self._redis = redis.Redis.from_url(redis_url) if redis_url else None

    def read(self) -> Costs:
        return Costs(
            server=machine.cpu_of_all_s(self._server),
            database=machine.cpu_of_all_s(self._database) if self._database else 0.0,
            redis=self._redis_s(),
            celery=machine.cpu_of_all_s(self._celery) if self._celery else 0.0,
        )

    def _redis_s(self) -> float:
        if self._redis is None:
            return 0.0
        said: Mapping[str, Any] = self._redis.info("cpu")
        return float(said["used_cpu_user"]) + float(said["used_cpu_sys"])

    def published(self) -> int:
        """Messages that were sent through Redis's channels so far."""
        if self._redis is None:
            return 0
        said: Mapping[str, Any] = self._redis.info("commandstats")
        return int(said.get("cmdstat_publish", {}).get("calls", 0))

    def close(self) -> None:
        if self._redis is not None:
            self._redis.close()
