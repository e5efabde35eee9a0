"""Search: what it finds, in whose scope, by how many queries; and the help about keys."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import User
from operations.statuses import Role
from operations.views import finding
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)
from tests.pages.reading import said

pytestmark = pytest.mark.django_db

URL = "/operations/search/"


@pytest.fixture
def user() -> User:
    return UserFactory(role=Role.OPERATOR)


@pytest.fixture
def desk(client: Client, user: User) -> Client:
    """An operator's browser."""
    client.force_login(user)
    return client


def found(desk: Client, text: str) -> dict[str, list[str]]:
    """What was found, by heading."""
    kinds = desk.get(URL, {"q": text}).context["kinds"]
    return {str(kind.heading): [str(hit.label) for hit in kind.hits] for kind in kinds}


@pytest.mark.parametrize("text", ["quay", "Quay 1", "QUAY", "cp-7", "CP-7", "SN-77", "sn-77"])
def test_stations_are_found_by_name_identity_and_serial_number(desk: Client, text: str) -> None:
    StationFactory(name="Quay 1", identity="CP-7", serial_number="SN-77")
    StationFactory(name="Depot 1", identity="XX-1", serial_number="YY-1")
    assert found(desk, text)["Stations"] == ["Quay 1"]


def test_chargers_and_their_connectors_are_found(desk: Client) -> None:
    charger = ChargerFactory(name="Quay 1-A", serial_number="T54")
    ConnectorFactory(charger=charger, number=2)
    assert found(desk, "quay 1-a")["Chargers"] == ["Quay 1-A"]
    assert found(desk, "T5")["Chargers"] == ["Quay 1-A"]
    assert found(desk, "Quay 1-A 2")["Connectors"] == ["Quay 1-A, connector 2"]


def test_what_has_a_number_is_found_by_it(desk: Client) -> None:
    session = SessionFactory(transaction_id="tx-abc")
    run = RunFactory()
    assert found(desk, str(session.pk))["Sessions"] == [f"Session {session.pk}"]
    assert found(desk, "tx-a")["Sessions"] == [f"Session {session.pk}"]
    assert found(desk, f"#{run.pk}")["Requests"] == [f"Request {run.pk}"]
    assert found(desk, "9" * 30) == {}


def test_tokens_and_pages_are_found(desk: Client) -> None:
    TokenFactory(identifier="04A1B2C3")
    assert found(desk, "04a1")["Tokens"] == ["04A1B2C3"]
    assert found(desk, "local auth")["Pages"] == ["Local Authorization Management"]


def test_nobody_finds_what_is_not_theirs(client: Client) -> None:
    charger = ChargerFactory(name="Secret-A", station=StationFactory(name="Secret"))
    ConnectorFactory(charger=charger, number=1)
    SessionFactory(station=charger.station, transaction_id="Secret-tx")
    run = RunFactory(station=charger.station)
    TokenFactory(identifier="SECRET", organisation=OrganisationFactory())
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    for text in ("Secret", "Secret-A 1", "Secret-tx", str(run.pk)):
        assert found(client, text) == {}
    assert "Secret" not in client.get(URL, {"q": "Sec"}).text


def test_pages_one_may_not_open_are_not_offered(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    assert "Pages" not in found(client, "audit")
    client.force_login(UserFactory(role=Role.ENGINEER))
    assert found(client, "audit")["Pages"] == ["Audit log"]


@pytest.mark.parametrize("text", ["Quay 1", "12", "Quay 1-A 2", "'; DROP TABLE", "%", "_", "\x00"])
def test_a_search_costs_at_most_one_query_a_kind(user: User, text: str) -> None:
    StationFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries:
        finding.find(user, text, [])
    assert len(queries) <= len(finding.SEARCHES)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plan as SQLite tells it")
def test_no_search_reads_a_whole_table(user: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        finding.find(user, "Quay 12", [])
        finding.find(user, "12", [])
    with connection.cursor() as cursor:
        for query in [each["sql"] for each in queries]:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = [str(row[3]) for row in cursor.fetchall()]
            scans = [line for line in plan if line.startswith("SCAN") and "USING INDEX" not in line]
            assert scans == [], (query, plan)


def test_the_box_is_answered_with_options(desk: Client) -> None:
    StationFactory(name="<b>Quay</b>")
    text = desk.get(URL, {"q": "<b>"}, headers={"HX-Request": "true"}).text
    assert 'role="option"' in text
    assert "<html" not in text
    assert "&lt;b&gt;Quay" in text
    nothing = desk.get(URL, {"q": "zzz"}, headers={"HX-Request": "true"}).text
    assert "Nothing begins with “zzz”" in nothing


def test_every_page_has_the_box_and_it_works_without_scripts(desk: Client) -> None:
    StationFactory(name="Quay 1")
    assert f'action="{URL}"' in desk.get("/operations/stations/").text
    page = desk.get(URL, {"q": "quay"}).text
    assert "<h1" in page
    assert 'role="option"' not in page.split("<main")[1]
    # What stands elsewhere in a name, the lists find.
    assert 'href="/operations/stations/?name=quay"' in page


def test_strangers_find_nothing(client: Client) -> None:
    assert client.get(URL, {"q": "x"}).status_code == 302


def test_the_help_names_the_keys_and_their_pages(desk: Client) -> None:
    page = desk.get("/operations/keyboard/")
    text = page.text
    assert "Select the row" in text
    assert "g c Chargers" in said(page)
    assert '<a href="/operations/chargers/">Chargers</a>' in text
    letters = [
        item["go"] for item in desk.get("/operations/keyboard/").context["menu"] if item["go"]
    ]
    assert len(letters) == len(set(letters))
    assert 'data-go="c"' in text
