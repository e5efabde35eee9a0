"""Settings that cannot work end the start with a sentence that says what to set."""

import os
import subprocess
import sys

import pytest

KEY = "a-long-enough-key-for-a-check-that-does-not-serve-anybody"


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {"PATH": os.environ["PATH"], "DATA_DIR": os.environ["DATA_DIR"]}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"DEBUG": "perhaps"}, "DEBUG is not usable"),
        ({"SECRET_KEY_FILE": "nowhere"}, "SECRET_KEY is not usable"),
        ({"DEBUG": "true", "DATABASE_URL": "mysql://a/b"}, "DATABASE_URL must name PostgreSQL"),
        ({"DEBUG": "true", "EVCHARGE_UNKNOWN_STATIONS": "maybe"}, "refuse (default), quarantine"),
        ({"DEBUG": "true", "EVCHARGE_HEARTBEAT_S": "often"}, "Give seconds"),
        ({"DEBUG": "true", "EVCHARGE_OIDC_ISSUER": "https://id.example.org"}, "_CLIENT_SECRET too"),
        ({"DEBUG": "true", "EVCHARGE_OIDC_ROLES": "ops=boss"}, "Give viewer, operator, engineer"),
        (
            {
                "SECRET_KEY": KEY,
                "EVCHARGE_OIDC_ISSUER": "http://id.example.org",
                "EVCHARGE_OIDC_CLIENT_ID": "portal",
                "EVCHARGE_OIDC_CLIENT_SECRET": "shh",
            },
            "EVCHARGE_OIDC_ISSUER is not an https address",
        ),
        ({"SECRET_KEY": KEY, "WEB_CONCURRENCY": "4"}, "Set REDIS_URL, or WEB_CONCURRENCY=1"),
        ({"SECRET_KEY": KEY, "REDIS_URL": "redis://localhost/0"}, "Set DATABASE_URL to PostgreSQL"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(environment: dict[str, str], sentence: str) -> None:
    result = check(**environment)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_the_development_key_is_refused_in_production() -> None:
    from evcharge.settings import DEVELOPMENT_KEY

    assert "SECRET_KEY is the development key" in check(SECRET_KEY=DEVELOPMENT_KEY).stderr


def test_a_secret_may_come_from_a_file(tmp_path: object) -> None:
    file = tmp_path / "key"  # type: ignore[operator]
    file.write_text(KEY)
    assert check(SECRET_KEY_FILE=str(file), EVCHARGE_SECRET_KEYS=KEY).returncode == 0


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [("", "EVCHARGE_SECRET_KEYS is not set"), (f"{KEY},short", "holds a short text")],
)
def test_production_needs_keys_to_seal_secrets_with(keys: str, sentence: str) -> None:
    result = check(SECRET_KEY=KEY, EVCHARGE_SECRET_KEYS=keys)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "openssl rand -base64 32" in result.stderr


def test_debug_alone_is_enough_to_try_it() -> None:
    assert check(DEBUG="true").returncode == 0
