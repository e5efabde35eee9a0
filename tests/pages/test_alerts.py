"""Operations > Alerts: what needs someone, who was told, and what is live."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.models import Alert
from operations.models.alerts import DeliveryStatus
from operations.services import alerts
from operations.statuses import Role
from operations.tables.audience import Audience
from operations.views import live, live_alerts
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    AlertRuleFactory,
    OrganisationFactory,
    RunFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/alerts/"
RULES = "/operations/alert-rules/"
NOTIFICATIONS = "/operations/alert-notifications/"
MOST_QUERIES = 11


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def sign_in(client: Client, **fields: Any) -> Any:
    user = UserFactory(**fields)
    client.force_login(user)
    return user


def test_open_alerts_come_first_and_the_newest_of_them(desk: Client) -> None:
    now = timezone.now()
    AlertFactory(station__name="Over", is_open=False, closed_at=now)
    AlertFactory(station__name="Old", opened_at=now - timedelta(hours=2))
    AlertFactory(station__name="New")
    assert column(desk.get(URL), "Station") == ["New", "Old", "Over"]
    assert column(desk.get(URL), "State") == ["Open", "Open", "Closed"]


def test_a_row_says_what_and_who(desk: Client) -> None:
    run = RunFactory()
    AlertFactory(
        rule__name="Silent <i>ones</i>",
        station__name="Quay 1",
        count=3,
        acknowledged_at=timezone.now(),
        acknowledged_by=UserFactory(username="max"),
        note="On my way",
        follow_up_run=run,
    )
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["State"] == "Looked after"
    assert shown["Alert"] == "Silent <i>ones</i>: Offline for more than 10 minutes."
    assert shown["Times"] == "3"
    assert shown["Looked after by"] == "max: On my way"
    assert shown["Follow-up"] == "Reboot: Queued"
    assert "<i>ones</i>" not in desk.get(URL).content.decode()
    assert csv_lines(desk.get(URL + "?export=csv"))[1] == row


def test_filters(desk: Client) -> None:
    AlertFactory(station__name="A", severity="critical")
    AlertFactory(station__name="B", acknowledged_at=timezone.now())
    AlertFactory(station__name="C", is_open=False, rule__kind="flapping", rule__name="Restless")
    for query, expected in {
        "state=unseen": ["A"],
        "state=open": ["B", "A"],
        "state=acknowledged": ["B"],
        "state=closed": ["C"],
        "severity=critical": ["A"],
        "kind=flapping": ["C"],
        "rule=Restless": ["C"],
        "station=b": ["B"],
    }.items():
        assert column(desk.get(f"{URL}?{query}"), "Station") == expected, query
    assert "No alert matches" in desk.get(URL + "?until=2020-01-01").content.decode()


def test_people_see_the_alerts_of_their_stations(client: Client) -> None:
    user = sign_in(client, role=Role.OPERATOR, organisation=OrganisationFactory())
    mine = AlertFactory(station__organisation=user.organisation, station__name="Ours")
    theirs = AlertFactory(station__name="Theirs")
    portal = AlertFactory(station=None)
    assert column(client.get(URL), "Station") == ["Ours"]
    assert client.get(f"{URL}{mine.pk}/").status_code == 200
    for hidden in (theirs, portal):
        assert client.get(f"{URL}{hidden.pk}/").status_code == 404
        assert client.post(f"{URL}{hidden.pk}/acknowledge/").status_code == 404


def test_the_menu_counts_what_waits_for_someone(desk: Client) -> None:
    AlertFactory()
    AlertFactory(acknowledged_at=timezone.now())
    AlertFactory(is_open=False)
    page = desk.get("/operations/stations/").content.decode()
    menu = page.split('id="menu-alerts"', 1)[1].split("</li>", 1)[0]
    assert 'data-tone="red">1</span>' in menu


def test_an_operator_acknowledges(client: Client) -> None:
    user = sign_in(client, role=Role.OPERATOR)
    alert = AlertFactory()
    assert "Acknowledge" in client.get(f"{URL}{alert.pk}/").content.decode()
    assert client.get(f"{URL}{alert.pk}/acknowledge/").status_code == 200
    answer = client.post(f"{URL}{alert.pk}/acknowledge/", {"note": "On my way"}, follow=True)
    assert "You look after it." in answer.content.decode()
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note) == (user, "On my way")
    again = client.post(f"{URL}{alert.pk}/acknowledge/", follow=True)
    assert "already" in again.content.decode()


def test_a_dialog_answers_in_kind(desk: Client) -> None:
    alert = AlertFactory()
    headers = {"HX-Request": "true"}
    dialog = desk.get(f"{URL}{alert.pk}/acknowledge/", headers=headers).content.decode()
    assert "<html" not in dialog
    long = desk.post(f"{URL}{alert.pk}/acknowledge/", {"note": "x" * 501}, headers=headers)
    assert long.status_code == 422
    done = desk.post(f"{URL}{alert.pk}/acknowledge/", headers=headers)
    assert done["HX-Redirect"] == f"{URL}{alert.pk}/"


def test_a_viewer_only_looks(client: Client) -> None:
    sign_in(client, role=Role.VIEWER)
    alert, delivery = AlertFactory(), AlertDeliveryFactory(status=DeliveryStatus.DEAD)
    for url in (URL, f"{URL}{alert.pk}/", RULES, NOTIFICATIONS):
        assert client.get(url).status_code == 200, url
    for url in (
        f"{URL}{alert.pk}/acknowledge/",
        f"{URL}acknowledge/",
        f"{RULES}add/",
        f"{RULES}usual/",
        f"{RULES}{alert.rule.pk}/",
        f"{RULES}{alert.rule.pk}/delete/",
        f"{RULES}{alert.rule.pk}/try/",
        f"{NOTIFICATIONS}{delivery.pk}/again/",
    ):
        assert client.post(url).status_code == 403, url
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_all_that_match_are_acknowledged_at_once(desk: Client) -> None:
    critical = AlertFactory(severity="critical")
    other = AlertFactory(severity="info")
    page = desk.get(URL + "?severity=critical").content.decode()
    assert f"{URL}acknowledge/?severity=critical" in page
    question = desk.get(URL + "acknowledge/?severity=critical").content.decode()
    assert "Look after 1 alert" in question
    desk.post(URL + "acknowledge/?severity=critical", {"note": ""})
    critical.refresh_from_db(), other.refresh_from_db()
    assert critical.acknowledged_at is not None
    assert other.acknowledged_at is None
    desk.post(URL + "acknowledge/?since=nonsense", {"note": ""})
    other.refresh_from_db()
    assert other.acknowledged_at is None


def test_an_alerts_page_tells_who_was_told(desk: Client) -> None:
    alert = AlertFactory()
    delivery = AlertDeliveryFactory(
        rule=alert.rule, status=DeliveryStatus.DEAD, last_error="The receiver answered 503."
    )
    delivery.alerts.add(alert)
    page = desk.get(f"{URL}{alert.pk}/").content.decode()
    assert "https://hooks.example.org/…" in page
    assert "secret-path" not in page
    assert "The receiver answered 503." in page


@pytest.mark.parametrize("url", [URL, RULES, NOTIFICATIONS])
def test_lists_cost_the_same_however_long(desk: Client, url: str) -> None:
    for _number in range(20):
        alert = AlertFactory(acknowledged_by=UserFactory(), follow_up_run=RunFactory())
        AlertDeliveryFactory(rule=alert.rule)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(url).status_code == 200
    assert len(queries) <= MOST_QUERIES


def test_the_empty_pages_say_what_to_do(desk: Client) -> None:
    assert "Nothing is looked for yet" in desk.get(URL).content.decode()
    assert "Begin with the usual ones" in desk.get(RULES).content.decode()
    assert "Nobody was told anything yet" in desk.get(NOTIFICATIONS).content.decode()
    AlertRuleFactory()
    assert "All is well" in desk.get(URL).content.decode()


def patches(user: Any, *keys: str) -> dict[str, str]:
    admission = live.admit(user.pk, None, list(keys))
    assert admission is not None
    found = live.patches({admission.viewpoint: admission.keys})[admission.viewpoint]
    return {patch["id"]: patch["html"] for each in found.values() for patch in each}


def test_rows_pages_and_figures_are_live() -> None:
    user, alert = UserFactory(), AlertFactory()
    key = f"alert:{alert.pk}"
    assert all(live.KEY.fullmatch(each) for each in (key, "alerts", "alert-counts"))
    assert live.told([key]) >= {key, live_alerts.NEWS, *live_alerts.FIGURES}
    before = patches(user, key, "alerts", "alert-counts")
    assert "Open" in before[f"alert-{alert.pk}-state"]
    assert ">1</span>" in before["menu-alerts"]
    alerts.acknowledge(alerts=Alert.objects.all(), user=user, note="Mine")
    after = patches(user, key, "alerts", "alert-counts")
    assert "Looked after" in after[f"alert-{alert.pk}-state"]
    assert "Mine" in after[f"alert-{alert.pk}-story"]
    assert "badge" not in after["menu-alerts"]
    assert "<strong>0</strong> waiting" in after["page-counts"]


def test_a_list_says_that_more_have_opened_since(desk: Client) -> None:
    old, user = AlertFactory(), UserFactory()
    key = f"alert-news:{old.pk}"
    assert f'data-live="{key}"' in desk.get(URL).text
    assert live.KEY.fullmatch(key)
    assert "opened since" not in patches(user, key)["alert-news"]
    AlertFactory()
    assert "1 alert has opened since." in patches(user, key)["alert-news"]
    stranger = UserFactory(organisation=OrganisationFactory())
    assert "opened since" not in patches(stranger, key)["alert-news"]


def test_a_stations_pages_say_what_needs_someone_the_worst_first(desk: Client) -> None:
    at = timezone.now() - timedelta(days=2)
    alert = AlertFactory(rule__name="Asleep", summary="Offline.", began_at=at, opened_at=at)
    station = alert.station
    AlertFactory(rule__name="On fire", station=station, severity="critical")
    AlertFactory(rule__name="Long ago", station=station, is_open=False)
    for name in ("station-detail", "station-health"):
        page = desk.get(reverse(name, args=[station.pk])).text
        assert page.index("On fire") < page.index("Asleep")
        assert "Long ago" not in page
    key = f"station-alerts:{station.pk}"
    assert live.KEY.fullmatch(key)
    alerts.acknowledge(alerts=Alert.objects.all(), user=UserFactory(username="kim"))
    assert "Looked after by kim." in patches(UserFactory(), key)[f"station-{station.pk}-alerts"]
    assert not patches(UserFactory(organisation=OrganisationFactory()), key)


def test_nobody_watches_what_they_may_not_see() -> None:
    user = UserFactory(organisation=OrganisationFactory())
    theirs = AlertFactory()
    shown = patches(user, f"alert:{theirs.pk}", "alerts")
    assert set(shown) == {"menu-alerts"}
    assert "badge" not in shown["menu-alerts"]
    assert Audience.of(user).role == Role.OPERATOR


def test_the_page_and_its_patch_are_the_same(desk: Client) -> None:
    alert = AlertFactory()
    page = " ".join(desk.get(f"{URL}{alert.pk}/").content.decode().split())
    patch = patches(UserFactory(), f"alert:{alert.pk}")[f"alert-{alert.pk}-story"]
    assert " ".join(patch.split()) in page
