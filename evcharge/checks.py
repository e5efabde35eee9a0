"""Refuses settings that cannot work together, in sentences that say what to set."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Hint

# What process managers call the number of server processes they start.
WORKER_COUNTS = ("WEB_CONCURRENCY", "UVICORN_WORKERS")

# Characters of a key that secrets are sealed with.
SHORTEST_KEY = 32


@register
def check_processes(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """An in-memory channel layer and broker reach one process only."""
    if settings.REDIS_URL:
        return []
    for name in WORKER_COUNTS:
        count = os.environ.get(name, "1")
        if count.isdigit() and int(count) > 1:
            return [
                Error(
                    f"{name} asks for {count} server processes, but without REDIS_URL they "
                    "cannot reach each other.",
                    hint=f"Set REDIS_URL, or {name}=1.",
                    id="evcharge.E001",
                )
            ]
    return []


@register
def check_key(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """The development key is public; whoever knows it can sign anybody in."""
    if settings.SECRET_KEY != settings.DEVELOPMENT_KEY or settings.DEBUG:
        return []
    return [
        Error(
            "SECRET_KEY is the development key, and DEBUG is off.",
            hint="Give a long random text of your own as SECRET_KEY or SECRET_KEY_FILE.",
            id="evcharge.E002",
        )
    ]


@register
def check_sealing(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Passwords in requests are sealed with a key of their own, so that it can be changed."""
    keys = settings.EVCHARGE_SECRET_KEYS
    if settings.DEBUG or (keys and all(len(key) >= SHORTEST_KEY for key in keys)):
        return []
    return [
        Error(
            "EVCHARGE_SECRET_KEYS holds a short text."
            if keys
            else "EVCHARGE_SECRET_KEYS is not set, and DEBUG is off.",
            hint=(
                f"Give a random text of {SHORTEST_KEY} characters or more, such as "
                "“openssl rand -base64 32” prints, or EVCHARGE_SECRET_KEYS_FILE."
            ),
            id="evcharge.E004",
        )
    ]


@register
def check_sqlite(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Several nodes need a database all of them reach."""
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if settings.REDIS_URL and is_sqlite and not settings.DEBUG:
        return [
            Error(
                "REDIS_URL is set, so several processes may run, but the database is SQLite.",
                hint="Set DATABASE_URL to PostgreSQL, or unset REDIS_URL.",
                id="evcharge.E003",
            )
        ]
    return []


@register
def check_issuer(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Whoever can change an issuer's answers on the way signs in as anybody."""
    issuer = settings.EVCHARGE_OIDC_ISSUER
    if settings.DEBUG or not issuer or issuer.startswith("https://"):
        return []
    return [
        Error(
            "EVCHARGE_OIDC_ISSUER is not an https address, and DEBUG is off.",
            hint="Give https://…, as the issuer names itself.",
            id="evcharge.E005",
        )
    ]


@register(Tags.security, deploy=True)
def check_mail(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Without mail nobody who forgot a password helps themselves."""
    if settings.EVCHARGE_SENDS_MAIL:
        return []
    return [
        Hint(
            "EMAIL_URL is not set: alerts and new passwords can't be mailed.",
            hint="Give submission://user:password@host:587, and EVCHARGE_MAIL_FROM.",
            id="evcharge.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_cookies(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:
    """Sessions that go over plain http can be taken over by whoever listens."""
    if settings.EVCHARGE_SECURE:
        return []
    return [
        Hint(
            "EVCHARGE_SECURE is off: session cookies go over plain http, too.",
            hint="Put TLS in front of the portal and set EVCHARGE_SECURE=true.",
            id="evcharge.W002",
        )
    ]
