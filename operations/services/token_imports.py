"""Files of tokens: read when they are uploaded, checked a little at a time, imported at once.

Nothing of a file with a mistake is imported, and nothing by halves: right rows are staged, and
one transaction makes tokens of all of them.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any, BinaryIO

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tablib import Dataset

from operations.models import Organisation, StagedToken, Token, TokenImport, User
from operations.models.audit import Deed
from operations.models.token_imports import ImportStatus
from operations.services import (
    auditing,
    files,
    local_lists,
    rejected_tokens,
    spreadsheets,
    token_rows,
)
from operations.services.spreadsheets import Cells, UnreadableError
from operations.services.token_rows import ATTRIBUTES, KEY
from operations.services.token_staging import StagingResource

MOST_ROWS = 200_000
MOST_EXAMPLES = 200
CHUNK = 1_000  # rows a transaction
BUDGET_S = 0.5  # a turn of the worker, which sweeps deadlines as well
FORGOTTEN = timedelta(minutes=2)
KEPT = timedelta(days=7)


class StaleError(ValueError):
    """Something changed since the file was checked; the message says so, for people."""


# --- Upload ------------------------------------------------------------------------------------


def upload(
    *, file: BinaryIO, file_name: str, user: User, organisation: Organisation | None
) -> TokenImport:
    """Keep a file's rows to be checked. Raises UnreadableError where it is no table of tokens.

    With an organisation all its tokens are that organisation's.
    """
    with files.arriving() as incoming, spreadsheets.rows(file) as lines:
        columns = token_rows.columns(next(lines, []))
        count = 0
        for number, cells in enumerate(lines, start=2):
            if not any(cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise UnreadableError(
                    _("The file has more than %(most)d rows: split it.") % {"most": MOST_ROWS}
                )
            incoming.write(json.dumps([number, cells]).encode() + b"\n")
        if not count:
            raise UnreadableError(_("The file has no rows."))
        stored = incoming.keep()
    return TokenImport.objects.create(
        organisation=organisation,
        created_by=user,
        created_at=timezone.now(),
        file_name=file_name[:200],
        time_zone=user.time_zone,
        columns=columns,
        stored_name=stored.name,
        rows=count,
    )


# --- Checking ----------------------------------------------------------------------------------


def check(*, import_pk: int) -> bool:
    """Look at some more rows; whether rows are left for another turn."""
    ends_at = time.monotonic() + BUDGET_S
    while _check_chunk(import_pk):
        if time.monotonic() > ends_at:
            return True
    return False


@transaction.atomic
def _check_chunk(import_pk: int) -> bool:
    """Who comes twice for the same rows waits here, and then goes on behind them."""
    imported = TokenImport.objects.select_for_update().filter(pk=import_pk).first()
    if imported is None or imported.status != ImportStatus.CHECKING:
        return False
    try:
        with files.opened(imported.stored_name) as file:
            file.seek(imported.offset)
            lines = [json.loads(line) for _number, line in zip(range(CHUNK), file, strict=False)]
            imported.offset = file.tell()
    except FileNotFoundError:
        _end(imported, ImportStatus.DISCARDED)
        return False
    _check_rows(imported, lines)
    imported.checked += len(lines)
    if imported.checked < imported.rows:
        imported.save()
        return True
    _end(imported, ImportStatus.FAULTY if imported.mistakes else ImportStatus.CHECKED)
    return False


def _check_rows(imported: TokenImport, lines: Sequence[tuple[int, Cells]]) -> None:
    width = len(imported.columns)
    dataset, numbers = Dataset(headers=imported.columns), []
    for number, cells in lines:
        if len(cells) < width or any(cells[width:]):
            _complain(imported, number, [("", _("It has more or fewer cells than the first row."))])
        else:
            dataset.append(cells[:width])
            numbers.append(number)
    result = StagingResource(imported).import_data(dataset, use_transactions=False, numbers=numbers)
    for _number, errors in result.row_errors():
        raise errors[0].error
    for row in result.invalid_rows:
        _complain(imported, numbers[row.number - 1], _mistakes(row.error_dict))
    imported.examples.sort(key=itemgetter(0))


def _mistakes(told: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    columns = {attribute: column for column, attribute in ATTRIBUTES.items()}
    return [(columns[name], sentence) for name, (sentence, *_more) in told.items()]


def _complain(imported: TokenImport, number: int, mistakes: list[tuple[str, str]]) -> None:
    imported.mistakes += 1
    room = MOST_EXAMPLES - len(imported.examples)
    imported.examples += [[number, *mistake] for mistake in mistakes[:room]]


def _end(imported: TokenImport, status: ImportStatus) -> None:
    """The file is not needed any more; staged rows only while they may still be imported."""
    name, imported.stored_name = imported.stored_name, ""
    imported.status, imported.ended_at = status, timezone.now()
    imported.save()
    if status != ImportStatus.CHECKED:
        imported.staged.all().delete()
    transaction.on_commit(lambda: files.delete(name))


# --- Importing ---------------------------------------------------------------------------------


def apply(*, imported: TokenImport) -> None:
    """Make tokens of all its rows. Raises StaleError, and changes nothing, if that can't be."""
    try:
        with transaction.atomic():
            _apply(imported.pk)
    except IntegrityError as error:
        raise _stale() from error


