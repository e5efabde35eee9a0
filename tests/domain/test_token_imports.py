"""Files of tokens: every mistake in words, and nothing of a file by halves."""

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import (
    AuditEntry,
    Organisation,
    RejectedToken,
    StagedToken,
    Token,
    TokenImport,
    User,
)
from operations.models.audit import Deed
from operations.models.token_imports import ImportStatus
from operations.models.tokens import TokenStatus
from operations.services import files, token_imports, tokens
from operations.services.spreadsheets import UnreadableError
from operations.services.token_imports import StaleError
from tests.factories import OrganisationFactory, StationFactory, TokenFactory, UserFactory

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def user() -> User:
    found: User = UserFactory()
    return found


def uploaded(
    content: str | bytes, user: User, organisation: Organisation | None = None
) -> TokenImport:
    """A file that was just uploaded."""
    data = content.encode() if isinstance(content, str) else content
    return token_imports.upload(
        file=io.BytesIO(data), file_name="cards.csv", user=user, organisation=organisation
    )


def checked(
    content: str | bytes, user: User, organisation: Organisation | None = None
) -> TokenImport:
    """A file whose rows were all looked at."""
    imported = uploaded(content, user, organisation)
    while token_imports.check(import_pk=imported.pk):
        pass
    imported.refresh_from_db()
    return imported


