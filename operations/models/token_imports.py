"""Files of tokens on their way in: checked row by row, then imported whole or not at all."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation
from operations.models.scope import ScopedQuerySet


class ImportStatus(models.TextChoices):
    """How far a file is."""

    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Ready to import")
    FAULTY = "faulty", _("Has mistakes")
    DONE = "done", _("Imported")
    DISCARDED = "discarded", _("Discarded")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _LOOKS[self.value][1]


_LOOKS = {
    "checking": ("blue", "spinner"),
    "checked": ("cyan", "clipboard-check"),
    "faulty": ("orange", "triangle-exclamation"),
    "done": ("green", "circle-check"),
    "discarded": ("secondary", "circle-xmark"),
}


class TokenImportQuerySet(ScopedQuerySet["TokenImport"]):
    """Imports, by who asks."""

    organisation_path: ClassVar[str] = "organisation_id"


class TokenImport(models.Model):
    """One file, by whom, and what came of it."""

    # Whose tokens it may hold; None: anybody's.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded"), db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    file_name = models.CharField(_("file"), max_length=200)
    time_zone = models.CharField(max_length=50)  # of times in it that name none
    columns = models.JSONField(default=list)
    status = models.CharField(
        _("status"), max_length=10, choices=ImportStatus, default=ImportStatus.CHECKING
    )
    # In the store: a row of the file a line, as JSON; and up to which byte they are checked.
    stored_name = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    offset = models.BigIntegerField(default=0, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    checked = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    mistakes = models.PositiveIntegerField(_("rows with mistakes"), default=0)
    # The first of them: [row, column, sentence].
    examples = models.JSONField(default=list)

    objects = TokenImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("token import")
        verbose_name_plural = _("token imports")

    def __str__(self) -> str:
        return self.file_name

    @property
    def state(self) -> ImportStatus:
        """The status with its look."""
        return ImportStatus(self.status)

    @property
    def percent(self) -> int:
        """How much of it is checked."""
        return self.checked * 100 // self.rows if self.rows else 100

    @property
    def unchanged(self) -> int:
        """Rows that say what is so already."""
        return self.checked - self.new - self.changed - self.mistakes


class StagedToken(models.Model):
    """A right row of such a file: what the token is to be."""

    imported = models.ForeignKey(TokenImport, on_delete=models.CASCADE, related_name="staged")
    # The token it changes; None: a new one. No foreign key: tokens come and go meanwhile.
    token_pk = models.BigIntegerField(null=True)
    key = models.CharField(max_length=255)
    row = models.PositiveIntegerField()
    is_changed = models.BooleanField()
    identifier = models.CharField(max_length=255)
    type = models.CharField(max_length=20)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    holder = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=8)
    group = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(null=True)
    payment = models.CharField(max_length=9)
    most_sessions = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("row of a token import")
        verbose_name_plural = _("rows of token imports")
        constraints = [
            models.UniqueConstraint(fields=["imported", "key"], name="one_row_per_staged_token")
        ]

    def __str__(self) -> str:
        return self.identifier
