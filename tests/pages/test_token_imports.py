"""A file of tokens: uploaded, checked in turns, looked at, imported or discarded."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations import tasks
from operations.models import Token, TokenImport
from operations.models.token_imports import ImportStatus
from operations.services import token_imports
from operations.statuses import Role
from tests.factories import OrganisationFactory, UserFactory
from tests.pages.reading import column, said
from tests.pages.uploading import IMPORT, imported, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> None:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


# --- Imports -----------------------------------------------------------------------------------


def test_a_file_is_checked_looked_at_and_imported(desk: Client) -> None:
    response = upload(desk, "identifier,holder\n04A2,Kim\n04B3,\n")
    url = response["Location"]
    waiting = desk.get(url)
    assert "0 of 2 rows are checked." in said(waiting)
    assert 'hx-trigger="every 1s"' in waiting.text
    tasks.check_tokens(TokenImport.objects.get().pk)
    ready = desk.get(url, headers={"HX-Request": "true"})
    assert "<html" not in ready.text
    assert "Import 2 tokens" in said(ready)
    assert "every 1s" not in ready.text
    assert not Token.objects.exists()
    done = desk.post(url, {"import": ""}, follow=True)
    assert "2 tokens were imported." in said(done)
    assert column(done, "Identifier") == ["04A2", "04B3"]
    assert "cards.csv" in desk.get(IMPORT).text
    assert "Import 2 tokens" not in said(desk.get(url))


def test_a_file_with_mistakes_says_them_and_offers_nothing(desk: Client) -> None:
    page = imported(desk, "identifier,holder\n04A2,<script>x</script>\n,Kim\n")
    assert "Nothing of this file is imported" in said(page)
    assert "A token needs an identifier." in said(page)
    assert 'name="import"' not in page.text
    url = page.request["PATH_INFO"]
    assert "imported or discarded already" in said(desk.post(url, {"import": ""}, follow=True))
    assert not Token.objects.exists()


def test_a_file_may_be_discarded(desk: Client) -> None:
    page = imported(desk, "identifier\n04A2\n")
    desk.post(page.request["PATH_INFO"], {"discard": ""})
    assert TokenImport.objects.get().status == ImportStatus.DISCARDED
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\x00\x01", "The file is not UTF-8 text."),
        ("identifier,colour\na,b\n", "columns that are not known: colour"),
        ("", "The submitted file is empty."),
    ],
)
def test_what_is_no_table_is_said_on_the_form(
    desk: Client, content: str | bytes, sentence: str
) -> None:
    response = upload(desk, content)
    assert response.status_code == 422
    assert sentence in said(response)
    assert not TokenImport.objects.exists()


def test_scripts_are_told_where_to_go(desk: Client) -> None:
    script = {"X-Requested-With": "XMLHttpRequest"}
    file = SimpleUploadedFile("cards.csv", b"identifier\na\n")
    response = desk.post(IMPORT, {"upload": file}, headers=script)
    assert response.status_code == 201
    assert response["Location"] == f"{IMPORT}{TokenImport.objects.get().pk}/"
    wrong = desk.post(IMPORT, {"upload": SimpleUploadedFile("x", b"\x00")}, headers=script)
    assert wrong.status_code == 200


def test_a_file_that_is_too_large_is_not_read(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.forms.tokens.MOST_BYTES", 10)
    assert "larger than" in said(upload(desk, "identifier\n04A2\n"))


def test_imports_are_seen_by_those_they_are_for(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=theirs))
    upload(client, "identifier\n04A2\n", organisation=theirs.pk)
    pk = TokenImport.objects.get().pk
    assert client.get(f"{IMPORT}{pk}/").status_code == 200
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    assert client.get(f"{IMPORT}{pk}/").status_code == 404
    assert client.post(f"{IMPORT}{pk}/", {"import": ""}).status_code == 404
    assert "cards.csv" not in client.get(IMPORT).text
    assert upload(client, "identifier\n04B3\n", organisation=theirs.pk).status_code == 422


def test_a_check_that_was_lost_begins_again(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(desk, "identifier\na\n")
    asked: list[int] = []
    monkeypatch.setattr(tasks.check_tokens, "delay", asked.append)
    tasks.prune()
    assert not asked
    TokenImport.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    tasks.prune()
    assert asked == [TokenImport.objects.get().pk]


def test_a_long_check_goes_on_in_turns(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_imports, "CHUNK", 1)
    monkeypatch.setattr(token_imports, "BUDGET_S", 0)
    upload(desk, "identifier\na\nb\n")
    found = TokenImport.objects.get()
    monkeypatch.setattr(tasks.check_tokens, "delay", tasks.check_tokens)
    tasks.check_tokens(found.pk)
    found.refresh_from_db()
    assert (found.status, found.new) == (ImportStatus.CHECKED, 2)
