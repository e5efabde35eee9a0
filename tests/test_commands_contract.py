"""What every command promises, walked over the list: a new command is tested by being in it."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from operations import schemas
from operations.commands import BY_SLUG, COMMANDS
from operations.commands.base import Command, Params, Target, TargetKind
from operations.models import CommandRun, Connector
from operations.services import runs, targets
from operations.statuses import Role, RunStatus
from operations.versions import V16, VERSIONS, OcppVersion
from tests import command_samples
from tests.factories import (
    ConnectorFactory,
    OrganisationFactory,
    SessionFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

# What a form may be filled in with. A command with fields must have at least one.
SAMPLES: dict[str, list[dict[str, Any]]] = {
    **command_samples.SAMPLES,
    "change-availability": [{"availability": "on"}, {"availability": "off"}],
    "unlock": [{}],
    "lock": [{}],
    "reboot": [{}, {"mode": "idle"}, {"mode": "now"}],
    "firmware-update": [
        {"location": "ftp://user:password@files.example.org/firmware.bin"},
        {
            "location": "https://files.example.org/firmware.bin",
            "retrieve_at": "2030-03-01T12:00",
            "retries": "0",
            "retry_interval_s": "60",
            "version": "6.5.0",
        },
    ],
    "diagnostic-request": [
        {"location": "sftp://files.example.org/logs/"},
        {
            "location": "https://user@files.example.org:8443/logs/",
            "kind": "security",
            "started_at": "2026-03-01T12:00",
            "stopped_at": "2026-03-02T12:00",
            "retries": "3",
            "retry_interval_s": "60",
        },
    ],
    "trigger-message": [
        {"message": "boot-notification"},
        {"message": "diagnostics-status-notification"},
        {"message": "firmware-status-notification"},
        {"message": "heartbeat"},
        {"message": "meter-values"},
        {"message": "status-notification"},
        {"message": "sign-certificate"},
    ],
    "custom-message": [
        {"action": "DataTransfer", "payload": '{"vendorId": "org.example", "data": "ping"}'},
        {"action": "ClearCache", "payload": "{}"},
    ],
}
# Some messages are asked of only in newer versions.
SAMPLES_OF_21: dict[str, list[dict[str, str]]] = {
    "reboot": [{"mode": "resume"}],
    "trigger-message": [
        {"message": "sign-v2g20-certificate"},
        {"message": "custom", "custom_trigger": "PrintReceipt"},
    ],
}
UNDEFINED = "something OCPP does not define"

CASES = [
    pytest.param(command, version, kind, id=f"{command.slug}-{version}-{kind.value}")
    for command in COMMANDS
    for version in VERSIONS
    if command.supports(version)
    for kind in sorted(command.targets, key=lambda kind: kind.value)
]
ASKED = [
    pytest.param(command, kind, id=f"{command.slug}-{kind.value}")
    for command in COMMANDS
    for kind in sorted(command.targets, key=lambda kind: kind.value)
]


def connector_of(version: OcppVersion) -> Connector:
    """A connector beside another one, of a station that lets everything be asked of it.

    A session runs on it, and there is a token that may begin another one.
    """
    TokenFactory(identifier=command_samples.TOKEN)
    station = StationFactory(protocol=version.name)
    ConnectorFactory(charger__station=station)
    connector: Connector = ConnectorFactory(charger__station=station, lock_is_writable=True)
    SessionFactory(connector=connector)
    return connector


def target_of(kind: TargetKind, connector: Connector) -> Target:
    """The connector, or what it belongs to."""
    if kind == TargetKind.CONNECTOR:
        return targets.of_connector(connector)
    if kind == TargetKind.CHARGER:
        return targets.of_charger(connector.charger)
    return targets.of_station(connector.station)


def samples(command: Command, version: OcppVersion, target: Target) -> Iterator[Params]:
    """The params of every sample, as the form gives them."""
    more = SAMPLES_OF_21.get(command.slug, []) if version.name == "2.1" else []
    for data in [*SAMPLES[command.slug], *more]:
        form = command.form(data, target=target)
        assert form.is_valid(), form.errors
        # As the claim of a run gives them: with its number.
        yield json.loads(json.dumps(form.params())) | {"request_id": 12}


def url_of(command: Command, kind: TargetKind, connector: Connector) -> str:
    """Where the command is asked."""
    part = {
        TargetKind.STATION: connector.station,
        TargetKind.CHARGER: connector.charger,
        TargetKind.CONNECTOR: connector,
    }[kind]
    return reverse(f"ask-{kind.value}", args=[part.pk, command.slug])


def version_of(command: Command) -> OcppVersion:
    """A version the command can be said in."""
    return next(version for version in VERSIONS if command.supports(version))


def test_slugs_are_unique_and_every_command_has_samples() -> None:
    assert len(BY_SLUG) == len(COMMANDS)
    assert set(SAMPLES) == set(BY_SLUG)


@pytest.mark.parametrize(("command", "version", "kind"), CASES)
def test_every_request_fits_the_official_schema(
    command: Command, version: OcppVersion, kind: TargetKind
) -> None:
    target = target_of(kind, connector_of(version))
    assert runs.obstacle(command=command, target=target) is None
    for params in samples(command, version, target):
        requests = command.requests(version, target, params)
        assert requests
        for request in [*requests, *command.nudge(version, target, params)]:
            assert schemas.faults(version, request.action, request.payload) == []


@pytest.mark.parametrize(("command", "version", "kind"), CASES)
def test_every_answer_has_a_meaning(
    command: Command, version: OcppVersion, kind: TargetKind
) -> None:
    target = target_of(kind, connector_of(version))
    for params in samples(command, version, target):
        for request in command.requests(version, target, params):
            # Some answers hold nothing that could mean one thing or another.
            for answer in list(answers_of(version, request.action)) or [{}]:
                outcome = command.outcome(request.action, answer)
                assert UNDEFINED not in str(outcome.sentence), answer
                assert outcome.status in RunStatus


def answers_of(version: OcppVersion, action: str) -> Iterator[dict[str, Any]]:
    """An answer for each status the official schema lets the station say."""
    suffix = "Response.json"
    file = resources.files("ocpp") / version.slug / "schemas" / f"{action}{suffix}"
    schema = json.loads(file.read_text("utf-8-sig"))
    for name, field in schema["properties"].items():
        if name == "status":
            yield from ({"status": status} for status in _resolved(schema, field)["enum"])
        elif field.get("type") == "array":
            item = _resolved(schema, field["items"])
            for key in ("attributeStatus", "status"):
                status = item.get("properties", {}).get(key, {"enum": []})
                for word in _resolved(schema, status)["enum"]:
                    yield {name: [{key: word}]}


def _resolved(schema: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref", "")
    found: dict[str, Any] = field
    if reference:
        found = schema["definitions"][reference.removeprefix("#/definitions/")]
    return found


@pytest.mark.parametrize(("command", "version", "kind"), CASES)
def test_what_a_station_may_answer_besides_is_a_failure_and_no_crash(
    command: Command, version: OcppVersion, kind: TargetKind
) -> None:
    target = target_of(kind, connector_of(version))
    params = next(samples(command, version, target))
    request = command.requests(version, target, params)[0]
    for answer in ({}, {"status": "Whatever"}, {"status": None}, {"status": ["Accepted"]}):
        outcome = command.outcome(request.action, answer)
        # Without any, whatever comes is the answer; and 1.6 answers some calls with nothing.
        if command.outcomes and (answer or "" not in command.outcomes):
            assert outcome.status == RunStatus.FAILED


@pytest.mark.parametrize(("command", "version", "kind"), CASES)
def test_every_effect_can_be_looked_for(
    command: Command, version: OcppVersion, kind: TargetKind
) -> None:
    target = target_of(kind, connector_of(version))
    for params in samples(command, version, target):
        seen = command.confirmation(target, params, None)
        assert seen is None or seen.endswith(".")
        if not command.confirmed_by:
            assert seen is None
        withdrawal = command.withdrawal(params)
        if withdrawal is not None:
            assert command.requests(version, target, withdrawal)


@pytest.mark.parametrize(("command", "kind"), ASKED)
def test_every_dialog_and_its_answer_render(
    command: Command, kind: TargetKind, client: Client
) -> None:
    connector = connector_of(version_of(command))
    client.force_login(UserFactory(role=Role.ADMIN))
    url = url_of(command, kind, connector)
    for headers in ({}, {"HX-Request": "true"}):
        page = client.get(url, headers=headers)
        assert page.status_code == 200
        assert 'type="submit"' in page.text
    assert client.post(url, SAMPLES[command.slug][0]).status_code == 302
    run = CommandRun.objects.get()
    assert client.get(reverse("run-detail", args=[run.pk])).status_code == 200
    assert client.get(reverse("run-list")).status_code == 200
    again = client.get(reverse("run-again", args=[run.pk]), follow=True)
    assert again.status_code == 200


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("command", "kind"), ASKED)
def test_every_role_gets_what_it_may(
    command: Command, kind: TargetKind, role: Role, client: Client
) -> None:
    url = url_of(command, kind, connector_of(version_of(command)))
    client.force_login(UserFactory(role=role))
    may = role.includes(command.permission)
    assert client.get(url).status_code == (200 if may else 403)
    assert client.post(url, SAMPLES[command.slug][0]).status_code == (302 if may else 403)
    assert CommandRun.objects.exists() is may


@pytest.mark.parametrize(("command", "kind"), ASKED)
def test_other_organisations_are_not_there(
    command: Command, kind: TargetKind, client: Client
) -> None:
    url = url_of(command, kind, connector_of(version_of(command)))
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    assert client.get(url).status_code == 404
    assert client.post(url, SAMPLES[command.slug][0]).status_code == 404
    assert not CommandRun.objects.exists()


@pytest.mark.parametrize(("command", "kind"), ASKED)
def test_an_offline_target_explains_itself(
    command: Command, kind: TargetKind, client: Client
) -> None:
    connector = connector_of(version_of(command))
    connector.station.connected_at = None
    connector.station.save()
    client.force_login(UserFactory(role=Role.ADMIN))
    page = client.get(url_of(command, kind, connector)).text
    assert "a charger can only be asked while it is connected" in page
    assert "Request</button>" not in page


def test_21_says_what_201_says_unless_it_says_more() -> None:
    for command in COMMANDS:
        assert command.supports(VERSIONS[0]) or not command.supports(VERSIONS[1])
    assert VERSIONS[-1] is V16
