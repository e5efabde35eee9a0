"""The admin site: who gets in, what it shows, what it never shows."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from operations.admin import site
from operations.models import Connector, OcppMessage, Station, User
from operations.models.audit import Deed
from operations.services import auditing, stations
from operations.statuses import OperationalStatus, Role
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    AlertRuleFactory,
    ChargerFactory,
    ConnectionFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    SiteFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

# What happened is looked at, not changed.
HISTORY = {
    "node",
    "connection",
    "commandbatch",
    "commandrun",
    "runtransition",
    "ocppmessage",
    "session",
    "meterreading",
    "stationevent",
    "stationreport",
    "protocolfinding",
    "auditentry",
    "alertrule",
    "alert",
    "alertdelivery",
}
NAMES = sorted(model._meta.model_name or "" for model in site._registry)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN))
    return client


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ENGINEER])
def test_only_admins_get_in(client: Client, role: Role) -> None:
    client.force_login(UserFactory(role=role, is_staff=True))
    assert client.get("/admin/", follow=True).status_code == 403


def test_an_admin_of_one_organisation_does_not_get_in(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    assert client.get("/admin/", follow=True).status_code == 403


def test_strangers_are_led_to_the_sign_in_page(client: Client) -> None:
    response = client.get("/admin/operations/station/", follow=True)
    path, _status = response.redirect_chain[-1]
    assert path == "/sign-in/?next=/admin/operations/station/"


def test_everything_kept_is_in_it() -> None:
    assert set(NAMES) > HISTORY
    assert {"organisation", "user", "site", "station", "charger", "connector", "token"} < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_list_opens_and_is_searched(admin: Client, name: str) -> None:
    connector = ConnectorFactory()
    station = connector.station
    SiteFactory(), TokenFactory(), SessionFactory(connector=connector)
    ConnectionFactory(station=station), RunFactory(station=station), MessageFactory(station=station)
    url = reverse(f"admin:operations_{name}_changelist")
    assert admin.get(url).status_code == 200
    assert admin.get(url, {"q": "x"}).status_code == 200


@pytest.mark.parametrize("name", sorted(HISTORY))
def test_history_is_not_written(admin: Client, name: str) -> None:
    assert admin.get(reverse(f"admin:operations_{name}_add")).status_code == 403


def test_pages_of_one_thing_open(admin: Client) -> None:
    connector = ConnectorFactory()
    station = connector.station
    things = [
        connector,
        connector.charger,
        station,
        station.organisation,
        SessionFactory(connector=connector),
        ConnectionFactory(station=station),
        RunFactory(station=station),
        MessageFactory(station=station),
        UserFactory(),
        TokenFactory(),
        SiteFactory(),
        AlertRuleFactory(),
        AlertFactory(),
        AlertDeliveryFactory(),
        auditing.note(Deed.CHANGED, station, changes={"name": ["Old", "New"]}),
    ]
    for thing in things:
        name = thing._meta.model_name
        response = admin.get(reverse(f"admin:operations_{name}_change", args=[thing.pk]))
        assert response.status_code == 200, name


def test_secrets_of_messages_and_requests_are_masked(admin: Client) -> None:
    url = "ftp://anna:secret@example.org/log"
    message = OcppMessage.objects.create(
        station=StationFactory(),
        is_from_station=False,
        action="GetDiagnostics",
        call=f'[2,"1","GetDiagnostics",{{"location":"{url}"}}]',
        called_at="2026-01-01T00:00Z",
    )
    run = RunFactory(params={"location": url}, answers=[{"payload": {"url": url}}])
    for thing in (message, run):
        page = admin.get(
            reverse(f"admin:operations_{thing._meta.model_name}_change", args=[thing.pk])
        ).text
        assert "secret" not in page
        assert "•••@example.org" in page


def test_a_new_password_is_shown_once_and_works(admin: Client) -> None:
    station = stations.create_station(identity="CP-1", password="old")
    url = reverse("admin:operations_station_new_password", args=[station.pk])
    assert "new-password" not in admin.get(url).text
    station.refresh_from_db()
    assert stations.accepts_password(station=station, password=b"old")

    response = admin.post(url)
    found = re.search(r'id="new-password">([^<]+)<', response.text)
    assert found
    assert "no-store" in response["Cache-Control"]
    station.refresh_from_db()
    assert stations.accepts_password(station=station, password=found[1].encode())
    assert not stations.accepts_password(station=station, password=b"old")
    change = reverse("admin:operations_station_change", args=[station.pk])
    assert found[1] not in admin.get(change).text
    assert station.password_digest not in admin.get(change).text


def test_closing_a_charger_takes_its_station_down_and_reopening_brings_it_back(
    admin: Client,
) -> None:
    connector = ConnectorFactory()
    charger = connector.charger
    url = reverse("admin:operations_charger_changelist")
    admin.post(url, {"action": "close", "_selected_action": [charger.pk]})
    charger.refresh_from_db()
    assert charger.operational_status == OperationalStatus.CLOSED
    assert Station.objects.get().operational_status == OperationalStatus.INOPERATIVE

    admin.post(url, {"action": "reopen", "_selected_action": [charger.pk]})
    charger.refresh_from_db()
    assert charger.operational_status == OperationalStatus.OPERATIVE
    assert Station.objects.get().operational_status == OperationalStatus.OPERATIVE


def test_an_edit_cannot_make_operative_what_reports_otherwise(admin: Client) -> None:
    connector = ConnectorFactory(
        charging_status="Faulted", operational_status=OperationalStatus.CLOSED
    )
    url = reverse("admin:operations_connector_change", args=[connector.pk])
    values = {
        "charger": connector.charger_id,
        "number": connector.number,
        "type": "CCS2",
        "max_power_kw": "50",
        "operational_status": "Operative",
    }
    assert admin.post(url, values).status_code == 302
    connector.refresh_from_db()
    assert connector.operational_status == OperationalStatus.INOPERATIVE


def test_a_new_connector_is_at_its_chargers_station(admin: Client) -> None:
    charger = ChargerFactory()
    values = {
        "charger": charger.pk,
        "number": 3,
        "type": "",
        "max_power_kw": "",
        "operational_status": "Inoperative",
    }
    assert admin.post(reverse("admin:operations_connector_add"), values).status_code == 302
    assert Connector.objects.get().station == charger.station


def test_a_user_is_made_with_role_and_organisation(admin: Client) -> None:
    organisation = OrganisationFactory()
    values = {
        "username": "anna",
        "usable_password": "true",
        "password1": "a long enough phrase",
        "password2": "a long enough phrase",
        "role": "engineer",
        "organisation": organisation.pk,
    }
    assert admin.post(reverse("admin:operations_user_add"), values).status_code == 302
    made = User.objects.get(username="anna")
    assert (made.role, made.organisation, made.is_staff) == (Role.ENGINEER, organisation, False)
