"""A diagnostic request, from what is asked to the log that was received, or not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.events import FileReceived, LogStatusReported
from operations.models import CommandRun, Station
from operations.services import progress, receiving, sweeping, targets
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh, overdue
from tests.domain.following import answers, begun, hears, phases, state
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db

diagnostics = BY_SLUG["diagnostic-request"]
LOCATION = "sftp://files.example.org/logs/"
VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


@pytest.fixture
def station() -> Station:
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


def asked(station: Station, version: OcppVersion = V16, **more: Any) -> CommandRun:
    file = {"fileName": "log.zip"} if version is V16 else NAMED
    said = {"says": file, "kind": "diagnostics", "location": LOCATION, **more}
    return begun(station, "diagnostic-request", version=version, **said)


def says(station: Station, status: str, request_id: int | None = None, **more: Any) -> None:
    hears(station, LogStatusReported(status, request_id), **more)


def wire(version: OcppVersion, station: Station, **params: Any) -> tuple[str, dict[str, Any]]:
    told = {"kind": "diagnostics", "location": LOCATION, "request_id": 7, **params}
    (request,) = diagnostics.requests(version, targets.of_station(station), told)
    return request.action, request.payload


TIMES = {"started_at": "2026-03-01T12:00:00Z", "stopped_at": "2026-03-02T12:00:00Z"}


# What goes on the wire


def test_1_6_is_asked_for_its_diagnostics(station: Station) -> None:
    assert wire(V16, station) == ("GetDiagnostics", {"location": LOCATION})
    assert wire(V16, station, **TIMES, retries=0, retry_interval_s=60) == (
        "GetDiagnostics",
        {
            "location": LOCATION,
            "retries": 0,
            "retryInterval": 60,
            "startTime": "2026-03-01T12:00:00Z",
            "stopTime": "2026-03-02T12:00:00Z",
        },
    )


@pytest.mark.parametrize(
    ("version", "kind", "log_type"),
    [
        (V16, "security", "SecurityLog"),
        (V201, "diagnostics", "DiagnosticsLog"),
        (V201, "security", "SecurityLog"),
        (V21, "data-collector", "DataCollectorLog"),
    ],
)
def test_others_are_asked_for_a_log(
    station: Station, version: OcppVersion, kind: str, log_type: str
) -> None:
    assert wire(version, station, kind=kind, **TIMES) == (
        "GetLog",
        {
            "logType": log_type,
            "requestId": 7,
            "log": {
                "remoteLocation": LOCATION,
                "oldestTimestamp": "2026-03-01T12:00:00Z",
                "latestTimestamp": "2026-03-02T12:00:00Z",
            },
        },
    )


def test_a_1_6_station_that_refused_one_message_is_sent_the_other(station: Station) -> None:
    station.refused_actions = {"GetDiagnostics": "6.4.0"}
    assert wire(V16, station)[0] == "GetLog"
    assert wire(V16, station, message="plain")[0] == "GetDiagnostics"
    station.refused_actions = {"GetLog": "6.4.0"}
    assert wire(V16, station)[0] == "GetDiagnostics"


@pytest.mark.parametrize(
    ("version", "params", "action", "message"),
    [
        (V16, {}, "TriggerMessage", "DiagnosticsStatusNotification"),
        (V16, {"kind": "security"}, "ExtendedTriggerMessage", "LogStatusNotification"),
        (V201, {}, "TriggerMessage", "LogStatusNotification"),
    ],
)
def test_a_nudge_speaks_as_the_request_did(
    station: Station, version: OcppVersion, params: dict[str, str], action: str, message: str
) -> None:
    (request,) = diagnostics.nudge(version, targets.of_station(station), params)
    assert (request.action, request.payload) == (action, {"requestedMessage": message})


# The form


def form(station: Station, **data: str) -> Any:
    filled = diagnostics.form(data, target=targets.of_station(station))
    filled.is_valid()
    return filled


def test_the_portal_receives_unless_a_location_is_given(station: Station) -> None:
    assert diagnostics.initial(targets.of_station(station))["receiver"] == "http"
    params = {"kind": "diagnostics", "receiver": "http"}
    assert form(station, receiver="http").params() == params
    params = {"kind": "diagnostics", "location": LOCATION}
    assert form(station, receiver="http", location=LOCATION).params() == params
    assert "Give a location" in str(form(station).errors)


def test_the_portal_offers_what_its_servers_speak(station: Station, settings: Any) -> None:
    settings.EVCHARGE_FILES_SERVERS = True
    station.file_protocols = "FTP,FTPS"
    assert diagnostics.initial(targets.of_station(station))["receiver"] == "ftp"
    words = dict(form(station).fields["receiver"].choices)
    assert words["sftp"] == "This portal, by SFTP"
    assert "ftps" not in words
    settings.EVCHARGE_FTP_CERTIFICATE = "/etc/ftp.pem"
    assert "ftps" in dict(form(station).fields["receiver"].choices)
    station.file_protocols = "GOPHER"
    assert diagnostics.initial(targets.of_station(station))["receiver"] == "http"


def test_what_a_station_cannot_do_is_said_before_it_is_asked(station: Station) -> None:
    backwards = {"started_at": "2026-03-02T12:00", "stopped_at": "2026-03-01T12:00"}
    assert "comes after the start" in str(form(station, location=LOCATION, **backwards).errors)
    plain = form(station, location=LOCATION, kind="security", message="plain")
    assert "only ask for a security log with GetLog" in str(plain.errors)
    long = f"sftp://files.example.org/{'x' * 600}"
    assert "512" in str(form(station, location=long, message="secured").errors)
    assert not form(station, location=long).errors
    station.file_protocols = "HTTP"
    assert "transfers files by HTTP only" in str(form(station, location=LOCATION).errors)
    assert not form(station, location=LOCATION, anyway="on").errors


def test_only_2_1_has_a_data_collector(station: Station) -> None:
    assert "kind" in form(station, location=LOCATION, kind="data-collector").errors
    station.protocol = "2.1"
    assert not form(station, location=LOCATION, kind="data-collector").errors


def test_the_title_says_which_log(station: Station) -> None:
    target = targets.of_station(station)
    assert diagnostics.title(target, {"kind": "security"}).startswith("Get the security log of")
    assert diagnostics.title(target, {}).startswith("Get diagnostics of")


# The answer


def test_the_files_name_is_shown(station: Station) -> None:
    assert fresh(asked(station)).summary == "The station accepted; it calls the file log.zip."
    run = asked(station, V201, says={"status": "Accepted", "filename": "=1+1.zip"})
    assert "=1+1.zip" in run.summary


def test_no_file_name_in_1_6_means_no_logs(station: Station) -> None:
    run = asked(station, says={})
    assert state(run) == ("failed", "NoLogs")
    assert run.summary.startswith("No logs available")
    # Some name none and send one all the same.
    says(station, "Uploading")
    assert state(run) == ("in-progress", "Uploading")


def test_no_file_name_changes_nothing_for_an_upload_that_has_begun(station: Station) -> None:
    run = ask(station, "diagnostic-request", kind="diagnostics", location=LOCATION)
    claim(run, connect(station))
    says(station, "Uploading")
    answers(run, {})
    assert state(run) == ("in-progress", "Uploading")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Accepted", RunStatus.ACCEPTED),
        ("AcceptedCanceled", RunStatus.ACCEPTED),
        ("Rejected", RunStatus.REFUSED),
        ("Nonsense", RunStatus.FAILED),
    ],
)
def test_2_x_answers_with_a_status(station: Station, said: str, status: RunStatus) -> None:
    assert asked(station, V201, says={"status": said}).status == status


# What the station reports


@VERSIONS
def test_an_upload_is_followed_to_its_end(station: Station, version: OcppVersion) -> None:
    run = asked(station, version)
    number = None if version is V16 else run.pk
    for status in ("Uploading", "Uploading", "Uploading", "Uploaded"):
        says(station, status, number)
    assert phases(run) == ["Uploading", "Uploaded"]
    assert state(run) == ("done", "Uploaded")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("UploadFailed", "gave the upload up"),
        ("UploadFailure", "gave the upload up"),
        ("BadMessage", "did not understand"),
        ("NotSupportedOperation", "try another protocol"),
        ("PermissionDenied", "check the credentials"),
    ],
)
def test_every_failure_has_its_words(station: Station, status: str, words: str) -> None:
    run = asked(station, V201)
    says(station, status, run.pk)
    assert state(run) == ("failed", "UploadFailed")
    assert words in fresh(run).summary


def test_another_try_reopens_it(station: Station) -> None:
    run = asked(station)
    for status in ("Uploading", "UploadFailed", "Uploading"):
        says(station, status)
    assert state(run) == ("in-progress", "Uploading")


def test_an_upload_given_up_for_a_newer_one_is_superseded(station: Station) -> None:
    run = asked(station, V201)
    says(station, "AcceptedCanceled", run.pk)
    assert state(run) == ("superseded", "AcceptedCanceled")
    old = asked(station, V201)
    asked(station, V201, says={"status": "AcceptedCanceled"})
    assert fresh(old).status == RunStatus.SUPERSEDED


def test_reports_of_other_requests_are_not_ours(station: Station) -> None:
    run = asked(station, V201)
    says(station, "Uploaded", run.pk + 1000)
    says(station, "Perhaps", run.pk)
    assert state(run) == ("accepted", "")


def test_idle_means_nobody_knows(station: Station) -> None:
    run = asked(station)
    says(station, "Idle")
    assert state(run) == ("accepted", "")
    says(station, "Idle", at=timezone.now() + timedelta(minutes=2))
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert fresh(run).summary.startswith("Unknown:")
    says(station, "Idle")
    says(station, "Uploaded")
    assert state(run) == ("done", "Uploaded")


def test_the_file_itself_is_the_best_proof(station: Station) -> None:
    run = asked(station)
    progress.follow_run(run_pk=run.pk, event=FileReceived("log.zip", 1_200_000))
    assert state(run) == ("done", "Uploaded")
    assert fresh(run).summary == "Received log.zip (1.1\xa0MB)."
    progress.follow_run(run_pk=run.pk, event=FileReceived("again.zip", 1))
    assert "log.zip" in fresh(run).summary


def at_the_portal(station: Station) -> CommandRun:
    return asked(station, V201, location="", receiver="http", says=NAMED)


NAMED = {"status": "Accepted", "filename": "log.zip"}


def test_what_was_uploaded_to_the_portal_must_be_here(station: Station) -> None:
    run = at_the_portal(station)
    says(station, "Uploaded", run.pk)
    assert state(run) == ("in-progress", "Uploaded")
    deadline = fresh(run).deadline_at
    assert deadline is not None
    assert deadline <= timezone.now() + timedelta(minutes=1)
    for _time in range(2):
        overdue(run)
        sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert fresh(run).summary.endswith("but no file arrived.")
    progress.follow_run(run_pk=run.pk, event=FileReceived("log.zip", 3))
    assert state(run) == ("done", "Uploaded")


def test_idle_after_uploaded_says_what_is_missing(station: Station) -> None:
    run = at_the_portal(station)
    says(station, "Uploaded", run.pk)
    says(station, "Idle", run.pk)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert fresh(run).summary.endswith("but no file arrived.")


def test_a_log_without_a_name_may_be_none(station: Station) -> None:
    run = asked(station, V201, says={"status": "Accepted"})
    assert state(run) == ("accepted", "NoLogs")
    deadline = fresh(run).deadline_at
    assert deadline is not None
    assert deadline <= timezone.now() + timedelta(minutes=2)
    for _time in range(2):
        overdue(run)
        sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert fresh(run).summary.startswith("No logs available")
    says(station, "Uploading", run.pk)
    assert state(run) == ("in-progress", "Uploading")


def test_a_file_for_a_run_that_waits_for_none_says_nothing(station: Station) -> None:
    reboot = begun(station, "reboot", says={"status": "Accepted"}, mode="idle")
    progress.follow_run(run_pk=reboot.pk, event=FileReceived("log.zip", 1))
    progress.follow_run(run_pk=reboot.pk + 1000, event=FileReceived("log.zip", 1))
    assert fresh(reboot).status == RunStatus.ACCEPTED


@pytest.mark.parametrize(
    ("said", "words"), [([], "never said that it uploads"), (["Uploading"], "said no more of it")]
)
def test_a_stalled_upload_is_asked_for_once_and_then_given_up(
    station: Station, said: list[str], words: str
) -> None:
    run = asked(station)
    for status in said:
        says(station, status)
    for _time in range(2):
        overdue(run)
        sweeping.expire_due(now=timezone.now())
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert words in fresh(run).summary


def test_what_the_portals_own_receiver_took_in_whole_ends_it(station: Station) -> None:
    run = asked(station, location="", receiver="http")
    sent = receiving.begin(
        link=run.file_links.get(), name="log.zip", protocol="http", remote_address=""
    )
    sent.write(b"log")
    assert state(run) == ("accepted", "")
    sent.complete()
    assert state(run) == ("done", "Uploaded")
    assert fresh(run).summary == "Received log.zip (3\xa0bytes)."
