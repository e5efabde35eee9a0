"""Operations > Requests, and a request's own page: its truth, history and conversation."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.models import BatchSchedule, CommandBatch, CommandRun, RunTransition
from operations.services import outcomes, runs
from operations.statuses import OPEN_STATUSES, Role, RunStatus
from operations.views import run_story
from tests.factories import (
    ConnectionFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/requests/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR, username="anna"))
    return client


def detail(run: CommandRun) -> str:
    return reverse("run-detail", args=[run.pk])


def cancel(run: CommandRun) -> str:
    return reverse("run-cancel", args=[run.pk])


def turned_off(*, status: RunStatus = RunStatus.SCHEDULED) -> CommandRun:
    """A connector's run that may be waiting for a session to end."""
    connector = ConnectorFactory(charger__name="Quay 1-A")
    return RunFactory(
        station=connector.station,
        charger=connector.charger,
        connector=connector,
        command="change-availability",
        params={"availability": "off"},
        status=status,
    )


# --- the list ----------------------------------------------------------------------------------


def test_a_row_says_who_asked_what_of_whom(desk: Client) -> None:
    run = turned_off()
    CommandRun.objects.update(created_by=UserFactory(username="berta"))
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Number"] == str(run.pk)
    assert shown["Request"] == "Turn off connector 1 of Quay 1-A"
    assert shown["Station"] == run.station.name
    assert shown["Status"] == "Scheduled"
    assert shown["Asked by"] == "berta"


