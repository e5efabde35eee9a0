"""The picture of a station's chargers and connectors, as those who listen to it read it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.models import Connector, User
from operations.models.alerts import AlertKind
from operations.statuses import ChargingStatus, OperationalStatus, Role, RunStatus
from operations.tables.audience import Audience
from operations.views import drawings, live
from operations.views.live import Viewpoint
from tests.factories import (
    AlertFactory,
    AlertRuleFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def outlet(desk: Client, connector: Connector) -> str:
    """What the picture says of a connector."""
    page = desk.get(reverse("station-detail", args=[connector.station_id])).text
    return page.split(f'id="outlet-{connector.pk}"')[1].split("</li>")[0]


@pytest.mark.parametrize(
    ("told", "symbol", "name"),
    [
        ("Type 2", "type2", "Type 2"),
        ("sType2", "type2", "Type 2"),
        ("IEC 62196 T2 / Mennekes", "type2", "Type 2"),
        ("cType1", "type1", "Type 1"),
        ("CCS2", "ccs2", "CCS 2"),
        ("CCS Combo 1", "ccs1", "CCS 1"),
        ("cCCS1", "ccs1", "CCS 1"),
        ("CHAdeMO", "chademo", "CHAdeMO"),
        ("cG105", "chademo", "CHAdeMO"),
        ("sCEE-7-7", "schuko", "Schuko"),
        ("Hose", "unknown", "Hose"),
        ("", "unknown", "Type unknown"),
    ],
)
def test_each_type_has_its_drawing_and_its_name(
    desk: Client, told: str, symbol: str, name: str
) -> None:
    said = outlet(desk, ConnectorFactory(type=told, max_power_kw=50))
    assert f'href="#plug-{symbol}"' in said
    assert f"{name} · 50 kW" in said


def test_a_connector_says_what_it_does_and_what_runs_there(desk: Client) -> None:
    connector = ConnectorFactory(charging_status=ChargingStatus.CHARGING, number=2)
    session = SessionFactory(connector=connector, meter_start_wh=0.0, meter_last_wh=41_200.0)
    run = RunFactory(
        station=connector.station,
        charger=connector.charger,
        connector=connector,
        command="unlock",
        status=RunStatus.SENT,
    )
    said = outlet(desk, connector)
    assert "Connector 2" in said
    assert "Charging" in said
    assert "41.2 kWh" in said
    assert reverse("session-detail", args=[session.pk]) in said
    assert reverse("run-detail", args=[run.pk]) in said


def test_a_free_one_can_be_started_and_a_busy_one_stopped(desk: Client) -> None:
    free, busy = ConnectorFactory(), ConnectorFactory(charging_status=ChargingStatus.CHARGING)
    SessionFactory(connector=busy)
    for connector, there, absent in (
        (free, "start-session", "stop-session"),
        (busy, "stop-session", "start-session"),
    ):
        said = outlet(desk, connector)
        for slug in ("change-availability", "unlock", there):
            assert reverse("ask-connector", args=[connector.pk, slug]) in said
        assert reverse("ask-connector", args=[connector.pk, absent]) not in said


def test_what_is_wrong_is_said_in_the_stations_words(desk: Client) -> None:
    connector = ConnectorFactory(
        charging_status=ChargingStatus.FAULTED, error_code="GroundFailure", error_info="RCD 6 mA"
    )
    said = outlet(desk, connector)
    assert "Faulted" in said
    assert "GroundFailure · RCD 6 mA" in said
    assert "NoError" not in outlet(desk, ConnectorFactory(error_code="NoError"))


def test_offline_the_last_known_state_is_grey_and_nothing_can_be_asked(desk: Client) -> None:
    station = StationFactory(connected=False)
    connector = ConnectorFactory(charger__station=station, charging_status=ChargingStatus.CHARGING)
    said = outlet(desk, connector)
    assert "(last known)" in said
    assert said.lstrip().startswith('data-tone="secondary"')
    assert reverse("ask-connector", args=[connector.pk, "unlock"]) not in said
    assert "a charger can only be asked while it is connected" in said


def test_what_is_closed_says_so(desk: Client) -> None:
    connector = ConnectorFactory(
        operational_status=OperationalStatus.CLOSED, charging_status=ChargingStatus.AVAILABLE
    )
    assert "Closed" in outlet(desk, connector)


def test_a_session_at_no_known_connector_is_shown_beside_the_picture(desk: Client) -> None:
    station = StationFactory()
    session = SessionFactory(station=station, connector=None, charger=None)
    page = desk.get(reverse("station-detail", args=[station.pk])).text
    assert reverse("session-detail", args=[session.pk]) in page
    assert "Connector unknown" in page


def test_without_chargers_the_page_says_where_they_come_from(desk: Client) -> None:
    page = desk.get(reverse("station-detail", args=[StationFactory().pk])).text
    assert "Chargers and connectors appear when the station reports their status." in page


@pytest.mark.parametrize("number", [1, 2, 3, 8, 40])
def test_sockets_fit_on_the_front(number: int) -> None:
    places = drawings.sockets(number)
    assert len(set(places)) == number
    assert all(0 < x < 96 and 52 < y < 150 for x, y in places)


def patches(user: User, *keys: str) -> dict[str, str]:
    viewpoint = Viewpoint(Audience.of(user), user.sees_whole_network, user.organisation_id, user)
    admission = live.admit(user.pk, None, list(keys))
    assert admission is not None
    found = live.patches({viewpoint: admission.keys})[viewpoint]
    return {patch["id"]: patch["html"] for of_key in found.values() for patch in of_key}


def test_the_picture_follows_what_happens() -> None:
    connector = ConnectorFactory(charging_status=ChargingStatus.AVAILABLE)
    key = f"cabinet:{connector.charger_id}"
    assert "Available" in patches(UserFactory(), key)[f"outlet-{connector.pk}"]
    Connector.objects.update(charging_status=ChargingStatus.FAULTED)
    shown = patches(UserFactory(), key)
    assert "Faulted" in shown[f"outlet-{connector.pk}"]
    assert 'data-tone="red"' in shown[f"cabinet-{connector.charger_id}-picture"]
    assert "Faulted" in shown[f"cabinet-{connector.charger_id}"]
    added = ConnectorFactory(charger=connector.charger, number=9)
    assert f"outlet-{added.pk}" in patches(UserFactory(), key)[f"cabinet-{connector.charger_id}"]


def test_energy_follows_the_meter_alone() -> None:
    session = SessionFactory(meter_start_wh=0.0, meter_last_wh=1_000.0)
    shown = patches(UserFactory(), f"flow:{session.pk}")
    assert list(shown) == [f"flow-{session.pk}"]
    assert "1.0 kWh" in shown[f"flow-{session.pk}"]


def test_the_latest_requests_follow_what_is_asked(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    key = f"station-runs:{station.pk}"
    page = desk.get(reverse("station-detail", args=[station.pk])).text
    assert f'data-live="{key}"' in page
    assert "Nobody has asked this station for anything yet." in page
    run = RunFactory(station=station, command="reboot", status=RunStatus.SENT)
    shown = patches(UserFactory(), key)[f"station-{station.pk}-runs"]
    assert f'href="{reverse("run-detail", args=[run.pk])}">Reboot Quay 1<' in shown
    admission = live.admit(UserFactory().pk, None, [key])
    assert admission is not None
    assert admission.triggers == {f"station:{station.pk}": {key}}


def test_the_head_says_what_needs_someone_and_follows_it(desk: Client) -> None:
    connector = ConnectorFactory(charging_status=ChargingStatus.AVAILABLE)
    pk = connector.station_id
    assert "reasons-list" not in desk.get(reverse("station-detail", args=[pk])).text
    Connector.objects.update(charging_status=ChargingStatus.FAULTED)
    assert "reasons-list" in desk.get(reverse("station-health", args=[pk])).text
    key = f"station-alerts:{pk}"
    assert "Faulted" in patches(UserFactory(), key)[f"station-{pk}-alerts"]
    admission = live.admit(UserFactory().pk, None, [key])
    assert admission is not None
    assert set(admission.triggers) == {key, f"charger:{connector.charger_id}"}


def test_what_an_alert_says_is_not_said_twice(desk: Client) -> None:
    connector = ConnectorFactory(charging_status=ChargingStatus.FAULTED)
    rule = AlertRuleFactory(kind=AlertKind.FAULTED, name="A fault somewhere")
    AlertFactory(station=connector.station, rule=rule)
    page = desk.get(reverse("station-detail", args=[connector.station_id])).text
    head = page.split('class="reasons-list"')[1].split("</ul>")[0]
    assert head.count("<li>") == 1
    assert "A fault somewhere" in head


def test_the_tabs_count_what_goes_on(desk: Client) -> None:
    station, other = StationFactory(), StationFactory()
    page = desk.get(reverse("station-sessions", args=[station.pk])).text
    assert f'data-live="station-tabs:{station.pk}"' in page
    RunFactory(station=station, status=RunStatus.SENT)
    RunFactory(station=station, status=RunStatus.DONE)
    SessionFactory.create_batch(2, connector=None, charger=None, station=station)
    AlertFactory(station=other)
    keys = [f"station-tabs:{each.pk}" for each in (station, other)]
    with CaptureQueriesContext(connection) as queries:
        shown = patches(UserFactory(), *keys)
    assert sum("UNION ALL" in query["sql"] for query in queries) == 1, "one for all stations"
    for each, tab, number in (
        (station, "sessions", 2),
        (station, "requests", 1),
        (station, "health", 0),
        (other, "health", 1),
    ):
        html = shown[f"station-{each.pk}-{tab}-count"]
        assert f'<span class="tab-count">{number}</span>' in html
        assert ("hidden>" in html) is (number == 0)


def test_the_latest_messages_follow_what_happens(desk: Client) -> None:
    session = SessionFactory()
    station = session.station
    key = f"station-messages:{station.pk}"
    page = desk.get(reverse("station-detail", args=[station.pk])).text
    assert "No message was exchanged yet." in page
    assert f'data-live="{key}"' in page
    MessageFactory(station=station, action="MeterValues")
    MessageFactory(action="Heartbeat")
    shown = patches(UserFactory(), key)[f"station-{station.pk}-messages"]
    assert "MeterValues" in shown
    assert "Heartbeat" not in shown, "another station's"
    admission = live.admit(UserFactory().pk, None, [key])
    assert admission is not None
    told = {f"station:{station.pk}", f"charger:{session.charger_id}", f"session:{session.pk}"}
    assert told <= set(admission.triggers), "what comes of messages"


def test_strangers_see_nothing_of_it() -> None:
    session = SessionFactory()
    stranger = UserFactory(organisation=OrganisationFactory())
    kinds = ("runs", "alerts", "tabs", "messages")
    of_station = [f"station-{kind}:{session.station_id}" for kind in kinds]
    assert not patches(stranger, f"cabinet:{session.charger_id}", f"flow:{session.pk}", *of_station)
