"""Sees in the database when a run has got somewhere, from outside the server."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

import psycopg

ANSWERED = (
    "SELECT count(*) FROM operations_commandrun "
    "WHERE station_id = {} AND status NOT IN ('queued', 'sent')"
)


def is_sqlite(database_url: str) -> bool:
    """Whether it is a file."""
    return urlsplit(database_url).scheme == "sqlite"


def open_database(database_url: str, *, prepare_threshold: int | None = 5) -> Any:
    """A connection of somebody who is no part of the portal."""
    if is_sqlite(database_url):
        path = urlsplit(database_url).path[1:]
        return sqlite3.connect(path, isolation_level=None, timeout=20)
    return psycopg.connect(database_url, autocommit=True, prepare_threshold=prepare_threshold)


class Watcher:
    """Counts the runs of a station that are past their answer."""

    def __init__(self, database_url: str) -> None:
        self._is_sqlite = is_sqlite(database_url)
        self._database = open_database(database_url, prepare_threshold=1)
        self._query = ANSWERED.format("?" if self._is_sqlite else "%s")

    @property
    def pause_s(self) -> float:
        """How long to leave the database alone between two looks."""
        return 0.0 if self._is_sqlite else 0.0005

    def answered_runs(self, station_pk: int) -> int:
        (count,) = self._database.execute(self._query, (station_pk,)).fetchone()
        return int(count)

    def close(self) -> None:
        self._database.close()