def _apply(import_pk: int) -> None:
    imported = TokenImport.objects.select_for_update().get(pk=import_pk)
    if imported.status != ImportStatus.CHECKED:
        raise StaleError(_("This file was imported or discarded already."))
    if _update(imported) != imported.changed or _insert(imported) != imported.new:
        raise _stale()
    said = {"new": imported.new, "changed": imported.changed}
    auditing.note(
        Deed.IMPORTED,
        imported,
        detail=_("New: %(new)d, changed: %(changed)d.") % said,
    )
    touched = imported.staged.exclude(is_changed=False, token_pk__isnull=False).values("key")
    rejected_tokens.forget(keys=touched)
    local_lists.tokens_changed()
    _end(imported, ImportStatus.DONE)


def _stale() -> StaleError:
    return StaleError(
        _("Nothing was imported: tokens were changed since the file was checked. Upload it again.")
    )


def _update(imported: TokenImport) -> int:
    """Set what the file says, and nothing else; how many tokens were changed."""
    names = [ATTRIBUTES[column] for column in imported.columns if column != KEY]
    if not names or not imported.changed:
        return 0
    token, staged = Token._meta.db_table, StagedToken._meta.db_table
    sets = ", ".join(f'"{name}" = s."{name}"' for name in names)
    scope = "" if imported.organisation_id is None else f"AND {token}.organisation_id = %s"
    sql = f"""
        UPDATE {token} SET {sets} FROM {staged} s
        WHERE s.imported_id = %s AND s.is_changed AND s.token_pk = {token}.id {scope}"""  # noqa: S608
    own = [] if imported.organisation_id is None else [imported.organisation_id]
    return _execute(sql, [imported.pk, *own])


def _insert(imported: TokenImport) -> int:
    """Make tokens of the new ones; how many."""
    names = ", ".join(f'"{name}"' for name in ATTRIBUTES.values())
    sql = f"""
        INSERT INTO {Token._meta.db_table} ({names})
        SELECT {names} FROM {StagedToken._meta.db_table}
        WHERE imported_id = %s AND token_pk IS NULL"""  # noqa: S608
    return _execute(sql, [imported.pk])


def _execute(sql: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


@transaction.atomic
def discard(*, imported: TokenImport) -> None:
    """Somebody thinks better of it."""
    locked = TokenImport.objects.select_for_update().get(pk=imported.pk)
    if locked.status in {ImportStatus.CHECKING, ImportStatus.CHECKED}:
        _end(locked, ImportStatus.DISCARDED)


def told(imported: TokenImport) -> str:
    """What an import made, in a sentence."""
    count = imported.new + imported.changed
    return ngettext("%(count)d token was imported.", "%(count)d tokens were imported.", count) % {
        "count": count
    }


def unfinished() -> list[int]:
    """Those whose turn was lost with its worker."""
    before = timezone.now() - FORGOTTEN
    waiting = TokenImport.objects.filter(status=ImportStatus.CHECKING, created_at__lt=before)
    return list(waiting.values_list("pk", flat=True))


def prune() -> None:
    """Let go of what nobody came back for."""
    before = timezone.now() - KEPT
    waiting = [ImportStatus.CHECKING, ImportStatus.CHECKED]
    for imported in TokenImport.objects.filter(status__in=waiting, created_at__lt=before)[:10]:
        discard(imported=imported)
