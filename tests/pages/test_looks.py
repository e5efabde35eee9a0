"""How people want their lists: columns, density, several sorts, saved views; all of it as CSV."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from operations.models import AuditEntry, ListLook, SavedView, Station, User
from operations.models.audit import Deed
from operations.statuses import Role
from operations.tables import streams
from operations.tables.audience import Audience
from operations.tables.stations import StationTable
from tests.factories import (
    MessageFactory,
    OrganisationFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/stations/"


@pytest.fixture
def user() -> User:
    return UserFactory(role=Role.OPERATOR)


@pytest.fixture
def desk(client: Client, user: User) -> Client:
    """An operator's browser."""
    client.force_login(user)
    return client


def wear(desk: Client, url: str = URL, **data: Any) -> str:
    """What the columns' form is answered with: where it leads."""
    response = desk.post(url, {"density": "comfortable", **data})
    assert response.status_code == 302
    return response.headers["Location"]


def header(response: Any) -> list[str]:
    return page_lines(response)[0]


# --- columns -----------------------------------------------------------------------------------


def test_the_address_says_which_columns_in_which_order(desk: Client) -> None:
    StationFactory(name="Quay 1", identity="CP-1")
    response = desk.get(URL, {"columns": "identity,name"})
    assert page_lines(response) == [["Identity", "Name"], ["CP-1", "Quay 1"]]
    # Buttons and tick boxes stay.
    assert 'name="pick"' in response.text
    assert "/ask/reboot/" in response.text


@pytest.mark.parametrize("columns", ["", "nonsense", ",,", "actions,tick", "__class__"])
def test_columns_nobody_knows_leave_the_list_as_it_is(desk: Client, columns: str) -> None:
    StationFactory()
    assert header(desk.get(URL, {"columns": columns})) == header(desk.get(URL))


def test_a_list_offers_more_columns_than_it_shows(desk: Client) -> None:
    StationFactory(iccid="8944500")
    response = desk.get(URL)
    assert "SIM card (ICCID)" not in header(response)
    assert any(
        choice.name == "iccid" and not choice.is_shown for choice in response.context["columns"]
    )
    assert column(desk.get(URL, {"columns": "name,iccid"}), "SIM card (ICCID)") == ["8944500"]


@pytest.mark.parametrize("form", [{"export": "csv"}, {"export": "all"}])
def test_files_hold_the_columns_one_sees(desk: Client, form: dict[str, str]) -> None:
    StationFactory(name="Quay 1", identity="=CP-1")
    response = desk.get(URL, {"columns": "identity,name", **form})
    text = "".join(part.decode() for part in response)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["Identity", "Name"],
        ["'=CP-1", "Quay 1"],
    ]


def test_paper_holds_the_columns_one_sees(desk: Client) -> None:
    StationFactory(name="Quay 1", identity="CP-1")
    response = desk.get(URL, {"columns": "identity", "print": "1"})
    assert page_lines(response) == [["Identity"], ["CP-1"]]


def test_what_was_chosen_is_kept_for_the_user_and_the_list(desk: Client) -> None:
    StationFactory()
    to = wear(desk, column=["identity", "name"], density="compact")
    assert to == f"{URL}?columns=identity%2Cname&density=compact"
    response = desk.get(URL)
    assert header(response) == ["Identity", "Name"]
    assert 'data-density="compact"' in response.text
    # A link to it shows a colleague the same.
    assert response.context["address"] == "?columns=identity%2Cname&density=compact"
    assert not ListLook.objects.exclude(list="station-list").exists()
    other = Client()
    other.force_login(UserFactory())
    assert header(other.get(URL)) != ["Identity", "Name"]
    assert header(other.get(to)) == ["Identity", "Name"]


def test_the_filter_and_the_order_stay_when_columns_change(desk: Client) -> None:
    to = wear(desk, f"{URL}?vendor=ABB&sort=-name", column=["name"])
    assert to == f"{URL}?vendor=ABB&sort=-name&columns=name"


def test_as_at_first_forgets_the_choice(desk: Client) -> None:
    StationFactory()
    usual = header(desk.get(URL))
    wear(desk, column=["name"])
    assert wear(desk, f"{URL}?columns=name", reset="1", column=["name"]) == URL
    assert header(desk.get(URL)) == usual


