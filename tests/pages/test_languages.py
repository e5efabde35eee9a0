"""Every page in a language nobody speaks: what stays English cannot be translated."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from operations.statuses import Role
from operations.views import live
from tests import pseudo
from tests.factories import SessionFactory, StationFactory, UserFactory
from tests.pages.everything import NO_PAGES, everything, names

SCRIPTS = pseudo.ROOT / "static/js/words.js"

TOLD = ("title", "aria-label", "placeholder", "alt", "aria-description", "data-confirm")
UNSEEN = ("script", "style", "code", "pre")
# The same in every language: what the rows are called, addresses, acronyms, OCPP's own names
# (HeartbeatInterval), placeholders of templates, time zones, units.
NAMES = re.compile(
    r"""[zZ][qQ][\w-]*|\w+://\S+|\b[A-Z][A-Z0-9-]+s?\b|\b[A-Za-z]+[a-z0-9][A-Z]\w*|\be[A-Z]+\b"""
    r"""|\b[A-Z]{3,}[a-z]\w+"""
    r"""|\{\w+\}|^[A-Z]\w+/[\w /-]+$|\b(kWh|kW|Wh|Ctrl|Enter|Esc|Heartbeat)\b"""
)
# Whole values as OCPP, files and programs spell them.
RAW = {
    *("Reset", "Gradients", "Central", "Local", "node-1", "English"),
    *("Accepted", "Blocked", "Expired", "Invalid", "post-paid", "pre-paid"),
}
WORD = re.compile(r"[A-Za-z]{2,}")


class Words(HTMLParser):
    """Whatever a page says, in text and in attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unseen = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        self.said += [value for name, value in attrs if name in TOLD and value]
        facts = dict(attrs)
        if tag == "input" and facts.get("type") in {"submit", "button"}:
            self.said.append(facts.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.said.append(re.sub(r"\s+", " ", data).strip())


def english(page: str) -> Iterator[str]:
    """What the page says in plain letters, but for names."""
    for said in Words(page).said:
        if said.startswith(("{ ", "-----")):  # examples of what to paste
            continue
        left = NAMES.sub("", said).split(", ")
        if any(WORD.search(word) and word not in RAW for word in left):
            yield said


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pseudo.make(tmp_path_factory.mktemp("pseudo"))


@pytest.fixture
def _spoken(settings: Any, catalogue: Path) -> None:
    settings.LOCALE_PATHS = [str(catalogue)]
    settings.LANGUAGES = [("en", "English"), (pseudo.CODE, "ZQ")]


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_spoken")]


@pytest.fixture
def reader(client: Client) -> Client:
    """Asks as a browser set to that language does."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = pseudo.CODE
    return client


def plain(client: Client, urls: Iterable[str]) -> dict[str, str]:
    """What the pages say in English, and where."""
    found: dict[str, str] = {}
    for url in urls:
        response = client.get(url)
        assert response.status_code < 500, url
        for said in english(response.text):
            found.setdefault(said, f"{response.status_code} {url}")
    return found


def test_no_page_says_a_word_that_cannot_be_translated(reader: Client) -> None:
    world = everything()
    reader.force_login(world.user)
    assert plain(reader, world.addresses()) == {}


def test_nor_does_any_page_without_rows(reader: Client) -> None:
    reader.force_login(UserFactory(username="zq", role=Role.VIEWER))
    urls = [reverse(name) for name, takes in names() if not takes and name not in NO_PAGES]
    assert plain(reader, urls) == {}


def test_nor_what_strangers_see(reader: Client) -> None:
    named = ("login", "account_reset_password", "account_reset_password_done", "account_inactive")
    urls = [*map(reverse, named), "/nowhere/"]
    assert plain(reader, urls) == {}


def test_scripts_have_their_words_from_the_catalogue(reader: Client) -> None:
    reader.force_login(UserFactory(username="zq"))
    page = reader.get("/operations/keyboard/").text
    assert f'/operations/words.js?language={pseudo.CODE}"' in page
    said = reader.get("/operations/words.js").text
    for sentence in re.findall(r"gettext\(\"([^\"]+)", SCRIPTS.read_text(encoding="utf-8")):
        assert json.dumps(pseudo.say(sentence)) in said


def test_what_machines_read_is_the_same_in_every_language(reader: Client) -> None:
    SessionFactory(meter_last_wh=1_234_567.5, token="ZQ")
    reader.force_login(UserFactory(username="zq"))
    cells = next(csv.DictReader(io.StringIO(reader.get("/operations/sessions/?export=csv").text)))
    assert "1233.6 kWh" in cells.values()


def test_people_read_figures_as_their_language_writes_them(client: Client, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    client.force_login(UserFactory())
    session = SessionFactory(meter_start_wh=0.0, meter_last_wh=1_234_560.0, token="ZQ")
    german = {"Accept-Language": "de"}
    assert ">1.234,6 kWh<" in client.get("/operations/sessions/", headers=german).text
    page = client.get(f"/operations/sessions/{session.pk}/", headers=german).text
    assert "1.234,560 kWh" in page
    assert ">1,234.6 kWh<" in client.get("/operations/sessions/").text
    printed = client.get("/operations/sessions/?print=1", headers=german).text
    assert '<html lang="de" dir="ltr">' in printed
    # Spreadsheets want the same from everybody.
    assert "1234.6 kWh" in client.get("/operations/sessions/?export=csv", headers=german).text


def test_live_updates_speak_as_their_page_does() -> None:
    station, user = StationFactory(connected=False), UserFactory()
    said = {}
    for language in ("en", pseudo.CODE):
        admission = live.admit(user.pk, None, [f"station:{station.pk}"], language)
        assert admission is not None
        patches = live.patches({admission.viewpoint: admission.keys})[admission.viewpoint]
        said[language] = "".join(each["html"] for each in patches[f"station:{station.pk}"])
    assert "Offline" in said["en"]
    assert "Offline" not in said[pseudo.CODE]
    assert pseudo.say("Offline") in said[pseudo.CODE]


def test_a_streamed_file_speaks_to_its_end(reader: Client) -> None:
    StationFactory(connected=False)
    reader.force_login(UserFactory(username="zq"))
    response = reader.get("/operations/stations/?export=all")
    header, row = b"".join(response).decode().splitlines()[:2]
    assert header.startswith(pseudo.say("Name"))
    assert pseudo.say("Operative") in row
