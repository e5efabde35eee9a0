"""Reads settings from the environment; says in a sentence what is wrong with them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, FileAwareEnv

KEPT_S = 60
UNKNOWN_STATIONS = ("refuse", "quarantine", "accept")


def open_environment() -> Env:
    """The environment; every variable may also be given as NAME_FILE, a file's path."""
    env = FileAwareEnv()
    env.add_parser("ports", _ports)
    env.add_parser("days", _days)
    return env


def _days(value: str) -> int:
    """A number of days; 0 for those that never end."""
    days = int(value)
    if days < 0:
        raise ValueError("There are no negative days.")
    return days


def _ports(value: str) -> range:
    """Two port numbers with a hyphen between them: all from one to the other."""
    first, _, last = value.partition("-")
    found = range(int(first), int(last or first) + 1)
    if not found or found[0] < 1 or found[-1] > 65_535:
        raise ValueError("No range of ports.")
    return found


def read(reader: Any, name: str, default: Any, hint: str, **options: Any) -> Any:
    """`reader(name)`, failing with a sentence that names the variable and what it takes."""
    try:
        return reader(name, default, **options)
    except (EnvError, ValueError, OSError) as error:
        why = str(error).rstrip(".")
        raise ImproperlyConfigured(f"{name} is not usable: {why}. {hint}") from error


def mail(env: Env) -> dict[str, Any]:
    """EMAIL_URL as Django's EMAIL_ settings; empty where none is set."""
    hint = "Give submission://user:password@host:587 or smtp://host:25."
    config: dict[str, Any] = read(env.dj_email_url, "EMAIL_URL", "", hint)
    if "EMAIL_BACKEND" in config:
        return dict(config)
    if env.str("EMAIL_URL", ""):
        raise ImproperlyConfigured(f"EMAIL_URL is not usable: its scheme is not known. {hint}")
    return {}


def tile_hosts(template: str) -> list[str]:
    """Whom browsers may ask for the map's tiles, as a content security policy says it."""
    if not template:
        return []
    address = urlsplit(template)
    is_whole = all(part in template for part in ("{z}", "{x}", "{y}"))
    if address.scheme not in {"http", "https"} or not address.hostname or not is_whole:
        raise ImproperlyConfigured(
            f"EVCHARGE_MAP_TILES is {template!r}. "
            "Give an address with {z}, {x} and {y}, like https://tiles.example.org/{z}/{x}/{y}.png."
        )
    return [f"{address.scheme}://{address.netloc.replace('{s}', '*')}"]


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
    config["CONN_MAX_AGE"] = 0  # PostgreSQL's are kept by the pool
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = "evcharge.databases.sqlite3"
        # Opening one takes longer than most requests; the threads that answer them stay.
        config["CONN_MAX_AGE"] = KEPT_S
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;"
            ),
        }
        return config
    if config["ENGINE"].endswith("postgresql"):
        config["ENGINE"] = "evcharge.databases.postgresql"
        # Whoever asks tries again by itself: the pool must not, in ever longer intervals, after the
        # database is back. Pages say after ten seconds that it is away.
        pool = {"min_size": 1, "max_size": 16, "timeout": 10, "reconnect_timeout": 2}
        config["OPTIONS"] = {**config.get("OPTIONS", {}), "pool": pool}
        return config
    raise ImproperlyConfigured(
        "DATABASE_URL must name PostgreSQL (postgres://…) or SQLite (sqlite:///…)."
    )