@pytest.mark.parametrize(
    ("query", "commands"),
    [
        ({"command": "unlock"}, ["unlock"]),
        ({"station": "quay"}, ["reboot"]),
        ({"station": "DEPOT-7"}, ["unlock"]),
        ({"status": "done"}, ["reboot"]),
        ({"since": "2026-03-02"}, ["unlock"]),
        ({"until": "2026-03-01"}, ["reboot"]),
        ({"since": "2026-03-01", "until": "2026-03-02"}, ["unlock", "reboot"]),
        ({"since": "nonsense"}, []),
        ({"command": "unlock", "status": "done"}, []),
    ],
)
def test_filters_find_and_combine(desk: Client, query: dict[str, str], commands: list[str]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    quay, depot = StationFactory(name="Quay"), StationFactory(name="Depot", identity="depot-7")
    RunFactory(station=quay, status=RunStatus.DONE, created_at=noon)
    connector = ConnectorFactory(charger__station=depot)
    RunFactory(
        station=depot,
        charger=connector.charger,
        connector=connector,
        command="unlock",
        params={},
        created_at=noon + timedelta(days=1),
    )
    words = {"unlock": "Unlock", "reboot": "Reboot"}
    shown = column(desk.get(URL, query), "Request") if commands else []
    assert [title.split()[0] for title in shown] == [words[slug] for slug in commands]
    if not commands:
        assert "No request matches this filter" in desk.get(URL, query).text


def test_what_the_portal_asks_by_itself_is_left_out_until_somebody_looks(desk: Client) -> None:
    now = timezone.now()
    schedule = BatchSchedule.objects.create(command="reboot", at=time(3), created_at=now)
    batch = CommandBatch.objects.create(command="reboot", created_at=now, schedule=schedule)
    RunFactory(station__name="Person", created_by=UserFactory())
    RunFactory(station__name="Clock", batch=batch)
    RunFactory(station__name="Portal", command="read-settings")
    plain = desk.get(URL)
    assert set(column(plain, "Station")) == {"Person", "Clock"}
    assert "People and schedules" in plain.text
    assert "?&amp;asker=any" in plain.text
    for asker, names in (
        ("any", {"Person", "Clock", "Portal"}),
        ("people", {"Person"}),
        ("schedules", {"Clock"}),
        ("portal", {"Portal"}),
    ):
        assert set(column(desk.get(URL, {"asker": asker}), "Station")) == names
    by_command = desk.get(URL, {"command": "read-settings"})
    assert column(by_command, "Station") == ["Portal"], "who filters finds all"
    chosen = desk.get(URL, {"command": "read-settings", "asker": "usual"})
    assert "No request matches this filter" in chosen.text
    for shown, who in ((plain, "usual"), (by_command, "any"), (chosen, "usual")):
        assert re.search(rf'<option value="{who}"\s+selected>', shown.text), (
            "the field says so, too"
        )


@pytest.mark.parametrize("sort", ["number", "title", "station", "status", "asked_by", "created_at"])
def test_it_is_sorted_both_ways(desk: Client, sort: str) -> None:
    for name, status in (("A", RunStatus.DONE), ("B", RunStatus.FAILED)):
        RunFactory(station__name=name, status=status, created_by=UserFactory(username=name))
    for order in (sort, f"-{sort}"):
        assert len(page_lines(desk.get(URL, {"sort": order}))) == 3


def test_csv_gives_the_page_one_sees(desk: Client) -> None:
    user = UserFactory()
    for number in range(30):
        RunFactory(station__name=f"=Quay {number}", created_by=user)
    second = {"page": "2", "sort": "number"}
    page, spreadsheet = desk.get(URL, second), desk.get(URL, {**second, "export": "csv"})
    assert len(csv_lines(spreadsheet)) == 6
    header, *rows = csv_lines(spreadsheet)
    assert header == page_lines(page)[0]
    assert [row[0] for row in rows] == column(page, "Number")
    assert all(not cell.startswith("=") for row in rows for cell in row)


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    station = StationFactory()
    for _row in range(rows):
        connector = ConnectorFactory(charger__station=station)
        RunFactory(
            station=station,
            charger=connector.charger,
            connector=connector,
            command="unlock",
            created_by=UserFactory(),
        )
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(URL, {"per_page": "100"}).status_code == 200
    assert len(queries) <= 12


def test_other_organisations_requests_are_not_there(client: Client) -> None:
    run = RunFactory()
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    assert "No requests yet" in client.get(URL).text
    for url in (detail(run), cancel(run), reverse("run-again", args=[run.pk])):
        assert client.get(url).status_code == 404


def test_a_request_of_a_command_that_is_no_more_is_still_shown(desk: Client) -> None:
    run = RunFactory(command="explode", params={"size": 3}, created_by=UserFactory())
    assert f"explode: {run.station.name}" in desk.get(URL).text
    assert desk.get(detail(run)).status_code == 200
    assert desk.get(reverse("run-again", args=[run.pk])).status_code == 404


# --- its page ----------------------------------------------------------------------------------


def test_the_truth_stands_on_top_and_the_history_below(desk: Client) -> None:
    asked = timezone.now() - timedelta(seconds=5)
    run = RunFactory(
        station__name="Quay 1",
        status=RunStatus.DONE,
        summary="Quay 1 booted 1.3 s after it was asked.",
        created_at=asked,
        sent_at=asked + timedelta(milliseconds=20),
        answered_at=asked + timedelta(milliseconds=140),
        closed_at=asked + timedelta(milliseconds=1400),
        attempts=1,
        answers=[{"action": "Reset", "payload": {"status": "Accepted"}}],
        reason="hangs",
    )
    for after_ms, status, cause in (
        (20, RunStatus.SENT, "Sent."),
        (140, RunStatus.ACCEPTED, "The station accepted."),
        (1400, RunStatus.DONE, run.summary),
    ):
        RunTransition.objects.create(
            run=run, at=asked + timedelta(milliseconds=after_ms), to_status=status, cause=cause
        )
    page = desk.get(detail(run)).text
    assert "Done after 1.4 s: Quay 1 booted 1.3 s after it was asked." in page
    for delay in ("+20 ms", "+140 ms", "+1.4 s"):
        assert delay in page
    assert "120 ms" in page  # from the frame to its answer
    assert "hangs" in page
    assert "On idle" in page or "Soft" in page  # the mode, in the form's words


def test_the_conversation_is_laid_out_and_masked(desk: Client) -> None:
    run = RunFactory()
    MessageFactory(
        station=run.station,
        run=run,
        is_from_station=False,
        action="GetDiagnostics",
        call='[2,"1","GetDiagnostics",{"location":"ftp://anna:secret@example.org/"}]',
        answer='[3,"1",{}]',
        answered_at=timezone.now() + timedelta(milliseconds=80),
    )
    MessageFactory(
        station=run.station,
        run=run,
        is_from_station=False,
        action="Reset",
        call='[2,"2","Reset",{"type":"Soft"}]',
        answer='[4,"2","NotSupported","",{}]',
        error_code="NotSupported",
    )
    page = desk.get(detail(run)).text
    assert "secret" not in page
    assert "ftp://•••@example.org/" in page
    assert "&quot;type&quot;: &quot;Soft&quot;" in page
    assert "NotSupported" in page


def test_frames_that_are_no_json_or_too_long_are_shown_as_far_as_they_help(desk: Client) -> None:
    run = RunFactory()
    MessageFactory(station=run.station, run=run, call="<hello>", answer="[" + "1," * 40_000)
    page = desk.get(detail(run)).text
    assert "&lt;hello&gt;" in page
    assert "more characters" in page
    assert len(page) < 60_000


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_has_its_words(desk: Client, status: RunStatus) -> None:
    run = RunFactory(
        status=status,
        summary="So it is.",
        closed_at=None if status.is_open else timezone.now() + timedelta(seconds=63),
    )
    page = desk.get(detail(run)).text
    assert f"{status.label}{'' if status.is_open else ' after 63 s'}: So it is." in page
    for fragment in run_story.fragments(run_story.of_pks([run.pk])[0]):
        assert f"run-{run.pk}-" in fragment.dom_id


def test_secrets_among_the_parameters_are_masked(desk: Client) -> None:
    run = RunFactory(command="firmware-update", params={"url": "ftp://anna:secret@example.org/"})
    page = desk.get(detail(run)).text
    assert "secret" not in page
    assert "•••@example.org" in page


def test_viewers_see_it_and_may_do_nothing_about_it(client: Client) -> None:
    run = RunFactory(status=RunStatus.QUEUED)
    client.force_login(UserFactory(role=Role.VIEWER))
    page = client.get(detail(run)).text
    assert "Ask again" not in page
    assert client.get(cancel(run)).status_code == 403
    assert client.post(cancel(run)).status_code == 403


def test_ask_again_leads_to_the_same_form_filled_in(desk: Client) -> None:
    run = turned_off(status=RunStatus.DONE)
    assert reverse("run-again", args=[run.pk]) in desk.get(detail(run)).text
    page = desk.get(reverse("run-again", args=[run.pk]), follow=True)
    assert '<option value="off" selected>' in page.text


# --- cancelling --------------------------------------------------------------------------------


def test_what_was_not_sent_yet_ends_here(desk: Client) -> None:
    run = RunFactory(status=RunStatus.QUEUED)
    assert cancel(run) in desk.get(detail(run)).text
    assert "the station will hear nothing of it" in desk.get(cancel(run)).text
    assert desk.post(cancel(run)).url == detail(run)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert "anna" in run.summary


def test_what_is_scheduled_is_asked_to_be_taken_back(desk: Client) -> None:
    run = turned_off()
    assert "asks the station to take it back" in desk.get(cancel(run), headers=HTMX).text
    response = desk.post(cancel(run), headers=HTMX)
    withdrawal = CommandRun.objects.exclude(pk=run.pk).get()
    assert withdrawal.params == {"availability": "on"}
    assert response["HX-Trigger"] == "close-dialog"
    assert f'data-live="run:{withdrawal.pk}"' in response.text


@pytest.mark.parametrize("status", sorted(set(RunStatus) - {RunStatus.QUEUED}))
def test_what_was_sent_cannot_be_cancelled(desk: Client, status: RunStatus) -> None:
    run = RunFactory(status=status)
    assert cancel(run) not in desk.get(detail(run)).text
    assert "be cancelled any more" in desk.get(cancel(run)).text
    response = desk.post(cancel(run), headers=HTMX)
    assert response.status_code == 422
    assert "be cancelled any more" in desk.post(cancel(run), follow=True).text
    run.refresh_from_db()
    assert run.status == status


# --- live --------------------------------------------------------------------------------------


def test_the_line_of_a_notice_follows_the_run() -> None:
    station = StationFactory(protocol="1.6")
    socket = ConnectionFactory(station=station)
    connector = ConnectorFactory(charger__station=station)
    run = RunFactory(
        station=station,
        charger=connector.charger,
        connector=connector,
        command="unlock",
        params={},
    )

    def line() -> str:
        told = run_story.tell(run_story.of_pks([run.pk])[0])
        return str(told["line"])

    assert line() == "Queued · …"
    claimed = runs.claim(run_pk=run.pk, connection_pk=socket.pk)
    assert claimed is not None
    assert line() == "Sent · …"
    outcomes.record_answer(
        unique_id=claimed.calls[0].unique_id,
        station_pk=station.pk,
        frame='[3,"1",{"status":"Unlocked"}]',
        answer={"payload": {"status": "Unlocked"}},
        answered_at=timezone.now(),
    )
    assert line().startswith("Sent · Done ✓ ")


def test_the_story_of_a_loaded_run_asks_no_more() -> None:
    run = turned_off(status=RunStatus.SENT)
    MessageFactory(station=run.station, run=run)
    (loaded,) = run_story.of_pks([run.pk])
    with CaptureQueriesContext(connection) as queries:
        run_story.fragments(loaded)
    assert len(queries) == 0


def test_open_requests_are_counted_beside_the_title(desk: Client) -> None:
    for status in RunStatus:
        RunFactory(status=status)
    assert f"<strong>{len(OPEN_STATUSES)}</strong> open" in desk.get(URL).text
