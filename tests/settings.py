"""Settings of the test suite: the portal's own, with a key and nothing of the environment.

TEST_DATABASE_URL alone is taken from there: the database the suite runs on.
"""

import atexit
import os
import shutil
import tempfile
from typing import Any

for name in ("DATABASE_URL", "REDIS_URL", "EVCHARGE_UNKNOWN_STATIONS", "EVCHARGE_SECURE"):
    os.environ.pop(name, None)
os.environ["DEBUG"] = "false"
os.environ["SECRET_KEY"] = "a-key-for-tests-long-enough-to-pass-the-deployment-checks-0123456789"
os.environ["EVCHARGE_SECRET_KEYS"] = "a-key-for-tests-that-seals-what-nobody-may-read-0123456789"
os.environ["LOG_LEVEL"] = "WARNING"
# Dozens of processes are started: each would compile the whole portal anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "TEST_DATA_DIR" not in os.environ:
    # The first process makes it and takes it away again; those it starts are given it.
    os.environ["TEST_DATA_DIR"] = tempfile.mkdtemp(prefix="evcharge-")
    atexit.register(shutil.rmtree, os.environ["TEST_DATA_DIR"], ignore_errors=True)
os.environ["DATA_DIR"] = os.environ["TEST_DATA_DIR"]
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from evcharge.settings import *  # noqa: E402, F403
from evcharge.settings import DATA_DIR, DATABASES, TEMPLATES  # noqa: E402

# A connection that a thread keeps would be another test's to close.
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: several threads and processes of a test share it.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
options: Any = TEMPLATES[0]["OPTIONS"]
options["debug"] = True  # so that coverage sees templates
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
