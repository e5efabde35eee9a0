"""Operations > Audit log: who may read it, what it says, and all of it as one file."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from operations.models.audit import Deed
from operations.services import auditing
from operations.statuses import Role
from operations.tables import streams
from tests.factories import OrganisationFactory, RunFactory, StationFactory, UserFactory
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/audit-log/"
MOST_QUERIES = 10


@pytest.fixture
def desk(client: Client) -> Client:
    """An admin's browser."""
    client.force_login(UserFactory(role=Role.ADMIN, username="ada"))
    return client


def note(deed: Deed, *args: Any, who: str = "lee", **kwargs: Any) -> None:
    actor = auditing.person(UserFactory.build(username=who), address="192.0.2.7")
    with auditing.acting(actor):
        auditing.note(deed, *args, **kwargs)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.VIEWER, 403), (Role.OPERATOR, 403), (Role.ENGINEER, 200), (Role.ADMIN, 200)],
)
def test_who_may_read_it(client: Client, role: Role, status: int) -> None:
    client.force_login(UserFactory(role=role))
    assert client.get(URL).status_code == status
    menu = client.get("/operations/stations/").content.decode()
    assert ("Audit log" in menu) == (status == 200)


def test_a_row_says_who_did_what_to_whom(desk: Client) -> None:
    station = StationFactory(name="Quay <b>1</b>")
    note(Deed.QUARANTINED, station, changes={"registration": ["Accepted", "Pending"]}, detail="Odd")
    header, row = page_lines(desk.get(URL + "?deed=quarantined"))
    shown = dict(zip(header, row, strict=True))
    assert shown["Who"] == "lee"
    assert shown["From"] == "192.0.2.7"
    assert shown["What"] == "Quarantined"
    assert shown["Target"] == "Quay <b>1</b>"
    assert shown["Before → after"] == "registration: Accepted → Pending"
    assert shown["Detail"] == "Odd"
    page = desk.get(URL).content.decode()
    assert "<b>1</b>" not in page
    assert f'href="/operations/stations/{station.pk}/"' in page


def test_what_came_into_being_shows_its_values_and_folds_the_many(desk: Client) -> None:
    fields = {f"field_{number}": [None, number] for number in range(9)}
    note(Deed.CREATED, name="Much", changes=fields)
    page = desk.get(URL).content.decode()
    assert "and 6 more" in page
    assert "field 8" in page
    assert "→ 8" not in page


def test_what_was_asked_shows_its_parameters_which_are_no_fields(desk: Client) -> None:
    # The page broke on any request with parameters.
    note(Deed.ASKED, RunFactory(), changes={"log_type": [None, "security"]})
    assert column(desk.get(URL + "?deed=asked"), "Before → after") == ["log type: security"]


def test_what_is_gone_is_named_but_not_linked(desk: Client) -> None:
    note(Deed.DELETED, StationFactory(name="Old"))
    assert column(desk.get(URL + "?deed=deleted"), "Target") == ["Old"]
    assert "/operations/stations/1/" not in desk.get(URL + "?deed=deleted").content.decode()


def test_filters(desk: Client) -> None:
    note(Deed.CHANGED, StationFactory(name="Quay 1"), who="lee")
    note(Deed.CHANGED, StationFactory(name="Quay 12"), who="leela")
    note(Deed.ASKED, RunFactory(), who="max", name="Reboot Pier")
    assert column(desk.get(URL + "?who=lee"), "Target") == ["Quay 1"]
    assert column(desk.get(URL + "?who=le"), "Target") == ["Quay 12", "Quay 1"]
    assert column(desk.get(URL + "?target_name=pier"), "Who") == ["max"]
    assert column(desk.get(URL + "?target_kind=commandrun"), "Who") == ["max"]
    assert column(desk.get(URL + "?deed=changed"), "Target") == ["Quay 12", "Quay 1"]
    assert page_lines(desk.get(URL + "?until=2020-01-01T00:00")) == []
    assert "No entry matches" in desk.get(URL + "?since=2099-01-01T00:00").content.decode()


def test_people_of_one_organisation_see_what_was_done_to_its_things(client: Client) -> None:
    grid, other = OrganisationFactory(), OrganisationFactory()
    note(Deed.CHANGED, StationFactory(name="Ours", organisation=grid))
    note(Deed.CHANGED, StationFactory(name="Theirs", organisation=other))
    note(Deed.CHANGED, name="Nobody's")
    client.force_login(UserFactory(role=Role.ADMIN, organisation=grid))
    assert "Theirs" not in client.get(URL).content.decode()
    assert "Nobody" not in client.get(URL + "?export=all").getvalue().decode()
    assert column(client.get(URL + "?deed=changed"), "Target") == ["Ours"]


def test_csv_of_the_page_and_of_all(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CHUNK", 7)
    for number in range(30):
        note(Deed.CHANGED, name=f"=cmd{number:02}")
    note(Deed.DELETED, name="not this one")
    page = csv_lines(desk.get(URL + "?deed=changed&export=csv"))
    assert len(page) == 26
    answer = desk.get(URL + "?deed=changed&export=all")
    assert answer["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    header, *rows = list(csv.reader(io.StringIO(answer.getvalue().decode(), newline="")))
    assert header == page[0]
    targets = [row[header.index("Target")] for row in rows]
    assert targets == [f"'=cmd{number:02}" for number in reversed(range(30))]
    assert rows[:25] == page[1:]


def test_a_filter_that_is_not_understood_exports_nothing(desk: Client) -> None:
    note(Deed.CHANGED, name="x")
    answer = desk.get(URL + "?since=yesterday&export=all")
    assert len(answer.getvalue().decode().splitlines()) == 1


@pytest.mark.django_db(transaction=True)
async def test_all_of_it_is_streamed_under_asgi() -> None:
    from asgiref.sync import sync_to_async

    admin = await sync_to_async(UserFactory)(role=Role.ADMIN)
    await sync_to_async(note)(Deed.CHANGED, name="One")
    client = AsyncClient()
    await client.aforce_login(admin)
    answer = await client.get(URL + "?deed=changed&export=all")
    assert answer.is_async
    text = b"".join([chunk async for chunk in answer]).decode()
    assert "One" in text


def test_the_page_costs_the_same_however_many_entries(desk: Client) -> None:
    for _number in range(30):
        note(Deed.CHANGED, StationFactory())
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(URL).status_code == 200
    assert len(queries) <= MOST_QUERIES
