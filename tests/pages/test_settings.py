"""A station's tab "Settings": what it told, what can be asked, who changed what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.models import CommandRun, Station, StationSetting
from operations.services import settings as services
from operations.services.setting_answers import Said
from operations.statuses import Role
from operations.variables import Variable
from tests.factories import OrganisationFactory, StationFactory, UserFactory
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
REPORTED = {"state": "reported", "mutability": "ReadWrite"}


def told(station: Station, key: str, value: str, **facts: Any) -> StationSetting:
    """A setting as the station said it."""
    variable = Variable.of_key(key)
    said_now = [Said(variable, {**REPORTED, "value": value, **facts})]
    services.keep(station_pk=station.pk, said=said_now, at=timezone.now())
    return StationSetting.objects.get(station=station, key=variable.key)


@pytest.fixture
def station() -> Station:
    return StationFactory(name="Quay 1", open_connection=True)


@pytest.fixture
def page(client: Client, station: Station) -> Callable[..., Any]:
    """The page as an engineer sees it."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    url = reverse("station-settings", args=[station.pk])
    return lambda **query: client.get(url, query)


def test_a_row_says_what_the_station_and_the_specification_say(
    page: Callable[..., Any], station: Station
) -> None:
    told(station, "HeartbeatInterval", "300", mutability="ReadOnly")
    header, row = page_lines(page())
    shown = dict(zip(header, row, strict=True))
    assert shown["Setting"] == "HeartbeatInterval"
    assert shown["Value"] == "300"
    assert shown["Unit"] == "s"
    assert shown["Allowed"] == "integer"
    assert shown["Access"] == "Read only"
    assert shown["Read at"].startswith("20")
    assert "How often the station says that it is alive" in said(page())


def test_settings_are_found_by_what_they_are_for(
    page: Callable[..., Any], station: Station
) -> None:
    told(station, "WebSocketPingInterval", "30")
    told(station, "LightIntensity", "50", mutability="ReadOnly")
    assert column(page(search="pings"), "Setting") == ["WebSocketPingInterval"]
    assert column(page(search="LIGHT"), "Setting") == ["LightIntensity"]
    assert column(page(mutability="ReadOnly"), "Setting") == ["LightIntensity"]
    assert "No setting matches this filter" in page(search="nothing of the kind").text


def test_what_the_station_does_not_have_is_only_shown_where_asked_for(
    page: Callable[..., Any], station: Station
) -> None:
    told(station, "HeartbeatInterval", "300")
    told(station, "Lost", "", state="missing")
    assert column(page(), "Setting") == ["HeartbeatInterval"]
    assert column(page(state="missing"), "Setting") == ["Lost"]
    assert column(page(state="missing"), "Access") == ["Not reported"]


def test_what_a_station_says_is_text_and_nothing_else(
    page: Callable[..., Any], station: Station
) -> None:
    told(station, "Vendor", "<script>alert(1)</script>")
    told(station, "Formula", "=1+1")
    response = page()
    assert "<script>alert" not in response.text
    rows = {line[0]: line for line in csv_lines(page(export="csv"))[1:]}
    assert rows["Formula"][1] == "'=1+1"


def test_a_password_is_shown_nowhere(page: Callable[..., Any], station: Station) -> None:
    row = told(station, "AuthorizationKey", "hunter2-hunter2")
    assert row.value == ""
    assert "hunter2" not in page().text
    assert "can't be read" in said(page())


def test_a_reboot_that_is_due_has_a_badge_and_a_button(
    page: Callable[..., Any], station: Station
) -> None:
    row = told(station, "WebSocketPingInterval", "0")
    StationSetting.objects.filter(pk=row.pk).update(reboot_required_at=timezone.now())
    text = said(page())
    assert "Changed, and in effect after the next boot: WebSocketPingInterval." in text
    assert "Reboot required" in text
    assert reverse("ask-station", args=[station.pk, "reboot"]) in page().text