def taken(content: str | bytes, user: User, organisation: Organisation | None = None) -> None:
    """A file without mistakes, imported."""
    imported = checked(content, user, organisation)
    assert imported.status == ImportStatus.CHECKED, imported.examples
    token_imports.apply(imported=imported)


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def stored(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


# --- What a file can say -----------------------------------------------------------------------


def test_a_file_makes_tokens(user: User) -> None:
    north = OrganisationFactory(code="north")
    taken(
        "identifier,type,organisation,holder,status,group,expires_at,payment,most_sessions\n"
        "04A2,iso15693,north,Fleet 7,blocked,FLEET,2027-12-31,PRE-PAID,2\n"
        "DE-ABC-C12345678-9,emaid,,,,,2027-12-31T18:00+01:00,,\n",
        user,
    )
    card, contract = Token.objects.order_by("pk")
    assert (card.identifier, card.type, card.organisation) == ("04A2", "ISO15693", north)
    assert (card.holder, card.status, card.group) == ("Fleet 7", "Blocked", "FLEET")
    assert card.expires_at == datetime.fromisoformat("2027-12-31T23:59:59Z")
    assert (card.payment, card.most_sessions) == ("pre-paid", 2)
    assert (contract.type, contract.organisation, contract.status) == ("eMAID", None, "Accepted")
    assert contract.expires_at == datetime.fromisoformat("2027-12-31T17:00:00Z")
    assert (contract.payment, contract.most_sessions) == ("post-paid", None)
    assert (card.fits_v16, contract.fits_v16) == (True, True)


def test_a_file_changes_only_its_own_columns(user: User) -> None:
    TokenFactory(identifier="04A2", holder="Fleet 7", group="FLEET", status=TokenStatus.BLOCKED)
    TokenFactory(identifier="left alone")
    imported = checked("Identifier;Holder\n04a2;Fleet 8\n", user)
    assert (imported.new, imported.changed, imported.unchanged) == (0, 1, 0)
    # Whatever else happens to it meanwhile stays.
    Token.objects.filter(identifier="04A2").update(group="OTHER")
    token_imports.apply(imported=imported)
    token = Token.objects.get(holder="Fleet 8")
    assert (token.identifier, token.group, token.status) == ("04A2", "OTHER", "Blocked")
    assert Token.objects.count() == 2


def test_what_is_empty_is_emptied_where_it_can_be(user: User) -> None:
    TokenFactory(
        identifier="04A2",
        holder="Fleet 7",
        type="eMAID",
        expires_at=timezone.now(),
        status="Blocked",
    )
    taken("identifier,holder,type,expires_at,status\n04A2,,,,\n", user)
    token = Token.objects.get()
    assert (token.holder, token.expires_at) == ("", None)
    assert (token.type, token.status) == ("eMAID", "Blocked")


def test_what_is_so_already_is_not_changed(user: User) -> None:
    TokenFactory(identifier="04A2", holder="Fleet 7")
    imported = checked("identifier,holder\n04a2,Fleet 7\n", user)
    assert (imported.new, imported.changed, imported.unchanged) == (0, 0, 1)


def test_a_spreadsheet_is_read_as_it_looks(user: User) -> None:
    rows = [
        ["identifier", "holder", "expires_at", None],
        [1234567.0, "Fleet 7", datetime(2027, 12, 31, 18, 0), None],  # noqa: DTZ001
        [],
        ["04B3"],
    ]
    taken(workbook(rows), user)
    first, second = Token.objects.order_by("pk")
    assert (first.identifier, first.holder) == ("1234567", "Fleet 7")
    assert first.expires_at == datetime.fromisoformat("2027-12-31T18:00:00Z")
    assert (second.identifier, second.holder) == ("04B3", "")


def test_times_without_a_zone_are_the_uploaders() -> None:
    tokyo = OrganisationFactory(time_zone="Asia/Tokyo")
    taken("identifier,expires_at\n04A2,2027-12-31 09:00\n", UserFactory(organisation=tokyo), tokyo)
    assert Token.objects.get().expires_at == datetime.fromisoformat("2027-12-31T00:00:00Z")


def test_quoted_formulas_and_free_types_are_meant(user: User) -> None:
    taken("identifier,type\n'+4917012345,Loyalty-2\n", user)
    token = Token.objects.get()
    assert (token.identifier, token.type) == ("+4917012345", "Loyalty-2")


def test_the_people_of_one_organisation_import_its_tokens() -> None:
    ours = OrganisationFactory(code="ours")
    user = UserFactory(organisation=ours)
    taken("identifier,organisation\n04A2,ours\n04B3,\n", user, ours)
    assert {token.organisation for token in Token.objects.all()} == {ours}


# --- What is wrong with a row ------------------------------------------------------------------

GOOD = "04A1,ISO14443,,,Accepted,,,,"
BAD = [
    pytest.param(",ISO14443,,,,,,,", "identifier", "needs an identifier", id="missing id"),
    pytest.param(f"{'A' * 256},,,,,,,,", "identifier", "at most 255", id="too long"),
    pytest.param("04a1,,,,,,,,", "identifier", "in row 2", id="twice by case"),
    pytest.param("theirs,,north,,,,,,", "identifier", "belongs to Theirs", id="another's"),
    pytest.param("04A2,,nowhere,,,,,,", "organisation", "no organisation", id="no organisation"),
    pytest.param("04A2,,,,Aceppted,,,,", "status", "none of: Accepted", id="bad status"),
    pytest.param("04A2,,,,,,31.12.2027,,", "expires_at", "is no time", id="bad date"),
    pytest.param("04A2,,,,,,2027-02-30,,", "expires_at", "is no time", id="no such day"),
    pytest.param("04A2,,,,,,0001-01-01T00:00+14:00,,", "expires_at", "is no time", id="no utc"),
    pytest.param("04A2,RFID card!,,,,,,,", "type", "1 to 20 letters", id="bad type"),
    pytest.param(f"04A2,{'T' * 21},,,,,,,", "type", "1 to 20 letters", id="long type"),
    pytest.param("04\x07A2,,,,,,,,", "identifier", "control characters", id="control"),
    pytest.param("04A2,,,Fleet\u20287,,,,,", "holder", "control characters", id="line break"),
    pytest.param("04Ä2,,,,,,,,", "identifier", "ASCII", id="letters nobody has"),
    pytest.param('"=HYPERLINK(""x"")",,,,,,,,', "identifier", "formula", id="formula"),
    pytest.param("04A2,,,@SUM(1),,,,,", "holder", "formula", id="formula as holder"),
    pytest.param("1.23457E+12,,,,,,,,", "identifier", "shortened", id="shortened"),
    pytest.param("04A2,,,,,,,cash,", "payment", "none of: post-paid", id="bad payment"),
    pytest.param("04A2,,,,,,,,1001", "most_sessions", "from 0 to 1000", id="too many"),
    pytest.param("04A2,,,,,,,,-1", "most_sessions", "formula", id="negative"),
    pytest.param("04A2,ISO14443", "", "more or fewer cells", id="too few cells"),
    pytest.param("04A2,,,,,,,,,surplus", "", "more or fewer cells", id="too many cells"),
    pytest.param(f"04A2,,,{'x' * 101},,,,,", "holder", "at most 100", id="long holder"),
]


@pytest.mark.parametrize(("row", "column", "said"), BAD)
def test_a_bad_row_is_named_and_nothing_imported(
    row: str, column: str, said: str, user: User, store: Path
) -> None:
    OrganisationFactory(code="north")
    theirs = OrganisationFactory(code="theirs", name="Theirs")
    TokenFactory(identifier="Theirs", organisation=theirs)
    header = "identifier,type,organisation,holder,status,group,expires_at,payment,most_sessions"
    imported = checked(f"{header}\n{GOOD}\n{row}\n", user)
    assert imported.status == ImportStatus.FAULTY
    (mistake,) = imported.examples
    assert mistake[:2] == [3, column]
    assert said in mistake[2]
    with pytest.raises(StaleError):
        token_imports.apply(imported=imported)
    assert [token.identifier for token in Token.objects.all()] == ["Theirs"]
    assert not StagedToken.objects.exists()


def test_what_is_anothers_is_not_said_whose() -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory(name="Secret rival")
    TokenFactory(identifier="04A2", organisation=theirs)
    TokenFactory(identifier="04B3", organisation=None)
    user = UserFactory(organisation=ours)
    imported = checked("identifier,holder\n04a2,mine\n04b3,mine\n", user, ours)
    assert [mistake[0] for mistake in imported.examples] == [2, 3]
    assert "is taken" in imported.examples[0][2]
    assert "Secret" not in str(imported.examples)


def test_all_mistakes_are_counted_and_the_first_ones_told(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_imports, "MOST_EXAMPLES", 3)
    twice = checked("identifier,status\na,\nA,\nb,bad\n", user)
    assert [row for row, *_ in twice.examples] == [3, 4]
    imported = checked("identifier,status\n" + "".join(f"T{n},bad\n" for n in range(5)), user)
    assert imported.mistakes == 5
    assert [row for row, *_ in imported.examples] == [2, 3, 4]


# --- What is wrong with a file -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "has to name the columns", id="empty"),
        pytest.param("identifier\n\n", "no rows", id="header alone"),
        pytest.param("identifier,colour\n04A2,red\n", "not known: colour", id="wrong column"),
        pytest.param("holder\nFleet 7\n", "identifier among them", id="no identifier"),
        pytest.param("identifier,holder,Holder\n04A2,a,b\n", "twice", id="a column twice"),
        pytest.param(PNG, "not UTF-8", id="an image"),
        pytest.param("identifier\n04Ä2\n".encode("latin-1"), "not UTF-8", id="latin-1"),
        pytest.param("identifier\n04A2\n".encode("utf-16"), "not UTF-8", id="utf-16"),
        pytest.param(b"identifier\n04\x00A2\n", "no table", id="nul"),
        pytest.param('identifier\n"04A2\n', "no table", id="a quote left open"),
        pytest.param(b"PK\x03\x04 and then nothing", "no table", id="a broken zip"),
    ],
)
def test_what_is_no_table_of_tokens_is_refused_at_once(
    content: str | bytes, said: str, user: User, store: Path
) -> None:
    with pytest.raises(UnreadableError, match=said):
        uploaded(content, user)
    assert not TokenImport.objects.exists()
    assert not stored(store)


