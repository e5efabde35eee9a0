"""Keeps SQLite informed of how its tables are filled, by which it chooses indexes.

PostgreSQL does so by itself. Connections do their share when they are closed
(evcharge/databases/sqlite3), each for what it has asked.
"""

from datetime import datetime

from django.db import connection, transaction

AT_ONCE = 5  # indexes, one after the other: each has its turn within hours
# Of one index that are looked at: some ten milliseconds, for which writers wait. A few hundred
# would do for a guess, but then SQLite takes a status that many have for one that few have.
MOST_ENTRIES = 100_000

INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name"


def refresh(*, now: datetime) -> None:
    """Look at the next few indexes; called each minute."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {MOST_ENTRIES}")
        cursor.execute(INDEXES)
        names = [name for (name,) in cursor.fetchall()]
    first = int(now.timestamp() // 60) * AT_ONCE
    for number in range(first, first + AT_ONCE):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(names[number % len(names)])}")
