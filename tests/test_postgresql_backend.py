"""What our PostgreSQL backend adds to Django's: quicker times, statements that stay."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_django
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from evcharge.databases.postgresql.base import SAID_OFTEN, DatabaseWrapper

AT = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)


@pytest.fixture
def database(postgres_url: str, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[Any]:
    parts = urlsplit(postgres_url)
    settings: dict[str, Any] = {
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": parts.port,
        "OPTIONS": {},
        "TIME_ZONE": None,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
    database = DatabaseWrapper(settings, alias="apart")
    with django_db_blocker.unblock():  # it is not the database of the tests
        yield database
        database.close()


@pytest.mark.parametrize("cursor", ["cursor", "cursor_that_stays"])
def test_times_are_what_django_makes_of_them(database: Any, cursor: str) -> None:
    with getattr(database, cursor)() as asking:
        asking.execute("SELECT %s::timestamptz, NULL::timestamptz", [AT])
        at, nothing = asking.fetchone()
    assert (at, at.utcoffset(), nothing) == (AT, AT.utcoffset(), None)
    assert str(at) == str(AT)
    assert not isinstance(at.tzinfo, zoneinfo.ZoneInfo) or at.tzinfo.key == "UTC"


def test_json_and_addresses_stay_texts_for_django_to_read(database: Any) -> None:
    with database.cursor_that_stays() as asking:
        asking.execute("""SELECT '{"a": 1}'::jsonb, '192.0.2.1'::inet""")
        assert asking.fetchone() == ('{"a": 1}', "192.0.2.1")


def test_many_rows_are_read_bit_by_bit_as_ever(database: Any) -> None:
    with database.chunked_cursor() as asking:
        asking.execute("SELECT * FROM generate_series(1, 3)")
        assert asking.fetchall() == [(1,), (2,), (3,)]


def test_a_statement_said_often_is_planned_once(database: Any) -> None:
    for number in range(SAID_OFTEN + 2):
        with database.cursor_that_stays() as asking:
            asking.execute("SELECT %s::bigint + 1", [number])
            assert asking.fetchone() == (number + 1,)
        with database.cursor() as asking:
            asking.execute("SELECT %s::bigint + 2", [number])
    with database.cursor() as asking:
        asking.execute("SELECT statement FROM pg_prepared_statements")
        assert asking.fetchall() == [("SELECT $1::bigint + 1",)]


def test_what_was_asked_can_be_read_afterwards(database: Any) -> None:
    database.force_debug_cursor = True
    for number in range(SAID_OFTEN + 2):  # also once PostgreSQL keeps it
        with database.cursor_that_stays() as asking:
            asking.execute("SELECT %s::bigint", [number])
    asked = [each["sql"] for each in database.queries]
    assert len(asked) == SAID_OFTEN + 2
    assert all(sql.endswith("::bigint") for sql in asked)


def test_djangos_own_way_to_read_a_time_is_not_touched(database: Any) -> None:
    # Its adapters are shared by all its connections: ours has a copy.
    django = super(DatabaseWrapper, database).get_connection_params()["context"]
    assert issubclass(django.adapters.get_loader(1184, 0), BaseTzLoader)
