"""Reads settings from the environment; says in a sentence what is wrong with them."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, FileAwareEnv

UNKNOWN_STATIONS = ("refuse", "quarantine", "accept")


def open_environment() -> Env:
    """The environment; every variable may also be given as NAME_FILE, a file's path."""
    return FileAwareEnv()


def read(reader: Any, name: str, default: Any, hint: str, **options: Any) -> Any:
    """`reader(name)`, failing with a sentence that names the variable and what it takes."""
    try:
        return reader(name, default, **options)
    except (EnvError, ValueError, OSError) as error:
        why = str(error).rstrip(".")
        raise ImproperlyConfigured(f"{name} is not usable: {why}. {hint}") from error


def database(env: Env, base: Path) -> dict[str, Any]:
    """DATABASE_URL, or SQLite in `base`, with the options each engine needs."""
    config: dict[str, Any] = dict(
        read(
            env.dj_db_url,
            "DATABASE_URL",
            f"sqlite:///{base / 'evcharge.sqlite3'}",
            "Give postgres://user:password@host:5432/name or sqlite:////path/to/file.",
        )
    )
    # Under ASGI each request may run in its own thread: a kept connection would never be reused.
    config["CONN_MAX_AGE"] = 0
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;"
            ),
        }
        return config
    if config["ENGINE"].endswith("postgresql"):
        pool = {"min_size": 1, "max_size": 16, "timeout": 20}
        config["OPTIONS"] = {**config.get("OPTIONS", {}), "pool": pool}
        return config
    raise ImproperlyConfigured(
        "DATABASE_URL must name PostgreSQL (postgres://…) or SQLite (sqlite:///…)."
    )
