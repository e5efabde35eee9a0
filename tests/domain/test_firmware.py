"""A firmware update, from what is asked to the firmware that was installed, or not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.fields import wire_time
from operations.events import FirmwareStatusReported, StationBooted
from operations.models import CommandRun, FirmwareImage, OcppMessage, Station
from operations.services import outcomes, runs, sweeping, targets, transfers
from operations.services.runs import Options
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh, history, overdue
from tests.domain.following import answers, begun, hears, phases, state
from tests.factories import OrganisationFactory, StationFactory

pytestmark = pytest.mark.django_db

update = BY_SLUG["firmware-update"]
LOCATION = "ftp://files.example.org/firmware.bin"
SIGNED = {"signature": "c2lnbmVk", "signing_certificate": "-----BEGIN CERTIFICATE-----"}
VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


@pytest.fixture
def station() -> Station:
    """A connected 1.6 station that told its firmware."""
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


def asked(station: Station, version: OcppVersion = V16, **more: Any) -> CommandRun:
    return begun(station, "firmware-update", version=version, location=LOCATION, **more)


def says(station: Station, status: str, request_id: int | None = None, **more: Any) -> None:
    hears(station, FirmwareStatusReported(status, request_id), **more)


def boots(station: Station, firmware: str) -> None:
    hears(station, StationBooted("Alfen", "Eve", firmware_version=firmware))


def later(**span: float) -> Any:
    return timezone.now() + timedelta(**span)


# What goes on the wire


def wire(version: OcppVersion, station: Station, **params: Any) -> tuple[str, dict[str, Any]]:
    told = {"location": LOCATION, "request_id": 7, **params}
    (request,) = update.requests(version, targets.of_station(station), told)
    return request.action, request.payload


def test_1_6_says_what_the_plain_message_can(station: Station) -> None:
    more = {"retrieve_at": "2030-03-01T12:00:00Z", "retries": 0, "retry_interval_s": 60}
    assert wire(V16, station, **more) == (
        "UpdateFirmware",
        {
            "location": LOCATION,
            "retrieveDate": "2030-03-01T12:00:00Z",
            "retries": 0,
            "retryInterval": 60,
        },
    )


def test_no_time_to_retrieve_is_now(station: Station) -> None:
    _action, payload = wire(V16, station)
    assert wire_time(later(seconds=-10)) <= payload["retrieveDate"] <= wire_time(later(seconds=10))


@pytest.mark.parametrize(
    ("version", "action"), [(V16, "SignedUpdateFirmware"), (V201, "UpdateFirmware")]
)
def test_signed_updates_carry_certificate_and_times(
    station: Station, version: OcppVersion, action: str
) -> None:
    times = {"retrieve_at": "2030-03-01T12:00:00Z", "install_at": "2030-03-02T03:00:00Z"}
    assert wire(version, station, **times, **SIGNED) == (
        action,
        {
            "requestId": 7,
            "firmware": {
                "location": LOCATION,
                "retrieveDateTime": "2030-03-01T12:00:00Z",
                "installDateTime": "2030-03-02T03:00:00Z",
                "signingCertificate": SIGNED["signing_certificate"],
                "signature": SIGNED["signature"],
            },
        },
    )


def test_what_a_station_refused_is_not_sent_again_until_its_firmware_changes(
    station: Station,
) -> None:
    run = ask(station, "firmware-update", location=LOCATION)
    claim(run, connect(station))
    message = OcppMessage.objects.get(run=run)
    outcomes.record_answer(
        unique_id=message.unique_id,
        station_pk=station.pk,
        frame="[4]",
        answer={"error": "NotSupported"},
        answered_at=timezone.now(),
    )
    assert fresh(run).status == RunStatus.UNSUPPORTED
    station.refresh_from_db()
    assert wire(V16, station, **SIGNED)[0] == "SignedUpdateFirmware"
    assert wire(V16, station)[0] == "SignedUpdateFirmware"
    assert "refused the plain message" in str(update.warnings(targets.of_station(station), {}))
    assert wire(V16, station, message="plain")[0] == "UpdateFirmware"
    boots(station, "6.5.0")
    station.refresh_from_db()
    assert wire(V16, station)[0] == "UpdateFirmware"


def test_a_station_without_the_security_extension_is_sent_the_plain_message(
    station: Station,
) -> None:
    station.refused_actions = {"SignedUpdateFirmware": station.firmware_version}
    assert wire(V16, station, **SIGNED)[0] == "UpdateFirmware"


def test_a_nudge_speaks_as_the_update_did(station: Station) -> None:
    target, wanted = targets.of_station(station), {"requestedMessage": "FirmwareStatusNotification"}
    for version, params, action in (
        (V16, {}, "TriggerMessage"),
        (V16, SIGNED, "ExtendedTriggerMessage"),
        (V201, SIGNED, "TriggerMessage"),
    ):
        (request,) = update.nudge(version, target, params)
        assert (request.action, request.payload) == (action, wanted)


# The form


def form(station: Station, **data: str) -> Any:
    filled = update.form({"location": LOCATION, **data}, target=targets.of_station(station))
    filled.is_valid()
    return filled


def faults(station: Station, **data: str) -> str:
    return str(form(station, **data).errors)


def test_what_a_station_cannot_do_is_said_before_it_is_asked(station: Station) -> None:
    assert "can&#x27;t say when to install" in faults(station, install_at="2030-03-01T12:00")
    station.refused_actions = {"UpdateFirmware": station.firmware_version}
    assert "must be signed" in faults(station)
    assert faults(station, message="plain") == ""
    station.refused_actions = {}
    station.file_protocols = "HTTP,HTTPS"
    assert "transfers files by HTTP,HTTPS only" in faults(station)
    assert faults(station, anyway="on") == ""


def test_signed_updates_carry_shorter_locations_than_plain_ones(station: Station) -> None:
    target = targets.of_station(station)
    long = {"location": f"ftp://files.example.org/{'x' * 600}"}
    assert update.objection(target, long) is None
    assert "512 characters" in str(update.objection(target, {**long, **SIGNED}))


def test_2_x_can_say_when_to_install(station: Station) -> None:
    station.protocol = "2.0.1"
    assert faults(station, install_at="2030-03-01T12:00") == ""


def test_times_come_in_order(station: Station) -> None:
    station.protocol = "2.0.1"
    assert "before it is retrieved" in faults(
        station, retrieve_at="2030-03-02T12:00", install_at="2030-03-01T12:00"
    )
    assert "before it is retrieved" in faults(station, install_at="2020-03-01T12:00")


def test_times_are_typed_in_the_users_zone_and_sent_in_utc(station: Station) -> None:
    with timezone.override("Europe/Ljubljana"):
        params = form(station, retrieve_at="2030-03-01T12:00").params()
    assert params == {"location": LOCATION, "retrieve_at": "2030-03-01T11:00:00Z"}


def test_one_source_and_a_whole_signature(station: Station) -> None:
    assert "one of the two" in faults(station, location="")
    assert "needs its certificate" in faults(station, signature="c2ln")


def image(**more: Any) -> FirmwareImage:
    facts = {
        "vendor": "Alfen",
        "model": "Eve",
        "version": "6.5.0",
        "url": "https://files.example.org/6.5.0",
        "created_at": timezone.now(),
    }
    return FirmwareImage.objects.create(**(facts | more))


def test_an_image_of_the_library_fits_the_station(station: Station) -> None:
    Station.objects.update(vendor="ALFEN", model="Eve")
    station.refresh_from_db()
    fitting = image(signature="c2ln", organisation=station.organisation)
    others = [
        image(model="Twin"),
        image(is_retired=True),
        image(organisation=OrganisationFactory()),
    ]
    assert form(station, location="", image=str(fitting.pk)).params() == {
        "image": fitting.pk,
        "version": "6.5.0",
        "signature": "c2ln",
    }
    unknown = StationFactory(vendor="", model="", organisation=station.organisation)
    assert not faults(unknown, location="", image=str(others[0].pk))
    for other in others:
        assert "image" in faults(station, location="", image=str(other.pk))
    assert "one of the two" in faults(station, image=str(fitting.pk))
    title = update.title(targets.of_station(station), {"version": "6.5.0"})
    assert title == f"Update {station.name} to firmware 6.5.0"


def test_a_second_plain_update_needs_to_be_meant(station: Station) -> None:
    asked(station)
    assert "An update is under way" in faults(station)
    assert faults(station, anyway="on") == ""
    station.protocol = "2.0.1"
    assert faults(station) == ""


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
