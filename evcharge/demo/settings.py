"""Settings of the demo: the embedded defaults, a folder of its own, everything on this machine."""

import os
import secrets
import socket
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# By port, so that a second demo beside this one does not take its database away.
PORT = os.environ.get("PORT") or "8000"
if not PORT.isdecimal():
    raise ImproperlyConfigured(f"PORT is {PORT!r}. Give a number, such as 8000.")
FOLDER = Path(__file__).resolve().parent.parent.parent / "var" / "demo" / PORT
HOST = os.environ.get("HOST") or "127.0.0.1"

for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE", "DATABASE_URL_FILE"):
    os.environ.pop(name, None)
os.environ["DEBUG"] = "false"
os.environ["DATA_DIR"] = str(FOLDER)
os.environ["EVCHARGE_UNKNOWN_STATIONS"] = "accept"
os.environ.setdefault("EVCHARGE_READ_SETTINGS", "true")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
# The files' servers beside the portal's. Thousands apart: a demo on the next port has its own.
os.environ["EVCHARGE_FILES_SERVERS"] = "true"
os.environ["EVCHARGE_FILES_HOST"] = HOST
FTP, SFTP, PASSIVE = (1024 + (int(PORT) + n * 1000 - 1024) % 60_000 for n in (1, 2, 3))
os.environ.setdefault("EVCHARGE_FTP_PORT", str(FTP))
os.environ.setdefault("EVCHARGE_SFTP_PORT", str(SFTP))
os.environ.setdefault("EVCHARGE_FTP_PASSIVE_PORTS", f"{PASSIVE}-{PASSIVE + 29}")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ["ALLOWED_HOSTS"] = ",".join(
    {"localhost", "127.0.0.1", "[::1]", socket.gethostname(), HOST}
)

from evcharge.settings import *  # noqa: E402, F403
from evcharge.settings import DEVELOPMENT_KEY, SECRET_KEY  # noqa: E402

# What is asked from a shell beside the demo (DEBUG=true) is sealed with the development key.
EVCHARGE_SECRET_KEYS = [SECRET_KEY, DEVELOPMENT_KEY]
