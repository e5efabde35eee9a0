"""From a form about many to a batch: the preview, and that it asks what was shown."""

from datetime import time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import BatchSchedule, CommandBatch, CommandRun, Station, User
from operations.services import spawning
from operations.statuses import OperationalStatus, Role, RunStatus
from tests.factories import (
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.choosing import ASK_STATIONS, confirm, hidden, rebooting
from tests.pages.reading import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR, username="anna"))
    return client


# --- the preview -------------------------------------------------------------------------------


def test_the_preview_says_who_can_not_be_asked_and_why(desk: Client) -> None:
    session = SessionFactory(connector__charger__station__name="Busy")
    stations = [
        StationFactory(name="Fine"),
        StationFactory(name="Away", connected=False),
        StationFactory(name="Gone", operational_status=OperationalStatus.CLOSED),
        RunFactory(station__name="Asked", status=RunStatus.SENT).station,
        session.station,
    ]
    preview = desk.post(ASK_STATIONS, rebooting(*stations))
    words = said(preview)
    assert "1 will be asked, 4 can't be." in words
    for label, name in (
        ("Not connected", "Away is not connected since"),
        ("Closed", "Gone is closed."),
        ("The same request is still open", "Asked"),
        ("A session is running", "Busy"),
    ):
        assert f"{label} 1" in words
        assert name in words
    assert reverse("station-detail", args=[stations[1].pk]) in preview.text
    assert not CommandBatch.objects.exists()


def test_those_with_sessions_can_be_asked_too(desk: Client) -> None:
    session = SessionFactory()
    preview = desk.post(ASK_STATIONS, rebooting(session.station))
    values = {"question": hidden(preview, "question"), "also": "sessions"}
    again = desk.post(ASK_STATIONS, values)
    assert "1 will be asked." in said(again)
    confirm(desk, again)
    assert CommandRun.objects.get().status == RunStatus.QUEUED


def test_long_lists_have_pages(desk: Client) -> None:
    for number in range(30):
        StationFactory(name=f"Away {number:02}", connected=False)
    preview = desk.post(ASK_STATIONS, {**rebooting(), "all": "1"})
    assert "Away 00" in preview.text
    assert "Away 29" not in preview.text
    values = {"question": hidden(preview, "question"), "show": "offline:2"}
    second = desk.post(ASK_STATIONS, values)
    assert "Away 29" in second.text
    assert "26\u201330 of 30" in second.text


def test_the_terms_are_said_in_words(desk: Client) -> None:
    terms = {"most_open": "7", "wave_size": "3", "wave_pause_s": "60", "stop_after_percent": "10"}
    words = said(desk.post(ASK_STATIONS, rebooting(StationFactory(), **terms)))
    assert "At most 7 open at a time" in words
    assert "In waves of 3, with 60 s between them." in words
    assert "Stops when more than 10 % failed." in words


def test_secrets_are_on_no_page_after_the_form(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ENGINEER))
    station = StationFactory()
    values = {
        "command": "custom-message",
        "pick": station.pk,
        "action": "DataTransfer",
        "payload": '{"vendorId": "x", "password": "hunter2"}',
        "send_anyway": "on",
    }
    preview = client.post(ASK_STATIONS, values)
    assert "1 will be asked." in said(preview)
    assert "hunter2" not in preview.text
    page = client.get(confirm(client, preview).url)
    assert "DataTransfer" in page.text
    assert "hunter2" not in page.text


def test_back_to_the_form_keeps_what_was_filled_in(desk: Client) -> None:
    preview = desk.post(ASK_STATIONS, rebooting(StationFactory(), reason="new firmware"))
    values = {"question": hidden(preview, "question"), "step": "edit"}
    form = desk.post(ASK_STATIONS, values)
    assert form.status_code == 200
    assert 'value="new firmware"' in form.text


# --- asking ------------------------------------------------------------------------------------


def test_confirming_makes_a_batch_of_runs(desk: Client) -> None:
    stations = [StationFactory() for _number in range(2)]
    away = StationFactory(connected=False)
    terms = {"reason": "maintenance", "most_open": "1"}
    response = confirm(desk, desk.post(ASK_STATIONS, rebooting(*stations, away, **terms)))
    batch = CommandBatch.objects.get()
    assert response.url == reverse("batch-detail", args=[batch.pk])
    assert (batch.size, batch.most_open, batch.reason) == (3, 1, "maintenance")
    assert batch.created_by is not None
    assert batch.created_by.username == "anna"
    statuses = dict(batch.runs.values_list("station", "status"))
    assert statuses[away.pk] == RunStatus.NOT_CONNECTED
    assert {statuses[station.pk] for station in stations} == {RunStatus.QUEUED}


