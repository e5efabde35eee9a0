"""How a firmware update ends: by a version at boot, by Idle, or by silence."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.commands.fields import wire_time
from operations.models import CommandRun, Station
from operations.services import outcomes, runs, sweeping, transfers
from operations.statuses import RunStatus
from operations.versions import V201
from tests.domain.asked import ask, fresh, history, overdue
from tests.domain.following import answers, phases, state
from tests.domain.updating import asked, boots, image, later, says
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def station() -> Station:
    """A connected 1.6 station that told its firmware."""
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


# Installed without a word


def test_another_version_at_boot_means_it_was_installed(station: Station) -> None:
    run = asked(station)
    says(station, "Installing")
    boots(station, "6.4.0")
    assert state(run) == ("in-progress", "Installing")
    boots(station, "6.5.0")
    assert state(run) == ("done", "Installed")
    assert fresh(run).summary == "Installed: the firmware is 6.5.0 now, and was 6.4.0."


# Another version than the image's


def given(station: Station, version: str) -> CommandRun:
    """An update to an image that says which version it brings."""
    run = asked(station)
    CommandRun.objects.filter(pk=run.pk).update(params={"version": version})
    return run


def test_a_version_nobody_expected_is_not_confirmed(station: Station) -> None:
    run = given(station, "7.0.0")
    boots(station, "6.5.0")
    assert state(run) == ("not-confirmed", "Installed")
    assert fresh(run).summary == "The station came with 6.5.0; 7.0.0 was expected."


def test_who_said_installed_and_comes_with_another_version_is_not_confirmed(
    station: Station,
) -> None:
    """It counted as done: nothing that came after Installed was looked at."""
    run = given(station, "7.0.0")
    says(station, "Installed")
    assert state(run) == ("done", "Installed")
    boots(station, "6.5.0")
    assert state(run) == ("not-confirmed", "Installed")
    boots(station, "7.0.0")
    assert state(run) == ("done", "Installed")
    assert fresh(run).summary == "Installed: the firmware is 7.0.0 now, and was 6.4.0."


def test_who_comes_with_the_old_version_has_installed_nothing(station: Station) -> None:
    run = given(station, "7.0.0")
    says(station, "Installed")
    boots(station, "6.4.0")
    assert state(run) == ("not-confirmed", "Installed")
    sentence = "The station said it has installed 7.0.0, and still runs 6.4.0."
    assert fresh(run).summary == sentence


@pytest.mark.parametrize("version", ["6.4.0", "6.5.0"])
def test_who_says_installed_after_it_came_with_another_version(
    station: Station, version: str
) -> None:
    run = given(station, "7.0.0")
    says(station, "InstallRebooting")
    boots(station, version)
    says(station, "Installed")
    assert state(run) == ("not-confirmed", "Installed")


def test_who_boots_while_it_installs_may_still_say_so(station: Station) -> None:
    run = given(station, "7.0.0")
    says(station, "InstallRebooting")
    boots(station, "6.4.0")
    assert state(run) == ("in-progress", "InstallRebooting")
    boots(station, "7.0.0")
    assert state(run) == ("done", "Installed")


@pytest.mark.parametrize("version", ["", "6.5.0"])
def test_what_was_installed_as_expected_stays_so(station: Station, version: str) -> None:
    """Where nobody knows which version it was to be, the station's word counts."""
    run = given(station, version)
    says(station, "Installed")
    before = len(history(run))
    boots(station, "6.5.0")
    says(station, "Downloading")
    says(station, "Idle")
    assert state(run) == ("done", "Installed")
    assert len(history(run)) == before


def test_a_station_that_never_told_its_version_proves_nothing_by_one() -> None:
    station = StationFactory(firmware_version="")
    run = asked(station)
    boots(station, "6.5.0")
    assert state(run) == ("accepted", "")


def test_a_boot_does_not_undo_a_failure(station: Station) -> None:
    run = asked(station)
    says(station, "InstallationFailed")
    boots(station, "6.5.0")
    assert state(run) == ("failed", "InstallationFailed")


# Idle, and silence


def test_idle_means_nobody_knows(station: Station) -> None:
    run = asked(station)
    says(station, "Downloading")
    says(station, "Idle")
    assert state(run) == ("not-confirmed", "Downloading")
    assert fresh(run).summary.startswith("Unknown:")
    says(station, "Idle")
    says(station, "Installed")
    assert state(run) == ("done", "Installed")


