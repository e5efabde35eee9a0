"""Operations > Messages: filters, pages that stay the same, the frames, what comes meanwhile."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import OcppMessage
from operations.statuses import Role
from operations.tables.messages import MessageTable
from operations.views import message_search
from tests.factories import (
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/messages/"
MOST_QUERIES = 12
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client) -> Client:
    """A viewer's browser."""
    client.force_login(UserFactory(role=Role.VIEWER))
    return client


def actions(response: HttpResponse) -> list[str]:
    lines = page_lines(response)
    return [line[lines[0].index("Message")] for line in lines[1:]] if lines else []


def links(response: HttpResponse) -> Mapping[str, Any]:
    found: Mapping[str, Any] = response.context["table"].links
    return found


def row(message: OcppMessage, text: str) -> str:
    """The opening tag of a message's row, empty where it has none."""
    start = text.find(f'<tr id="message-{message.pk}"')
    return text[start : text.index(">", start)] if start >= 0 else ""


def named(*names: str, **fields: Any) -> list[OcppMessage]:
    return [MessageFactory(action=name, **fields) for name in names]


def test_an_exchange_is_one_row(desk: Client) -> None:
    now = timezone.now()
    run = RunFactory(station=StationFactory(name="Quay 1"))
    MessageFactory(
        station=run.station,
        run=run,
        action="Reset",
        is_from_station=False,
        call='[2,"r1","Reset",{"type":"Soft"}]',
        answer='[3,"r1",{"status":"Accepted"}]',
        called_at=now,
        answered_at=now + timedelta(milliseconds=120),
    )
    response = desk.get(URL)
    header, row = page_lines(response)
    shown = dict(zip(header, row, strict=True))
    assert shown["Station"] == "Quay 1"
    assert shown["Asked by"] == "Portal"
    assert shown["Message"] == "Reset"
    assert shown["Answered"] == "120 ms"
    assert shown["Request"] == str(run.pk)
    assert shown["Call"] == '[2,"r1","Reset",{"type":"Soft"}]'
    assert f'href="/operations/requests/{run.pk}/"' in response.text
    assert "{&quot;type&quot;: &quot;Soft&quot;}</td>" in response.text


def test_what_was_no_message_shows_too(desk: Client) -> None:
    MessageFactory(
        action="", call="hello", answer="", answered_at=None, error_code="FormatViolation"
    )
    response = desk.get(URL)
    assert actions(response) == ["No OCPP message"]
    assert column(response, "Answered") == ["FormatViolation"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Reset", "Authorize", "BootNotification", "Heartbeat"]),
        ({"station": "Depot"}, ["Authorize"]),
        ({"station": "cp-"}, ["Reset", "Authorize", "BootNotification", "Heartbeat"]),
        # Whoever is called exactly so, not those that begin so.
        ({"station": "CP-1"}, ["Reset", "BootNotification", "Heartbeat"]),
        ({"station": "nobody"}, []),
        ({"action": "BootNotification"}, ["BootNotification"]),
        ({"action": "o"}, ["Authorize", "BootNotification"]),
        ({"direction": "portal"}, ["Reset"]),
        ({"direction": "station", "station": "CP-1"}, ["BootNotification", "Heartbeat"]),
        ({"answer": "error"}, ["BootNotification"]),
        ({"answer": "none"}, ["Reset"]),
        ({"text": "vendorx"}, ["BootNotification"]),
        ({"text": "invalid"}, ["Authorize"]),
        ({"live": "on"}, ["Reset", "Authorize", "BootNotification", "Heartbeat"]),
    ],
)
def test_filters_find_and_combine(desk: Client, query: dict[str, str], found: list[str]) -> None:
    station = StationFactory(identity="CP-1", name="Quay")
    other = StationFactory(identity="CP-12", name="Depot")
    MessageFactory(station=station)
    MessageFactory(
        station=station,
        action="BootNotification",
        call='[2,"b","BootNotification",{"chargePointVendor":"VendorX"}]',
        error_code="InternalError",
    )
    MessageFactory(station=other, action="Authorize", answer='[3,"a",{"status":"Invalid"}]')
    MessageFactory(
        station=station, action="Reset", is_from_station=False, answer="", answered_at=None
    )
    response = desk.get(URL, query)
    assert actions(response) == found
    assert ("No message matches this filter" in response.text) is (not found)


