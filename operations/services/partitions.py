"""Big tables in parts, on PostgreSQL: made before they are needed, dropped when all in them is old.

A part holds a range of keys, which are given away in the order of time: so a row keeps its key
alone, a page of the log lies in one part or two, and new rows go to the newest. Dropping a part
takes a moment and leaves nothing behind, where deleting its rows would take long and leave holes
(docs/decisions/0008). What lies beyond the last part goes to one for the rest, and is not lost.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, Sum
from django.utils import timezone

from operations.models import FleetMinute

# So long a lock may be waited for: whoever writes waits behind. Then the next minute tries again.
LOCK_WAIT_MS = 20
WORKERS_LOCK = 0x65766368  # an advisory lock of our own
AHEAD = 2  # parts beyond the one that is written to
MOST_AT_ONCE = 10
LEAST_KEYS = 100_000
MOST_KEYS = 50_000_000
DAY = timedelta(days=1)

PARTS = """
    SELECT part.relname, pg_get_expr(part.relpartbound, part.oid)
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
    WHERE inhparent = %s::regclass
"""
RANGE = re.compile(r"FROM \((?:MINVALUE|'(\d+)')\) TO \('(\d+)'\)")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table: the keys from `first` up to `end`, which is the next one's."""

    name: str
    first: int
    end: int


def is_in_parts(model: type[Model]) -> bool:
    """Whether the model's table lies in parts in this database."""
    return connection.vendor == "postgresql" and bool(parts_of(model))


def parts_of(model: type[Model]) -> list[Part]:
    """The parts, by their keys, but the one for the rest."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [model._meta.db_table])
        found = [(name, RANGE.search(bound)) for name, bound in cursor.fetchall()]
    parts = [Part(name, int(keys[1] or 0), int(keys[2])) for name, keys in found if keys]
    return sorted(parts, key=lambda part: part.end)


def last_key(model: type[Model]) -> int:
    """The last key that was given away; not all before it need have come to be rows."""
    with connection.cursor() as cursor:
        name = f"{model._meta.db_table}_id_seq"
        cursor.execute("SELECT last_value FROM pg_sequences WHERE sequencename = %s", [name])
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


def keys_of_a_day() -> int:
    """How many messages came and went within the last day, as far as was counted."""
    lately = FleetMinute.objects.filter(at__gte=timezone.now() - DAY)
    return int(lately.aggregate(count=Sum("messages"))["count"] or 0)


def make_ahead(model: type[Model], *, keys: int, ahead: int = AHEAD) -> int:
    """Make parts of so many keys until some are ahead; returns how many were made."""
    width = max(LEAST_KEYS, min(keys, MOST_KEYS))
    parts, last = parts_of(model), last_key(model)
    ahead -= sum(part.first > last for part in parts)
    made = 0
    while parts and made < ahead:
        # Keys that are being given away now belong to the rest, which already has some.
        first = max(parts[-1].end, last + LEAST_KEYS if last >= parts[-1].end else 0)
        part = Part(f"{model._meta.db_table}_to_{first + width}", first, first + width)
        if not _attach(model, part):
            break
        parts.append(part)
        made += 1
    return made


def drop_old(model: type[Model], is_old: Callable[[Part], bool]) -> int:
    """Drop the oldest parts, as far as they are old; returns how many went."""
    last, dropped = last_key(model), 0
    for part in parts_of(model)[:MOST_AT_ONCE]:
        # The one that is written to stays, and those that are still to come.
        if part.end > last or not is_old(part) or not _drop(part):
            break
        dropped += 1
    return dropped


def _attach(model: type[Model], part: Part) -> bool:
    """Make it beside the table first: as its part it locks whoever writes out for a moment only."""
    table = model._meta.db_table

    def work(cursor: CursorWrapper) -> bool:
        if any(other.end > part.first for other in parts_of(model)):
            return False  # another worker was faster
        cursor.execute(
            f"CREATE TABLE {part.name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {part.name} "
            f"FOR VALUES FROM ({part.first}) TO ({part.end})"
        )
        return True

    return _unless_busy(work)


def _drop(part: Part) -> bool:
    def work(cursor: CursorWrapper) -> bool:
        cursor.execute(f"DROP TABLE IF EXISTS {part.name}")
        return True

    return _unless_busy(work)


def _unless_busy(work: Callable[[CursorWrapper], bool]) -> bool:
    """One transaction, one worker at a time; gives up where a lock is not to be had soon."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [WORKERS_LOCK])
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
            return work(cursor)
    except OperationalError:
        # Somebody reads the table just now: an export, a backup.
        return False