def test_without_scripts_a_button_moves_a_column(desk: Client) -> None:
    assert wear(desk, column=["name", "identity", "model"], up="model").endswith(
        "columns=name%2Cmodel%2Cidentity"
    )
    assert wear(desk, column=["name", "identity", "model"], down="name").endswith(
        "columns=identity%2Cname%2Cmodel"
    )


def test_one_may_not_leave_out_every_column(desk: Client) -> None:
    StationFactory()
    assert wear(desk) == URL
    assert "Name" in header(desk.get(URL))


def test_every_list_has_columns_to_choose(desk: Client) -> None:
    MessageFactory()
    for item in desk.get(URL).context["menu"]:
        response = desk.get(item["url"], follow=True)
        if "table" in response.context:
            assert 'id="columns-menu"' in response.text, item["url"]
    log = desk.get("/operations/messages/", {"columns": "action,station"})
    assert header(log) == ["Message", "Station"]


# --- several sorts -----------------------------------------------------------------------------


def test_a_second_sort_settles_what_the_first_leaves_open(desk: Client) -> None:
    StationFactory(name="A", vendor="ABB", model="X")
    StationFactory(name="B", vendor="ABB", model="Y")
    StationFactory(name="C", vendor="Alfen", model="X")
    response = desk.get(f"{URL}?sort=vendor&sort=-model")
    assert column(response, "Name") == ["B", "A", "C"]
    assert column(desk.get(f"{URL}?sort=-model&sort=-name"), "Name") == ["B", "C", "A"]
    assert response.text.count('class="sort-rank"') == 2
    assert 'data-order="vendor,-model"' in response.text
    # The filter's form carries both.
    assert response.text.count('name="sort" value=') == 2


@pytest.mark.parametrize("query", ["sort=nonsense&sort=name", "sort=&sort=name", "sort=name"])
def test_sorts_nobody_knows_are_passed_over(desk: Client, query: str) -> None:
    StationFactory(name="B")
    StationFactory(name="A")
    assert column(desk.get(f"{URL}?{query}"), "Name") == ["A", "B"]


# --- all rows as CSV -----------------------------------------------------------------------------


def lines_of(response: Any) -> list[list[str]]:
    text = "".join(part.decode() for part in response)
    return list(csv.reader(io.StringIO(text, newline="")))


