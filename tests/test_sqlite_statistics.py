"""SQLite learns how its tables are filled; PostgreSQL does by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from evcharge.databases.sqlite3.base import DatabaseWrapper
from operations.services import statistics
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db
AT_NIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    """Opens connections to a file with a table and its index."""
    made: list[Any] = []

    def open_one() -> Any:
        settings = {**connection.settings_dict, "NAME": str(tmp_path / "db.sqlite3")}
        if connection.vendor != "sqlite":
            settings["OPTIONS"] = {}
        made.append(DatabaseWrapper({**settings, "ENGINE": "evcharge.databases.sqlite3"}, "other"))
        return made[-1]

    with open_one().cursor() as cursor:
        cursor.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)")
        cursor.execute("CREATE INDEX by_text ON word (text)")
        cursor.executemany("INSERT INTO word (text) VALUES (%s)", [(f"w{n}",) for n in range(50)])
    yield open_one
    for each in made:
        each.close()


def ask(database: Any, sql: str) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_a_connection_that_is_closed_leaves_what_it_wished_to_know(opened: Any) -> None:
    asking = opened()
    ask(asking, "SELECT id FROM word WHERE text = 'w7' AND id > 3")
    asking.close()
    found = ask(opened(), "SELECT tbl, idx, stat FROM sqlite_stat1")
    assert found == [("word", "by_text", "50 1")]


def test_who_closes_waits_for_nobody_who_writes(opened: Any) -> None:
    asking, writing = opened(), opened()
    ask(asking, "SELECT id FROM word WHERE text = 'w7' AND id > 3")
    ask(writing, "BEGIN IMMEDIATE")
    asking.close()
    ask(writing, "ROLLBACK")
    assert ask(opened(), "SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does so by itself.")
def test_every_index_is_looked_at_in_its_turn() -> None:
    StationFactory()
    ((indexes,),) = ask(connection, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'")
    for minute in range(indexes // statistics.AT_ONCE + 1):
        statistics.refresh(now=AT_NIGHT + timedelta(minutes=minute))
    known = {table for (table,) in ask(connection, "SELECT DISTINCT tbl FROM sqlite_stat1")}
    assert {"operations_station", "operations_organisation"} <= known