def test_times_are_in_the_readers_zone(client: Client) -> None:
    organisation = OrganisationFactory(time_zone="Asia/Tokyo")
    station = StationFactory(organisation=organisation)
    for hour in (8, 9, 10, 11):
        at = timezone.now().replace(2026, 5, 1, hour, 30, 0, 7000)
        MessageFactory(station=station, action=f"At{hour}", called_at=at)
    client.force_login(UserFactory(organisation=organisation))
    # Nine hours ahead of UTC.
    query = {"since": "2026-05-01T18:00", "until": "2026-05-01T20:00"}
    response = client.get(URL, query)
    assert actions(response) == ["At10", "At9"]
    assert column(response, "Time")[0] == "2026-05-01 19:30:00.007"
    assert actions(client.get(URL, {"since": "2027-01-01T00:00"})) == []
    assert actions(client.get(URL, {"until": "2026-01-01T00:00"})) == []
    assert actions(client.get(URL, {"since": "yesterday"})) == []


def test_only_ones_own_organisation(client: Client) -> None:
    ours = OrganisationFactory()
    mine = MessageFactory(station=StationFactory(organisation=ours), action="Mine")
    theirs = MessageFactory(action="Theirs", station=StationFactory(name="Secret"))
    client.force_login(UserFactory(organisation=ours))
    assert actions(client.get(URL)) == ["Mine"]
    assert actions(client.get(URL, {"station": "Secret"})) == []
    assert "Theirs" not in client.get(URL, {"export": "csv"}).text
    assert client.get(f"{URL}{mine.pk}/").status_code == 200
    assert client.get(f"{URL}{theirs.pk}/").status_code == 404
    tail = client.get(URL, {"tail": "0", "pending": str(theirs.pk)}, headers=HTMX)
    assert "Mine" in tail.text
    assert "Theirs" not in tail.text


def test_a_page_stays_the_same_while_messages_come(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MessageTable, "page_sizes", (3,))
    named(*"ABCDEFGH")
    first = desk.get(URL)
    assert actions(first) == ["H", "G", "F"]
    second = desk.get(URL + links(first)["older_url"])
    assert actions(second) == ["E", "D", "C"]
    named("I", "J")
    assert actions(desk.get(URL + links(first)["older_url"])) == ["E", "D", "C"]
    # The file holds what the page showed, not what it would show now.
    exported = csv_lines(desk.get(URL + links(first)["csv_url"]))
    assert [row[exported[0].index("Message")] for row in exported[1:]] == ["H", "G", "F"]
    last = desk.get(URL + links(second)["older_url"])
    assert actions(last) == ["B", "A"]
    assert "Older" not in last.text
    back = desk.get(URL + links(last)["newer_url"])
    assert actions(back) == ["E", "D", "C"]
    assert actions(desk.get(URL + links(back)["newer_url"])) == ["H", "G", "F"]
    # Two are newer still: the newest page, full.
    assert actions(desk.get(URL + "?after=" + str(links(first)["found"].messages[0].pk))) == [
        "J",
        "I",
        "H",
    ]


def test_csv_and_paper_are_the_page(desk: Client) -> None:
    station = StationFactory(name="=1+1")
    named("A", "B", "C", station=station)
    for query in ({}, {"action": "B"}):
        page = page_lines(desk.get(URL, query))
        exported = csv_lines(desk.get(URL, {**query, "export": "csv"}))
        assert [cell.removeprefix("'") for cell in exported[1]] == page[1]
        assert exported[1][exported[0].index("Station")] == "'=1+1"
        assert exported[0] == page[0]
        assert page_lines(desk.get(URL, {**query, "print": "1"})) == page


def test_what_a_station_says_is_no_markup(desk: Client) -> None:
    evil = '"><script>alert(1)</script>'
    message = MessageFactory(action=evil[:50], call=evil, answer=evil, error_code=evil[:50])
    for url in (URL, f"{URL}?print=1", f"{URL}{message.pk}/"):
        assert "<script>alert" not in desk.get(url).text


def test_the_frames_are_laid_out_under_the_row(desk: Client) -> None:
    message = MessageFactory(
        call='[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"s3cret"}]'
    )
    page = desk.get(URL).text
    assert f'hx-get="{URL}{message.pk}/"' in page
    fragment = desk.get(f"{URL}{message.pk}/", headers=HTMX).text
    assert "<html" not in fragment
    assert "&quot;key&quot;: &quot;AuthorizationKey&quot;,\n" in fragment
    assert "s3cret" not in fragment + page
    assert "<html" in desk.get(f"{URL}{message.pk}/").text


