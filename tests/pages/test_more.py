"""What stands behind "More…", and what a request brought."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from operations.commands import COMMANDS
from operations.commands.base import TargetKind
from operations.commands.groups import GROUPS
from operations.models import StationReport
from operations.statuses import Role, RunStatus
from tests.factories import (
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    return client


def more_url(kind: str, pk: int) -> str:
    return reverse(f"more-{kind}", args=[pk])


@pytest.mark.parametrize("kind", ["station", "charger", "connector"])
def test_every_command_that_fits_is_there_once(desk: Client, kind: str) -> None:
    connector = ConnectorFactory(charger__station__protocol="2.1")
    part = {"station": connector.station, "charger": connector.charger, "connector": connector}
    pk = part[kind].pk
    text = desk.get(more_url(kind, pk), headers=HTMX).text
    for command in COMMANDS:
        id_ = f'id="more-{kind}-{pk}-ask-{command.slug}"'
        is_wanted = bool(command.group) and TargetKind(kind) in command.targets
        assert text.count(id_) == int(is_wanted), command.slug


def test_every_command_without_a_button_has_a_heading() -> None:
    headings = {str(group) for group in GROUPS}
    assert {str(command.group) for command in COMMANDS if command.group} == headings


def test_what_the_version_lacks_is_named_and_not_offered(desk: Client) -> None:
    station = StationFactory(protocol="1.6")
    text = desk.get(more_url("station", station.pk)).text
    assert f"more-station-{station.pk}-ask-get-base-report" not in text
    assert "OCPP 1.6 has no request for: " in text
    assert "Get base report" in text
    never = StationFactory(protocol="", connected=False)
    assert "has no request for" not in desk.get(more_url("station", never.pk)).text


def test_one_reason_for_all_is_said_once_and_before(desk: Client) -> None:
    station = StationFactory(connected=False)
    text = desk.get(more_url("station", station.pk)).text
    assert text.count('class="note"') == 1
    assert "a charger can only be asked while it is connected" in text.split("deeds-title")[0]
    clear_cache = reverse("ask-station", args=[station.pk, "clear-cache"])
    assert f'href="{clear_cache}"' not in text


def test_an_operator_sees_what_takes_an_engineer(client: Client) -> None:
    client.force_login(UserFactory(role=Role.OPERATOR))
    station = StationFactory(protocol="2.0.1")
    text = client.get(more_url("station", station.pk)).text
    assert f'href="{reverse("ask-station", args=[station.pk, "clear-cache"])}"' in text
    assert f'href="{reverse("ask-station", args=[station.pk, "install-certificate"])}"' not in text
    assert "your role is operator; it takes at least engineer." in text


def test_the_security_log_is_a_diagnostic_request_filled_in(desk: Client) -> None:
    station = StationFactory(protocol="2.0.1")
    url = reverse("ask-station", args=[station.pk, "diagnostic-request"]) + "?kind=security"
    assert f'href="{url}"' in desk.get(more_url("station", station.pk)).text
    assert '<option value="security" selected>' in desk.get(url).text
    charger = ConnectorFactory(charger__station=station).charger
    assert "kind=security" not in desk.get(more_url("charger", charger.pk)).text


def test_viewers_are_led_to_pages_and_told_why_they_ask_nothing(client: Client) -> None:
    station = StationFactory(protocol="2.0.1")
    client.force_login(UserFactory(role=Role.VIEWER))
    text = client.get(more_url("station", station.pk), headers=HTMX).text
    assert f'href="{reverse("station-detail", args=[station.pk])}"' in text
    assert f'data-copy-text="{station.identity}"' in text
    assert "asking takes at least the role operator" in text.split("deeds-title")[0]
    assert text.count('class="note"') == 1
    assert f'href="/operations/stations/{station.pk}/ask/' not in text
    assert client.get(reverse("ask-station", args=[station.pk, "clear-cache"])).status_code == 403
    row = client.get(reverse("station-list")).text
    assert f'href="{more_url("station", station.pk)}"' in row


def test_strangers_ask_nothing(client: Client) -> None:
    station = StationFactory()
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    for kind in ("station", "charger", "connector"):
        assert client.get(more_url(kind, station.pk)).status_code == 404


def test_it_costs_few_queries(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    connector = ConnectorFactory()
    with django_assert_max_num_queries(8):
        desk.get(more_url("connector", connector.pk), headers=HTMX)


# The schedule in the form


def test_the_schedule_is_drawn_with_the_form_and_again_while_it_is_typed(desk: Client) -> None:
    station = StationFactory(protocol="2.0.1")
    url = reverse("ask-station", args=[station.pk, "set-charging-profile"])
    page = desk.get(url).text
    assert "<polyline" in page
    assert "<td>00:00</td>" in page
    assert 'hx-target="#schedule-drawing"' not in page
    typed = {"unit": "W", "periods": "00:00 3000\n06:00 1", "duration_s": "43200"}
    dialog = desk.get(url, typed, headers=HTMX).text
    assert 'hx-target="#schedule-drawing"' in dialog
    drawing = dialog.split('id="schedule-drawing"')[1]
    assert "3000 W" in drawing
    assert "<span>12:00</span>" in drawing
    # Half a number, or none at all, is no reason to fail.
    assert desk.get(url, {**typed, "duration_s": "1e"}, headers=HTMX).status_code == 200


# What a request brought


def run_of(command: str, **more: Any) -> Any:
    defaults = {
        "station": StationFactory(protocol="2.0.1"),
        "command": command,
        "status": RunStatus.DONE,
        "params": {},
        "sent_at": timezone.now(),
    }
    return RunFactory(**(defaults | more))


def result(desk: Client, run: Any) -> str:
    page = desk.get(reverse("run-detail", args=[run.pk])).text
    return page.split(f'id="run-{run.pk}-result"')[1].split('aria-labelledby="request-title"')[0]


def report_of(run: Any, **more: Any) -> StationReport:
    now = timezone.now()
    defaults = {
        "station": run.station,
        "kind": "NotifyReport",
        "request_id": run.pk,
        "started_at": now,
        "updated_at": now,
    }
    return StationReport.objects.create(**(defaults | more))


def test_a_report_is_linked_as_soon_as_its_first_part_is_here(desk: Client) -> None:
    run = run_of("get-base-report", params={"base": "FullInventory"})
    assert "station-report" not in result(desk, run)
    report_of(run, request_id=run.pk + 1)
    report_of(run, station=StationFactory())
    report = report_of(run)
    text = result(desk, run)
    assert reverse("station-report", args=[report.pk]) in text
    assert "Parts are still missing." in text
    report.is_complete = True
    report.save()
    assert "Parts are still missing." not in result(desk, run)


@pytest.mark.parametrize(
    "payload",
    [
        {
            "scheduleStart": "2026-03-01T12:00:00Z",
            "chargingSchedule": {
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 3000}],
            },
        },
        {
            "schedule": {
                "scheduleStart": "2026-03-01T12:00:00Z",
                "chargingRateUnit": "W",
                "duration": 3600,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 3000}],
            }
        },
    ],
)
def test_a_composite_schedule_is_drawn(desk: Client, payload: dict[str, Any]) -> None:
    answer = {"action": "GetCompositeSchedule", "payload": {"status": "Accepted", **payload}}
    text = result(desk, run_of("get-composite-schedule", answers=[answer]))
    assert "<polyline" in text
    assert "3000 W" in text
    assert "Limit from 1 Mar, 12:00 on" in text


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"schedule": {"chargingSchedulePeriod": []}},
        {"schedule": "x"},
        {"schedule": {"chargingSchedulePeriod": [{"startPeriod": "<b>", "limit": {}}]}},
    ],
)
def test_a_hostile_schedule_is_not_drawn(desk: Client, payload: Any) -> None:
    answer = {"action": "GetCompositeSchedule", "payload": payload}
    assert "<polyline" not in result(desk, run_of("get-composite-schedule", answers=[answer]))


@pytest.mark.parametrize("start", ["2026-13-01T12:00:00Z", "2026-03-01T12:00:00"])
def test_a_start_that_is_no_time_or_has_no_zone_is_shown(desk: Client, start: str) -> None:
    schedule = {
        "scheduleStart": start,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
    }
    answer = {"action": "GetCompositeSchedule", "payload": {"schedule": schedule}}
    text = result(desk, run_of("get-composite-schedule", answers=[answer]))
    assert "Limit from 2026-13" in text or "Limit from 1 Mar, 12:00 on" in text


def test_a_hostile_start_is_shown_as_it_came(desk: Client) -> None:
    schedule = {
        "scheduleStart": "<script>" + "x" * 100,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
    }
    answer = {"action": "GetCompositeSchedule", "payload": {"schedule": schedule}}
    text = result(desk, run_of("get-composite-schedule", answers=[answer]))
    assert "&lt;script&gt;xxx" in text
    assert "<script>x" not in text


def test_an_answer_worth_reading_is_shown_field_by_field(desk: Client) -> None:
    payload = {
        "status": "Accepted",
        "certificateHashDataChain": [{"certificateHashData": {"serialNumber": "<i>12"}}],
        "empty": [],
    }
    answer = {"action": "GetInstalledCertificateIds", "payload": payload}
    text = result(desk, run_of("list-certificates", answers=[answer]))
    assert "certificateHashDataChain 1.certificateHashData.serialNumber" in text
    assert "&lt;i&gt;12" in text
    assert "<dt>status</dt>" not in text
    assert "<dt>empty</dt>" in text
    error = {"action": "GetInstalledCertificateIds", "error": "InternalError"}
    assert "<dt>" not in result(desk, run_of("list-certificates", answers=[error]))


def test_the_profile_that_was_set_is_drawn_and_its_parameters_read_as_typed(desk: Client) -> None:
    params = {
        "purpose": "TxDefaultProfile",
        "unit": "A",
        "periods": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
    }
    run = run_of("set-charging-profile", params=params)
    assert "16 A" in result(desk, run)
    page = desk.get(reverse("run-detail", args=[run.pk])).text
    assert "00:00 16 3" in page
    assert "For every session" in page


def test_a_command_that_is_gone_brought_nothing(desk: Client) -> None:
    assert "<h2" not in result(desk, run_of("gone"))
