"""What the search finds: one query by an index for each kind of thing, in the user's scope.

Names, identities and serial numbers are found by how they begin, so that an index answers among
any number; the lists' own filters look anywhere in them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.commands.base import Text
from operations.models import (
    Charger,
    CommandBatch,
    CommandRun,
    Connector,
    Session,
    Station,
    Token,
    User,
)
from operations.tables.batches import title_of
from operations.tables.runs import title
from operations.tables.sessions import place

MOST_HITS = 5
LAST = "\U0010ffff"  # sorts behind whatever else may follow
LONGEST_KEY = 18  # digits of a number the database can hold


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, and where it leads."""

    label: Text
    note: Text
    url: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one kind: what they are called, and those that were found."""

    heading: Text
    icon: str
    hits: list[Hit] = field(default_factory=list)


def find(user: User, text: str, menu: list[dict[str, Any]]) -> list[Kind]:
    """What begins with the text, or has it as its number; `menu` is that of the page."""
    text = " ".join(text.split()).lstrip("#")
    if not text:
        return []
    kinds = [_pages(menu, text), *(search(user, text) for search in SEARCHES)]
    return [kind for kind in kinds if kind.hits]


def anywhere(text: str) -> Kind:
    """The lists that look anywhere in a name, filtered by the same text."""
    words = {"text": text}
    hits = [
        Hit(_("Stations with “%(text)s” in the name") % words, "", _list("station-list", text)),
        Hit(_("Chargers with “%(text)s” in the name") % words, "", _list("charger-list", text)),
    ]
    return Kind(_("Look further"), "filter", hits)


def _list(page: str, text: str) -> str:
    return _filtered(page, name=text)


def begins(name: str, text: str) -> Q:
    """The field begins with the text as typed, in capitals, in small letters, or capitalised."""
    found = Q()
    for variant in {text, text.upper(), text.lower(), text.capitalize(), text.title()}:
        if connection.vendor == "sqlite":
            # Its LIKE with an ESCAPE, as Django writes it, uses no index; a range does.
            found |= Q(**{f"{name}__gte": variant, f"{name}__lt": variant + LAST})
        else:
            found |= Q(**{f"{name}__startswith": variant})
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY else None


def _numbered(rows: QuerySet[Any], text: str) -> Iterator[Any]:
    """The one of this number; no query for what is no number."""
    number = _number(text)
    if number is not None:
        yield from rows.filter(pk=number)


def _filtered(page: str, **params: str) -> str:
    return f"{reverse(page)}?{urlencode(params)}"


def _pages(menu: list[dict[str, Any]], text: str) -> Kind:
    hits = [
        Hit(entry["label"], "", entry["url"])
        for entry in menu
        if text.casefold() in str(entry["label"]).casefold()
    ]
    return Kind(_("Pages"), "table-list", hits)


def _stations(user: User, text: str) -> Kind:
    named = begins("name", text) | begins("identity", text) | begins("serial_number", text)
    rows = Station.objects.visible_to(user).filter(named).order_by("name")[:MOST_HITS]
    hits = [Hit(row.name, row.identity, reverse("station-detail", args=[row.pk])) for row in rows]
    return Kind(_("Stations"), "server", hits)


def _chargers(user: User, text: str) -> Kind:
    named = begins("name", text) | begins("serial_number", text)
    rows = Charger.objects.visible_to(user).filter(named).select_related("station")
    hits = [
        Hit(
            row.name, row.station.name, _filtered("charger-list", name=row.name, expand=str(row.pk))
        )
        for row in rows.order_by("name")[:MOST_HITS]
    ]
    return Kind(_("Chargers"), "charging-station", hits)


def _connectors(user: User, text: str) -> Kind:
    """By its charger and its number: "Quay 1-A 2" is connector 2 of Quay 1-A."""
    name, _space, digits = text.rpartition(" ")
    number = _number(digits)
    kind = Kind(_("Connectors"), "plug")
    if not name or number is None:
        return kind
    chargers = Charger.objects.visible_to(user).filter(begins("name", name)).order_by("name")
    rows = Connector.objects.filter(number=number, charger__in=chargers).select_related("charger")
    for row in rows[:MOST_HITS]:
        url = _filtered("charger-list", name=row.charger.name, expand=str(row.charger_id))
        kind.hits.append(Hit(str(row), row.charger.name, url))
    return kind


def _tokens(user: User, text: str) -> Kind:
    rows = Token.objects.visible_to(user).filter(begins("identifier", text))
    hits = [
        Hit(row.identifier, row.holder, _filtered("token-list", identifier=row.identifier))
        for row in rows.order_by("identifier")[:MOST_HITS]
    ]
    return Kind(_("Tokens"), "id-card", hits)


def _sessions(user: User, text: str) -> Kind:
    """By our number, or by what the station calls its transaction."""
    named = begins("transaction_id", text)
    number = _number(text)
    found = named if number is None else named | Q(pk=number)
    rows = Session.objects.visible_to(user).select_related("station", "charger", "connector")
    hits = [
        Hit(
            _("Session %(number)d") % {"number": row.pk},
            place(row) or row.station.name,
            reverse("session-detail", args=[row.pk]),
        )
        for row in rows.filter(found).order_by("-pk")[:MOST_HITS]
    ]
    return Kind(_("Sessions"), "bolt", hits)


def _runs(user: User, text: str) -> Kind:
    rows = CommandRun.objects.visible_to(user).select_related("station", "charger", "connector")
    hits = [
        Hit(
            _("Request %(number)d") % {"number": row.pk},
            title(row),
            reverse("run-detail", args=[row.pk]),
        )
        for row in _numbered(rows, text)
    ]
    return Kind(_("Requests"), "paper-plane", hits)


def _batches(user: User, text: str) -> Kind:
    hits = [
        Hit(
            _("Batch %(number)d") % {"number": row.pk},
            title_of(row),
            reverse("batch-detail", args=[row.pk]),
        )
        for row in _numbered(CommandBatch.objects.visible_to(user), text)
    ]
    return Kind(_("Batches"), "layer-group", hits)


SEARCHES: tuple[Callable[[User, str], Kind], ...] = (
    _stations,
    _chargers,
    _connectors,
    _sessions,
    _runs,
    _batches,
    _tokens,
)
