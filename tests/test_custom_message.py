"""Custom messages: from what an engineer types to the station's raw answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ocpp_gateway.dialects import DIALECTS
from operations import masking, ocpp_actions, schemas
from operations.commands import BY_SLUG
from operations.commands.custom_message import CustomMessageForm
from operations.models import CommandRun, OcppMessage, Station
from operations.services import targets
from operations.statuses import Role
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import MessageFactory, RunFactory, StationFactory, UserFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

EVERY_VERSION = pytest.mark.parametrize("version", VERSIONS, ids=str)
SECRET = "a-new-password-of-20"
NEW_PASSWORD = {"key": "AuthorizationKey", "value": SECRET}


def form(version: OcppVersion, **data: Any) -> CustomMessageForm:
    station = StationFactory.build(protocol=version.name)
    return CustomMessageForm(data, target=targets.Target(station=station))


def errors(version: OcppVersion = V16, **data: Any) -> str:
    asked = form(version, **data)
    assert not asked.is_valid()
    return "\n".join(message for messages in asked.errors.values() for message in messages)


@EVERY_VERSION
def test_the_choices_are_what_the_schemas_have_and_stations_do_not_say(
    version: OcppVersion,
) -> None:
    ours = set(ocpp_actions.to_stations(version))
    theirs = set(DIALECTS[version.name].handlers)
    assert ours - {"DataTransfer"} == schemas.actions(version) - theirs
    assert "DataTransfer" in ours


def test_a_fault_is_told_with_its_place() -> None:
    said = errors(action="ChangeAvailability", payload='{"connectorId": 1, "type": "Off"}')
    assert "Nothing was sent: this is not a ChangeAvailability of OCPP 1.6." in said
    assert "type: not one of the values allowed here" in said
    said = errors(V201, action="Reset", payload="{}")
    assert '"type" is missing' in said or "type is missing" in said


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ("{", "line 1, column 2"),
        ("[]", "JSON object"),
        ('{"a": NaN}', "can't carry"),
        ('{"a": 1e999}', "can't carry"),
        ('{"a": ' + "9" * 5000 + "}", "can't carry"),
        ('{"a": "\\u0000"}', "no message can carry"),
        ('{"a": "\\ud800"}', "no message can carry"),
        ('{"\\ud800": 1}', "no message can carry"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested deeper"),
        ("[" * 90_000, "can't carry"),
        ('{"key": "AuthorizationKey", "value": "•••"}', "type it again"),
        ("", "required"),
    ],
)
def test_what_no_message_can_hold_is_refused_even_if_anything_goes(payload: str, what: str) -> None:
    assert what in errors(action="ChangeConfiguration", payload=payload, send_anyway="on")


def test_a_backslash_before_u0000_is_only_text() -> None:
    asked = form(V16, action="DataTransfer", payload='{"vendorId": "\\\\u0000"}')
    assert asked.is_valid(), asked.errors


def test_an_unknown_action_is_no_choice() -> None:
    assert "Heartbeat is not one of" in errors(action="Heartbeat", payload="{}")
    assert "AFRRSignal is not one of" in errors(V201, action="AFRRSignal", payload="{}")


def test_a_payload_kept_with_a_run_is_shown_indented() -> None:
    station = StationFactory.build(protocol="1.6")
    shown = CustomMessageForm(
        initial={"payload": {"type": "Hard"}}, target=targets.Target(station=station)
    )["payload"].value()
    assert shown == '{\n  "type": "Hard"\n}'


# --- On the wire


@asynccontextmanager
async def ready(portal: Portal, version: OcppVersion = V16) -> AsyncIterator[FakeStation]:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1", version=version) as station:
        await station.boots()
        yield station


async def sends(action: str, payload: dict[str, Any], *, anyway: bool = False) -> CommandRun:
    return await asks("CP-1", "custom-message", action=action, payload=payload, send_anyway=anyway)


@EVERY_VERSION
async def test_what_was_typed_goes_out_and_the_answer_is_kept_as_it_came(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        run = await sends("DataTransfer", {"vendorId": "org.example", "messageId": "Ping"})
        call = await station.expects("DataTransfer")
        assert call.payload == {"vendorId": "org.example", "messageId": "Ping"}
        await station.answers(call, status="Accepted", data="pong")
        await becomes(run, "done")
        assert run.summary == "The station answered Accepted."
        assert run.answers == [
            {"action": "DataTransfer", "payload": {"status": "Accepted", "data": "pong"}}
        ]
        message = await OcppMessage.objects.aget(run=run)
        assert json.loads(message.answer)[2] == {"status": "Accepted", "data": "pong"}


async def test_an_answer_without_a_status_and_one_off_the_schema_are_answers_too(
    portal: Portal,
) -> None:
    async with ready(portal) as station:
        run = await sends("GetConfiguration", {})
        await station.answers(await station.expects("GetConfiguration"), unknownKey=["A"])
        await becomes(run, "done")
        assert run.summary == "The station answered."
        run = await sends("Reset", {"type": "Soft"})
        await station.answers(await station.expects("Reset"), status="Whatever")
        await becomes(run, "done")


async def test_an_error_is_a_failure_in_its_own_words(portal: Portal) -> None:
    async with ready(portal, V201) as station:
        run = await sends("ClearCache", {})
        await station.answers_error(await station.expects("ClearCache"), "NotImplemented", "no")
        await becomes(run, "unsupported")
        run = await sends("ClearCache", {})
        await station.answers_error(await station.expects("ClearCache"), "InternalError", "ouch")
        await becomes(run, "failed")
        assert "ouch" in run.summary


async def test_what_breaks_ocpp_goes_out_only_if_asked_to(portal: Portal) -> None:
    async with ready(portal) as station:
        held = await sends("Reset", {"type": "Sideways"})
        await becomes(held, "failed")
        assert "breaks OCPP 1.6" in held.summary
        run = await sends("Reset", {"type": "Sideways"}, anyway=True)
        call = await station.expects("Reset")
        assert call.payload == {"type": "Sideways"}
        await station.answers_error(call, "PropertyConstraintViolation", "type?")
        await becomes(run, "failed")
        assert "PropertyConstraintViolation" in run.summary


async def test_a_secret_is_kept_only_until_it_is_sent(portal: Portal) -> None:
    async with ready(portal) as station:
        run = await sends("ChangeConfiguration", NEW_PASSWORD)
        masked = {"key": "AuthorizationKey", "value": masking.MASK}
        assert run.params["payload"] == masked
        assert run.sealed
        assert SECRET not in run.sealed
        call = await station.expects("ChangeConfiguration")
        assert call.payload == NEW_PASSWORD
        await run.arefresh_from_db()
        assert run.params["payload"] == masked
        assert not run.sealed
        await station.answers(call, status="Accepted")
        await becomes(run, "done")
        message = await OcppMessage.objects.aget(run=run)
        assert SECRET not in message.call


async def test_a_secret_that_can_not_be_sent_is_not_kept(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    run = await sends("ChangeConfiguration", NEW_PASSWORD)
    assert run.status == "not-connected"
    assert SECRET not in json.dumps((await CommandRun.objects.aget()).params)


async def test_a_secret_of_a_cancelled_run_is_forgotten(portal: Portal) -> None:
    from operations.services import runs

    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1"):
        await eventually(lambda: Station.objects.get().is_connected)
        # Not booted yet: it stays queued.
        run = await sends("ChangeConfiguration", NEW_PASSWORD)
        assert await sync_to_async(runs.cancel)(run=run, user=None) is None
    row = await CommandRun.objects.aget()
    assert row.status == "cancelled"
    assert SECRET not in json.dumps(row.params)


async def test_the_command_line_sends_it_and_prints_the_answer(portal: Portal) -> None:
    out = StringIO()
    typed = ["custom-message", "CP-1", "--set", "action=Reset", "--set", 'payload={"type":"Soft"}']
    async with ready(portal) as station:
        asked = asyncio.create_task(
            sync_to_async(call_command)("command", *typed, "--wait", "5", "--json", stdout=out)
        )
        await station.answers(await station.expects("Reset"), status="Accepted")
        await asked
    told = json.loads(out.getvalue())
    assert told["status"] == "done"
    assert told["answers"] == [{"action": "Reset", "payload": {"status": "Accepted"}}]


# --- On the pages


@pytest.fixture
def station(db: None) -> Station:
    return StationFactory(identity="CP-1", connected=True)


def ask_url(station: Station) -> str:
    return reverse("ask-station", args=[station.pk, "custom-message"])


def signed_in(client: Client, role: Role) -> Client:
    client.force_login(UserFactory(role=role))
    return client


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.VIEWER, 403), (Role.OPERATOR, 403), (Role.ENGINEER, 200), (Role.ADMIN, 200)],
)
def test_it_is_for_engineers(client: Client, station: Station, role: Role, status: int) -> None:
    assert signed_in(client, role).get(ask_url(station)).status_code == status


def test_the_form_keeps_what_was_typed_when_it_is_wrong(client: Client, station: Station) -> None:
    engineer = signed_in(client, Role.ENGINEER)
    typed = '{"connectorId": "one"}'
    answer = engineer.post(
        ask_url(station),
        {"action": "UnlockConnector", "payload": typed},
        headers={"hx-request": "true"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "connectorId: integer expected" in page
    assert "&quot;one&quot;" in page
    # The payload must not travel in a URL.
    assert "hx-get" not in page
    assert not CommandRun.objects.exists()


def test_ticking_the_box_asks_all_the_same(client: Client, station: Station) -> None:
    engineer = signed_in(client, Role.ENGINEER)
    data = {"action": "Reset", "payload": "{}", "send_anyway": "on"}
    answer = engineer.post(ask_url(station), data)
    run = CommandRun.objects.get()
    assert answer.headers["Location"] == reverse("run-detail", args=[run.pk])
    assert run.params == {"action": "Reset", "payload": {}, "send_anyway": True}


def test_a_double_click_with_a_secret_asks_once(client: Client, station: Station) -> None:
    engineer = signed_in(client, Role.ENGINEER)
    opened_at = engineer.get(ask_url(station)).context["form"].options["opened_at"].value()
    data = {
        "action": "ChangeConfiguration",
        "payload": json.dumps(NEW_PASSWORD),
        "opened_at": opened_at,
    }
    engineer.post(ask_url(station), data)
    CommandRun.objects.update(
        params={
            "action": "ChangeConfiguration",
            "send_anyway": False,
            "payload": masking.payload(NEW_PASSWORD),
        }
    )
    engineer.post(ask_url(station), data)
    assert CommandRun.objects.count() == 1


def test_asking_again_shows_the_payload_but_no_secret(client: Client, station: Station) -> None:
    engineer = signed_in(client, Role.ENGINEER)
    data = {"action": "ChangeConfiguration", "payload": json.dumps(NEW_PASSWORD)}
    engineer.post(ask_url(station), data)
    run = CommandRun.objects.get()
    page = engineer.get(reverse("run-detail", args=[run.pk])).content.decode()
    assert "ChangeConfiguration" in page
    assert SECRET not in page
    again = engineer.get(f"{ask_url(station)}?again={run.pk}").content.decode()
    assert SECRET not in again


def test_the_raw_answer_is_open_on_the_runs_page(client: Client, station: Station) -> None:
    run = RunFactory(
        station=station,
        command="custom-message",
        params={"action": "ClearCache", "payload": {}, "send_anyway": False},
    )
    MessageFactory(
        station=station, run=run, is_from_station=False, answer='[3,"1",{"status":"Odd"}]'
    )
    page = signed_in(client, Role.ENGINEER).get(reverse("run-detail", args=[run.pk]))
    frames = page.content.decode().split("exchange", 1)[1].split("</details>")[0]
    assert " open>" in frames
    assert "Odd" in frames


def test_the_title_names_the_action() -> None:
    command = BY_SLUG["custom-message"]
    target = targets.Target(station=StationFactory.build(name="Quay 1"))
    assert command.title(target, {}) == "Custom message to Quay 1"
    assert command.title(target, {"action": "Reset"}) == "Send Reset to Quay 1"
    assert command.supports(V21)
