"""The suite's own ground: real servers start and stop, and nothing missing goes unnoticed."""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
import redis
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import services

ROOT = Path(__file__).parent.parent


def test_redis_answers_and_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    with services.redis_server() as url, redis.Redis.from_url(url) as client:
        assert client.set("station", "up")
        assert client.get("station") == b"up"
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_postgres_answers_and_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with services.postgres_server() as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("select 6 * 7").fetchone() == (42,)
            # An open connection must not keep the server from stopping.
        open_connection = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    open_connection.close()


def test_a_redis_given_by_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://given/1")
    with services.redis_server() as url:
        assert url == "redis://given/1"


def test_a_postgres_given_by_the_environment_lends_a_database_of_its_own(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    with services.postgres_server() as url:
        assert url != postgres_url
        with psycopg.connect(url) as connection:
            connection.execute("create table written (by_a_test int)")
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("select to_regclass('written')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_what_is_missing_skips_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVCHARGE_TESTS_REQUIRE_ALL", raising=False)
    monkeypatch.setitem(services.FINDERS, "Chromium", lambda: None)
    with pytest.raises(pytest.skip.Exception, match="Chromium is not installed"):
        services.require("Chromium")


def test_what_is_missing_fails_where_all_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVCHARGE_TESTS_REQUIRE_ALL", "1")
    monkeypatch.setitem(services.FINDERS, "Chromium", lambda: None)
    with pytest.raises(pytest.fail.Exception, match="Chromium is not installed"):
        services.require("Chromium")


def test_a_process_that_ends_too_early_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no licence'); raise SystemExit(3)"]
    with (
        pytest.raises(ChildProcessError, match=r"ended with 3:\nno licence"),
        services.running(command, log=tmp_path / "log", is_ready=lambda: False),
    ):
        pytest.fail("it never was ready")


def test_a_process_deaf_to_its_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "STOP_TIMEOUT_S", 0.2)
    log = tmp_path / "log"
    deaf = "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); print('up', flush=True); s.pause()"
    with services.running(
        [sys.executable, "-c", deaf], log=log, is_ready=lambda: "up" in log.read_text()
    ) as process:
        assert process.poll() is None
    assert process.returncode == -9


def test_the_lock_has_a_version_in_range_for_everything_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = {
        canonicalize_name(pinned.name): str(pinned.specifier).removeprefix("==")
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
        for pinned in [Requirement(line.rstrip("\\ "))]
    }
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for requirement in map(Requirement, declared):
        pinned_version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned_version), f"{requirement}: run `make lock`"
        if requirement.marker is None or requirement.marker.evaluate():
            assert version(requirement.name) == pinned_version, "run `make install`"


def test_the_lock_names_no_host_or_folder() -> None:
    lock = (ROOT / "requirements.txt").read_text()
    assert "://" not in lock
    assert " /" not in lock


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    for command in ("install", "demo", "serve", "test", "lint", "format", "bench", "lock", "clean"):
        assert f"\n  {command} " in listed
