"""What SQLite stores, as Python has it: times, of which a page or a batch reads thousands."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.sqlite3 import operations

# Django's stubs leave out what only backends override.
Base: Any = operations.DatabaseOperations


class DatabaseOperations(Base):  # type: ignore[misc]
    """Django's own, with a shorter way for times."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Django has written it, in UTC; anything else takes the long way."""
        if isinstance(value, datetime) and value.tzinfo is None and connection.timezone is UTC:
            return value.replace(tzinfo=UTC)
        return super().convert_datetimefield_value(value, expression, connection)
