"""How far a long effect is, on a request's page and beside its name in lists."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.models import CommandRun, RunTransition
from operations.statuses import Role, RunStatus
from operations.tables import cells
from operations.views import run_phases, run_story
from tests.factories import RunFactory, UserFactory
from tests.pages.reading import column

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def update(
    *phases: str, status: RunStatus = RunStatus.IN_PROGRESS, command: str = "firmware-update"
) -> CommandRun:
    """A run that went through these phases, a minute each."""
    times = [NOON + timedelta(minutes=number) for number in range(len(phases) + 1)]
    run: CommandRun = RunFactory(
        command=command,
        params={"location": "ftp://files.example.org/firmware.bin"},
        status=status,
        phase=phases[-1] if phases else "",
        phase_at=times[-1] if phases else None,
        created_at=NOON,
        answered_at=NOON,
        closed_at=None if status.is_open else times[-1],
    )
    for phase, at in zip(phases, times[1:], strict=True):
        RunTransition.objects.create(run=run, at=at, to_status=status, phase=phase, cause="So.")
    return run


def drawn(run: CommandRun) -> list[tuple[str, str]]:
    way = run_phases.draw(run, list(run.transitions.all()))
    return [] if way is None else [(mark.label, mark.state) for mark in way.marks]


def percent(run: CommandRun) -> int:
    way = run_phases.draw(run, list(run.transitions.all()))
    assert way is not None
    return way.percent


def test_what_was_reached_what_is_now_and_what_is_to_come() -> None:
    run = update("Downloading", "SignatureVerified", "Installing")
    assert drawn(run) == [
        ("Accepted", "reached"),
        ("Downloading", "reached"),
        ("Downloaded", "skipped"),
        ("Signature verified", "reached"),
        ("Installing", "now"),
        ("Installed", "ahead"),
    ]
    assert percent(run) == 75


def test_a_failure_stands_where_it_happened() -> None:
    run = update("Downloading", "DownloadFailed", status=RunStatus.FAILED)
    assert drawn(run)[1:4] == [
        ("Downloading", "reached"),
        ("Download failed", "failed"),
        ("Downloaded", "skipped"),
    ]
    run = update("NoLogs", status=RunStatus.FAILED, command="diagnostic-request")
    assert drawn(run) == [
        ("Accepted", "reached"),
        ("No logs available", "failed"),
        ("Uploading", "skipped"),
        ("Uploaded", "skipped"),
    ]


def test_what_is_done_is_the_whole_way() -> None:
    assert percent(update("Installed", status=RunStatus.DONE)) == 100
    begun = update(status=RunStatus.ACCEPTED)
    assert drawn(begun)[0] == ("Accepted", "now")
    assert percent(begun) == 10


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.SENT, RunStatus.REFUSED])
def test_what_never_began_has_no_way(status: RunStatus) -> None:
    assert drawn(update(status=status)) == []
    assert drawn(update("Installing", command="reboot")) == []
    assert drawn(update("Installing", command="explode")) == []


def test_the_page_shows_each_phase_with_its_time(desk: Client) -> None:
    run = update("Downloading", "Installing")
    page = desk.get(reverse("run-detail", args=[run.pk])).text
    assert f'id="run-{run.pk}-progress"' in page
    assert 'value="70"' in page
    for time in ("12:00:00", "12:01:00", "12:02:00"):
        assert time in page
    assert 'aria-current="step"' in page
    assert "never reported" in page
    other = RunFactory()
    page = desk.get(reverse("run-detail", args=[other.pk])).text
    assert f'id="run-{other.pk}-progress"' in page  # for what may still come
    assert "<progress" not in page


def test_live_pushes_carry_it_without_a_query_of_their_own() -> None:
    run = run_story.of_pks([update("Downloading").pk])[0]
    with CaptureQueriesContext(connection) as queries:
        way = run_phases.draw(run, list(run.transitions.all()))
    assert way is not None
    assert len(queries) == 0
    assert f"run-{run.pk}-progress" in [each.dom_id for each in run_story.fragments(run)]


def test_lists_say_the_phase_and_since_when(desk: Client) -> None:
    run = update("Downloading")
    assert column(desk.get("/operations/requests/?asker=any"), "Status") == ["Downloading 12:01"]
    assert "Downloading 12:01" in cells.run_link(run)
    assert cells.run_text(run) == "Firmware update: Downloading 12:01"
    over = update("Installed", status=RunStatus.DONE)
    assert over.state_words == "Done"
    assert "Downloading" in run_story.line(run, list(run.transitions.all()))
