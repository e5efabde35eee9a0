"""Operations > Sessions and a session's page: filters, figures, charts, messages, live."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.events import MetersRead, Reading, SessionStarted, SessionStopped, Told
from operations.models import MeterReading, Session
from operations.services import sessions
from operations.services.live import publishing, switchboard
from operations.statuses import Role, SessionStatus
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines
from tests.pages.test_live import make, page_of

pytestmark = pytest.mark.django_db

URL = "/operations/sessions/"
MOST_QUERIES = 12
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def ended(**fields: Any) -> Session:
    """A session of 84 minutes that took 41.2 kWh."""
    given = {"started_at": START, "ended_at": START + timedelta(minutes=84)} | fields
    return SessionFactory(status=SessionStatus.ENDED, stop_reason="EVDisconnected", **given)


def read(session: Session, minute: float, *samples: dict[str, Any]) -> MeterReading:
    at = session.started_at + timedelta(minutes=minute)
    return MeterReading.objects.create(
        station=session.station, session=session, connector_number=1, at=at, samples=list(samples)
    )


def power(watts: float) -> dict[str, Any]:
    return {"measurand": "Power.Active.Import", "value": str(watts), "unit": "W"}


def register(watt_hours: float) -> dict[str, Any]:
    return {"value": str(watt_hours)}


def test_a_row_says_who_charged_where_and_how_much(desk: Client) -> None:
    connector = ConnectorFactory(
        charger__name="Quay 1-A", charger__station__name="Quay 1", number=2
    )
    session = ended(connector=connector)
    header, row = page_lines(desk.get(URL))
    assert dict(zip(header, row, strict=True)) == {
        "Session": str(session.pk),
        "Started": "2026-03-01 10:00:00",
        "Ended": "2026-03-01 11:24:00",
        "Duration": "1:24:00",
        "Station": "Quay 1",
        "Charger · connector": "Quay 1-A, connector 2",
        "Token": "04A2B3C4",
        "Status": "Ended",
        "Energy": "41.2 kWh",
        "Power now": "",
        "Stop reason": "EVDisconnected",
    }
    assert "1 h 24 min" in desk.get(URL).text


def test_power_flows_only_in_running_sessions(desk: Client) -> None:
    running = SessionFactory(started_at=START)
    over = ended(started_at=START - timedelta(days=1))
    for session in (running, over):
        read(session, 1, power(7000))
        read(session, 2, power(11_040))
    assert column(desk.get(URL), "Power now") == ["11.0 kW", ""]


def test_the_last_known_power_of_an_offline_station_is_marked(desk: Client) -> None:
    station = StationFactory(connected=False, name="Quay 1")
    session = SessionFactory(connector__charger__station=station)
    read(session, 1, power(11_000))
    assert "Last known: Quay 1 is not connected." in desk.get(URL).text


@pytest.mark.parametrize(
    ("query", "tokens"),
    [
        ({"station": "quay"}, ["AA"]),
        ({"station": "dep-1"}, ["BB"]),
        ({"charger": "left"}, ["BB"]),
        ({"token": "a"}, ["AA"]),
        ({"status": "running"}, ["BB"]),
        ({"status": "ended"}, ["AA"]),
        ({"since": "2026-03-01T10:01"}, ["BB"]),
        ({"until": "2026-03-01T10:00"}, ["AA"]),
        ({"since": "2026-03-01", "until": "2026-03-01"}, ["BB", "AA"]),
        ({"until": "2026-02-28"}, []),
        ({"station": "quay", "status": "running"}, []),
        ({"since": "yesterday"}, []),
    ],
)
def test_filters_find_and_combine(desk: Client, query: dict[str, str], tokens: list[str]) -> None:
    quay, depot = StationFactory(name="Quay 1"), StationFactory(name="Depot", identity="DEP-1")
    ended(token="AA", connector__charger=ChargerFactory(station=quay, name="Right"))
    SessionFactory(
        token="BB",
        started_at=START + timedelta(hours=5),
        connector__charger=ChargerFactory(station=depot, name="Left"),
    )
    response = desk.get(URL, query)
    rows = page_lines(response)[1:]
    assert [row[6] for row in rows] == tokens
    assert ("No session matches this filter" in response.text) is (not tokens)


@pytest.mark.parametrize("order", ["number", "started_at", "ended_at", "energy", "place", "status"])
def test_columns_sort_both_ways(desk: Client, order: str) -> None:
    connector = ConnectorFactory()
    ended(connector=connector, meter_last_wh=2000.0)
    SessionFactory(connector=ConnectorFactory(charger=connector.charger))
    up, down = (column(desk.get(URL, {"sort": sort}), "Session") for sort in (order, f"-{order}"))
    assert up == down[::-1]


def test_csv_and_paper_hold_the_page(desk: Client) -> None:
    session = ended()
    shown = page_lines(desk.get(URL))
    assert csv_lines(desk.get(URL, {"export": "csv"}))[1][:9] == shown[1][:9]
    assert str(session.pk) in desk.get(URL, {"print": "1"}).text


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    charger = ChargerFactory()
    for connector in ConnectorFactory.create_batch(rows, charger=charger):
        read(SessionFactory(connector=connector), 1, power(7000))
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(URL, {"per_page": str(rows)})
    assert len(response.context["table"].records()) == rows
    assert len(queries) <= MOST_QUERIES


def test_without_sessions_the_page_teaches(desk: Client) -> None:
    assert "No sessions yet" in desk.get(URL).text


def test_the_menu_leads_here(desk: Client) -> None:
    session = ended()
    for url in (URL, f"{URL}{session.pk}/"):
        menu = desk.get(url).context["menu"]
        assert [str(item["label"]) for item in menu if item["active"]] == ["Sessions"]


def test_other_organisations_sessions_do_not_exist(client: Client) -> None:
    theirs = ended()
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    assert not client.get(URL).context["table"].records()
    assert theirs.token not in client.get(URL, {"export": "csv"}).text
    assert client.get(f"{URL}{theirs.pk}/").status_code == 404
    assert client.get(f"{URL}999999/").status_code == 404


def test_the_page_says_the_truth_in_a_line(desk: Client) -> None:
    session = ended()
    text = desk.get(f"{URL}{session.pk}/").text
    assert "Ended: 41.2 kWh in 1 h 24 min. Stopped because: EVDisconnected." in text
    running = SessionFactory()
    read(running, 1, power(11_040))
    assert "Running: 41.2 kWh so far, 11.0 kW now." in desk.get(f"{URL}{running.pk}/").text


def chart_titles(text: str) -> list[str]:
    return re.findall(r'<figure class="chart"\s+data-chart="(\w+)"', text)


def test_charts_show_what_was_measured(desk: Client) -> None:
    session = ended()
    for minute in range(10):
        phases = [
            {"measurand": "Current.Import", "phase": f"L{n}", "value": str(10 + n), "unit": "A"}
            for n in (1, 2, 3)
        ]
        soc = {"measurand": "SoC", "value": str(20 + minute), "unit": "Percent", "location": "EV"}
        read(session, minute, register(1000 + minute * 100), power(11_000), soc, *phases)
    response = desk.get(f"{URL}{session.pk}/")
    assert chart_titles(response.text) == ["energy", "power", "current", "soc"]
    charts = {chart.key: chart for chart in response.context["charts"]}
    assert [line.name for line in charts["current"].lines] == ["L1", "L2", "L3"]
    assert charts["energy"].lines[0].points[-1].value == pytest.approx(0.9)
    assert (charts["soc"].low, charts["soc"].high) == (0, 100)
    header, *rows = response.context["table"].header, *response.context["table"].rows
    assert header == [
        "Time",
        "Energy (kWh)",
        "Power (kW)",
        "Current L1 (A)",
        "Current L2 (A)",
        "Current L3 (A)",
        "State of charge (%)",
    ]
    assert rows[-1] == ["1 Mar, 10:09:00", "0.90", "11.00", "11.00", "12.00", "13.00", "29.00"]


def test_a_page_without_readings_says_so(desk: Client) -> None:
    text = desk.get(f"{URL}{ended().pk}/").text
    assert chart_titles(text) == []
    assert "sent no meter values" in text
    assert "No meter value came yet" in desk.get(f"{URL}{SessionFactory().pk}/").text


def test_a_single_reading_is_a_dot(desk: Client) -> None:
    session = ended()
    read(session, 1, power(11_000))
    (chart,) = desk.get(f"{URL}{session.pk}/").context["charts"]
    first, second = chart.lines[0].path.split()
    assert first == second


def test_a_long_session_is_thinned_and_keeps_its_peak(desk: Client) -> None:
    session = ended(ended_at=START + timedelta(hours=20))
    MeterReading.objects.bulk_create(
        MeterReading(
            station=session.station,
            session=session,
            connector_number=1,
            at=START + timedelta(seconds=10 * number),
            samples=[power(22_000 if number == 1800 else 7000 + number % 7)],
        )
        for number in range(3600)
    )
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(f"{URL}{session.pk}/")
    (chart,) = response.context["charts"]
    points = chart.lines[0].path.split()
    assert 400 <= len(points) <= 500
    highest = min(float(point.split(",")[1]) for point in points)
    assert chart.high * (1 - highest / 200) == pytest.approx(22, abs=0.1)
    assert "at most 22.0 kW" in response.text
    assert len(response.context["table"].rows) == 100
    assert len(queries) <= MOST_QUERIES


def test_very_many_readings_are_not_all_loaded(desk: Client) -> None:
    session = ended(ended_at=START + timedelta(hours=30))
    MeterReading.objects.bulk_create(
        MeterReading(
            station=session.station,
            session=session,
            connector_number=1,
            at=START + timedelta(seconds=10 * number),
            # This meter tells power and current in turns.
            samples=[power(7000)] if number % 2 else [{"measurand": "SoC", "value": "50"}],
        )
        for number in range(9000)
    )
    response = desk.get(f"{URL}{session.pk}/")
    assert chart_titles(response.text) == ["power", "soc"]
    assert response.context["table"].total <= 2100


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [{}],
        [{"value": None}],
        [{"value": "n/a"}, {"value": "NaN"}, {"value": "1e999"}],
        [{"value": "3F00", "format": "SignedData"}],
        [{"measurand": "SoC", "value": "655.35"}],
    ],
)
def test_nonsense_is_passed_over(desk: Client, samples: list[dict[str, Any]]) -> None:
    session = ended()
    read(session, 1, *samples)
    response = desk.get(f"{URL}{session.pk}/")
    assert response.status_code == 200
    assert chart_titles(response.text) == []


def test_the_last_value_of_every_measurand_is_listed(desk: Client) -> None:
    session = SessionFactory()
    voltage = {"measurand": "Voltage", "phase": "L1-N", "value": "229.75", "unit": "V"}
    read(session, 1, register(1000), voltage, {"measurand": "RPM", "value": "900"})
    read(session, 2, register(2500))
    values = desk.get(f"{URL}{session.pk}/").context["values"]
    assert [(value["label"], value["value"]) for value in values] == [
        ("Energy register", "2.500 kWh"),
        ("RPM", "900"),
        ("Voltage L1-N", "229.75 V"),
    ]


# The message trail.


def say(
    session: Session, minute: float, action: str, payload: dict[str, Any], **fields: Any
) -> Any:
    """A call of the session's station, `minute` minutes after the session's start."""
    at = session.started_at + timedelta(minutes=minute)
    call = json.dumps([2, "x", action, payload], separators=(",", ":"))
    return MessageFactory(
        station=session.station,
        action=action,
        call=call,
        called_at=at,
        answered_at=at,
        **fields,
    )


def shown(response: Any) -> list[int]:
    trail = response.context["trail"]
    return [step.exchange.pk for step in (*trail.first, *trail.last)]


def test_the_trail_is_the_sessions_own_messages(desk: Client) -> None:
    session = ended(transaction_id="77", token="TAG", connector__number=1)
    wanted = [
        say(session, -1, "Authorize", {"idTag": "TAG"}),
        say(session, -0.5, "StatusNotification", {"connectorId": 1, "status": "Preparing"}),
        say(
            session,
            0,
            "StartTransaction",
            {"connectorId": 1},
            answer='[3,"x",{"transactionId":77}]',
        ),
        say(session, 5, "MeterValues", {"connectorId": 1, "transactionId": 77}),
        say(session, 84, "StopTransaction", {"transactionId": 77, "meterStop": 1}),
    ]
    say(session, 1, "Authorize", {"idTag": "OTHER"})
    say(session, 2, "StatusNotification", {"connectorId": 2, "status": "Preparing"})
    say(session, 3, "StatusNotification", {"connectorId": 11, "status": "Preparing"})
    say(session, 4, "MeterValues", {"connectorId": 1, "transactionId": 777})
    say(session, 5, "Heartbeat", {})
    say(session, -30, "Authorize", {"idTag": "TAG"})
    say(session, 200, "StatusNotification", {"connectorId": 1, "status": "Available"})
    say(ended(transaction_id="77"), 1, "MeterValues", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [message.pk for message in wanted]


def test_the_trail_of_2_0_1_tells_connectors_of_chargers_apart(desk: Client) -> None:
    charger = ChargerFactory(station=StationFactory(protocol="2.0.1"), number=2)
    session = ended(transaction_id="a-b/c.1", connector=ConnectorFactory(charger=charger, number=1))
    info = {"transactionInfo": {"transactionId": "a-b/c.1"}}
    wanted = [
        say(session, 0, "TransactionEvent", {"eventType": "Started"} | info),
        say(session, 1, "StatusNotification", {"evseId": 2, "connectorId": 1}),
        say(session, 84, "TransactionEvent", {"eventType": "Ended"} | info),
    ]
    say(session, 1, "StatusNotification", {"evseId": 1, "connectorId": 1})
    say(session, 1, "TransactionEvent", {"transactionInfo": {"transactionId": "a-b/c01"}})
    assert {*shown(desk.get(f"{URL}{session.pk}/"))} == {message.pk for message in wanted}


def test_a_session_told_after_hours_offline_has_its_trail(desk: Client) -> None:
    session = ended(transaction_id="77")
    late = say(session, 60 * 30, "StopTransaction", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [late.pk]


def test_a_session_of_a_clock_gone_fast_has_its_trail(desk: Client) -> None:
    session = ended(transaction_id="77")
    early = say(session, -60 * 5, "MeterValues", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [early.pk]


def test_a_long_trail_shows_its_start_and_its_end(desk: Client) -> None:
    session = ended(transaction_id="77")
    pks = [say(session, minute, "MeterValues", {"transactionId": 77}).pk for minute in range(60)]
    response = desk.get(f"{URL}{session.pk}/")
    assert shown(response) == pks[:10] + pks[-40:]
    assert "Some messages between these are left out." in response.text


def test_a_trail_of_fifty_is_whole(desk: Client) -> None:
    session = ended(transaction_id="77")
    pks = [say(session, 1, "MeterValues", {"transactionId": 77}).pk for _number in range(50)]
    response = desk.get(f"{URL}{session.pk}/")
    assert shown(response) == pks
    assert "left out" not in response.text


def test_a_message_leads_to_the_log_and_to_its_request(desk: Client) -> None:
    session = ended(transaction_id="77")
    run = RunFactory(station=session.station)
    message = say(
        session, 5, "RemoteStopTransaction", {"transactionId": 77}, run=run, is_from_station=False
    )
    text = desk.get(f"{URL}{session.pk}/").text
    assert f'href="/operations/requests/{run.pk}/"' in text
    assert f'href="/operations/messages/{message.pk}/"' in text


def test_the_trail_leads_to_the_log_of_that_time(desk: Client) -> None:
    session = ended(transaction_id="77")
    last = say(session, 84.9, "StopTransaction", {"transactionId": 77})
    say(session, 120, "Heartbeat", {})
    response = desk.get(desk.get(f"{URL}{session.pk}/").context["log_url"])
    assert [message.pk for message in response.context["table"].records()] == [last.pk]


def test_an_empty_trail_says_so(desk: Client) -> None:
    assert "is in the log any more" in desk.get(f"{URL}{ended().pk}/").text


def test_stations_and_connectors_lead_to_their_sessions(desk: Client) -> None:
    session = SessionFactory()
    link = f'href="{URL}{session.pk}/"'
    assert link in desk.get(f"/operations/chargers/{session.charger_id}/connectors/").text
    page = desk.get(f"/operations/stations/{session.station_id}/").text
    assert link in page
    assert f"/operations/stations/{session.station_id}/sessions/" in page


# Live.


@pytest.fixture
async def _on_this_loop() -> AsyncIterator[None]:
    switchboard.bind(asyncio.get_running_loop())
    yield
    switchboard.unbind()


def record(what: Any, session_station: int, event: Any) -> None:
    with publishing() as changes:
        what([Told(session_station, event, timezone.now())], changes)


def metered(session: Session, energy_wh: float, watts: float) -> MetersRead:
    samples = (register(energy_wh), power(watts))
    reading = Reading(timezone.now(), samples, energy_wh=energy_wh, power_w=watts)
    return MetersRead(1, None, session.transaction_id, (reading,))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_on_this_loop")
async def test_a_session_is_followed_while_it_charges() -> None:
    session = await make(SessionFactory, meter_start_wh=1000.0, meter_last_wh=1000.0)
    row = f"session-{session.pk}"
    keys = [f"{kind}:{session.pk}" for kind in ("session", "meters", "trail")]
    async with page_of(await make(UserFactory), *keys) as page:
        await page.sees(f"{row}-status", "Running")
        await page.sees(f"{row}-charts", "No meter value came yet")
        await page.sees(f"{row}-trail", "No message")
        event = metered(session, 13_400, 11_000)
        await sync_to_async(record)(sessions.record_meters, session.station_id, event)
        await page.sees(f"{row}-energy", "12.4 kWh")
        await page.sees(f"{row}-power", "11.0 kW")
        await page.sees(f"{row}-truth", "Running: 12.4 kWh so far, 11.0 kW now.")
        await page.sees(f"{row}-charts", "polyline")
        await page.sees(f"{row}-values", "11.000 kW")
        stop = SessionStopped(session.transaction_id, timezone.now(), 14_000, "Local")
        await sync_to_async(record)(sessions.record_stops, session.station_id, stop)
        await page.sees(f"{row}-status", "Ended")
        await page.sees(f"{row}-facts", "Local")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_on_this_loop")
async def test_a_session_ended_by_a_newer_one_is_told() -> None:
    session = await make(SessionFactory, started_at=timezone.now() - timedelta(hours=1))
    async with page_of(await make(UserFactory), f"session:{session.pk}") as page:
        await page.sees(f"session-{session.pk}-status", "Running")
        start = SessionStarted(session.connector.number, "OTHER", timezone.now(), 5000)
        await sync_to_async(record)(sessions.record_starts, session.station_id, start)
        await page.sees(f"session-{session.pk}-status", "Ended")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_on_this_loop")
async def test_other_organisations_sessions_are_not_told() -> None:
    session = await make(SessionFactory)
    user = await make(UserFactory, organisation=await make(OrganisationFactory))
    keys = [f"{kind}:{session.pk}" for kind in ("session", "meters", "trail")]
    async with page_of(user, *keys) as page:
        event = metered(session, 13_400, 11_000)
        await sync_to_async(record)(sessions.record_meters, session.station_id, event)
        await page.hears_nothing()
