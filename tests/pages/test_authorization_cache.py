"""Operations > Authorization Cache: the fleet's caches, the switch, and what to mind."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from operations.models import AuthorizationProfile, CommandRun, SettingChange, Station
from operations.models.tokens import PaymentKind
from operations.statuses import Role, RunStatus
from operations.tables.audience import Audience
from operations.views import live_caches
from tests.factories import (
    OrganisationFactory,
    RunFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)
from tests.pages.counting import queries_of
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

URL = "/operations/authorization-cache/"
MOST_QUERIES = 16


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    return client


def station(cache: str = "on", *, facts: dict[str, Any] | None = None, **fields: Any) -> Station:
    """A station that told how its cache is."""
    made: Station = StationFactory(**fields)
    AuthorizationProfile.objects.create(
        station=made, cache_enabled=cache, read_at=timezone.now(), **(facts or {})
    )
    return made


def row(page: HttpResponse, number: int = 0) -> dict[str, str]:
    header, *rows = page_lines(page)
    return dict(zip(header, rows[number], strict=True))


def test_a_row_says_what_the_station_said(desk: Client) -> None:
    facts = {"cache_lifetime_s": 3600, "cache_policy": "LRU", "cache_storage_bytes": -1}
    station("on", facts=facts, name="Quay 1", protocol="2.0.1")
    shown = row(desk.get(URL))
    assert shown["Authorization cache enabled"] == "On"
    assert shown["Cache lifetime (s)"] == "3600"
    assert shown["Cache policy"] == "LRU"
    assert shown["Cache storage (bytes)"] == "Not supported"
    header, line = csv_lines(desk.get(URL, {"export": "csv"}))
    told = dict(zip(header, line, strict=True))
    assert (told["Station"], told["Authorization cache enabled"]) == ("Quay 1", "On")


def test_what_ocpp_16_does_not_have_is_not_supported(desk: Client) -> None:
    old = station("on", protocol="1.6")
    assert row(desk.get(URL))["Cache policy"] == "Not supported"
    assert csv_lines(desk.get(URL, {"export": "csv"}))[1][3:6] == ["Not supported"] * 3
    assert "Cache policy Not supported" in said(desk.get(f"{URL}{old.pk}/"))


def test_a_station_that_never_told_is_unknown(desk: Client) -> None:
    StationFactory(name="New")
    assert row(desk.get(URL))["Authorization cache enabled"] == "Unknown"
    assert column(desk.get(URL, {"cache_enabled": "unknown"}), "Station") == ["New"]


def test_filters(desk: Client) -> None:
    owner = OrganisationFactory()
    station("on", name="A", organisation=owner, facts={"cache_policy": "LRU"}, protocol="2.0.1")
    station("off", name="B")
    station("unsupported", name="C")
    TokenFactory(organisation=owner, payment=PaymentKind.PRE_PAID)
    for query, expected in {
        "cache_enabled=on": ["A"],
        "cache_enabled=off": ["B"],
        "cache_enabled=unsupported": ["C"],
        "cache_policy=LRU": ["A"],
        "protocol=2.0.1": ["A"],
        "caution=pre-paid": ["A"],
        "name=b": ["B"],
        f"organisation={owner.pk}": ["A"],
    }.items():
        assert column(desk.get(f"{URL}?{query}"), "Station") == expected, query


# --- what to mind --------------------------------------------------------------------------------


def test_a_cache_that_may_hold_pre_paid_tokens_is_warned_of(desk: Client) -> None:
    risky, other = station("on", name="A"), station("on", name="B")
    station("off", name="C", organisation=risky.organisation)
    TokenFactory(organisation=risky.organisation, payment=PaymentKind.PRE_PAID)
    page = desk.get(URL)
    assert column(page, "Caution") == ["May hold pre-paid tokens", "", ""]
    assert "1 may hold pre-paid tokens" in said(page)
    assert "Turn it off, or keep pre-paid tokens away" in said(desk.get(f"{URL}{risky.pk}/"))
    assert "pre-paid tokens away" not in said(desk.get(f"{URL}{other.pk}/"))


def test_pre_paid_tokens_of_no_organisation_charge_everywhere(desk: Client) -> None:
    station("on")
    assert column(desk.get(URL), "Caution") == [""]
    TokenFactory(organisation=None, payment=PaymentKind.PRE_PAID)
    assert column(desk.get(URL), "Caution") == ["May hold pre-paid tokens"]
    assert column(desk.get(URL, {"caution": "pre-paid"}), "Caution") != []


def test_one_that_is_off_is_warned_of_before_it_is_turned_on(desk: Client) -> None:
    off = station("off")
    TokenFactory(organisation=off.organisation, payment=PaymentKind.PRE_PAID)
    assert "with the cache on, it would not ask" in said(desk.get(f"{URL}{off.pk}/"))


def test_clearing_is_offered_after_a_cache_was_turned_off(desk: Client) -> None:
    off, now = station("off"), timezone.now()
    SettingChange.objects.create(
        station=off,
        key="AuthorizationCacheEnabled",
        new_value="false",
        outcome="confirmed",
        at=now - timedelta(minutes=5),
    )
    assert column(desk.get(URL), "Caution") == ["Turned off, not cleared"]
    page = desk.get(f"{URL}{off.pk}/")
    assert "clear it" in said(page)
    assert f"/operations/stations/{off.pk}/ask/clear-cache/" in page.text
    RunFactory(station=off, command="clear-cache", status=RunStatus.DONE, closed_at=now)
    assert column(desk.get(URL), "Caution") == [""]


def test_the_handbooks_rules_stand_next_to_the_switch(desk: Client) -> None:
    rules = (
        "only for post-paid customers",
        "non-stable network connection",
        "Cache entries may contain expiry dates",
        "the charger uses the central system to authorize",
        "the list has priority over the cache",
        "Local authorization and authorization cache are separate features",
    )
    for page in (desk.get(URL), desk.get(f"{URL}{station().pk}/")):
        for rule in rules:
            assert rule in said(page), rule


# --- doing something -----------------------------------------------------------------------------


def test_the_switch_turns_the_other_way(desk: Client) -> None:
    on = station("on", open_connection=True)
    page = desk.get(URL).text
    assert f"/operations/stations/{on.pk}/ask/change-authorization/?cache_enabled=false" in page
    form = desk.get(f"/operations/stations/{on.pk}/ask/change-authorization/?cache_enabled=false")
    assert '<option value="false" selected>' in form.text
    AuthorizationProfile.objects.update(cache_enabled="off")
    assert "?cache_enabled=true" in desk.get(URL).text


def test_the_switchs_dialog_warns_of_pre_paid_tokens(desk: Client) -> None:
    off = station("off", open_connection=True)
    url = f"/operations/stations/{off.pk}/ask/change-authorization/?cache_enabled=true"
    assert "Proper only for post-paid customers" in said(desk.get(url))
    assert "Pre-paid tokens may charge here" not in said(desk.get(url))
    TokenFactory(organisation=off.organisation, payment=PaymentKind.PRE_PAID)
    assert "Pre-paid tokens may charge here" in said(desk.get(url))


def test_what_the_station_does_not_have_can_not_be_switched(desk: Client) -> None:
    station("unsupported")
    assert "the station has no authorization cache." in desk.get(URL).text
    AuthorizationProfile.objects.update(cache_enabled="on", read_only=["cache_enabled"])
    assert "the station says that it can&#x27;t be changed." in desk.get(URL).text


def test_all_that_a_filter_finds_are_cleared_together(desk: Client) -> None:
    station("on", open_connection=True, name="A")
    station("off", open_connection=True, name="B")
    query = {"command": "clear-cache", "all": "1", "filter": "cache_enabled=on"}
    ask = "/operations/ask/authorization-cache/"
    assert "Clear the authorization cache of 1 station" in said(desk.get(ask, query))
    preview = desk.post(ask, {**query, "step": "preview", "jitter_s": "0"})
    question = preview.context["question"]
    desk.post(ask, {"question": question, "step": "confirm"})
    assert [run.station.name for run in CommandRun.objects.all()] == ["A"]


# --- who sees it ---------------------------------------------------------------------------------


def test_people_see_their_own_stations(client: Client) -> None:
    user = UserFactory(organisation=OrganisationFactory())
    client.force_login(user)
    station("on", name="Ours", organisation=user.organisation)
    theirs = station("on", name="Theirs")
    assert column(client.get(URL), "Station") == ["Ours"]
    assert theirs.organisation.name not in client.get(URL).text
    assert client.get(f"{URL}{theirs.pk}/").status_code == 404


def test_viewers_read_and_can_press_nothing(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    one = station("on")
    assert "ask/clear-cache" not in client.get(URL).text
    assert "ask/change-authorization" not in client.get(f"{URL}{one.pk}/").text


def test_the_list_takes_few_queries(desk: Client) -> None:
    owner = OrganisationFactory()
    TokenFactory(organisation=owner, payment=PaymentKind.PRE_PAID)
    counts = []
    for number in (2, 8):
        for _each in range(number):
            station("on", organisation=owner)
            station("off", organisation=owner)
        counts.append(len(queries_of(desk, URL)))
    assert counts[0] == counts[1]
    assert counts[0] <= MOST_QUERIES


def test_a_row_is_patched_when_the_station_tells(desk: Client) -> None:
    one = station("off", organisation=OrganisationFactory())
    user = UserFactory(role=Role.ENGINEER)
    assert dict(live_caches.visible(user, {"cache": {one.pk}})) == {
        f"cache:{one.pk}": (
            f"settings:{one.pk}",
            f"connectivity:{one.pk}",
            f"station:{one.pk}",
        )
    }
    parts = {
        part[1]: part[2] for part in live_caches.fragments(Audience.of(user), {"cache": {one.pk}})
    }
    assert "Off" in parts[f"cache-{one.pk}-cache-enabled"]
    stranger = UserFactory(organisation=OrganisationFactory())
    assert not list(live_caches.visible(stranger, {"cache": {one.pk}}))
