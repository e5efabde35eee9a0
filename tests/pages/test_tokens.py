"""Operations > Tokens: the list and its files, one by hand, and the rejected."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import RejectedToken, Token, TokenImport
from operations.models.tokens import PaymentKind, RejectionReason, TokenStatus
from operations.services import tokens
from operations.statuses import Role
from tests.factories import OrganisationFactory, StationFactory, TokenFactory, UserFactory
from tests.pages.counting import queries_of
from tests.pages.reading import column, csv_lines, page_lines, said
from tests.pages.uploading import imported

pytestmark = pytest.mark.django_db

URL = "/operations/tokens/"
REJECTED = "/operations/tokens/rejected/"
IMPORT = "/operations/tokens/import/"
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> None:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def typed(**fields: Any) -> dict[str, Any]:
    """What is typed into the form."""
    return {
        "identifier": "04A2",
        "type": "ISO14443",
        "status": "Accepted",
        "payment": "post-paid",
        **fields,
    }


def rejected(**fields: Any) -> RejectedToken:
    found: RejectedToken = RejectedToken.objects.create(
        **{
            "station": fields.pop("station", None) or StationFactory(),
            "token": "04A2",
            "reason": RejectionReason.UNKNOWN,
            "first_at": timezone.now(),
            "last_at": timezone.now(),
            **fields,
        }
    )
    return found


# --- The list ----------------------------------------------------------------------------------


def test_the_list_says_what_may_charge(desk: Client) -> None:
    TokenFactory(
        identifier="04A2",
        holder="Fleet 7",
        group="FLEET",
        organisation=OrganisationFactory(name="North"),
        payment=PaymentKind.PRE_PAID,
    )
    TokenFactory(identifier="DE-ABC-C12345678-9-LONG", type="eMAID", expires_at="2020-01-01T00:00Z")
    header, card, contract = page_lines(desk.get(URL))
    shown = dict(zip(header, card, strict=True))
    assert (shown["Identifier"], shown["Holder"], shown["Group"]) == ("04A2", "Fleet 7", "FLEET")
    assert (shown["Organisation"], shown["Status"]) == ("North", "Accepted")
    assert (shown["Payment"], shown["OCPP 1.6"]) == ("Pre-paid", "Usable")
    shown = dict(zip(header, contract, strict=True))
    assert (shown["Status"], shown["OCPP 1.6"]) == ("Expired", "Too long")
    assert shown["Organisation"] == "All organisations"
    assert csv_lines(desk.get(URL, {"export": "csv"})) == [header, card, contract]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"identifier": "a2"}, ["04A2"]),
        ({"holder": "fleet"}, ["04A2"]),
        ({"group": "GRP"}, ["04A2"]),
        ({"type": "EMAID"}, ["DE-ABC-C12345678-9-LONG"]),
        ({"type": "Loyalty"}, ["free"]),
        ({"status": "Accepted"}, ["04A2", "DE-ABC-C12345678-9-LONG"]),
        ({"status": "Expired"}, ["over", "said so"]),
        ({"status": "Blocked"}, ["free"]),
        ({"organisation": "none"}, ["DE-ABC-C12345678-9-LONG", "free", "over", "said so"]),
        ({"organisation": "north"}, ["04A2"]),
        ({"expires": "2026-01-01"}, ["over"]),
        ({"payment": "pre-paid"}, ["free"]),
        ({"fits_v16": "False"}, ["DE-ABC-C12345678-9-LONG"]),
        ({"fits_v16": "True", "status": "Accepted"}, ["04A2"]),
    ],
)
def test_the_filters_find(desk: Client, query: dict[str, str], found: list[str]) -> None:
    north = OrganisationFactory()
    TokenFactory(identifier="04A2", holder="The fleet", group="GRP-1", organisation=north)
    TokenFactory(identifier="DE-ABC-C12345678-9-LONG", type="eMAID")
    TokenFactory(identifier="over", expires_at="2025-12-31T23:00Z")
    TokenFactory(identifier="said so", status=TokenStatus.EXPIRED)
    TokenFactory(identifier="free", type="Loyalty", status=TokenStatus.BLOCKED, payment="pre-paid")
    if query.get("organisation") == "north":
        query = {"organisation": str(north.pk)}
    assert column(desk.get(URL, query), "Identifier") == found


def test_the_people_of_an_organisation_see_its_tokens(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    own = TokenFactory(identifier="ours", organisation=ours)
    other = TokenFactory(identifier="theirs", organisation=theirs)
    TokenFactory(identifier="everybodys", organisation=None)
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    page = client.get(URL)
    assert column(page, "Identifier") == ["ours"]
    assert "organisation" not in page.context["filter"].form.fields
    assert "theirs" not in client.get(f"{URL}export/csv/", {"organisation": theirs.pk}).text
    for action in ("", "block/", "delete/"):
        assert client.get(f"{URL}{own.pk}/{action}").status_code == 200
        assert client.get(f"{URL}{other.pk}/{action}").status_code == 404
        assert client.post(f"{URL}{other.pk}/{action}").status_code == 404


def test_the_list_takes_few_queries_however_long(desk: Client) -> None:
    counts = []
    for _round in range(2):
        for _number in range(10):
            TokenFactory(organisation=OrganisationFactory())
        assert len(page_lines(desk.get(URL))) > 10
        counts.append(len(queries_of(desk, URL)))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_hostile_words_stay_words(desk: Client) -> None:
    TokenFactory(identifier="<script>alert(1)</script>", holder='=HYPERLINK("x")')
    page = desk.get(URL)
    assert "<script>alert" not in page.text
    assert csv_lines(desk.get(URL, {"export": "csv"}))[1][2] == '\'=HYPERLINK("x")'


# --- The files of all --------------------------------------------------------------------------


def exported(desk: Client, kind: str, **query: str) -> list[list[Any]]:
    response = desk.get(f"{URL}export/{kind}/", query)
    assert f'.{kind}"' in response["Content-Disposition"]
    if kind == "csv":
        return [list(row) for row in csv.reader(io.StringIO(response.text, newline=""))]
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    return [[cell or "" for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_is_imported_unchanged(desk: Client, kind: str) -> None:
    north = OrganisationFactory(code="north")
    expires = datetime.fromisoformat("2027-12-31T17:00:00.5Z")
    TokenFactory(identifier="+4917012345", organisation=north, expires_at=expires, most_sessions=2)
    TokenFactory(identifier="04A2", holder="=1+1", group="-FLEET", type="Loyalty-2")
    TokenFactory(identifier="left out", status=TokenStatus.BLOCKED)
    header, first, second = exported(desk, kind, status="Accepted")
    assert header[:3] == ["identifier", "type", "organisation"]
    assert (first[0], first[2], second[3]) == ("'+4917012345", "north", "'=1+1")
    content = desk.get(f"{URL}export/{kind}/").content
    page = imported(desk, content)
    found = TokenImport.objects.get()
    assert (found.new, found.changed, found.unchanged) == (0, 0, 3), found.examples
    assert "there is nothing to import" in said(page)


# --- One by hand -------------------------------------------------------------------------------


def test_a_token_is_added(desk: Client) -> None:
    north = OrganisationFactory()
    page = desk.get(f"{URL}add/")
    assert "Add a token" in page.text
    response = desk.post(
        f"{URL}add/",
        typed(type="iso15693", organisation=north.pk, expires_at="2027-12-31T18:00", holder="Kim"),
        follow=True,
    )
    assert "04A2 may charge now." in said(response)
    token = Token.objects.get()
    assert (token.type, token.organisation, token.holder) == ("ISO15693", north, "Kim")
    assert token.expires_at == datetime.fromisoformat("2027-12-31T18:00:00Z")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"identifier": ""}, "This field is required"),
        ({"identifier": "04a1"}, "There is a token with this identifier already."),
        ({"identifier": "04\x07"}, "An identifier has 1 to 255"),
        ({"identifier": "x" * 256}, "at most 255"),
        ({"type": "no type!"}, "A type has 1 to 20"),
        ({"status": "Maybe"}, "Select a valid choice"),
        ({"most_sessions": "1001"}, "less than or equal to 1000"),
    ],
)
def test_what_is_no_token_is_said(desk: Client, fields: dict[str, str], sentence: str) -> None:
    TokenFactory(identifier="04A1")
    response = desk.post(f"{URL}add/", typed(**fields))
    assert response.status_code == 422
    assert sentence in said(response)
    assert Token.objects.count() == 1


def test_a_token_is_changed_blocked_accepted_and_deleted(desk: Client) -> None:
    token = TokenFactory(identifier="04A2", expires_at="2027-12-31T17:00Z")
    form = desk.get(f"{URL}{token.pk}/")
    assert 'value="2027-12-31T17:00"' in form.text
    response = desk.post(f"{URL}{token.pk}/", typed(holder="Kim"), follow=True)
    assert "04A2 is changed." in said(response)
    token.refresh_from_db()
    assert (token.holder, token.expires_at) == ("Kim", None)
    for action, status in (("block", "Blocked"), ("accept", "Accepted")):
        assert "04A2" in desk.get(f"{URL}{token.pk}/{action}/").text
        desk.post(f"{URL}{token.pk}/{action}/")
        token.refresh_from_db()
        assert token.status == status
    assert "Its sessions stay" in desk.get(f"{URL}{token.pk}/delete/").text
    assert "04A2 is deleted." in said(desk.post(f"{URL}{token.pk}/delete/", follow=True))
    assert not Token.objects.exists()


def test_what_has_expired_is_not_accepted_by_a_click(desk: Client) -> None:
    token = TokenFactory(status=TokenStatus.BLOCKED, expires_at="2020-01-01T00:00Z")
    assert "until its expiry is changed" in said(desk.get(f"{URL}{token.pk}/accept/"))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, set()),
        (Role.OPERATOR, {"block", "accept"}),
        (Role.ENGINEER, {"add", "change", "block", "accept", "delete", "import"}),
    ],
)
def test_each_role_does_what_it_may(client: Client, role: Role, may: set[str]) -> None:
    token = TokenFactory()
    client.force_login(UserFactory(role=role))
    one = f"{URL}{token.pk}/"
    pages = {
        "add": f"{URL}add/",
        "change": one,
        "block": f"{one}block/",
        "accept": f"{one}accept/",
        "delete": f"{one}delete/",
        "import": IMPORT,
    }
    assert {name for name, url in pages.items() if client.get(url).status_code == 200} == may
    for name, url in pages.items():
        if name not in may:
            assert client.get(url).status_code == client.post(url).status_code == 403
    assert client.get(URL).status_code == client.get(REJECTED).status_code == 200


def test_the_form_of_one_organisation_is_for_its_own(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    assert client.post(f"{URL}add/", typed(organisation=theirs.pk)).status_code == 422
    assert client.post(f"{URL}add/", typed(organisation="")).status_code == 422
    client.post(f"{URL}add/", typed(organisation=ours.pk))
    assert Token.objects.get().organisation == ours


# --- The rejected ------------------------------------------------------------------------------


def test_a_rejected_token_is_added_with_one_click(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    for _time in range(3):
        tokens.judge(identifier="04A2B3", station_pk=station.pk, kind="ISO15693")
    header, row = page_lines(desk.get(REJECTED))
    shown = dict(zip(header, row, strict=True))
    assert (shown["Token"], shown["Station"]) == ("04A2B3", "Quay 1")
    assert (shown["Why"], shown["Times"]) == ("Unknown", "3")
    assert csv_lines(desk.get(REJECTED, {"export": "csv"})) == [header, row]
    url = f"{URL}add/?rejected={RejectedToken.objects.get().pk}"
    assert url in desk.get(REJECTED).text
    form = desk.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    assert (values["identifier"], values["type"]) == ("04A2B3", "ISO15693")
    assert values["organisation"] == station.organisation_id
    response = desk.post(url, {name: value or "" for name, value in values.items()}, follow=True)
    assert response.redirect_chain[-1][0] == REJECTED
    assert not RejectedToken.objects.exists()
    assert tokens.judge(identifier="04a2b3", station_pk=station.pk).status == "Accepted"


def test_what_is_known_leads_to_its_token(desk: Client) -> None:
    rejected(reason=RejectionReason.BLOCKED)
    page = desk.get(REJECTED)
    assert f"{URL}?identifier=04A2" in page.text
    assert "Add this token" not in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"token": "a2"}, ["04A2"]),
        ({"station": "depot"}, ["04B3"]),
        ({"reason": "blocked"}, ["04B3"]),
        ({"since": "2026-01-01"}, ["04A2"]),
        ({"sort": "-count"}, ["04B3", "04A2"]),
    ],
)
def test_the_rejected_are_found(desk: Client, query: dict[str, str], found: list[str]) -> None:
    rejected(last_at=timezone.now())
    rejected(
        token="04B3",
        station=StationFactory(name="Depot 7"),
        reason=RejectionReason.BLOCKED,
        last_at="2025-12-01T00:00Z",
        count=7,
    )
    assert column(desk.get(REJECTED, query), "Token") == found


def test_the_rejected_are_those_of_ones_own_stations(client: Client) -> None:
    ours = OrganisationFactory()
    rejected(station=StationFactory(organisation=ours), token="ours")
    theirs = rejected(token="theirs")
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    assert column(client.get(REJECTED), "Token") == ["ours"]
    for number in (theirs.pk, "x", "9" * 30):
        form = client.get(f"{URL}add/", {"rejected": number}).context["form"]
        assert not form["identifier"].value()
