"""Operations > Chargers: filters, order, pages, connectors in place, buttons."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import MeterReading
from operations.statuses import ChargingStatus, OperationalStatus, Role, RunStatus
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/chargers/"
MOST_QUERIES = 11


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    assert client.get(URL).headers["Location"] == f"/sign-in/?next={URL}"


def test_a_row_says_what_the_seed_asks(desk: Client) -> None:
    station = StationFactory(name="Quay 1", vendor="ABB", model="Terra 54", serial_number="T54")
    ChargerFactory(station=station, name="Quay 1-A", charging_status=ChargingStatus.CHARGING)
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Name"] == "Quay 1-A"
    assert shown["Serial number"] == "T54"
    assert shown["Model"] == "Terra 54"
    assert shown["Vendor"] == "ABB"
    assert shown["Operational status"] == "Operative"
    assert shown["Charging status"] == "Charging"
    assert shown["Station"] == "Quay 1"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "quay"}, ["Quay 1", "Quay 2"]),
        ({"serial_number": "t5"}, ["Quay 1"]),
        ({"model": "terra"}, ["Quay 1"]),
        ({"vendor": "alfen"}, ["Depot 1", "Quay 2"]),
        ({"operational_status": "Closed"}, ["Depot 1"]),
        ({"charging_status": "Faulted"}, ["Quay 2"]),
        ({"vendor": "Alfen", "name": "Quay"}, ["Quay 2"]),
        ({"vendor": "Alfen", "charging_status": "Available"}, ["Depot 1"]),
        ({"name": "  quay 1  "}, ["Quay 1"]),
        ({}, ["Depot 1", "Quay 1", "Quay 2"]),
    ],
)
def test_filters_find_and_combine(desk: Client, query: dict[str, str], names: list[str]) -> None:
    ChargerFactory(name="Quay 1", serial_number="T54-1", model="Terra 54", vendor="ABB")
    ChargerFactory(
        name="Quay 2",
        serial_number="EVE-1",
        model="Eve",
        vendor="Alfen",
        charging_status=ChargingStatus.FAULTED,
        operational_status=OperationalStatus.INOPERATIVE,
    )
    ChargerFactory(
        name="Depot 1",
        serial_number="EVE-2",
        model="Eve",
        vendor="Alfen",
        operational_status=OperationalStatus.CLOSED,
    )
    response = desk.get(URL, query)
    assert [row[0] for row in page_lines(response)[1:]] == names
    if "charging_status" in query:
        assert f'<option value="{query["charging_status"]}" selected>' in response.text


@pytest.mark.parametrize(
    "query",
    [{"charging_status": "Nonsense"}, {"operational_status": "'; --"}, {"name": "no such one"}],
)
def test_a_filter_that_finds_nothing_says_so(desk: Client, query: dict[str, str]) -> None:
    ChargerFactory()
    response = desk.get(URL, query)
    assert response.status_code == 200
    assert "No charger matches this filter" in response.text


def test_without_chargers_the_page_says_where_stations_connect(desk: Client) -> None:
    response = desk.get(URL)
    assert "No chargers yet" in response.text
    assert "ws://testserver/ocpp/&lt;identity&gt;" in response.text


def test_active_filters_are_chips_that_take_themselves_off(desk: Client) -> None:
    ChargerFactory(vendor="ABB")
    query = {"vendor": "ABB", "charging_status": "SuspendedEV", "sort": "-name", "page": "2"}
    chips = desk.get(URL, query).context["chips"]
    assert [(str(chip.label), str(chip.value)) for chip in chips] == [
        ("Vendor", "ABB"),
        ("Charging status", "Suspended EV"),
    ]
    assert chips[0].url == "?charging_status=SuspendedEV&sort=-name"


def test_models_and_vendors_are_suggested_from_what_one_sees(desk: Client) -> None:
    ChargerFactory(vendor="Kempower", model="Satellite")
    assert '<option value="Kempower">' in desk.get(URL).text


@pytest.mark.parametrize(
    ("sort", "names"),
    [("name", ["A", "B", "C"]), ("-name", ["C", "B", "A"]), ("vendor", ["B", "A", "C"])],
)
def test_columns_sort(desk: Client, sort: str, names: list[str]) -> None:
    for name, vendor in (("A", "Zeta"), ("B", "Alpha"), ("C", "Zeta")):
        ChargerFactory(name=name, vendor=vendor)
    assert column(desk.get(URL, {"sort": sort}), "Name") == names


def test_equal_rows_keep_their_order_over_pages(desk: Client) -> None:
    station = StationFactory()
    ChargerFactory.create_batch(60, station=station, name="Same", vendor="Same")
    seen = []
    for page in ("1", "2", "3"):
        table = desk.get(URL, {"sort": "-vendor", "page": page}).context["table"]
        seen += [charger.pk for charger in table.records()]
    assert len(set(seen)) == 60


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, 25),
        ({"per_page": "50"}, 50),
        ({"per_page": "100"}, 60),
        ({"per_page": "20000"}, 25),
        ({"per_page": "-5"}, 25),
        ({"per_page": "x"}, 25),
        ({"page": "2"}, 25),
        ({"page": "3"}, 10),
        ({"page": "999999"}, 10),
        ({"page": "-1"}, 10),
        ({"page": "abc"}, 25),
        ({"sort": "zzz"}, 25),
        ({"sort": "actions"}, 25),
    ],
)
def test_pages_have_fixed_sizes_whatever_the_address_says(
    desk: Client, query: dict[str, str], rows: int
) -> None:
    ChargerFactory.create_batch(60, station=StationFactory())
    response = desk.get(URL, query)
    assert response.status_code == 200
    assert len(response.context["table"].records()) == rows


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for number in range(rows):
        charger = ChargerFactory(name=f"Charger {number}")
        RunFactory(station=charger.station, charger=charger, command="change-availability")
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(URL, {"per_page": str(rows)})
    assert len(response.context["table"].records()) == rows
    assert len(queries) <= MOST_QUERIES


def test_expanding_many_rows_costs_two_queries_more(desk: Client) -> None:
    for _number in range(5):
        SessionFactory()
    pks = [charger.pk for charger in desk.get(URL).context["table"].records()]
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(URL, {"expand": pks})
    assert response.text.count("connectors:") == 5
    assert len(queries) <= MOST_QUERIES + 2


def test_htmx_gets_the_list_alone(desk: Client) -> None:
    ChargerFactory(name="Quay 1")
    response = desk.get(URL, headers={"HX-Request": "true", "HX-Target": "list"})
    assert response.text.strip().startswith('<div id="list"')
    assert "HX-Request" in response.headers["Vary"]


def test_expand_shows_the_connectors(desk: Client) -> None:
    connector = ConnectorFactory(
        type="CCS2",
        max_power_kw=50,
        charging_status=ChargingStatus.FAULTED,
        error_code="GroundFailure",
        error_info="Leakage",
    )
    session = SessionFactory(connector=connector, meter_start_wh=0, meter_last_wh=41_200)
    MeterReading.objects.create(
        station=connector.station,
        session=session,
        connector_number=1,
        at=session.started_at,
        samples=[{"measurand": "Power.Active.Import", "unit": "W", "value": "11000"}],
    )
    response = desk.get(f"{URL}{connector.charger_id}/connectors/")
    header, row = page_lines(response)
    shown = dict(zip(header, row, strict=True))
    assert shown["Connector"] == "Connector 1"
    assert shown["Type"] == "CCS2"
    assert shown["Power"] == "50 kW"
    assert shown["Status"] == "Faulted"
    assert shown["Error"] == "GroundFailure · Leakage"
    assert shown["Session"] == f"41.2 kWh · 11.0 kW · {session}"
    # The meter keeps it true.
    assert f'data-live="flow:{session.pk}"' in response.text
    for slug in ("change-availability", "unlock", "lock"):
        assert f'id="connector-{connector.pk}-ask-{slug}"' in response.text


def test_expand_works_without_scripts(desk: Client) -> None:
    connector = ConnectorFactory()
    closed = desk.get(URL, {"vendor": "ABB"})
    link = f"?vendor=ABB&amp;expand={connector.charger_id}#charger-{connector.charger_id}"
    assert link in closed.text
    opened = desk.get(URL, {"vendor": "ABB", "expand": connector.charger_id})
    assert f'id="connector-{connector.pk}"' in opened.text
    assert link not in opened.text


def test_a_charger_without_connectors_says_so(desk: Client) -> None:
    charger = ChargerFactory(name="Quay 1")
    response = desk.get(f"{URL}{charger.pk}/connectors/")
    assert "Quay 1 has not spoken of any connector yet." in response.text


def test_the_button_leads_to_the_commands_form(desk: Client) -> None:
    charger = ChargerFactory()
    text = desk.get(URL).text
    assert f'href="{URL}{charger.pk}/ask/change-availability/"' in text
    assert "fa-power-off" in text
    assert "Request availability change" in text


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda: ChargerFactory(station=StationFactory(connected=False, name="Quay 1")),
            "Quay 1 is not connected since",
        ),
        (
            lambda: ChargerFactory(operational_status=OperationalStatus.CLOSED, name="Old one"),
            "Old one is closed.",
        ),
        (
            lambda: ChargerFactory(
                station=StationFactory(operational_status=OperationalStatus.CLOSED)
            ),
            "is closed.",
        ),
    ],
)
def test_a_button_that_cannot_work_is_off_and_says_why(
    desk: Client, make: Callable[[], object], reason: str
) -> None:
    make()
    text = desk.get(URL).text
    assert "/ask/change-availability/" not in text
    assert 'aria-disabled="true"' in text
    assert reason in text


def test_lock_says_that_ocpp_16_has_none(desk: Client) -> None:
    connector = ConnectorFactory(charger__station__protocol="1.6")
    text = desk.get(f"{URL}{connector.charger_id}/connectors/").text
    assert "OCPP 1.6 has no request to lock a connector." in text


def test_viewers_see_the_buttons_off(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    ChargerFactory()
    text = client.get(URL).text
    assert "your role is viewer; it takes at least operator." in text
    assert "/ask/change-availability" not in text


def test_an_offline_chargers_status_is_the_last_known(desk: Client) -> None:
    ChargerFactory(station=StationFactory(connected=False), charging_status=ChargingStatus.CHARGING)
    response = desk.get(URL)
    assert column(response, "Charging status") == ["Charging"]
    assert "(last known)" in response.text
    assert 'data-tone="blue"' not in response.text


def test_an_open_request_shows_and_leads_to_its_page(desk: Client) -> None:
    charger = ChargerFactory()
    run = RunFactory(
        station=charger.station,
        charger=charger,
        command="change-availability",
        status=RunStatus.SENT,
    )
    RunFactory(station=charger.station, charger=charger, command="unlock", status=RunStatus.DONE)
    response = desk.get(URL)
    assert column(response, "Request") == ["Request availability change: Sent"]
    assert f'href="/operations/requests/{run.pk}/"' in response.text


def test_the_figures_lead_to_their_lists(desk: Client) -> None:
    ChargerFactory(charging_status=ChargingStatus.FAULTED)
    counts = desk.get(URL).context["counts"]
    assert [(count["value"], str(count["label"])) for count in counts] == [
        (1, "in all"),
        (1, "faulted"),
        (0, "charging"),
    ]
