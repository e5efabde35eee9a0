"""Tokens by their identifier, as files have them: what is exported can be imported again.

The resource of django-import-export that all imports and exports of tokens go through. What it
makes of a row is kept at once (the admin), or staged until all rows are right (token_imports).
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.widgets import Widget
from tablib import Dataset

from operations.models import Organisation, Token
from operations.services import spreadsheets, token_rows, tokens
from operations.services.token_rows import ATTRIBUTES, COLUMNS, KEY, Reading

Row = Mapping[str, Any]


class Cell(Widget):
    """A cell of one column, read as token_rows says."""

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def clean(self, value: str, row: Row | None = None, **kwargs: Any) -> Any:
        """The value; CellError, which is a ValueError, says what is wrong with it."""
        return token_rows.read(self.column, value, kwargs["how"])


def _column(name: str) -> Field:
    """What is empty in the file is emptied in the portal, where it may be empty."""
    empties = name not in token_rows.NEVER_EMPTY
    return Field(ATTRIBUTES[name], name, Cell(name), saves_null_values=empties)


class TokenLoader(BaseInstanceLoader):
    """Finds all tokens that a file, or a part of one, is about with one query."""

    def __init__(self, resource: "TokenResource", dataset: Dataset) -> None:
        super().__init__(resource, dataset)
        names = dataset[KEY] if dataset.headers else ()
        keys = {token_rows.key_of(spreadsheets.as_text(name)) for name in names}
        found = Token.objects.annotate(key=Lower("identifier")).filter(key__in=keys)
        self.found = {each.identifier.lower(): each for each in found}

    def get_instance(self, row: Row) -> Token | None:
        """The one with this identifier, whatever its letters' case."""
        return self.found.get(token_rows.key_of(row[KEY]))


class TokenResource(ModelResource):
    """One row per token."""

    identifier = _column("identifier")
    type = _column("type")
    organisation = _column("organisation")
    holder = _column("holder")
    status = _column("status")
    group = _column("group")
    expires_at = _column("expires_at")
    payment = _column("payment")
    most_sessions = _column("most_sessions")

    class Meta:
        model = Token
        fields = COLUMNS
        import_id_fields = (KEY,)
        instance_loader_class = TokenLoader
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def __init__(self, how: Reading | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.how = how or Reading(ZoneInfo("UTC"))
        self.seen: dict[str, int] = {}
        self.was: dict[str, Any] = {}

    # --- Out ---------------------------------------------------------------------------------

    def dehydrate_organisation(self, token: Token) -> str:
        """Its code; nothing for all organisations."""
        return token.organisation.code if token.organisation else ""

    def dehydrate_expires_at(self, token: Token) -> str:
        """With its zone: the same moment wherever it is read."""
        at = token.expires_at
        return timezone.localtime(at).isoformat(sep=" ") if at else ""

    # --- In ----------------------------------------------------------------------------------

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Look at the columns first: where one is wrong all rows are."""
        self.seen = {}
        header = [spreadsheets.as_text(cell) for cell in dataset.headers or ()]
        lines = [row for row in dataset if any(cell not in (None, "") for cell in row)]
        dataset.wipe()
        dataset.headers = token_rows.columns(header)
        width = len(dataset.headers)
        for row in lines:
            dataset.append(row[:width])

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Spreadsheets have numbers and dates; here all is text first."""
        for column, value in row.items():
            row[column] = spreadsheets.as_text(value)

    def init_instance(self, row: Row | None = None) -> Token:
        """The people of one organisation make that one's tokens."""
        return Token(organisation_id=self.how.own_pk)

    def after_init_instance(self, instance: Token, new: Any, row: Row, **kwargs: Any) -> None:
        """Note what it was."""
        names = ATTRIBUTES.values()
        self.was = {} if new else {name: getattr(instance, name) for name in names}

    def import_field(self, field: Field, instance: Token, row: Row, **kwargs: Any) -> None:
        """What the file does not say stays as it is."""
        if field.column_name in row:
            field.save(instance, row, how=self.how)

    def before_save_instance(self, instance: Token, row: Row, **kwargs: Any) -> None:
        """The row is right by itself; see whether this token may be taken from it."""
        problem = self._clash(instance, row)
        if problem:
            raise ValidationError({KEY: problem})
        self.seen[instance.identifier.lower()] = self.number_of(**kwargs)
        # Its letters' case stays as well.
        instance.identifier = self.was.get(KEY, instance.identifier)

    def number_of(self, *, row_number: int, **kwargs: Any) -> int:
        """Which row it is, as the preview counts them."""
        return row_number

    def do_instance_save(self, instance: Token, is_create: Any) -> None:
        """As if by hand: noted, and told to lists."""
        tokens.save(token=instance)

    def _clash(self, token: Token, row: Row) -> str:
        """Why not, or nothing."""
        earlier = self.seen.get(token.identifier.lower())
        if earlier is not None:
            return _("The same identifier is in row %(row)d.") % {"row": earlier}
        if not self.was:
            return ""
        owner_pk, own_pk = self.was["organisation_id"], self.how.own_pk
        if own_pk is not None and owner_pk != own_pk:
            # Not whose: what is another organisation's is nobody's business here.
            return _("This identifier is taken: it does not belong to your organisation.")
        if "organisation" in row and owner_pk != token.organisation_id:
            return _("This token belongs to %(owner)s. Move it by hand, if that is meant.") % {
                "owner": self._owner(owner_pk)
            }
        return ""

    def _owner(self, pk: int | None) -> str:
        if pk is None:
            return _("all organisations")
        return Organisation.objects.values_list("name", flat=True).get(pk=pk)
