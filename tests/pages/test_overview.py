"""The overview: who needs someone, figures that equal their lists, charts, and the top bar."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from operations.models import FleetMinute, Station, User
from operations.services import figures, history, needs
from operations.services.traffic import traffic
from operations.statuses import ChargingStatus, OperationalStatus, Role, RunStatus
from operations.views import overview_story
from tests.factories import (
    AlertFactory,
    AlertRuleFactory,
    ChargerFactory,
    ConnectionFactory,
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

URL = "/operations/"
MOST_QUERIES = 40


@pytest.fixture
def user() -> User:
    return UserFactory(role=Role.OPERATOR)


@pytest.fixture
def desk(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def mixed_fleet(organisation: Any = None) -> None:
    """Some of everything that the overview counts."""
    owner = {"organisation": organisation} if organisation else {}
    now = timezone.now()
    for number in range(3):
        StationFactory(firmware_version=f"1.{number}", **owner)
    StationFactory(connected=False, firmware_version="1.2", **owner)
    StationFactory(connected=False, firmware_version="", **owner)
    StationFactory(connected=False, operational_status=OperationalStatus.CLOSED, **owner)
    for status in (ChargingStatus.FAULTED, ChargingStatus.CHARGING, ChargingStatus.CHARGING, ""):
        ChargerFactory(station=StationFactory(**owner), charging_status=status)
    for status in (RunStatus.QUEUED, RunStatus.SENT, RunStatus.ACCEPTED):
        RunFactory(station=StationFactory(**owner), status=status)
    for status in (RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.DONE, RunStatus.REFUSED):
        RunFactory(station=StationFactory(**owner), status=status, closed_at=now)
    old = now - timedelta(hours=25)
    RunFactory(station=StationFactory(**owner), status=RunStatus.FAILED, closed_at=old)
    for started_at in (now, now - timedelta(days=2)):
        station = StationFactory(**owner)
        SessionFactory(connector__charger__station=station, started_at=started_at)
    StationFactory(last_seen_at=now - timedelta(hours=1), **owner)


def found_by(desk: Client, url: str) -> int:
    """How many rows a list has under this address."""
    response = desk.get(url)
    assert response.context["filter"].is_active, url
    count: int = response.context["table"].paginator.count
    return count


def test_every_figure_is_the_count_of_its_list(desk: Client) -> None:
    mixed_fleet()
    context = desk.get(URL).context
    tiles = {tile["label"]: tile for tile in context["tiles"]}
    for label in set(tiles) - {"Energy"}:
        assert tiles[label]["value"] == found_by(desk, tiles[label]["url"]), label
    assert [tiles[label]["value"] for label in ("Faulted", "Charging now", "Failed requests")] == [
        1,
        2,
        2,
    ]
    assert tiles["Connected"]["note"] == f"of {Station.objects.count()} stations"
    assert (tiles["Energy"]["value"], tiles["Energy"]["note"]) == (41.2, "kWh of these")


def test_every_share_is_the_count_of_its_list(desk: Client) -> None:
    mixed_fleet()
    StationFactory(firmware_version="1.22")  # 1.2 is found in it
    context = desk.get(URL).context
    shares = [*context["statuses"], *context["versions"]]
    linked = [share for share in shares if "url" in share]
    assert {str(share["label"]) for share in linked} >= {"Faulted", "Charging", "1.2", "Not told"}
    for share in linked:
        assert share["count"] == found_by(desk, share["url"]), share["label"]


def test_every_reason_is_the_count_of_its_list(desk: Client, user: User) -> None:
    mixed_fleet()
    AlertFactory(station=StationFactory(), severity="critical")
    AlertFactory(station=StationFactory(), severity="info")
    context = desk.get(URL).context
    assert [str(total["need"].label) for total in context["sums"]] == [
        "Critical alert",
        "Silent",
        "Notice",
    ]
    for total in context["sums"]:
        assert total["count"] == found_by(desk, total["url"])
    assert figures.bar(user).need == found_by(desk, context["url"]) == 2


def test_the_top_bar_says_who_is_connected_and_who_needs_someone(desk: Client) -> None:
    ConnectorFactory(charging_status=ChargingStatus.FAULTED)
    StationFactory(connected=False)
    text = desk.get("/operations/tokens/").text
    bar = text[text.index('id="fleet-connected"') : text.index("</header>")]
    assert re.search(r"<strong>1</strong><span[^>]*>/2</span>", bar)
    assert "needs someone" in bar
    for url in re.findall(r'href="(/operations/stations/\?[^"]+)"', bar):
        assert found_by(desk, url) == 1


def test_nobody_is_called_while_all_is_well(desk: Client) -> None:
    StationFactory()
    text = desk.get(URL).text
    assert "Nothing needs anybody" in text
    assert "needs someone" not in text[text.index('id="fleet-connected"') : text.index("</header>")]


def test_without_stations_it_says_what_to_do(desk: Client) -> None:
    text = desk.get(URL).text
    assert "No stations yet" in text
    assert 'class="fleet-figure' not in text


def reasons(user: User) -> dict[int, list[str]]:
    return {each.station_pk: [why.need for why in each.reasons] for each in needs.first(user, 10)}


def test_what_is_worst_comes_first_with_all_its_reasons(user: User) -> None:
    now = timezone.now()
    silent = StationFactory(last_seen_at=now - timedelta(hours=1))
    flapping = StationFactory(last_seen_at=now - timedelta(hours=1))
    for _number in range(needs.FLAPPING):
        ConnectionFactory(station=flapping, closed_at=now)
    failing = StationFactory()
    for _number in range(needs.FAILING):
        RunFactory(station=failing, status=RunStatus.CONNECTION_LOST, closed_at=now)
    faulted = ConnectorFactory(charging_status=ChargingStatus.FAULTED).station
    box = StationFactory(main_status=ChargingStatus.FAULTED, main_status_at=now)
    critical = AlertFactory(severity="critical").station
    assert list(reasons(user).items()) == [
        (critical.pk, ["critical"]),
        (faulted.pk, ["faulted"]),
        (box.pk, ["faulted"]),
        (failing.pk, ["failing"]),
        (flapping.pk, ["flapping", "silent"]),
        (silent.pk, ["silent"]),
    ]


def test_what_somebody_looks_after_calls_nobody_else(user: User) -> None:
    station = ConnectorFactory(charging_status=ChargingStatus.FAULTED).station
    rule = AlertRuleFactory(kind="faulted", severity="critical")
    alert = AlertFactory(station=station, rule=rule)
    assert reasons(user) == {station.pk: ["critical", "faulted"]}
    alert.acknowledged_at = timezone.now()
    alert.save()
    assert reasons(user) == {}


@pytest.mark.parametrize("fields", [{"operational_status": "Closed"}, {"registration": "Pending"}])
def test_discarded_and_unapproved_stations_call_nobody(user: User, fields: dict[str, str]) -> None:
    station = StationFactory(last_seen_at=timezone.now() - timedelta(hours=1), **fields)
    ConnectorFactory(charger__station=station, charging_status=ChargingStatus.FAULTED)
    assert (reasons(user), figures.bar(user).need) == ({}, 0)


def test_a_station_says_why_and_what_can_be_done(desk: Client) -> None:
    station = ConnectorFactory(charging_status=ChargingStatus.FAULTED).station
    alert = AlertFactory(
        station=station, rule__name="Too <b>hot</b>", rule__kind="findings", severity="critical"
    )
    text = desk.get(URL).text
    row = text[text.index('<li class="needs-row">') : text.index('class="needs-sums"')]
    assert f'href="/operations/stations/{station.pk}/"' in row
    assert escape("Too <b>hot</b>") in row
    assert f"/operations/alerts/{alert.pk}/acknowledge/" in row
    assert f"/operations/stations/{station.pk}/ask/reboot/" in row


def test_a_viewer_sees_why_they_may_do_nothing(client: Client) -> None:
    ConnectorFactory(charging_status=ChargingStatus.FAULTED)
    client.force_login(UserFactory(role=Role.VIEWER))
    text = client.get(URL).text
    row = text[text.index('<li class="needs-row">') : text.index('class="needs-sums"')]
    assert "/ask/reboot/" not in row
    assert "your role is viewer" in row


def test_an_alert_about_the_portal_itself_is_told_to_those_who_see_all_of_it(
    desk: Client, client: Client
) -> None:
    AlertFactory(station=None, rule__kind="deliveries", rule__name="Mail is stuck")
    assert "Mail is stuck" in desk.get(URL).text
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    assert "Mail is stuck" not in client.get(URL).text


def test_people_see_their_own_organisation(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    mixed_fleet(theirs)
    ConnectorFactory(
        charger__station=StationFactory(organisation=theirs, name="Theirs"),
        charging_status=ChargingStatus.FAULTED,
    )
    station = StationFactory(organisation=ours, name="Ours", firmware_version="9.9")
    ConnectorFactory(
        charger__station=station,
        charging_status=ChargingStatus.FAULTED,
        charger__charging_status=ChargingStatus.FAULTED,
    )
    history.take_minute()
    client.force_login(UserFactory(organisation=ours))
    response = client.get(URL)
    assert "Theirs" not in response.text
    tiles = {tile["label"]: tile["value"] for tile in response.context["tiles"]}
    assert [tiles[label] for label in ("Connected", "Offline", "Faulted")] == [1, 0, 1]
    assert [share["label"] for share in response.context["versions"]] == ["9.9"]
    assert json.loads(response.context["series"])["connected"] == [1]


def test_people_of_no_organisation_see_nothing(client: Client) -> None:
    mixed_fleet()
    history.take_minute()
    client.force_login(UserFactory(sees_all_organisations=False))
    context = client.get(URL).context
    assert {tile["value"] for tile in context["tiles"]} == {0}
    assert (context["rows"], context["sums"], context["statuses"]) == ([], [], [])


def test_queries_do_not_grow_with_the_fleet(desk: Client) -> None:
    mixed_fleet()
    counts = []
    for _round in range(2):
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as taken:
            desk.get(URL)
        counts.append(len(taken))
        for _number in range(3):
            mixed_fleet(OrganisationFactory())
            ConnectorFactory(charging_status=ChargingStatus.FAULTED)
    assert counts[1] <= counts[0] + 3 <= MOST_QUERIES  # once there is who needs someone


def test_colleagues_share_what_is_counted(desk: Client, django_assert_max_num_queries: Any) -> None:
    mixed_fleet()
    desk.get(URL)
    colleague = UserFactory()
    with django_assert_max_num_queries(4):
        overview_story.fragments(colleague)
        overview_story.timeline(colleague)
        figures.bar(colleague)


@time_machine.travel("2026-05-04T22:30:00Z", tick=False)
def test_today_begins_at_midnight_where_the_reader_is(client: Client) -> None:
    owner = OrganisationFactory(time_zone="Europe/Ljubljana")  # it is 0:30 there
    for started_at in ("2026-05-04T21:59:00+00:00", "2026-05-04T22:01:00+00:00"):
        SessionFactory(
            connector__charger__station=StationFactory(organisation=owner),
            started_at=datetime.fromisoformat(started_at),
        )
    client.force_login(UserFactory(organisation=owner))
    tile = next(t for t in client.get(URL).context["tiles"] if t["label"] == "Sessions")
    assert tile["value"] == 1 == found_by(client, tile["url"])


@time_machine.travel("2026-05-04T10:00:20Z", tick=False)
def test_a_minute_is_noted_once_for_each_organisation() -> None:
    charger = ChargerFactory(charging_status=ChargingStatus.FAULTED)
    StationFactory(organisation=charger.station.organisation, connected=False)
    StationFactory(organisation=None)
    StationFactory(connected=False, operational_status=OperationalStatus.CLOSED)
    history.take_minute()
    history.take_minute()
    noted = FleetMinute.objects.values_list("organisation", "stations", "connected", "faulted")
    assert set(noted) == {(charger.station.organisation_id, 2, 1, 1), (None, 1, 1, 0)}
    assert FleetMinute.objects.count() == 2


def test_messages_are_added_up_by_whom_their_stations_belong_to(user: User) -> None:
    first, second = StationFactory(), StationFactory()
    at = history.minute_of(timezone.now())
    history.note_traffic(node="one", at=at, counts={first.pk: 3, second.pk: 4})
    history.note_traffic(node="two", at=at, counts={first.pk: 5, 99_999_999: 7})
    assert history.last_day(user).messages == [12]
    assert history.last_day(UserFactory(organisation=second.organisation)).messages == [4]
    assert history.last_day(user).connected == [None]  # nobody looked in that minute


def test_traffic_is_taken_once() -> None:
    traffic.take()
    traffic.count(7)
    traffic.count(7)
    assert (traffic.take(), traffic.take()) == ({7: 2}, {})


@time_machine.travel("2026-05-04T10:00:00Z", tick=False)
def test_a_long_history_is_drawn_in_few_points_and_gaps_stay_gaps(user: User) -> None:
    now = timezone.now()
    owner = OrganisationFactory()
    FleetMinute.objects.bulk_create(
        FleetMinute(organisation=owner, at=now - timedelta(minutes=ago), connected=10)
        for ago in range(1600)
        if not 301 <= ago <= 360
    )
    line = history.last_day(user)
    assert (line.step_s, len(line.connected)) == (300, 289)
    assert line.connected[0] == line.connected[-1] == 10
    assert line.connected.count(None) == 12
    hours = overview_story.timeline(user).context["hours"]
    assert {hour["connected"] for hour in hours} == {"10", ""}


@time_machine.travel("2026-05-04T10:00:00Z", tick=False)
def test_old_minutes_are_forgotten() -> None:
    owner, now = OrganisationFactory(), timezone.now()
    for days in (31, 29):
        FleetMinute.objects.create(organisation=owner, at=now - timedelta(days=days))
    history.prune()
    assert [minute.at for minute in FleetMinute.objects.all()] == [now - timedelta(days=29)]


def test_the_front_door_leads_to_the_overview(desk: Client) -> None:
    assert desk.get("/").headers["Location"] == URL


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    assert client.get(URL).headers["Location"] == f"/sign-in/?next={URL}"