def test_all_that_match_come_in_the_order_of_the_list(
    desk: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHUNK", 4)
    for number in range(30):
        StationFactory(name=f"Quay {number:02}", vendor="ABB" if number % 2 else "Alfen")
    asked = {"vendor": "ABB", "sort": "-name", "export": "all", "columns": "name"}
    response = desk.get(URL, asked)
    assert response.headers["Content-Disposition"] == 'attachment; filename="stations.csv"'
    assert lines_of(response) == [["Name"], *([f"Quay {n:02}"] for n in range(29, 0, -2))]
    entry = AuditEntry.objects.get(deed=Deed.EXPORTED)
    assert (entry.who, entry.target_name) == (user.username, "Stations")
    assert entry.detail == "Vendor: ABB"


def test_more_than_can_be_held_in_order_come_newest_first(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHUNK", 2)
    monkeypatch.setattr(streams, "MOST_SORTED", 3)
    for name in "ABCDE":
        StationFactory(name=name)
    rows = lines_of(desk.get(URL, {"export": "all", "columns": "name"}))
    assert rows == [["Name"], ["E"], ["D"], ["C"], ["B"], ["A"]]


def test_all_rows_are_those_one_may_see(client: Client) -> None:
    ours = OrganisationFactory()
    StationFactory(name="Ours", organisation=ours)
    StationFactory(name="Theirs")
    client.force_login(UserFactory(organisation=ours))
    assert lines_of(client.get(URL, {"export": "all", "columns": "name"})) == [["Name"], ["Ours"]]


def test_who_leaves_takes_no_more_rows(
    user: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(streams, "CHUNK", 1)
    StationFactory.create_batch(3)
    table = StationTable([], audience=Audience.of(user))
    lines = streams.lines(table, Station.objects.select_related("site"))
    with django_assert_num_queries(0):
        assert next(lines).startswith("Name,")
    assert next(lines).startswith("Quay")
    with django_assert_num_queries(0):
        lines.close()
    assert list(lines) == []


def test_all_messages_can_be_had_too(desk: Client) -> None:
    MessageFactory(action="Heartbeat")
    MessageFactory(action="Authorize")
    asked = {"action": "Heartbeat", "export": "all", "columns": "action"}
    assert lines_of(desk.get("/operations/messages/", asked)) == [["Message"], ["Heartbeat"]]


# --- saved views ---------------------------------------------------------------------------------

ADD = "/operations/views/add/"
MENU = "/operations/views/"


def save(desk: Client, name: str, query: str = "vendor=ABB", **data: Any) -> SavedView:
    response = desk.post(f"{ADD}?next={URL}%3F{query.replace('&', '%26')}", {"name": name, **data})
    assert response.status_code == 302, response.text
    assert response.headers["Location"] == f"{URL}?{query}"
    return SavedView.objects.get(name=name)


def menu_of(desk: Client, url: str = URL) -> str:
    return desk.get(f"{MENU}?next={url}", headers={"HX-Request": "true"}).text


def test_a_view_is_saved_under_a_name_and_found_in_the_menu(desk: Client, user: User) -> None:
    view = save(desk, "ABB", "vendor=ABB&sort=-name")
    assert (view.list, view.query, view.user) == ("station-list", "vendor=ABB&sort=-name", user)
    menu = menu_of(desk)
    assert f'href="{URL}?vendor=ABB&amp;sort=-name"' in menu
    assert view.name not in menu_of(desk, "/operations/chargers/")
    # Without scripts it is a page.
    assert "<h1" in desk.get(f"{MENU}?next={URL}").text


def test_a_name_is_taken_once(desk: Client) -> None:
    save(desk, "ABB")
    response = desk.post(f"{ADD}?next={URL}", {"name": "ABB"})
    assert response.status_code == 422
    assert "You have a view of this name already." in response.text


def test_shared_views_are_for_the_own_organisation(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    client.force_login(UserFactory(organisation=ours))
    save(client, "Shared", is_shared="on")
    save(client, "Mine")
    seen = {}
    for name, organisation in (("colleague", ours), ("stranger", theirs), ("nobody", None)):
        other = UserFactory(organisation=organisation, sees_all_organisations=False)
        client.force_login(other)
        text = menu_of(client)
        seen[name] = (">Shared " in text, ">Mine" in text)
    assert seen == {
        "colleague": (True, False),
        "stranger": (False, False),
        "nobody": (False, False),
    }


def test_viewers_save_for_themselves_alone(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER, organisation=OrganisationFactory()))
    assert save(client, "Mine", is_shared="on").is_shared is False


def test_nobody_changes_anothers_view(desk: Client, client: Client) -> None:
    view = save(desk, "ABB", is_shared="on")
    client.force_login(UserFactory())
    for page in (f"{MENU}{view.pk}/", f"{MENU}{view.pk}/delete/"):
        assert client.post(f"{page}?next={URL}", {"name": "Mine"}).status_code == 404
    assert SavedView.objects.get().name == "ABB"


def test_a_list_opens_with_the_view_one_chose(desk: Client) -> None:
    view = save(desk, "ABB", is_opening="on")
    assert desk.get(URL).headers["Location"] == f"{URL}?vendor=ABB"
    # All rows can still be had, and a filter of one's own.
    assert desk.get(f"{URL}?vendor=ABB").context["clear_url"] == "?view=plain"
    assert desk.get(f"{URL}?view=plain").status_code == 200
    assert desk.get(f"{URL}?vendor=Alfen").status_code == 200
    change = f"{MENU}{view.pk}/?next={URL}"
    desk.post(change, {"name": "ABB"})
    assert desk.get(URL).status_code == 200
    desk.post(change, {"name": "ABB", "is_opening": "on"})
    assert desk.post(f"{MENU}{view.pk}/delete/?next={URL}").status_code == 302
    assert desk.get(URL).status_code == 200
    assert ListLook.objects.get().opens_with is None


@pytest.mark.parametrize(
    "address",
    ["", "https://example.org/", "//example.org/x", "/healthz", "/operations/search/", "/nowhere/"],
)
def test_views_belong_to_lists_of_the_portal(desk: Client, address: str) -> None:
    assert desk.get(MENU, {"next": address}).status_code == 404
    assert desk.post(f"{ADD}?next={address}", {"name": "x"}).status_code == 404


def test_a_foreign_host_is_never_led_to(desk: Client) -> None:
    response = desk.post(f"{ADD}?next=//example.org{URL}", {"name": "x"})
    assert response.headers["Location"] == URL


def test_the_page_of_csv_is_still_the_page(desk: Client) -> None:
    StationFactory.create_batch(3)
    assert len(csv_lines(desk.get(URL, {"export": "csv"}))) == 4