def test_a_file_has_an_end(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_imports, "MOST_ROWS", 2)
    with pytest.raises(UnreadableError, match="more than 2 rows"):
        uploaded("identifier\na\nb\nc\n", user)


# --- In turns, and at once ---------------------------------------------------------------------


def test_a_check_goes_on_where_it_was(
    user: User, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    monkeypatch.setattr(token_imports, "CHUNK", 2)
    monkeypatch.setattr(token_imports, "BUDGET_S", 0)
    imported = uploaded("identifier\n" + "".join(f"T{n}\n" for n in range(5)) + "t0\n", user)
    percents = []
    while token_imports.check(import_pk=imported.pk):
        imported.refresh_from_db()
        percents.append(imported.percent)
    imported.refresh_from_db()
    assert percents == [33, 66]
    assert (imported.checked, imported.new, imported.mistakes) == (6, 5, 1)
    assert imported.examples == [[7, "identifier", "The same identifier is in row 2."]]
    # A turn that comes twice finds nothing left to do.
    assert not token_imports.check(import_pk=imported.pk)


def test_an_import_tells_the_log_and_clears_the_rejected(
    user: User, django_capture_on_commit_callbacks: Any, store: Path
) -> None:
    station = StationFactory()
    for token in ("04a2", "04B3"):
        tokens.judge(identifier=token, station_pk=station.pk)
    with django_capture_on_commit_callbacks(execute=True):
        taken("identifier\n04A2\n", user)
    assert list(RejectedToken.objects.values_list("token", flat=True)) == ["04B3"]
    (entry,) = AuditEntry.objects.all()
    assert (entry.deed, entry.target_name) == (Deed.IMPORTED, "cards.csv")
    assert entry.detail == "New: 1, changed: 0."
    assert not StagedToken.objects.exists()
    assert not stored(store)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("meanwhile", ["added", "deleted"])
def test_what_changed_since_the_check_imports_nothing(user: User, meanwhile: str) -> None:
    TokenFactory(identifier="04A2", holder="was")
    imported = checked("identifier,holder\n04A2,is\n04B3,is\n", user)
    if meanwhile == "added":
        TokenFactory(identifier="04b3", holder="was")
    else:
        Token.objects.all().delete()
    with pytest.raises(StaleError, match="Nothing was imported"):
        token_imports.apply(imported=imported)
    assert not Token.objects.filter(holder="is").exists()
    assert not AuditEntry.objects.exists()


def test_an_import_happens_once(user: User) -> None:
    imported = checked("identifier\n04A2\n", user)
    token_imports.apply(imported=imported)
    with pytest.raises(StaleError, match="already"):
        token_imports.apply(imported=imported)
    assert Token.objects.count() == 1


def test_what_is_discarded_or_forgotten_leaves_nothing(
    user: User, django_capture_on_commit_callbacks: Any, store: Path
) -> None:
    discarded, forgotten = checked("identifier\na\n", user), uploaded("identifier\nb\n", user)
    TokenImport.objects.filter(pk=forgotten.pk).update(
        created_at=timezone.now() - timedelta(days=8)
    )
    assert token_imports.unfinished() == [forgotten.pk]
    with django_capture_on_commit_callbacks(execute=True):
        token_imports.discard(imported=discarded)
        token_imports.prune()
    assert set(TokenImport.objects.values_list("status", flat=True)) == {ImportStatus.DISCARDED}
    assert not StagedToken.objects.exists()
    assert not [path for path in stored(store) if path.name == forgotten.stored_name]


def test_a_file_that_is_gone_ends_its_import(user: User) -> None:
    imported = uploaded("identifier\na\n", user)
    files.delete(imported.stored_name)
    assert not token_imports.check(import_pk=imported.pk)
    imported.refresh_from_db()
    assert imported.status == ImportStatus.DISCARDED
