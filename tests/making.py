"""The tables of the test database, made by the suite's first worker and copied by the others.

Nearly all of the time that takes is Django's, going through the migrations' models.
"""

import fcntl
import shutil
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

TEMPLATE = Path(settings.DATA_DIR) / "template.sqlite3"


class MadeOnce:
    """One worker's part in it; the lock goes with its process, should that die."""

    def __init__(self) -> None:
        self._lock = TEMPLATE.with_suffix(".lock").open("w")

    def is_there(self) -> bool:
        """Whether the tables are in place; otherwise they are ours to make, and the others wait."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if not TEMPLATE.exists():
            return False
        shutil.copyfile(TEMPLATE, connection.creation._get_test_db_name())
        self._lock.close()
        return True

    def give(self) -> None:
        """They are in place: the others may have them."""
        if self._lock.closed:
            return
        copied = TEMPLATE.with_suffix(".copied")
        with closing(connection.cursor()) as cursor:
            cursor.execute("VACUUM INTO %s", [str(copied)])
        connection.close()
        copied.rename(TEMPLATE)
        self._lock.close()
