"""SQLite has one writer at a time, and lets those who wait poll: some wait for seconds.

Inside one process the threads queue up instead, before they ask SQLite: a click waits for the
transaction under way, not for a gap between a busy writer's. Other processes go on as ever.
"""

import sqlite3
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base

from evcharge.databases.sqlite3.operations import DatabaseOperations
from evcharge.databases.sqlite3.queue import Queue

MOST_ENTRIES = 10_000  # of each index that are looked at: milliseconds, however large it is

_queue = Queue()

# Django's stubs leave out what only backends override.
Base: Any = base.DatabaseWrapper


class DatabaseWrapper(Base):  # type: ignore[misc]
    """Django's own, with a queue before BEGIN."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        timeout_s = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        # Without our turn SQLite itself says that the database is locked.
        self._is_in_turn = _queue.enter(timeout_s)
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
            self._learn()
            return super()._close()
        finally:
            self._leave()

    def _learn(self) -> None:
        """Have SQLite look at the tables of which it wished it knew more; it does so seldom.

        Who closes a connection waits for nobody who writes: another one will learn it.
        """
        if self.connection is None or self.connection.in_transaction or self.is_in_memory_db():
            return
        # Already broken, read only, or somebody writes just now.
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA busy_timeout = 0")
            self.connection.execute(f"PRAGMA analysis_limit = {MOST_ENTRIES}")
            self.connection.execute("PRAGMA optimize")

    def _leave_if_over(self) -> None:
        """A commit that failed leaves the transaction open, and our turn with it."""
        if self.connection is None or not self.connection.in_transaction:
            self._leave()

    def _leave(self) -> None:
        if self._is_in_turn:
            self._is_in_turn = False
            _queue.leave()
