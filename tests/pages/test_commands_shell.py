"""create_station and command: what they print, how they end, and what they leave behind."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from operations.management.run_json import run_as_json
from operations.models import CommandRun, Station
from operations.services import runs, stations
from operations.services.runs import Obstacle
from operations.statuses import RunStatus
from tests.factories import (
    ChargerFactory,
    ConnectionFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
)

pytestmark = pytest.mark.django_db


def shell(*args: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refusal(*args: str) -> str:
    """The sentence it ends with; exit code 1 when run from a shell."""
    with pytest.raises(CommandError) as caught:
        shell(*args)
    assert caught.value.returncode == 1
    return str(caught.value)


def exit_code(*args: str) -> int | str | None:
    """How it ends when it neither succeeds nor refuses."""
    with pytest.raises(SystemExit) as caught:
        shell(*args)
    return caught.value.code


# --- create_station --------------------------------------------------------------------------


def test_a_station_is_made_and_its_password_printed_once() -> None:
    organisation = OrganisationFactory(code="north")
    printed = shell("create_station", "CP-1", "--name", "Quay 1", "--organisation", "north")
    station = Station.objects.get()
    assert (station.name, station.organisation) == ("Quay 1", organisation)
    assert stations.accepts_password(station=station, password=printed.strip().encode())
    assert not stations.accepts_password(station=station, password=None)


def test_a_site_brings_its_organisation() -> None:
    site = SiteFactory(code="quay")
    shell("create_station", "CP-1", "--site", "quay", "--no-password")
    station = Station.objects.get()
    assert (station.site, station.organisation) == (site, site.organisation)
    assert station.password_digest == ""


def test_the_password_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert shell("create_station", "CP-1", "--password-stdin") == ""
    assert stations.accepts_password(station=Station.objects.get(), password=b"open sesame")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["CP-0"], "already exists"),
        (["CP\x071"], "An identity has 1 to 48"),
        (["CP-1", "--organisation", "x"], "No organisation has the code x."),
        (["CP-1", "--site", "x"], "No site has the code x."),
        (
            ["CP-1", "--site", "quay", "--organisation", "north"],
            "The site quay belongs to another organisation.",
        ),
        (["CP-1", "--password-stdin"], "Standard input held no password."),
    ],
)
def test_what_is_wrong_with_a_new_station_is_said(
    args: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    StationFactory(identity="CP-0", organisation=OrganisationFactory(code="north"))
    SiteFactory(code="quay")
    assert sentence in refusal("create_station", *args)
    assert Station.objects.count() == 1


# --- command ---------------------------------------------------------------------------------


def test_a_request_is_kept_and_on_its_way() -> None:
    StationFactory(identity="CP-1", open_connection=True)
    assert "queued" in shell("command", "reboot", "CP-1", "--set", "mode=now")
    run = CommandRun.objects.get()
    assert (run.command, run.status, run.params) == ("reboot", RunStatus.QUEUED, {"mode": "now"})
    assert run.created_by is None


def test_the_connector_number_goes_through_the_station_in_16() -> None:
    station = StationFactory(identity="CP-1", protocol="1.6")
    chargers = ChargerFactory.create_batch(2, station=station)
    for charger in chargers:
        ConnectorFactory(charger=charger)
    shell("command", "unlock", "CP-1", "--connector", "2")
    run = CommandRun.objects.get()
    assert run.charger == chargers[1]
    assert run.connector is not None
    assert run.connector.number == 2


def test_the_connector_number_is_the_chargers_own_in_2() -> None:
    station = StationFactory(identity="CP-1", protocol="2.0.1")
    chargers = ChargerFactory.create_batch(2, station=station)
    for charger in chargers:
        ConnectorFactory(charger=charger)
    shell("command", "unlock", "CP-1", "--charger", "2", "--connector", "1")
    assert CommandRun.objects.get().charger == chargers[1]
    assert "add --charger" in refusal("command", "unlock", "CP-1", "--connector", "1")


def test_a_charger_is_asked_as_a_whole() -> None:
    connector = ConnectorFactory(charger__station__identity="CP-1")
    args = ["--charger", "1", "--set", "availability=off"]
    shell("command", "change-availability", "CP-1", *args)
    run = CommandRun.objects.get()
    assert (run.charger, run.connector) == (connector.charger, None)


def test_an_offline_station_is_refused_at_once() -> None:
    StationFactory(identity="CP-1", connected=False)
    assert exit_code("command", "reboot", "CP-1", "--wait", "5") == 1
    assert CommandRun.objects.get().status == RunStatus.NOT_CONNECTED


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["explode", "CP-1"], "There is no command explode. There are: change-availability"),
        (["reboot", "CP-9"], "No station has the identity CP-9."),
        (["unlock", "CP-1"], "unlock is asked of: connector."),
        (["reboot", "CP-1", "--charger", "1"], "reboot is asked of: station."),
        (["unlock", "CP-1", "--connector", "7"], "CP-1 has no connector 7."),
        (["unlock", "CP-1", "--charger", "7"], "CP-1 has no charger 7."),
        (["reboot", "CP-1", "--set", "mode"], "--set takes FIELD=VALUE, not mode."),
        (["reboot", "CP-1", "--set", "when=now"], "reboot has no field when. It has: mode."),
        (["reboot", "CP-1", "--set", "mode=x"], "mode: Select a valid choice."),
    ],
)
def test_what_cannot_be_asked_is_said(args: list[str], sentence: str) -> None:
    ConnectorFactory(charger__station__identity="CP-1")
    assert sentence in refusal("command", *args)
    assert not CommandRun.objects.exists()


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_exit_code_says_how_it_went(status: RunStatus, monkeypatch: pytest.MonkeyPatch) -> None:
    # A run that ends in this status the moment it is submitted.
    monkeypatch.setattr(runs, "obstacle", lambda **_given: Obstacle(status, "So it went."))
    StationFactory(identity="CP-1")
    args = ("command", "reboot", "CP-1", "--wait", "0.01")
    if status in {"done", "accepted", "scheduled", "in-progress"}:
        assert f"{status}: So it went." in shell(*args)
    else:
        assert exit_code(*args) == 1


def test_json_tells_the_whole_story() -> None:
    station = StationFactory(identity="CP-1", protocol="2.0.1")
    connection = ConnectionFactory(station=station, protocol="2.0.1")
    shell("command", "reboot", "CP-1")
    run = CommandRun.objects.get()
    claimed = runs.claim(run_pk=run.pk, connection_pk=connection.pk)
    assert claimed is not None
    MessageFactory(station=station)  # somebody else's

    run.refresh_from_db()
    told = json.loads(json.dumps(run_as_json(run)))
    assert list(told) == [
        "id",
        "command",
        "station",
        "charger",
        "connector",
        "params",
        "status",
        "summary",
        "createdAt",
        "sentAt",
        "answeredAt",
        "closedAt",
        "attempts",
        "answers",
        "transitions",
        "frames",
    ]
    assert told["station"] == "CP-1"
    assert told["status"] == "sent"
    assert [(step["from"], step["to"]) for step in told["transitions"]] == [
        (None, "queued"),
        ("queued", "sent"),
    ]
    (frame,) = told["frames"]
    assert frame["direction"] == "sent"
    assert frame["action"] == "Reset"
    assert frame["frame"] == [2, frame["uniqueId"], "Reset", {"type": "OnIdle"}]
    assert frame["latencyMs"] is None


def test_json_is_what_is_printed() -> None:
    StationFactory(identity="CP-1")
    told = json.loads(shell("command", "reboot", "CP-1", "--json"))
    assert (told["command"], told["params"]) == ("reboot", {"mode": "idle"})
