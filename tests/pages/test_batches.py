"""Batches and schedules: their lists, a batch's own page, and what can be done about one."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import BatchSchedule, CommandBatch, CommandRun, Station, User
from operations.services import batches, schedules, spawning
from operations.services.schedules import Plan
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import BatchStatus, Role, RunStatus
from operations.tables.audience import Audience
from operations.views import batch_story, live
from operations.views.live import Viewpoint
from tests.factories import (
    OrganisationFactory,
    RunFactory,
    SiteFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

LIST = "/operations/batches/"
SCHEDULES = "/operations/schedules/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR, username="anna"))
    return client


def batch_of(
    *stations: Station, user: User | None = None, terms: Terms | None = None
) -> CommandBatch:
    """Reboots asked of these stations."""
    return batches.submit(
        command=BY_SLUG["reboot"],
        selection=Selection.of_pks(TargetKind.STATION, [station.pk for station in stations]),
        params={"mode": "idle"},
        user=user,
        terms=terms or Terms(reason="new firmware"),
    )


def three(*statuses: RunStatus, **more: Any) -> CommandBatch:
    """A batch whose runs are in these statuses."""
    batch = batch_of(*(StationFactory() for _status in statuses), **more)
    now = timezone.now()
    for run, status in zip(batch.runs.order_by("pk"), statuses, strict=True):
        closed_at = None if status.is_open else now
        answers = [{"action": "Reset", "payload": {"status": "Rejected"}}]
        CommandRun.objects.filter(pk=run.pk).update(
            status=status,
            released_at=now,
            answered_at=now if status == RunStatus.REFUSED else None,
            answers=answers if status == RunStatus.REFUSED else [],
            closed_at=closed_at,
        )
    return batch


def detail(batch: CommandBatch) -> str:
    return reverse("batch-detail", args=[batch.pk])


def nightly(*stations: Station, user: User | None = None) -> BatchSchedule:
    """A schedule that reboots these each Monday."""
    return schedules.create(
        command=BY_SLUG["reboot"],
        selection=Selection.of_pks(TargetKind.STATION, [station.pk for station in stations]),
        params={"mode": "idle"},
        user=user,
        plan=Plan(at=time(3), weekdays="0", time_zone="Europe/Ljubljana"),
    )


# --- the list ----------------------------------------------------------------------------------


def test_a_row_says_what_was_asked_and_how_far_it_is(desk: Client) -> None:
    batch = three(RunStatus.DONE, RunStatus.REFUSED, RunStatus.SENT, user=User.objects.get())
    header, row = page_lines(desk.get(LIST))
    shown = dict(zip(header, row, strict=True))
    assert shown["Number"] == str(batch.pk)
    assert shown["Request"] == "Reboot 3 stations"
    assert shown["Status"] == "Running"
    assert shown["Ended"] == "2 of 3"
    assert (shown["Done"], shown["Failed"]) == ("1", "1")
    assert shown["Asked by"] == "anna"
    assert shown["Reason"] == "new firmware"
    assert csv_lines(desk.get(LIST, {"export": "csv"}))[0] == header


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"command": "reboot"}, 1),
        ({"command": "unlock"}, 0),
        ({"status": "running"}, 1),
        ({"status": "paused"}, 0),
        ({"asked_by": "ANNA"}, 1),
        ({"asked_by": "berta"}, 0),
        ({"since": "2100-01-01"}, 0),
        ({"until": "2100-01-01"}, 1),
    ],
    ids=str,
)
def test_filters_find_batches(desk: Client, query: dict[str, str], count: int) -> None:
    batch_of(StationFactory(), user=User.objects.get())
    assert len(page_lines(desk.get(LIST, query))[1:]) == count


def test_tabs_lead_from_one_list_to_the_others(desk: Client) -> None:
    for url in (LIST, SCHEDULES, "/operations/requests/"):
        page = desk.get(url).text
        assert f'aria-current="page" href="{url}"' in " ".join(page.split())


def test_empty_lists_teach(desk: Client) -> None:
    assert "Tick several rows of a list" in desk.get(LIST).text
    assert "No schedules yet" in desk.get(SCHEDULES).text


def test_the_list_costs_the_same_for_any_number(desk: Client) -> None:
    for _number in range(12):
        three(RunStatus.DONE, RunStatus.SENT)
    with CaptureQueriesContext(connection) as queries:
        desk.get(LIST)
    assert len(queries) <= 10


# --- a batch's page ----------------------------------------------------------------------------


def test_a_batch_that_failed_somewhere_does_not_look_done(desk: Client) -> None:
    batch = three(RunStatus.DONE, RunStatus.REFUSED, RunStatus.REFUSED)
    CommandBatch.objects.filter(pk=batch.pk).update(status=BatchStatus.DONE)
    page = desk.get(detail(batch))
    assert "Done: 3 of 3 have ended, 1 are done. 2 are not." in said(page)
    assert '<p class="truth" data-tone="orange">' in page.content.decode()


def test_counters_lead_to_their_rows(desk: Client) -> None:
    batch = three(RunStatus.DONE, RunStatus.REFUSED, RunStatus.REFUSED)
    page = desk.get(detail(batch))
    words = said(page)
    assert "Running: 3 of 3 have ended, 1 are done." in words
    assert "2 Refused" in words
    assert "2 \u00d7 Rejected" in words
    assert f'href="{detail(batch)}?status=refused#list"' in page.text
    assert column(desk.get(detail(batch), {"status": "refused"}), "Status") == ["Refused"] * 2
    assert '<progress class="batch-progress"' in " ".join(page.text.split())


def test_rows_are_filtered_by_station_and_given_away(desk: Client) -> None:
    batch = batch_of(StationFactory(name="Quay 1"), StationFactory(name="Depot 2"))
    assert column(desk.get(detail(batch), {"station": "depot"}), "Station") == ["Depot 2"]
    response = desk.get(detail(batch), {"station": "depot", "export": "csv"})
    assert f"batch-{batch.pk}-page-1.csv" in response["Content-Disposition"]
    assert [line[1] for line in csv_lines(response)[1:]] == ["Reboot Depot 2"]


def test_the_page_says_who_asked_why_and_on_which_terms(desk: Client) -> None:
    batch = batch_of(
        StationFactory(), user=User.objects.get(), terms=Terms(reason="storm", most_open=3)
    )
    words = said(desk.get(detail(batch)))
    assert "Asked by anna" in words
    assert "Reason storm" in words
    assert "At most 3 open at a time, each until its effect is known." in words
    assert "Mode" in words


def test_an_asked_batch_can_be_paused_resumed_and_cancelled(desk: Client) -> None:
    batch = batch_of(StationFactory(), StationFactory())
    assert desk.post(reverse("batch-pause", args=[batch.pk])).url == detail(batch)
    page = desk.get(detail(batch))
    assert "Paused by anna." in page.text
    assert reverse("batch-resume", args=[batch.pk]) in page.text
    desk.post(reverse("batch-resume", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.status == BatchStatus.RUNNING
    question = desk.get(reverse("batch-cancel", args=[batch.pk]), headers=HTMX)
    assert "2 were not sent yet" in question.text
    assert "<html" not in question.text
    response = desk.post(reverse("batch-cancel", args=[batch.pk]), headers=HTMX)
    assert response["HX-Redirect"] == detail(batch)
    assert set(batch.runs.values_list("status", flat=True)) == {RunStatus.CANCELLED}


def test_what_comes_too_late_is_said(desk: Client) -> None:
    batch = three(RunStatus.DONE)
    CommandBatch.objects.update(status=BatchStatus.DONE, ended_at=timezone.now())
    page = desk.post(reverse("batch-pause", args=[batch.pk]), follow=True)
    assert "This batch is done." in page.text


def test_the_failed_ones_are_asked_again_in_a_batch_linked_both_ways(desk: Client) -> None:
    batch = three(RunStatus.DONE, RunStatus.REFUSED, RunStatus.TIMED_OUT)
    page = desk.get(detail(batch))
    assert reverse("batch-retry", args=[batch.pk]) in page.text
    question = desk.get(reverse("batch-retry", args=[batch.pk]))
    assert "A new batch asks the 2 that failed" in question.text
    response = desk.post(reverse("batch-retry", args=[batch.pk]))
    again = CommandBatch.objects.exclude(pk=batch.pk).get()
    assert response.url == detail(again)
    assert again.size == 2
    assert detail(batch) in desk.get(detail(again)).text
    assert detail(again) in desk.get(detail(batch)).text


def test_a_run_leads_to_its_batch_and_says_what_it_waits_for(desk: Client) -> None:
    batch = batch_of(StationFactory())
    run = batch.runs.get()
    page = desk.get(reverse("run-detail", args=[run.pk]))
    assert detail(batch) in page.text
    assert "Waits for its turn in the batch." in page.text
    at = timezone.now() + timedelta(minutes=1)
    CommandRun.objects.update(released_at=timezone.now(), next_attempt_at=at)
    page = desk.get(reverse("run-detail", args=[run.pk]))
    assert f"Next try {timezone.localtime(at):%H:%M:%S}" in page.text


def test_a_page_of_a_batch_costs_the_same_for_any_number(desk: Client) -> None:
    batch = batch_of(*(StationFactory() for _number in range(30)))
    with CaptureQueriesContext(connection) as queries:
        desk.get(detail(batch))
    assert len(queries) <= 14


# --- who may -----------------------------------------------------------------------------------


def test_viewers_look_but_do_not_touch(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    batch, schedule = batch_of(StationFactory()), nightly(StationFactory())
    page = client.get(detail(batch)).text
    assert "batch-buttons" not in page
    assert "schedule-delete" not in client.get(SCHEDULES).text
    for name in ("batch-pause", "batch-resume", "batch-cancel", "batch-retry"):
        assert client.post(reverse(name, args=[batch.pk])).status_code == 403
    for name in ("schedule-pause", "schedule-delete"):
        assert client.post(reverse(name, args=[schedule.pk])).status_code == 403


def test_other_organisations_batches_are_not_there(client: Client) -> None:
    user = UserFactory(role=Role.ADMIN, organisation=OrganisationFactory())
    client.force_login(user)
    batch, schedule = batch_of(StationFactory()), nightly(StationFactory())
    assert page_lines(client.get(LIST)) == []
    assert page_lines(client.get(SCHEDULES)) == []
    for name in ("batch-pause", "batch-cancel", "batch-retry"):
        assert client.post(reverse(name, args=[batch.pk])).status_code == 404
    assert client.get(detail(batch)).status_code == 404
    assert client.post(reverse("schedule-delete", args=[schedule.pk])).status_code == 404
    assert live.admit(user.pk, None, [f"batch:{batch.pk}", f"progress:{batch.pk}"]).keys == set()  # type: ignore[union-attr]


def test_a_run_hides_a_batch_its_reader_does_not_see(client: Client) -> None:
    station = StationFactory()
    batch = batch_of(station, StationFactory())
    assert batch.organisation is None
    client.force_login(UserFactory(role=Role.VIEWER, organisation=station.organisation))
    page = client.get(reverse("run-detail", args=[batch.runs.get(station=station).pk]))
    assert page.status_code == 200
    assert detail(batch) not in page.text


# --- live --------------------------------------------------------------------------------------


def test_a_change_of_a_run_moves_its_batch_on_screens() -> None:
    user = UserFactory(role=Role.OPERATOR)
    batch = three(RunStatus.DONE, RunStatus.SENT)
    admission = live.admit(user.pk, None, [f"batch:{batch.pk}", f"progress:{batch.pk}"])
    assert admission is not None
    assert admission.triggers[f"batch:{batch.pk}"] == {f"batch:{batch.pk}", f"progress:{batch.pk}"}
    viewpoint = Viewpoint(Audience.of(user), True, None, user=user)
    patches = live.patches({viewpoint: admission.keys})[viewpoint]
    row = {patch["id"]: patch["html"] for patch in patches[f"batch:{batch.pk}"]}
    assert "1 of 2" in row[f"batch-{batch.pk}-progress"]
    story = {patch["id"]: patch["html"] for patch in patches[f"progress:{batch.pk}"]}
    assert "1 of 2 have ended" in story[f"batch-{batch.pk}-overview"]
    assert f"batch-{batch.pk}-actions" in story


def test_the_estimate_is_in_words() -> None:
    batch = three(RunStatus.DONE, RunStatus.DONE, RunStatus.SENT)
    CommandBatch.objects.update(created_at=timezone.now() - timedelta(seconds=30))
    batch.refresh_from_db()
    assert "a minute; ends about" in batch_story.tell(batch)["pace"]
    CommandBatch.objects.update(created_at=timezone.now() - timedelta(milliseconds=500))
    batch.refresh_from_db()
    assert "a second; ends about" in batch_story.tell(batch)["pace"]
    CommandRun.objects.update(closed_at=None, status=RunStatus.SENT)
    assert batch_story.tell(batch)["pace"] == "Nothing has ended within the last minute."
    batch.status = BatchStatus.PAUSED
    assert batch_story.tell(batch)["pace"] == ""


# --- schedules ---------------------------------------------------------------------------------


def test_a_schedule_is_listed_paused_resumed_and_deleted(desk: Client) -> None:
    schedule = nightly(StationFactory(), StationFactory(), user=User.objects.get())
    header, row = page_lines(desk.get(SCHEDULES))
    shown = dict(zip(header, row, strict=True))
    assert shown["Request"] == "Reboot 2 stations"
    assert shown["At"] == "03:00 Europe/Ljubljana, Mon"
    assert shown["Made by"] == "anna"
    pause = reverse("schedule-pause", args=[schedule.pk])
    assert "The schedule is paused." in desk.post(pause, follow=True).text
    assert column(desk.get(SCHEDULES), "Next") == ["Paused"]
    assert "The schedule goes on." in desk.post(pause, follow=True).text
    delete = reverse("schedule-delete", args=[schedule.pk])
    assert "Delete this schedule?" in desk.get(delete).text
    assert desk.post(delete, headers=HTMX)["HX-Redirect"] == SCHEDULES
    assert not BatchSchedule.objects.exists()


def test_a_batch_of_a_schedule_says_so(desk: Client) -> None:
    schedule = nightly(StationFactory())
    BatchSchedule.objects.update(next_at=timezone.now())
    batch = spawning.spawn_due(now=timezone.now())[0]
    assert "A schedule" in column(desk.get(LIST), "Asked by")
    assert SCHEDULES in desk.get(detail(batch)).text
    BatchSchedule.objects.update(next_at=None)
    assert column(desk.get(SCHEDULES), "Next") == ["Over"]
    assert schedule.batches.count() == 1


# --- requests ----------------------------------------------------------------------------------


def test_requests_are_found_by_site_and_by_who_asked(desk: Client) -> None:
    here = StationFactory(name="Here", site=SiteFactory(name="Harbour"))
    RunFactory(station=here, created_by=User.objects.get())
    RunFactory(station__name="There")
    for query in ({"site": "harb"}, {"asked_by": "anna"}):
        assert column(desk.get("/operations/requests/", query), "Station") == ["Here"]
