"""Reads times as psycopg does, in C, and lets often-said statements be parsed and planned once.

Django reads each time with a pattern, in Python: with a dozen of them in a row that takes longer
than all the rest. And it writes values into the statement's text, which is another one each time.
"""

from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import Cursor
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader

SAID_OFTEN = 5  # so often on one connection, then PostgreSQL keeps the statement

# Django's stubs leave out what only backends override.
Base: Any = base.DatabaseWrapper
Operations: Any = operations.DatabaseOperations
ServerSideCursor: Any = base.ServerSideCursor


class DatabaseOperations(Operations):  # type: ignore[misc]
    """Django's own; of a statement that stays it knows the text, without the values."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """What was asked, for whoever counts or reads statements."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(Base):  # type: ignore[misc]
    """Django's own, with quicker times, and a cursor for statements that stay the same."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """With psycopg's own way to read a time; the session's time zone is Django's already."""
        params: dict[str, Any] = super().get_connection_params()
        adapters = AdaptersMap(params["context"].adapters)
        adapters.register_loader("timestamptz", TimestamptzLoader)
        params["context"] = adapters
        if params["prepare_threshold"] is None:
            params["prepare_threshold"] = SAID_OFTEN
        return params

    def create_cursor(self, name: str | None = None) -> Any:
        """Without Django's look at its own way to read a time."""
        if name is None:
            return self.connection.cursor()
        # What is read bit by bit goes on after its transaction where there is none around it.
        is_kept = self.connection.autocommit
        return ServerSideCursor(self.connection, name=name, scrollable=False, withhold=is_kept)

    def cursor_that_stays(self) -> Any:
        """For a statement that is always the same text: its values are sent beside it."""
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(Cursor(self.connection))
