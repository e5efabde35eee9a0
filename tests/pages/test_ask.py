"""Asking: the dialog, who may, what is kept, and that one click asks once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import CommandRun
from operations.statuses import OperationalStatus, Role, RunStatus
from tests.factories import (
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def ask_url(kind: str, pk: int, slug: str) -> str:
    return reverse(f"ask-{kind}", args=[pk, slug])


def test_the_dialog_offers_the_opposite_in_the_operators_words(desk: Client) -> None:
    connector = ConnectorFactory(charger__name="Quay 1-A")
    url = ask_url("connector", connector.pk, "change-availability")
    page = desk.get(url, headers=HTMX).text
    assert "Turn off connector 1 of Quay 1-A" in page
    assert "<html" not in page
    connector.operational_status = OperationalStatus.INOPERATIVE
    connector.save()
    assert "Turn on connector 1 of Quay 1-A" in desk.get(url, headers=HTMX).text


def test_the_title_follows_the_choice_made_in_the_dialog(desk: Client) -> None:
    connector = ConnectorFactory()
    url = ask_url("connector", connector.pk, "change-availability")
    response = desk.get(
        url,
        {"availability": "on", "reason": "works again"},
        headers={**HTMX, "HX-Trigger-Name": "availability"},
    )
    assert "Turn on connector 1" in response.text
    assert 'value="works again"' in response.text
    assert "autofocus" in response.text


def test_without_scripts_it_is_a_page_that_leads_to_the_request(desk: Client) -> None:
    connector = ConnectorFactory()
    url = ask_url("connector", connector.pk, "unlock")
    page = desk.get(url)
    assert "<html" in page.text
    assert "hx-post" not in page.text.split('class="dialog-form"')[1].split(">")[0]
    response = desk.post(url, {})
    run = CommandRun.objects.get()
    assert response.url == reverse("run-detail", args=[run.pk])
    assert (run.command, run.connector, run.status) == ("unlock", connector, RunStatus.QUEUED)


def test_the_answer_to_htmx_is_a_notice_that_follows_the_run(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    response = desk.post(ask_url("station", station.pk, "reboot"), {"mode": "idle"}, headers=HTMX)
    run = CommandRun.objects.get()
    assert response["HX-Trigger"] == "close-dialog"
    assert f'data-live="run:{run.pk}"' in response.text
    assert f'id="run-{run.pk}-line"' in response.text
    assert reverse("run-detail", args=[run.pk]) in response.text
    assert "Reboot Quay 1" in response.text


def test_who_asked_why_and_how_patiently_is_kept(desk: Client) -> None:
    connector = ConnectorFactory()
    values = {
        "availability": "off",
        "reason": "broken cable",
        "answer_timeout_s": "7",
        "effect_timeout_s": "90",
        "max_attempts": "3",
    }
    desk.post(ask_url("connector", connector.pk, "change-availability"), values)
    run = CommandRun.objects.get()
    assert (run.reason, run.answer_timeout_s, run.effect_timeout_s, run.max_attempts) == (
        "broken cable",
        7,
        90,
        3,
    )
    assert run.created_by is not None
    assert run.params == {"availability": "off"}


def test_what_is_never_sent_twice_offers_no_attempts(desk: Client) -> None:
    station = StationFactory()
    page = desk.get(ask_url("station", station.pk, "reboot")).text
    assert "max_attempts" not in page
    assert "effect_timeout_s" in page


@pytest.mark.parametrize(
    "values",
    [
        {"availability": "sideways"},
        {},
        {"availability": "off", "answer_timeout_s": "0"},
        {"availability": "off", "effect_timeout_s": "1e9"},
        {"availability": "off", "max_attempts": "99"},
        {"availability": "off", "reason": "x" * 201},
    ],
)
def test_a_wrong_form_comes_back(desk: Client, values: dict[str, str]) -> None:
    connector = ConnectorFactory()
    url = ask_url("connector", connector.pk, "change-availability")
    response = desk.post(url, values, headers=HTMX)
    assert response.status_code == 422
    assert "field-error" in response.text
    assert not CommandRun.objects.exists()


def test_a_running_session_is_warned_of(desk: Client) -> None:
    session = SessionFactory(meter_start_wh=1000.0, meter_last_wh=42_200.0)
    url = ask_url("connector", session.connector.pk, "change-availability")
    assert "A session is running: 41.2 kWh so far." in desk.get(url).text
    assert "A session is running" not in desk.get(url, {"availability": "on"}).text


def test_an_offline_station_is_explained_and_offers_no_button(desk: Client) -> None:
    station = StationFactory(name="Quay 1", connected=False)
    url = ask_url("station", station.pk, "reboot")
    page = desk.get(url, headers=HTMX).text
    assert "Quay 1 is not connected since" in page
    assert 'type="submit"' not in page
    response = desk.post(url, {"mode": "idle"}, headers=HTMX)
    run = CommandRun.objects.get()
    assert run.status == RunStatus.NOT_CONNECTED
    assert "Not connected ✕" in response.text


def test_one_form_asks_once(desk: Client) -> None:
    station = StationFactory()
    url = ask_url("station", station.pk, "reboot")
    opened = timezone.now().isoformat()
    first = desk.post(url, {"mode": "idle", "opened_at": opened})
    again = desk.post(url, {"mode": "idle", "opened_at": opened})
    assert CommandRun.objects.count() == 1
    assert first.url == again.url


def test_a_new_form_asks_anew(desk: Client) -> None:
    station = StationFactory()
    url = ask_url("station", station.pk, "reboot")
    desk.post(url, {"mode": "idle", "opened_at": timezone.now().isoformat()})
    desk.post(url, {"mode": "idle", "opened_at": timezone.now().isoformat()})
    assert CommandRun.objects.count() == 2


@pytest.mark.parametrize("opened_at", ["", "yesterday", "2026-99-99T00:00", "2026-01-01T00:00"])
def test_a_form_without_a_time_is_not_taken_for_a_repeat(desk: Client, opened_at: str) -> None:
    url = ask_url("station", StationFactory().pk, "reboot")
    for _time in range(2):
        desk.post(url, {"mode": "idle", "opened_at": opened_at})
    assert CommandRun.objects.count() == 2


def test_a_form_sent_again_much_later_is_meant(desk: Client) -> None:
    station = StationFactory()
    url = ask_url("station", station.pk, "reboot")
    opened = timezone.now() - timedelta(hours=1)
    desk.post(url, {"mode": "idle", "opened_at": opened.isoformat()})
    CommandRun.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    desk.post(url, {"mode": "idle", "opened_at": opened.isoformat()})
    assert CommandRun.objects.count() == 2


def test_asking_again_starts_from_the_same_values_without_secrets(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ENGINEER))
    station = StationFactory()
    params = {
        "action": "DataTransfer",
        "payload": {"vendorId": "x", "password": "secret"},
        "send_anyway": True,
    }
    run = RunFactory(station=station, command="custom-message", params=params)
    url = ask_url("station", station.pk, "custom-message")
    page = client.get(url, {"again": run.pk}, headers=HTMX).text
    assert '<option value="DataTransfer" selected>' in page
    assert "secret" not in page


@pytest.mark.parametrize("again", ["x", "999999", ""])
def test_asking_again_needs_a_run(desk: Client, again: str) -> None:
    url = ask_url("station", StationFactory().pk, "reboot")
    assert desk.get(url, {"again": again}).status_code == 404


def test_viewers_may_not_ask(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    url = ask_url("station", StationFactory().pk, "reboot")
    assert client.get(url).status_code == 403
    assert client.post(url, {"mode": "idle"}).status_code == 403
    assert not CommandRun.objects.exists()


def test_other_organisations_things_are_not_there(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    connector = ConnectorFactory()
    for kind, pk, slug in (
        ("station", connector.station.pk, "reboot"),
        ("charger", connector.charger.pk, "change-availability"),
        ("connector", connector.pk, "unlock"),
    ):
        assert client.get(ask_url(kind, pk, slug)).status_code == 404
        assert client.post(ask_url(kind, pk, slug), {}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "slug"), [("station", "explode"), ("station", "unlock"), ("connector", "reboot")]
)
def test_what_cannot_be_asked_of_this_is_not_there(desk: Client, kind: str, slug: str) -> None:
    connector = ConnectorFactory()
    pk = connector.station.pk if kind == "station" else connector.pk
    assert desk.get(ask_url(kind, pk, slug)).status_code == 404