TOKENS = [
    ("Authorize", {"idTag": "04A1B2C3"}),
    ("Authorize", {"idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}}),
    ("SendLocalList", {"localAuthorizationList": [{"idTag": "04A1B2C3"}]}),
    ("DataTransfer", {"vendorId": "v", "data": '{"idTag": "04A1B2C3"}'}),
]


def test_tokens_are_masked_in_frames_that_were_cut_short(desk: Client, settings: Settings) -> None:
    settings.EVCHARGE_MASK_TOKENS = True
    MessageFactory(call='[2,"1","Authorize",{"idTag":"04A1B2C3', answer='{"parentIdTag": "04A1"')
    text = desk.get(URL).text
    assert "04A1" not in text
    assert "idTag" in text


@pytest.mark.parametrize(("action", "payload"), TOKENS)
def test_tokens_are_masked_where_the_setting_says_so(
    desk: Client, settings: Settings, action: str, payload: dict[str, Any]
) -> None:
    call = json.dumps([2, "1", action, payload])
    message = MessageFactory(action=action, call=call)
    urls = [URL, f"{URL}?export=csv", f"{URL}?print=1", f"{URL}{message.pk}/"]
    urls.append(f"/operations/stations/{message.station_id}/")
    for url in urls:
        assert "04A1B2C3" in desk.get(url).text
    settings.EVCHARGE_MASK_TOKENS = True
    for url in urls:
        assert "04A1B2C3" not in desk.get(url).text
    assert "04A1B2C3" in OcppMessage.objects.get().call
    # Nor can they be guessed, character by character.
    assert actions(desk.get(URL, {"text": "04A1"})) == []
    assert actions(desk.get(URL, {"text": action})) == [action]


def test_a_page_costs_few_queries_and_counts_nothing(desk: Client) -> None:
    for _ in range(60):
        MessageFactory(run=RunFactory())
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL, {"station": "Quay", "text": "Heartbeat", "since": "2020-01-01T00:00"})
    assert len(queries) <= MOST_QUERIES
    assert not any("COUNT(" in query["sql"] and "ocppmessage" in query["sql"] for query in queries)


def test_a_search_that_takes_long_is_given_up_and_goes_on_later(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_search, "FIRST_STRETCH", 2)
    monkeypatch.setattr(message_search, "PATIENCE_S", -1.0)
    monkeypatch.setattr(message_search, "LONG_PATIENCE_S", 60.0)
    named(*"ABCDEF")
    first = desk.get(URL, {"action": "A"})
    assert actions(first) == []
    assert "only a part of the log was searched" in first.text
    assert "Search further" in first.text
    # Who goes on is more patient.
    assert actions(desk.get(URL + links(first)["older_url"])) == ["A"]


def test_stretches_of_the_log_join_without_a_gap(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_search, "FIRST_STRETCH", 1)
    monkeypatch.setattr(message_search, "GROWTH", 1)
    monkeypatch.setattr(message_search, "PATIENCE_S", 60.0)
    named(*"ABCDEF")
    assert actions(desk.get(URL)) == list("FEDCBA")


def test_a_tail_brings_what_has_come_since(desk: Client) -> None:
    named("Old")
    page = desk.get(URL, {"live": "on", "action": "e"})
    tail_url = links(page)["tail_url"]
    assert 'id="tail"' in page.text
    assert desk.get(URL + tail_url, headers=HTMX).status_code == 204
    named("New", "Other")
    news = desk.get(URL + tail_url, headers=HTMX)
    assert "New" in news.text
    assert "Old" not in news.text
    # It goes on after the newest.
    assert f"tail={OcppMessage.objects.get(action='Other').pk}" in news.text
    assert "<html" not in news.text


def test_a_tail_brings_answers_too(desk: Client) -> None:
    waiting, fresh = named("Reset", "Unlock", is_from_station=False, answer="", answered_at=None)
    page = desk.get(URL, {"live": "on"})
    assert "data-pending" in row(waiting, page.text)
    url = f"{URL}{links(page)['tail_url']}&pending={waiting.pk},{fresh.pk},junk"
    assert desk.get(url, headers=HTMX).status_code == 204
    OcppMessage.objects.filter(pk=waiting.pk).update(answered_at=timezone.now(), answer="[3]")
    news = desk.get(url, headers=HTMX).text
    assert 'hx-swap-oob="true"' in row(waiting, news)
    assert not row(fresh, news)


def test_only_the_newest_page_is_followed(desk: Client) -> None:
    first, *_others = named("A", "B", "C")
    page = desk.get(URL, {"live": "on", "before": str(first.pk + 1)})
    assert 'id="tail"' not in page.text
    assert 'id="tail"' in desk.get(URL, {"live": "on", "action": "nothing"}).text


def test_a_log_without_messages_says_so(desk: Client) -> None:
    assert "No messages yet" in desk.get(URL).text
    assert desk.get(URL, {"before": "x", "after": "9" * 30, "per_page": "7"}).status_code == 200
