"""Stages the right rows of a file of tokens: what each token is to be, beside what it is."""

from types import SimpleNamespace
from typing import Any

from import_export.fields import Field
from import_export.results import Result
from tablib import Dataset

from operations.models import StagedToken, Token, TokenImport
from operations.services import rows, token_rows
from operations.services.token_resource import Row, TokenResource
from operations.services.token_rows import ATTRIBUTES, KEY


class StagingResource(TokenResource):
    """A part of a file; its rows' numbers come as `numbers`."""

    class Meta:
        # No copy of each token, and nothing in HTML: the part may have thousands of rows.
        skip_diff = True
        skip_unchanged = False  # later parts have to see that they were there
        use_transactions = False

    def __init__(self, imported: TokenImport) -> None:
        super().__init__(
            token_rows.reading(own=imported.organisation, time_zone=imported.time_zone)
        )
        self.imported = imported
        given = super().get_import_fields()
        self.fields_given = [field for field in given if field.column_name in imported.columns]
        self.staged: list[SimpleNamespace] = []

    def get_import_fields(self) -> list[Field]:
        """Those of this file, found once and not for each row."""
        return self.fields_given

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """The file was looked at when it came; its earlier parts are staged."""
        keys = {token_rows.key_of(name) for name in dataset[KEY]}
        earlier = self.imported.staged.filter(key__in=keys)
        self.seen = dict(earlier.values_list("key", "row"))

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """All is text already."""

    def number_of(self, *, row_number: int, **kwargs: Any) -> int:
        """In the whole file."""
        number: int = kwargs["numbers"][row_number - 1]
        return number

    def save_instance(self, instance: Token, is_create: Any, row: Row, **kwargs: Any) -> None:
        """Not yet a token."""
        self.before_save_instance(instance, row, **kwargs)
        values = {name: getattr(instance, name) for name in ATTRIBUTES.values()}
        is_changed = bool(self.was) and values != self.was
        # Not the model: making thousands of those takes longer than writing them.
        staged = SimpleNamespace(
            imported_id=self.imported.pk,
            row=self.number_of(**kwargs),
            key=instance.identifier.lower(),
            token_pk=instance.pk,
            is_changed=is_changed,
            **values,
        )
        self.staged.append(staged)
        self.imported.new += bool(is_create)
        self.imported.changed += is_changed

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        """All of them at once."""
        rows.insert(StagedToken, self.staged)
