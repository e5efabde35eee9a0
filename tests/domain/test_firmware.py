"""A firmware update, from the answer to what the station reports."""

import pytest
from django.utils import timezone

from operations.models import CommandRun, Station
from operations.services import sweeping
from operations.services.runs import Options
from operations.statuses import RunStatus
from operations.versions import V16, V201, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh, history, overdue
from tests.domain.following import answers, phases, state
from tests.domain.updating import LOCATION, VERSIONS, asked, says
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def station() -> Station:
    """A connected 1.6 station that told its firmware."""
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


# The answer


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Accepted", RunStatus.ACCEPTED),
        ("AcceptedCanceled", RunStatus.ACCEPTED),
        ("Rejected", RunStatus.REFUSED),
        ("InvalidCertificate", RunStatus.REFUSED),
        ("RevokedCertificate", RunStatus.REFUSED),
        ("Nonsense", RunStatus.FAILED),
    ],
)
def test_2_x_answers_with_a_status(station: Station, said: str, status: RunStatus) -> None:
    assert asked(station, V201, says={"status": said}).status == status


def test_1_6_answers_with_nothing(station: Station) -> None:
    assert asked(station).status == RunStatus.ACCEPTED


# What the station reports


@VERSIONS
def test_every_phase_is_a_step(station: Station, version: OcppVersion) -> None:
    run = asked(station, version)
    number = None if version is V16 else run.pk
    way = ["Downloading", "Downloaded", "Installing", "Installed"]
    if version is not V16:
        way[2:2] = ["SignatureVerified", "InstallScheduled"]
    for status in way:
        says(station, status, number)
    assert phases(run) == way
    assert state(run) == ("done", "Installed")
    between = ["in-progress"] * (len(way) - 1)
    assert history(run) == ["queued", "sent", "accepted", *between, "done"]


@pytest.mark.parametrize("status", ["Downloaded", "Installing", "Installed"])
def test_phases_may_be_skipped(station: Station, status: str) -> None:
    run = asked(station)
    says(station, status)
    assert phases(run) == [status]


def test_repeats_and_what_comes_too_late_change_nothing(station: Station) -> None:
    run = asked(station)
    for status in ("Downloading", "Downloading", "Downloaded", "Installing", "Downloaded"):
        says(station, status)
    assert phases(run) == ["Downloading", "Downloaded", "Installing"]
    says(station, "DownloadScheduled")
    assert state(run) == ("in-progress", "Installing")


def test_a_download_may_pause_and_begin_again(station: Station) -> None:
    run = asked(station, V201)
    for status in ("Downloading", "DownloadPaused", "Downloading", "Downloaded", "Downloading"):
        says(station, status, run.pk)
    assert phases(run)[-1] == "Downloading"
    assert state(run) == ("in-progress", "Downloading")


def test_a_failed_download_is_reopened_by_another_try(station: Station) -> None:
    run = asked(station)
    for status in ("Downloading", "DownloadFailed"):
        says(station, status)
    assert state(run) == ("failed", "DownloadFailed")
    assert fresh(run).closed_at is not None
    says(station, "Downloading")
    assert state(run) == ("in-progress", "Downloading")
    assert fresh(run).closed_at is None
    assert fresh(run).deadline_at is not None
    says(station, "Installed")
    assert state(run) == ("done", "Installed")


@pytest.mark.parametrize(
    "status",
    ["DownloadFailed", "InvalidSignature", "InstallVerificationFailed", "InstallationFailed"],
)
def test_failures_end_it_with_their_words(station: Station, status: str) -> None:
    run = asked(station, V201)
    says(station, status, run.pk)
    assert state(run) == ("failed", status)
    assert fresh(run).summary.startswith("The station")


def test_an_update_that_was_refused_is_not_begun_by_another_ones_reports(station: Station) -> None:
    run = asked(station, V201, says={"status": "Rejected"})
    says(station, "Downloading", run.pk)
    says(station, "Downloading")
    assert state(run) == ("refused", "")


def test_words_ocpp_does_not_know_say_nothing(station: Station) -> None:
    run = asked(station)
    says(station, "Uploading")
    says(station, "Perhaps")
    assert state(run) == ("accepted", "")


# Which update is meant


def test_reports_go_to_the_update_they_name(station: Station) -> None:
    run = asked(station, V201)
    says(station, "Downloading", run.pk + 1000)
    assert state(run) == ("accepted", "")
    says(station, "Downloading", run.pk)
    assert state(run) == ("in-progress", "Downloading")


def test_reports_without_a_number_go_to_the_newest(station: Station) -> None:
    old = asked(station, V201)
    new = asked(station, V201, says={"status": "AcceptedCanceled"})
    says(station, "Installing")
    assert state(old) == ("superseded", "")
    assert state(new) == ("in-progress", "Installing")
    # Told once more, it is still about the newest, and not about what stalled before.
    CommandRun.objects.filter(pk=old.pk).update(status=RunStatus.NOT_CONFIRMED)
    says(station, "Installed")
    says(station, "Installed")
    assert state(old) == ("not-confirmed", "")
    assert state(new) == ("done", "Installed")


def test_reports_before_the_answer_count(station: Station) -> None:
    run = ask(station, "firmware-update", location=LOCATION)
    claim(run, connect(station))
    says(station, "Downloading")
    assert state(run) == ("in-progress", "Downloading")
    answers(run, {})
    assert state(run) == ("in-progress", "Downloading")
    says(station, "Installed")
    assert history(run)[-1] == "done"


def test_a_no_after_a_report_is_a_no(station: Station) -> None:
    run = ask(station, "firmware-update", location=LOCATION)
    claim(run, connect(station, V201))
    says(station, "Downloading", run.pk)
    answers(run, {"status": "Rejected"})
    assert fresh(run).status == RunStatus.REFUSED


def test_reports_of_an_update_that_was_never_answered_prove_that_it_began(station: Station) -> None:
    run = ask(station, "firmware-update", location=LOCATION, options=Options(answer_timeout_s=1))
    claim(run, connect(station))
    overdue(run)
    sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.TIMED_OUT
    says(station, "Downloading")
    assert state(run) == ("in-progress", "Downloading")