def test_a_double_click_asks_once(desk: Client) -> None:
    preview = desk.post(ASK_STATIONS, rebooting(StationFactory()))
    first = confirm(desk, preview)
    second = confirm(desk, preview)
    assert first.url == second.url
    assert CommandBatch.objects.count() == 1


def test_more_than_was_looked_at_is_not_asked(desk: Client) -> None:
    StationFactory()
    preview = desk.post(ASK_STATIONS, {**rebooting(), "all": "1"})
    StationFactory()
    response = confirm(desk, preview)
    assert response.status_code == 422
    assert "It was 1 when you looked, now it is 2. Nothing was asked yet" in response.text
    assert not CommandBatch.objects.exists()
    confirm(desk, response)
    assert CommandBatch.objects.get().size == 2


def test_fewer_than_was_looked_at_is_said(desk: Client) -> None:
    stations = [StationFactory() for _number in range(2)]
    preview = desk.post(ASK_STATIONS, rebooting(*stations))
    Station.objects.filter(pk=stations[0].pk).update(connected_at=None)
    response = confirm(desk, preview)
    assert "1 of the 2 you looked at can't be asked any more." in said(desk.get(response.url))


def test_many_need_their_number_typed(desk: Client) -> None:
    for _number in range(51):
        StationFactory()
    preview = desk.post(ASK_STATIONS, {**rebooting(), "all": "1"})
    assert "Type 51 to confirm" in preview.text
    for wrong in ({}, {"typed": "50"}, {"typed": "all"}):
        response = confirm(desk, preview, **wrong)
        assert response.status_code == 422
        assert "Type the number 51 to confirm." in response.text
    assert not CommandBatch.objects.exists()
    confirm(desk, preview, typed="51")
    assert CommandBatch.objects.get().size == 51


def test_a_time_of_day_makes_a_schedule_once(desk: Client) -> None:
    values = rebooting(StationFactory(), repeat_at="03:00", weekdays=["0", "4"])
    preview = desk.post(ASK_STATIONS, values)
    assert "Keep this schedule" in preview.text
    assert confirm(desk, preview).url == reverse("schedule-list")
    confirm(desk, preview)
    schedule = BatchSchedule.objects.get()
    assert (schedule.at, schedule.weekdays, schedule.time_zone) == (time(3), "04", "UTC")
    assert not CommandBatch.objects.exists()


def test_all_that_match_are_chosen_anew_each_time(desk: Client) -> None:
    """Not those that matched when the schedule was made."""
    mine = OrganisationFactory()
    gone, stays = (StationFactory(vendor="ABB", organisation=mine) for _number in range(2))
    values = {**rebooting(repeat_at="03:00"), "all": "1", "filter": "vendor=ABB"}
    preview = desk.post(ASK_STATIONS, values)
    assert "each time all that match the filter then" in said(preview)
    confirm(desk, preview)
    schedule = BatchSchedule.objects.get()
    page = desk.get(reverse("schedule-list"))
    assert "Stations: all with Vendor: ABB, chosen each time" in said(page)
    assert "Reboot all stations that match" in said(page)
    Station.objects.filter(pk=gone.pk).update(vendor="Alfen")
    new = StationFactory(vendor="ABB", organisation=mine)
    StationFactory(vendor="ABB", organisation=OrganisationFactory())
    User.objects.update(sees_all_organisations=False, organisation=mine)
    with time_machine.travel(schedule.next_at + timedelta(seconds=1)):
        spawning.spawn_due(now=timezone.now())
        batch = CommandBatch.objects.get(schedule=schedule)
        asked = set(batch.runs.values_list("station", flat=True))
        assert asked == {stays.pk, new.pk}
    User.objects.all().delete()
    schedule.refresh_from_db()
    with time_machine.travel(schedule.next_at + timedelta(seconds=1)):
        assert spawning.spawn_due(now=timezone.now()) == [], "nobody is there to see anything"


def test_a_forged_question_is_not_there(desk: Client) -> None:
    response = desk.post(ASK_STATIONS, {"question": "forged", "step": "confirm"})
    assert response.status_code == 404


def test_a_confirmation_without_a_preview_is_a_preview(desk: Client) -> None:
    response = desk.post(ASK_STATIONS, rebooting(StationFactory(), step="confirm"))
    assert "1 will be asked." in said(response)
    assert not CommandBatch.objects.exists()