def test_ticked_settings_lead_to_one_form_with_what_each_is_now(
    page: Callable[..., Any], station: Station, client: Client
) -> None:
    interval = told(station, "HeartbeatInterval", "300")
    switch = told(station, "LocalPreAuthorize", "false")
    page()
    url = reverse("station-settings-ask", args=[station.pk])
    picked = {"pick": [interval.pk, switch.pk], "command": "change-settings"}
    dialog = client.get(url, picked, follow=True)
    text = said(dialog)
    assert "Now: 300 s." in text
    assert "Now: false." in text
    action = reverse("ask-station", args=[station.pk, "change-settings"])
    keys = "HeartbeatInterval\nLocalPreAuthorize"
    answer = client.post(
        action, {"keys": keys, "value_0": "60", "value_1": "false", "settings": ""}
    )
    assert answer.status_code == 302
    # What stays as it is is not written.
    assert CommandRun.objects.get().params == {
        "settings": [{"key": "HeartbeatInterval", "value": "60"}]
    }


def test_all_that_the_filter_finds_can_be_read_again(
    page: Callable[..., Any], station: Station, client: Client
) -> None:
    told(station, "HeartbeatInterval", "300")
    told(station, "LightIntensity", "50")
    page()
    url = reverse("station-settings-ask", args=[station.pk])
    found = {"all": "1", "filter": "search=Light", "command": "read-settings"}
    answer = client.get(url, found)
    assert answer.headers["Location"].endswith("?keys=LightIntensity")
    nothing = client.get(url, {"command": "read-settings"}, follow=True)
    assert "Tick the settings first." in said(nothing)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("HeartbeatInterval", "is not like HeartbeatInterval = 60"),
        ("= 60", "is not like HeartbeatInterval = 60"),
        ("AuthorizationKey = secret", "is a password"),
        ("AuthCtrlr.Enabled = true", "OCPP 1.6 calls its settings otherwise"),
        ("", "Nothing is different from what the station has now."),
        (f"{'K' * 51} = 1", "OCPP 1.6 does not take this"),
    ],
)
def test_what_is_typed_by_hand_must_be_a_setting(
    page: Callable[..., Any], station: Station, client: Client, lines: str, complaint: str
) -> None:
    page()
    url = reverse("ask-station", args=[station.pk, "change-settings"])
    answer = client.post(url, {"settings": lines})
    assert answer.status_code == 422
    assert complaint in said(answer)
    assert not CommandRun.objects.exists()


def test_any_key_can_be_set_by_hand(
    page: Callable[..., Any], station: Station, client: Client
) -> None:
    page()
    url = reverse("ask-station", args=[station.pk, "change-settings"])
    client.post(url, {"settings": "Hidden Key = a = b\nOther=1"})
    assert CommandRun.objects.get().params["settings"] == [
        {"key": "Hidden Key", "value": "a = b"},
        {"key": "Other", "value": "1"},
    ]


def test_the_history_says_who_changed_what(
    page: Callable[..., Any], station: Station, client: Client
) -> None:
    told(station, "HeartbeatInterval", "300")
    told(station, "HeartbeatInterval", "77")
    page()
    url = reverse("station-setting-changes", args=[station.pk])
    header, row = page_lines(client.get(url))
    shown = dict(zip(header, row, strict=True))
    assert shown["Setting"] == "HeartbeatInterval"
    assert (shown["Was"], shown["Became"]) == ("300", "77")
    assert shown["Outcome"] == "Changed at the station"
    assert "Nothing was changed" not in said(client.get(url))
    assert client.get(url, {"export": "csv"}).status_code == 200


def test_other_organisations_see_nothing(client: Client, station: Station) -> None:
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=OrganisationFactory()))
    for name in ("station-settings", "station-settings-ask", "station-setting-changes"):
        assert client.get(reverse(name, args=[station.pk])).status_code == 404


def test_changing_takes_an_engineer(client: Client, station: Station) -> None:
    told(station, "HeartbeatInterval", "300")
    client.force_login(UserFactory(role=Role.OPERATOR))
    page = client.get(reverse("station-settings", args=[station.pk]))
    assert "it takes at least engineer" in said(page)
    url = reverse("ask-station", args=[station.pk, "change-settings"])
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(
    page: Callable[..., Any], station: Station, rows: int
) -> None:
    for number in range(rows):
        told(station, f"Key{number}", "1")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(per_page=100)
    assert len(queries) <= MOST_QUERIES
