"""What lies in deploy/ fits the code: commands, settings, ports and folders that exist."""

import configparser
import logging
import re
import shlex
from collections.abc import Iterator
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery
from django.conf import settings
from django.core.management import load_command_class
from django.test import Client
from pytest_django.fixtures import Settings
from structlog.contextvars import bound_contextvars

from tests.test_docs import ROOT, rows

DEPLOY = ROOT / "deploy"
DOCUMENTED = {row[0].strip("`") for row in rows(ROOT / "docs" / "operating.md", "Settings")}
# What people give compose and no process of the portal reads.
COMPOSES_OWN = {"POSTGRES_PASSWORD"}


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def portal_services() -> dict[str, dict[str, Any]]:
    return {
        name: service
        for name, service in compose()["services"].items()
        if service["image"] == "evcharge"
    }


def docker_command() -> list[str]:
    (found,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    command: list[str] = yaml.safe_load(found)
    return command


def unit(path: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser["Service"]


def commands() -> Iterator[tuple[str, list[str]]]:
    yield "Dockerfile", docker_command()
    for name, service in portal_services().items():
        if "command" in service:
            yield f"compose {name}", service["command"]
    for line in (DEPLOY / "Procfile").read_text().splitlines():
        name, _, command = line.partition(": ")
        yield f"Procfile {name}", shlex.split(command.replace("${PORT:-8000}", "8000"))
    for path in sorted((DEPLOY / "systemd").iterdir()):
        yield path.name, shlex.split(unit(path)["ExecStart"])


@pytest.mark.parametrize("command", [pytest.param(each, id=where) for where, each in commands()])
def test_each_command_is_one_and_takes_its_options(command: list[str]) -> None:
    program, *arguments = (Path(command[0]).name, *command[1:])
    if program == "python":
        assert arguments[0] == "manage.py"
        app = {"serve": "evcharge", "migrate": "django.core"}[arguments[1]]
        parser = load_command_class(app, arguments[1]).create_parser("manage.py", arguments[1])
        parser.parse_args(arguments[2:])
        return
    assert (program, arguments[:2]) == ("celery", ["-A", "evcharge"])
    child = celery.commands[arguments[2]]
    child.make_parser(child.context_class(child)).parse_args(arguments[3:])


def test_the_image_holds_what_the_settings_name_and_no_tests() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    copied = {line[1:] for line in lines if line.startswith("!")}
    named = [*settings.STATICFILES_DIRS, *settings.LOCALE_PATHS, *settings.TEMPLATES[0]["DIRS"]]
    own_apps = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert {Path(path).relative_to(ROOT).parts[0] for path in named} | own_apps <= copied
    assert "*" in lines
    assert not copied & {"tests", "docs", "deploy", "var"}


def test_composes_services_get_settings_that_exist_and_all_that_must_be_set() -> None:
    for name, service in portal_services().items():
        given = set(service["environment"])
        assert given <= DOCUMENTED, name
        required = {"SECRET_KEY", "EVCHARGE_SECRET_KEYS", "DATABASE_URL", "REDIS_URL"}
        assert required <= given, name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked <= DOCUMENTED | COMPOSES_OWN
    head = text.partition("x-portal")[0]
    assert [name for name in sorted(asked) if name not in head] == []


def test_composes_services_wait_for_services_and_mount_what_is_there() -> None:
    document = compose()
    names = set(document["services"])
    for name, service in document["services"].items():
        assert set(service.get("depends_on", ())) <= names, name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            # The certificates are everyone's own.
            is_known = source in document["volumes"] or source == "./certificates"
            assert is_known or (DEPLOY / source).is_file(), volume


def test_one_beat_two_nodes_and_nginx_that_knows_both() -> None:
    document = compose()
    words = [" ".join(service.get("command", ())) for service in document["services"].values()]
    assert sum("celery -A evcharge beat" in each for each in words) == 1
    nodes = {name for name in document["services"] if name.startswith("node-")}
    content = document["configs"]["nodes"]["content"]
    assert set(re.findall(r"server (\S+):8000", content)) == nodes == {"node-1", "node-2"}


def test_units_leave_time_to_send_stations_away() -> None:
    for path in (DEPLOY / "systemd").iterdir():
        service = unit(path)
        assert service["User"] == "evcharge", path.name
        assert service["ProtectSystem"] == "strict", path.name
    assert int(unit(DEPLOY / "systemd" / "evcharge-server.service")["LimitNOFILE"]) >= 65_536


def test_a_log_line_names_the_request_or_connection_it_is_about() -> None:
    formatter = DictConfigurator(settings.LOGGING).configure_formatter(
        settings.LOGGING["formatters"]["logfmt"]
    )
    record = logging.makeLogRecord({"msg": "refused", "name": "x", "status": 401, "run": 7})
    with bound_contextvars(request_id="r-1", connection="c-1", station="CP-1"):
        line = formatter.format(record)
    for fact in ("request_id=r-1", "connection=c-1", "station=CP-1", "status=401", "run=7"):
        assert fact in line


def test_probes_are_answered_whatever_host_is_asked(
    settings: Settings, client: Client, db: None
) -> None:
    """With https and a name of its own, a node's health could not be asked by its address."""
    settings.ALLOWED_HOSTS = ["portal.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    settings.EVCHARGE_METRICS_TOKEN = "scrape-me"
    here = {"headers": {"host": "10.0.0.7:8000", "authorization": "Bearer scrape-me"}}
    assert client.get("/healthz", **here).content == b"ok\n"
    assert client.get("/readyz", **here).json() == {"database": True, "layer": True, "broker": True}
    assert b"evcharge_database_up 1.0" in client.get("/metrics", **here).content
    assert client.get("/sign-in/", **here).status_code == 400
    by_name = client.get("/sign-in/", headers={"host": "portal.example.org"})
    assert by_name["location"] == "https://portal.example.org/sign-in/"
