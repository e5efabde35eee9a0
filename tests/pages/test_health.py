"""A station's health: what is wrong, what it is read from, and what can be done about it."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from ocpp_gateway import codes, forgiving
from operations.models import ProtocolFinding, Station, StationEvent, StationReport
from operations.services.live import switchboard
from operations.statuses import Registration, Role
from operations.views import finding_words, vital_signs
from tests.factories import (
    ConnectionFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

MOST_QUERIES = 18
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


@pytest.fixture
def admins_desk(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN, username="lee"))
    return client


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What sockets were told."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(switchboard, "tell", lambda *message: sent.append(message))
    return sent


def url(station: Station, page: str = "health") -> str:
    return f"/operations/stations/{station.pk}/{page}/"


def connected(station: Station, *, times: int, every: timedelta = timedelta(minutes=5)) -> None:
    now = timezone.now()
    for number in range(times):
        at = now - every * number
        ConnectionFactory(station=station, opened_at=at, closed_at=at + every / 2)


def asked(station: Station, *, age: timedelta, is_answered: bool = False) -> None:
    at = timezone.now() - age
    MessageFactory(
        station=station,
        action="Reset",
        is_from_station=False,
        called_at=at,
        answer="[3]" if is_answered else "",
        answered_at=at if is_answered else None,
    )


def sent_time(station: Station, text: str, *, at: datetime) -> None:
    payload = {"connectorId": 1, "status": "Available", "timestamp": text}
    MessageFactory(
        station=station,
        action="StatusNotification",
        call=json.dumps([2, "1", "StatusNotification", payload]),
        called_at=at,
    )


def problems(station: Station) -> list[str]:
    return [problem.word for problem in vital_signs.read(station).problems]


def test_a_healthy_station_has_no_problem(desk: Client) -> None:
    station = StationFactory(open_connection=True)
    text = desk.get(url(station)).text
    assert "Nothing is wrong with its connection" in text
    assert "It has spoken OCPP without a fault so far." in text
    assert "It answered all it was asked." in text


def test_the_history_says_when_it_connected_and_how_that_ended(desk: Client) -> None:
    now = timezone.now()
    station = StationFactory()
    ConnectionFactory(
        station=station,
        opened_at=now - timedelta(hours=3),
        closed_at=now - timedelta(hours=1, minutes=30),
        close_code=1006,
        close_reason="The socket ended without a word.",
    )
    ConnectionFactory(station=station, remote_address="192.0.2.9")
    response = desk.get(url(station))
    context = response.context["table"]
    assert [context.text(record, "remote_address") for record in context.records()] == [
        "192.0.2.9",
        "192.0.2.7",
    ]
    for word in ("Open", "1:30:00", "1006", "broken without a word", "The socket ended"):
        assert word in response.text


def test_the_history_has_pages(desk: Client) -> None:
    station = StationFactory()
    connected(station, times=30, every=timedelta(days=1))
    table = desk.get(url(station), {"page": "2"}).context["table"]
    assert len(table.records()) == 5


def test_five_connections_in_an_hour_are_flapping() -> None:
    station = StationFactory()
    connected(station, times=4)
    connected(StationFactory(), times=5)
    assert problems(station) == []
    ConnectionFactory(station=station)
    assert problems(station) == ["Flapping"]


def test_three_calls_in_a_row_without_an_answer_are_unresponsive() -> None:
    station = StationFactory()
    for minutes in (40, 30):
        asked(station, age=timedelta(minutes=minutes))
    assert problems(station) == []
    asked(station, age=timedelta(minutes=20))
    # Its answer may still come.
    asked(station, age=timedelta(seconds=10))
    assert problems(station) == ["Unresponsive"]
    asked(station, age=timedelta(seconds=5), is_answered=True)
    assert problems(station) == []


def test_yesterdays_calls_do_not_count() -> None:
    station = StationFactory()
    for hours in (25, 26, 27):
        asked(station, age=timedelta(hours=hours))
    signs = vital_signs.read(station)
    assert signs.problems == []
    assert signs.unanswered == []


def test_unanswered_calls_lead_to_their_requests(desk: Client) -> None:
    run = RunFactory()
    MessageFactory(
        station=run.station,
        run=run,
        action="UnlockConnector",
        is_from_station=False,
        called_at=timezone.now() - timedelta(hours=1),
        answer="",
        answered_at=None,
    )
    text = desk.get(url(run.station)).text
    assert "UnlockConnector" in text
    assert f'href="/operations/requests/{run.pk}/"' in text


def test_a_connected_station_that_is_not_heard_is_silent() -> None:
    long_ago = timezone.now() - timedelta(minutes=10)
    assert problems(StationFactory(last_seen_at=long_ago)) == ["Silent"]
    assert problems(StationFactory(last_seen_at=long_ago, connected=False)) == []
    assert problems(StationFactory(last_seen_at=None)) == []


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=2), "Right, within a minute"),
        (timedelta(hours=2), "2 h ahead"),
        (timedelta(days=-30), "720 h behind"),
    ],
)
def test_the_clock_is_judged_by_the_youngest_time(ahead: timedelta, words: str) -> None:
    station, now = StationFactory(), timezone.now()
    for delay in (5, 0, 60):
        sent = now + ahead - timedelta(minutes=delay)
        sent_time(station, sent.isoformat(), at=now)
    signs = vital_signs.read(station, now=now)
    assert {"label": "Clock", "value": words} in signs.facts
    assert [problem.word for problem in signs.problems] == (
        [] if "Right" in words else ["Clock off"]
    )


def test_odd_times_tell_nothing_and_break_nothing() -> None:
    station, now = StationFactory(), timezone.now()
    for text in ("", "yesterday", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        sent_time(station, text, at=now)
    calls = ["nonsense", "[2]", '[2,"1","X",[]]', '[2,"1","X",{"timestamp":5}]']
    calls += ['[2,"1","X",{"meterValue":{}}]', '[2,"1","X",{"meterValue":["x"]}]']
    for call in calls:
        MessageFactory(station=station, call=call)
    skew = vital_signs.clock_skew(station.messages.all())
    assert skew is None


def test_times_in_meter_values_and_without_a_zone_count() -> None:
    station, now = StationFactory(), timezone.now()
    times = [now.replace(tzinfo=None).isoformat(), now.isoformat()]
    for text in times:
        call = [2, "1", "MeterValues", {"meterValue": [{"timestamp": text}]}]
        MessageFactory(station=station, call=json.dumps(call), called_at=now)
    call = [2, "1", "NotifyEvent", {"generatedAt": now.isoformat()}]
    MessageFactory(station=station, call=json.dumps(call), called_at=now)
    assert vital_signs.clock_skew(station.messages.all()) == timedelta()


def test_findings_say_what_they_mean(desk: Client) -> None:
    station, now = StationFactory(), timezone.now()
    for kind, path in (("time-without-zone", "timestamp"), ("NotImplemented", ""), ("New", "")):
        ProtocolFinding.objects.create(
            station=station,
            kind=kind,
            action="StatusNotification",
            path=path,
            count=1234,
            detail="<b>",
            first_at=now,
            last_at=now,
        )
    text = desk.get(url(station)).text
    assert "A time without a zone" in text
    assert "Taken for UTC" in text
    assert "A message its OCPP version does not have" in text
    assert "1234" in text
    assert "<b>" not in text
    assert len(re.findall(r"Refused\s*</span>", text)) == 2
    assert len(re.findall(r"Mended\s*</span>", text)) == 1


def test_every_kind_of_finding_has_words() -> None:
    mended = {*forgiving._DETAILS, "unknown-key", "invalid-answer"}
    mended |= {"time-unreadable", "time-without-zone", "clock-off", "binary-frame"}
    refused = {
        code
        for spelling in codes._SPELLINGS.values()
        for code in (spelling.format, spelling.occurrence, spelling.frame)
    }
    refused |= {codes.NOT_IMPLEMENTED, codes.NOT_SUPPORTED, codes.PROPERTY, codes.TYPE}
    refused |= {codes.SECURITY_ERROR, codes.MESSAGE_TYPE_NOT_SUPPORTED}
    assert mended | refused <= finding_words.WORDS.keys()
    assert mended <= finding_words.UNDERSTOOD
    assert not refused & finding_words.UNDERSTOOD


def test_events_and_reports_show_masked(desk: Client) -> None:
    station, now = StationFactory(), timezone.now()
    StationEvent.objects.create(
        station=station,
        kind="security",
        title="InvalidFirmwareSignature",
        at=now,
        heard_at=now,
        details={"techInfo": "<i>"},
    )
    report = StationReport.objects.create(
        station=station,
        kind="NotifyReport",
        request_id=12345,
        started_at=now,
        updated_at=now,
        parts={
            "10": {"b": 2},
            "2": {
                "variable": {"name": "BasicAuthPassword"},
                "variableAttribute": [{"value": "s3cret"}],
            },
        },
    )
    text = desk.get(url(station)).text
    assert "InvalidFirmwareSignature" in text
    assert "<i>" not in text
    assert "NotifyReport 12345" in text
    assert "Parts are missing" in text
    page = desk.get(f"/operations/reports/{report.pk}/")
    assert page.text.index("Part 2") < page.text.index("Part 10")
    assert "s3cret" not in page.text


def test_the_page_costs_few_queries(desk: Client) -> None:
    station, now = StationFactory(open_connection=True), timezone.now()
    connected(station, times=30)
    for number in range(30):
        asked(station, age=timedelta(minutes=10 + number))
        ProtocolFinding.objects.create(
            station=station, kind="null", path=str(number), first_at=now, last_at=now
        )
        StationReport.objects.create(
            station=station, kind="NotifyReport", request_id=number, started_at=now, updated_at=now
        )
    with CaptureQueriesContext(connection) as queries:
        desk.get(url(station))
    assert len(queries) <= MOST_QUERIES


def test_other_organisations_stations_do_not_exist(client: Client) -> None:
    station, now = StationFactory(), timezone.now()
    report = StationReport.objects.create(
        station=station, kind="NotifyReport", request_id=1, started_at=now, updated_at=now
    )
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    for page in ("health", "disconnect", "quarantine"):
        assert client.get(url(station, page)).status_code == 404
        expected = 405 if page == "health" else 404
        assert client.post(url(station, page)).status_code == expected
    assert client.get(f"/operations/reports/{report.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "disconnect", "quarantine"),
    [
        (Role.VIEWER, 403, 403),
        (Role.OPERATOR, 200, 403),
        (Role.ENGINEER, 200, 403),
        (Role.ADMIN, 200, 200),
    ],
)
def test_who_may_do_what(client: Client, role: Role, disconnect: int, quarantine: int) -> None:
    station = StationFactory(open_connection=True)
    client.force_login(UserFactory(role=role))
    page = client.get(url(station)).text
    for action, status in (("disconnect", disconnect), ("quarantine", quarantine)):
        assert client.get(url(station, action)).status_code == status
        assert (f'href="{url(station, action)}"' in page) is (status == 200)
        if status == 403:
            assert client.post(url(station, action)).status_code == 403


def test_disconnect_closes_the_socket(
    admins_desk: Client,
    told: list[tuple[str, dict[str, Any]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    station = StationFactory(open_connection=True)
    assert (
        "Its connection is closed."
        in admins_desk.get(url(station, "disconnect"), headers=HTMX).text
    )
    with django_capture_on_commit_callbacks(execute=True):
        response = admins_desk.post(url(station, "disconnect"), follow=True)
    channel = station.connections.get().channel_name
    assert told == [(channel, {"type": "station.disconnect", "why": "Disconnected by lee."})]
    assert "is being disconnected" in response.text


def test_a_station_without_a_socket_is_not_told(
    admins_desk: Client,
    told: list[tuple[str, dict[str, Any]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    station = StationFactory(connected=False)
    with django_capture_on_commit_callbacks(execute=True):
        response = admins_desk.post(url(station, "disconnect"), follow=True)
    assert told == []
    assert "is not connected" in response.text


def test_quarantine_disconnects_and_has_the_station_wait(
    admins_desk: Client,
    told: list[tuple[str, dict[str, Any]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    station = StationFactory(open_connection=True)
    with django_capture_on_commit_callbacks(execute=True):
        response = admins_desk.post(url(station, "quarantine"), headers=HTMX)
    assert response.headers["HX-Redirect"] == url(station)
    assert [message["type"] for _channel, message in told] == ["station.disconnect"]
    station.refresh_from_db()
    assert station.registration == Registration.PENDING
    page = admins_desk.get(url(station)).text
    assert f'href="{url(station, "approve")}"' in page
    assert f'href="{url(station, "quarantine")}"' not in page


def test_the_station_page_leads_here(desk: Client) -> None:
    station = StationFactory()
    assert f'href="{url(station)}"' in desk.get(f"/operations/stations/{station.pk}/").text
