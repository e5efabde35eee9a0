"""Operations > Local Authorization Management: the fleet, the named lists, a station's tab."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import AuditEntry, CommandBatch, LocalList, Station, StationList
from operations.models.local_lists import ListState
from operations.services.local_lists import states
from operations.statuses import Role
from operations.views import live
from tests.domain.asked import ask
from tests.domain.listing import Sending, changed, listed_station, tokens
from tests.factories import (
    OrganisationFactory,
    SiteFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

FLEET = "/operations/local-authorization/"
LISTS = "/operations/local-lists/"
MOST_QUERIES = 12


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def tab(station: Station) -> str:
    return f"/operations/stations/{station.pk}/local-list/"


def holding(**of_list: Any) -> tuple[Station, LocalList]:
    """A station that confirmed its list of three."""
    station, local_list = listed_station(3, **of_list)
    talk = Sending(ask(station, "send-local-list", mode="full"))
    talk.is_looked_at(SendLocalListMaxLength="10", LocalAuthListMaxLength="50")
    talk.says()
    station.refresh_from_db()
    return station, local_list


# The fleet


def test_the_fleet_shows_how_each_list_stands(desk: Client) -> None:
    station, _local_list = holding()
    StationFactory(name="Quay nobody thought of")
    response = desk.get(FLEET)
    assert "Local Authorization Management" in response.text
    rows = dict(zip(column(response, "Station"), column(response, "State"), strict=True))
    assert rows == {station.name: "In step", "Quay nobody thought of": "No list assigned"}
    assert column(response, "Confirmed") == ["1", ""]
    assert column(response, "Takes") == ["50 in all, 10 at once", ""]


@pytest.mark.parametrize("state", ListState)
def test_every_state_can_be_filtered_for(desk: Client, state: ListState) -> None:
    wanted, other = StationFactory(name="Wanted"), StationFactory(name="Other")
    StationList.objects.create(station=wanted, state=state)
    opposite = ListState.BEHIND if state != ListState.BEHIND else ListState.IN_STEP
    StationList.objects.create(station=other, state=opposite)
    response = desk.get(FLEET, {"state": state})
    assert column(response, "Station") == ["Wanted"]
    assert csv_lines(desk.get(FLEET, {"state": state, "export": "csv"})) == page_lines(response)
    assert desk.get(FLEET, {"state": state, "print": "1"}).status_code == 200


def test_lists_and_sites_can_be_filtered_for(desk: Client) -> None:
    station, local_list = listed_station()
    StationFactory()
    assert column(desk.get(FLEET, {"local_list": local_list.pk}), "Station") == [station.name]
    assert "No station matches this filter" in desk.get(FLEET, {"site": "nowhere"}).text


def test_the_fleet_takes_the_same_queries_however_long_it_is(desk: Client) -> None:
    _station, local_list = listed_station()
    for _number in range(10):
        other = StationFactory(organisation=local_list.organisation)
        StationList.objects.create(station=other, local_list=local_list)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        desk.get(FLEET)
    assert len(queries) <= MOST_QUERIES


def test_others_stations_and_lists_are_not_there(client: Client) -> None:
    station, local_list = listed_station()
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=OrganisationFactory()))
    assert station.name not in client.get(FLEET).text
    assert "No lists yet" in client.get(LISTS).text
    for url in (
        f"{LISTS}{local_list.pk}/",
        f"{LISTS}{local_list.pk}/change/",
        f"{LISTS}{local_list.pk}/delete/",
        f"{LISTS}{local_list.pk}/assign/",
        tab(station),
        f"{tab(station)}assign/",
    ):
        assert client.get(url).status_code == 404, url


def test_a_row_is_patched_when_its_station_changes(desk: Client) -> None:
    station, _local_list = holding()
    user = UserFactory()
    admission = live.admit(user.pk, None, [f"held:{station.pk}"])
    assert admission is not None
    assert admission.triggers[f"station:{station.pk}"] == {f"held:{station.pk}"}
    patches = live.patches({admission.viewpoint: admission.keys})[admission.viewpoint]
    cells = {patch["id"]: patch["html"] for patch in patches[f"held:{station.pk}"]}
    assert "In step" in cells[f"held-{station.pk}-state"]


def test_selected_stations_are_asked_through_the_preview(desk: Client) -> None:
    station, local_list = listed_station(25)
    chosen = {"command": "send-local-list", "all": "1", "filter": f"local_list={local_list.pk}"}
    form = desk.get("/operations/ask/local-lists/", chosen)
    assert "Send the full local list" in form.text or "Send the local list" in form.text
    preview = desk.post("/operations/ask/local-lists/", {**chosen, "mode": "needed"})
    assert "The whole list: 25 identifiers in 1 message." in said(preview)
    desk.post(
        "/operations/ask/local-lists/",
        {"step": "confirm", "question": preview.context["question"]},
    )
    batch = CommandBatch.objects.get()
    assert [run.station for run in batch.runs.all()] == [station]
    assert batch.params == {"mode": "needed"}


def test_the_preview_of_many_adds_up(desk: Client) -> None:
    station, local_list = holding()
    new = StationFactory(organisation=local_list.organisation)
    StationList.objects.create(station=new, local_list=local_list)
    StationFactory(organisation=local_list.organisation)
    TokenFactory(identifier="A" * 30, organisation=local_list.organisation)
    TokenFactory(identifier="ZNEW", organisation=local_list.organisation)
    changed(local_list)
    chosen = {"command": "send-local-list", "all": "1", "filter": "", "mode": "needed"}
    words = said(desk.post("/operations/ask/local-lists/", chosen))
    for sentence in (
        "1 station gets the whole list.",
        "1 station gets only changes.",
        "1 station has no list assigned.",
        "In all 5 identifiers added, 0 changed, 0 removed, in 2 messages.",
        "1 identifier is skipped",
    ):
        assert sentence in words
    assert station.pk


# A station's tab


def test_the_tab_shows_what_would_be_added_changed_and_removed(desk: Client) -> None:
    station, local_list = holding()
    organisation = local_list.organisation
    organisation.tokens.get(identifier="TAG0001").delete()
    organisation.tokens.filter(identifier="TAG0002").update(group="FLEET")
    TokenFactory(identifier="ZNEW", organisation=organisation)
    TokenFactory(identifier="A" * 21, organisation=organisation)
    changed(local_list)
    response = desk.get(tab(station))
    words = said(response)
    assert "1 added, 1 changed, 1 removed: 1 message." in words
    assert "Skipped, as OCPP 1.6 can't carry them:" in words
    assert [part["id"] for part in response.context["parts"]] == ["added", "changed", "removed"]
    assert "Local authorization and authorization cache are separate features" in words
    dialog = desk.get(
        f"/operations/stations/{station.pk}/ask/send-local-list/?mode=full",
        headers={"HX-Request": "true"},
    )
    assert "The whole list: 3 identifiers in 1 message." in said(dialog)


@pytest.mark.parametrize("make", [StationFactory, lambda: listed_station()[0]])
def test_the_tab_of_a_station_of_which_little_is_known(desk: Client, make: Any) -> None:
    response = desk.get(tab(make()))
    assert response.status_code == 200
    assert "never said which version" in said(response)


def test_a_partly_applied_list_says_so(desk: Client) -> None:
    station, _local_list = listed_station(3)
    talk = Sending(ask(station, "send-local-list", mode="full"))
    talk.is_looked_at(SendLocalListMaxLength="2")
    talk.says()
    assert "The list is partly applied: version 1, 2 of 3." in said(desk.get(tab(station)))


def test_a_station_is_given_a_list_and_loses_it(desk: Client) -> None:
    station = StationFactory()
    local_list = LocalList.objects.create(name="Ours", organisation=station.organisation)
    foreign = LocalList.objects.create(name="Theirs", organisation=OrganisationFactory())
    url = f"{tab(station)}assign/"
    form = desk.get(url)
    assert "Ours" in form.text
    assert "Theirs" not in form.text
    assert desk.post(url, {"local_list": foreign.pk}).status_code == 422
    desk.post(url, {"local_list": local_list.pk})
    copy = StationList.objects.get(station=station)
    assert (copy.local_list, copy.state, copy.is_own) == (local_list, ListState.NEVER, True)
    desk.post(url, {"local_list": ""})
    copy.refresh_from_db()
    assert (copy.local_list, copy.state) == (None, ListState.UNASSIGNED)


def test_operators_send_but_do_not_assign(client: Client) -> None:
    station, local_list = listed_station()
    client.force_login(UserFactory(role=Role.OPERATOR))
    assert client.get(f"{tab(station)}assign/").status_code == 403
    assert client.get(f"{LISTS}{local_list.pk}/change/").status_code == 403
    assert client.get(f"{LISTS}add/").status_code == 403
    response = client.get(tab(station))
    assert "Assign a list" not in response.text
    assert "send-local-list/?mode=full" in response.text


# The named lists


def test_a_list_is_made_changed_and_deleted(desk: Client) -> None:
    organisation = OrganisationFactory()
    site = SiteFactory(organisation=organisation)
    station = StationFactory(organisation=organisation, site=site)
    tokens(2, organisation)
    form = {
        "name": "Night shift",
        "organisation": organisation.pk,
        "source": "chosen",
        "identifiers": "tag0001\n\nTAG0001",
        "sites": [site.pk],
    }
    desk.post(f"{LISTS}add/", form)
    local_list = LocalList.objects.get()
    assert [token.identifier for token in local_list.tokens.all()] == ["TAG0001"]
    assert local_list.revision is not None
    assert local_list.revision.size == 1
    assert StationList.objects.get().station == station
    lines = desk.get(LISTS)
    assert column(lines, "Name") == ["Night shift"]
    assert column(lines, "Stations") == ["1"]
    assert column(lines, "Not in step") == ["1"]
    page = desk.get(f"{LISTS}{local_list.pk}/")
    assert "TAG0001" in page.text
    desk.post(f"{LISTS}{local_list.pk}/change/", {**form, "source": "all", "syncs": "on"})
    local_list.refresh_from_db()
    assert local_list.revision is not None
    assert (local_list.revision.size, local_list.syncs) == (2, True)
    desk.post(f"{LISTS}{local_list.pk}/delete/")
    assert not LocalList.objects.exists()
    assert StationList.objects.get().state == ListState.UNASSIGNED
    deeds = AuditEntry.objects.filter(target_name="Night shift").order_by("pk")
    assert [entry.deed for entry in deeds] == ["created", "changed", "deleted"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"source": "group"}, "Say which group."),
        ({"source": "chosen", "identifiers": "NOPE"}, "1 are no tokens of this organisation: NOPE"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_wrong_list_says_what_is_wrong(
    desk: Client, wrong: dict[str, str], sentence: str
) -> None:
    organisation = OrganisationFactory()
    form = {"name": "New", "organisation": organisation.pk, "source": "all", **wrong}
    response = desk.post(f"{LISTS}add/", form)
    assert response.status_code == 422
    assert sentence in said(response)


def test_a_name_is_taken_once_in_an_organisation(client: Client) -> None:
    ours = OrganisationFactory()
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    form = {"name": "Night shift", "source": "all"}
    client.post(f"{LISTS}add/", form)
    again = client.post(f"{LISTS}add/", form | {"name": "NIGHT SHIFT"})
    assert "There is a list of this name already." in said(again)
    kept = LocalList.objects.get()
    assert client.post(f"{LISTS}{kept.pk}/change/", form).status_code == 302


def test_another_organisations_tokens_and_sites_are_not_taken(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    TokenFactory(identifier="THEIRS", organisation=theirs)
    site = SiteFactory(organisation=theirs)
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    form = {"name": "New", "source": "chosen", "identifiers": "THEIRS", "sites": [site.pk]}
    assert client.post(f"{LISTS}add/", form).status_code == 422
    assert not LocalList.objects.exists()


def test_stations_are_given_a_list_by_their_identities(desk: Client) -> None:
    _station, local_list = listed_station()
    mine = StationFactory(organisation=local_list.organisation)
    foreign = StationFactory()
    url = f"{LISTS}{local_list.pk}/assign/"
    refused = desk.post(url, {"stations": f"{mine.identity}\n{foreign.identity}"})
    assert foreign.identity in said(refused)
    desk.post(url, {"stations": mine.identity})
    assert mine.held_list.local_list == local_list
    assert desk.post(url, {"stations": ""}).status_code == 422


def test_a_lists_page_names_what_is_skipped_and_survives_hostile_tokens(desk: Client) -> None:
    _station, local_list = listed_station()
    TokenFactory(identifier="<script>alert(1)</script>", organisation=local_list.organisation)
    changed(local_list)
    response = desk.get(f"{LISTS}{local_list.pk}/")
    assert "1 identifier is skipped for stations of OCPP 1.6" in said(response)
    assert "<script>alert(1)" not in response.text


def test_states_load_no_contents(desk: Client) -> None:
    _station, local_list = listed_station()
    with CaptureQueriesContext(connection) as queries:
        states.refresh(StationList.objects.filter(local_list=local_list))
        desk.get(FLEET)
    assert not any("packed" in query["sql"] for query in queries)
