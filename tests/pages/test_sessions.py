"""Operations > Sessions and a session's page: filters, figures, charts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import MeterReading
from operations.statuses import Role
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.charging import START, ended, power, read, register
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/sessions/"
MOST_QUERIES = 12


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


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