def test_idle_after_the_version_changed_means_it_was_installed(station: Station) -> None:
    run = asked(station)
    Station.objects.update(firmware_version="6.5.0")
    says(station, "Idle")
    assert state(run) == ("done", "Installed")


def test_idle_says_nothing_of_what_has_not_begun(station: Station) -> None:
    run = asked(station)
    says(station, "Idle")
    assert state(run) == ("accepted", "")
    says(station, "Idle", at=later(minutes=2))
    assert state(run) == ("not-confirmed", "")


def test_idle_says_nothing_of_what_is_planned(station: Station) -> None:
    tomorrow = wire_time(later(days=1))
    run = asked(station, V201, retrieve_at=tomorrow, install_at=tomorrow)
    says(station, "Idle", at=later(minutes=5))
    assert state(run) == ("accepted", "")
    says(station, "Downloaded", run.pk)
    says(station, "Idle", at=later(minutes=5))
    assert state(run) == ("in-progress", "Downloaded")


def expire(run: CommandRun) -> None:
    overdue(run)
    sweeping.expire_due(now=timezone.now())


def test_a_stalled_update_is_asked_for_once_and_then_given_up(station: Station) -> None:
    run = asked(station)
    says(station, "Downloading")
    expire(run)
    assert fresh(run).nudged_at is not None
    assert fresh(run).status == RunStatus.IN_PROGRESS
    expire(run)
    assert state(run) == ("not-confirmed", "Downloading")
    assert fresh(run).summary == (
        'Stalled: after "Downloading" the station said no more of the update.'
    )
    says(station, "Installing")
    assert state(run) == ("in-progress", "Installing")


def test_an_update_that_never_began_is_said_to_have_stalled(station: Station) -> None:
    run = asked(station)
    expire(run)
    expire(run)
    assert "never said that it began" in fresh(run).summary


def test_a_sign_of_life_gives_it_its_time_again(station: Station) -> None:
    run = asked(station)
    says(station, "Downloading")
    expire(run)
    claimed = runs.claim_nudge(run_pk=run.pk, connection_pk=fresh(run).connection_id or 0)
    assert claimed is not None
    says(station, "Downloading")
    run = fresh(run)
    assert run.nudged_at is None
    assert run.deadline_at is not None
    assert run.deadline_at > later(minutes=50)
    # The answer to the nudge is no answer of the update's.
    answers(run, {"status": "Rejected"})
    assert state(run) == ("in-progress", "Downloading")
    expire(run)
    assert fresh(run).nudged_at is not None


def test_waiting_begins_when_the_station_is_to_begin(station: Station) -> None:
    tomorrow = later(days=1)
    run = asked(station, V201, retrieve_at=wire_time(tomorrow))
    assert run.deadline_at is not None
    assert run.deadline_at > tomorrow
    run = asked(station, V201, install_at=wire_time(tomorrow))
    says(station, "Downloaded", run.pk)
    due = fresh(run).deadline_at
    assert due is not None
    assert due > tomorrow
    says(station, "Installing", run.pk)
    due = fresh(run).deadline_at
    assert due is not None
    assert due < tomorrow


def test_a_flood_of_the_same_writes_nothing_about_the_run(station: Station) -> None:
    run = asked(station)
    says(station, "Downloading")
    with CaptureQueriesContext(database) as queries:
        says(station, "Downloading")
    written = [query["sql"] for query in queries if "commandrun" in query["sql"].lower()]
    assert not [sql for sql in written if sql.startswith("UPDATE")]
    assert phases(run) == ["Downloading"]


def test_what_ended_long_ago_is_watched_no_more(station: Station) -> None:
    run = asked(station)
    says(station, "DownloadFailed")
    assert outcomes.watched_runs(station_pks=[station.pk]) == {station.pk: [(run.pk, run.command)]}
    CommandRun.objects.update(closed_at=later(hours=-25))
    assert outcomes.watched_runs(station_pks=[station.pk]) == {}


def test_an_image_is_fetched_by_what_the_station_knows(station: Station, settings: Any) -> None:
    settings.EVCHARGE_FILES_SERVERS = True
    stored = image(url="", stored_name="x", file_name="6.5.0.bin")
    for told, scheme in (("", "http"), ("FTP", "ftp"), ("HTTPS,FTP", "http"), ("SFTP", "sftp")):
        Station.objects.update(file_protocols=told)
        run = ask(station, "firmware-update", image=stored.pk)
        run.refresh_from_db()
        resolved = transfers.resolve(run=run, params={"image": stored.pk})
        assert resolved["location"].partition("://")[0] == scheme
