"""What the cells of a file of tokens mean: words, checked and put into a token's terms."""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from operations.models import Organisation
from operations.models.tokens import (
    IDENTIFIER,
    MOST_SESSIONS,
    TYPE,
    PaymentKind,
    TokenStatus,
    TokenType,
)
from operations.services.spreadsheets import FORMULA, Cells, UnreadableError, restore

KEY = "identifier"
COLUMNS = (
    KEY,
    "type",
    "organisation",
    "holder",
    "status",
    "group",
    "expires_at",
    "payment",
    "most_sessions",
)
# What a column is called in the database.
ATTRIBUTES = {column: column for column in COLUMNS} | {"organisation": "organisation_id"}
# What is empty in the file is emptied in the portal; these have to be something.
NEVER_EMPTY = frozenset({"type", "status", "payment"})
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class CellError(ValueError):
    """One cell is wrong; the message says how, for people."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one file are read."""

    zone: zoneinfo.ZoneInfo
    organisations: Mapping[str, int] = field(default_factory=dict)  # by code: those it may name
    own_pk: int | None = None  # whose tokens a file of one organisation's people holds


def reading(*, own: Organisation | None, time_zone: str) -> Reading:
    """For the people of one organisation, or of all (None)."""
    known = Organisation.objects.all() if own is None else Organisation.objects.filter(pk=own.pk)
    codes = dict(known.values_list("code", "pk"))
    return Reading(zoneinfo.ZoneInfo(time_zone), codes, own.pk if own else None)


def columns(header: Cells) -> list[str]:
    """The columns a file has, as we spell them. Raises UnreadableError for a wrong one."""
    found = [cell.strip().lower() for cell in header]
    while found and not found[-1]:
        found.pop()
    known = ", ".join(COLUMNS)
    unknown = [name[:40] or _("(no name)") for name in found if name not in COLUMNS]
    if unknown:
        raise UnreadableError(
            _("The first row names columns that are not known: %(unknown)s. Known: %(known)s.")
            % {"unknown": ", ".join(unknown[:5]), "known": known}
        )
    if KEY not in found:
        raise UnreadableError(_("The first row has to name the columns, identifier among them."))
    if len(set(found)) < len(found):
        raise UnreadableError(_("The file has a column twice."))
    return found


def key_of(text: str) -> str:
    """What an identifier's cell is found by, before anybody knows whether it is right."""
    return str(restore(text.strip(" "))).lower()


def read(column: str, text: str, how: Reading) -> Any:
    """A cell's value, None where it is empty; CellError says what is wrong with it."""
    return _READERS[column](_plain(text), how)


def _plain(text: str) -> str:
    """The cell without blanks around it; what runs in spreadsheets is no value."""
    text = text.strip(" ")
    if text.startswith(FORMULA):
        raise CellError(
            _("A spreadsheet takes this for a formula. If it is meant, write ' in front of it.")
        )
    text = restore(text)
    if CONTROL.search(text):
        raise CellError(_("There are control characters in it."))
    return text


def _identifier(text: str, _how: Reading) -> str:
    if not text:
        raise CellError(_("A token needs an identifier."))
    if len(text) > 255:
        raise CellError(_("An identifier has at most 255 characters."))
    if SHORTENED.fullmatch(text):
        raise CellError(
            _("A spreadsheet has shortened this number: format the column as text, type it anew.")
        )
    return _valid(IDENTIFIER, text)


def spelled(kind: str) -> str:
    """A type as OCPP spells it, whatever the case; others are 2.1's own."""
    known = {word.value.lower(): word.value for word in TokenType}
    return known.get(kind.lower(), kind)


def _type(text: str, _how: Reading) -> str | None:
    return _valid(TYPE, spelled(text)) if text else None


def _organisation(text: str, how: Reading) -> int | None:
    if not text:
        return how.own_pk
    if text not in how.organisations:
        raise CellError(_("There is no organisation with the code %(code)s.") % {"code": text[:60]})
    return how.organisations[text]


def _status(text: str, _how: Reading) -> str | None:
    return _word(TokenStatus, text)


def _payment(text: str, _how: Reading) -> str | None:
    return _word(PaymentKind, text)


def _word(words: type[TextChoices], text: str) -> str | None:
    by_lower = {str(word.value).lower(): str(word.value) for word in words}
    if text and text.lower() not in by_lower:
        known = ", ".join(by_lower.values())
        raise CellError(_("%(text)s is none of: %(known)s.") % {"text": text[:60], "known": known})
    return by_lower.get(text.lower())


def _holder(text: str, _how: Reading) -> str:
    if len(text) > 100:
        raise CellError(_("A holder's name has at most 100 characters."))
    return text


def _group(text: str, _how: Reading) -> str:
    return _valid(IDENTIFIER, text) if text else ""


def _expires_at(text: str, how: Reading) -> datetime | None:
    """A day means its end; a time without a zone is the zone's of whoever uploads it."""
    if not text:
        return None
    try:
        at = parse_datetime(text) if len(text) > 10 else _end_of(parse_date(text))
        if at is not None:
            # Databases keep UTC: the first and the last day there are have no other.
            return (at if at.tzinfo else at.replace(tzinfo=how.zone)).astimezone(
                zoneinfo.ZoneInfo("UTC")
            )
    except (ValueError, OverflowError):
        pass
    raise CellError(
        _("%(text)s is no time, such as 2027-12-31 or 2027-12-31 18:00.") % {"text": text[:60]}
    )


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(23, 59, 59))


def _most_sessions(text: str, _how: Reading) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) > MOST_SESSIONS:
        raise CellError(_("Give a number from 0 to %(most)d.") % {"most": MOST_SESSIONS})
    return int(text)


def _valid(validator: Callable[[Any], None], text: str) -> str:
    try:
        validator(text)
    except ValidationError as error:
        raise CellError(error.messages[0]) from error
    return text


_READERS: Mapping[str, Callable[[str, Reading], Any]] = {
    "identifier": _identifier,
    "type": _type,
    "organisation": _organisation,
    "holder": _holder,
    "status": _status,
    "group": _group,
    "expires_at": _expires_at,
    "payment": _payment,
    "most_sessions": _most_sessions,
}
