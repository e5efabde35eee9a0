"""SQLite has one writer at a time, and lets those who wait poll: some wait for seconds.

Inside one process the threads queue up instead, before they ask SQLite: a click waits for the
transaction under way, not for a gap between a busy writer's. So does a statement that writes
without a transaction. Other processes go on as ever.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.backends.sqlite3 import base

from evcharge.databases.sqlite3.operations import DatabaseOperations
from evcharge.databases.sqlite3.queue import Queue

_queue = Queue()

# Django's stubs leave out what only backends override.
Base: Any = base.DatabaseWrapper
BaseCursor: Any = base.SQLiteCursorWrapper

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Cursor(BaseCursor):  # type: ignore[misc]
    """Django's own, with the queue before what is a transaction by itself."""

    timeout_s = 5.0

    def execute(self, query: str, params: Any = None) -> Any:
        """Run a statement, in its turn if it writes."""
        return self._in_turn(query, partial(super().execute, query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run it for each of these."""
        return self._in_turn(query, partial(super().executemany, query, param_list))

    def _in_turn(self, query: str, run: Callable[[], Any]) -> Any:
        if self.connection.in_transaction or not query.startswith(WRITES):
            return run()
        is_in_turn = _queue.enter(self.timeout_s)
        try:
            return run()
        finally:
            if is_in_turn:
                _queue.leave()


class DatabaseWrapper(Base):  # type: ignore[misc]
    """Django's own, with a queue before BEGIN."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_turn = False

    @property
    def _timeout_s(self) -> float:
        return float(self.settings_dict["OPTIONS"].get("timeout", 5))

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor that takes its turn."""
        cursor: Any = self.connection.cursor(factory=Cursor)
        cursor.timeout_s = self._timeout_s
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        # Without our turn SQLite itself says that the database is locked.
        self._is_in_turn = _queue.enter(self._timeout_s)
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()
        finally:
            self._leave_if_over()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._leave_if_over()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._leave()

    def _leave_if_over(self) -> None:
        """A commit that failed leaves the transaction open, and our turn with it."""
        if self.connection is None or not self.connection.in_transaction:
            self._leave()

    def _leave(self) -> None:
        if self._is_in_turn:
            self._is_in_turn = False
            _queue.leave()
