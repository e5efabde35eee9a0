"""The audit log: what people, schedules, rules and the shell changed. Only ever added to."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation
from operations.models.scope import ScopedQuerySet


class ActorKind(models.TextChoices):
    """What sort of hand did it."""

    PERSON = "person", _("A person")
    SCHEDULE = "schedule", _("A schedule")
    RULE = "rule", _("An alert rule")
    SHELL = "shell", _("The shell")
    PORTAL = "portal", _("The portal itself")


class Deed(models.TextChoices):
    """What was done. Whom it was done to is the entry's target."""

    ASKED = "asked", _("Asked")
    CANCELLED = "cancelled", _("Cancelled")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")
    IMPORTED = "imported", _("Imported")
    EXPORTED = "exported", _("Exported")
    UPLOADED = "uploaded", _("Uploaded")
    RETIRED = "retired", _("Retired")
    APPROVED = "approved", _("Approved")
    QUARANTINED = "quarantined", _("Quarantined")
    DISCONNECTED = "disconnected", _("Disconnected")
    NEW_PASSWORD = "new-password", _("New password")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    SENT_AGAIN = "sent-again", _("Sent again")
    SIGNED_IN = "signed-in", _("Signed in")
    SIGNED_OUT = "signed-out", _("Signed out")
    SIGN_IN_FAILED = "sign-in-failed", _("Sign-in failed")
    LOCKED = "locked", _("Sign-in locked")
    UNLOCKED = "unlocked", _("Sign-in unlocked")
    SECOND_FACTOR_ON = "second-factor-on", _("Second factor on")
    SECOND_FACTOR_OFF = "second-factor-off", _("Second factor off")
    SESSIONS_ENDED = "sessions-ended", _("Sessions ended")
    CONNECTED = "connected", _("Connected")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _LOOKS[self.value][1]


_LOOKS = {
    "asked": ("blue", "paper-plane"),
    "cancelled": ("secondary", "circle-xmark"),
    "paused": ("yellow", "circle-pause"),
    "resumed": ("blue", "circle-play"),
    "created": ("green", "circle-plus"),
    "changed": ("blue", "pen"),
    "deleted": ("red", "trash"),
    "imported": ("blue", "file-import"),
    "exported": ("secondary", "file-export"),
    "uploaded": ("blue", "upload"),
    "retired": ("orange", "box-archive"),
    "approved": ("green", "check"),
    "quarantined": ("orange", "user-clock"),
    "disconnected": ("orange", "link-slash"),
    "new-password": ("purple", "key"),
    "acknowledged": ("cyan", "thumbs-up"),
    "sent-again": ("blue", "rotate-right"),
    "signed-in": ("secondary", "right-to-bracket"),
    "signed-out": ("secondary", "right-from-bracket"),
    "sign-in-failed": ("red", "user-xmark"),
    "locked": ("red", "user-lock"),
    "unlocked": ("blue", "unlock"),
    "second-factor-on": ("green", "shield-halved"),
    "second-factor-off": ("orange", "shield-halved"),
    "sessions-ended": ("orange", "arrow-right-from-bracket"),
    "connected": ("blue", "link"),
}


class ImmutableError(TypeError):
    """Somebody tried to rewrite history."""


class AuditQuerySet(ScopedQuerySet["AuditEntry"]):
    """Entries, which can be added and read; nothing else."""

    organisation_path = "organisation_id"

    def update(self, **_kwargs: Any) -> NoReturn:
        """Nobody rewrites the log."""
        raise ImmutableError("An audit entry is never changed.")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Nobody rewrites the log."""
        raise ImmutableError("An audit entry is never changed.")

    def delete(self) -> NoReturn:
        """Nobody deletes from the log; what is older than its time goes by `forget`."""
        raise ImmutableError("An audit entry is never deleted.")

    def forget(self, pks: Collection[int], *, before: datetime) -> None:
        """Delete those of these that are older."""
        entries: models.QuerySet[AuditEntry] = models.QuerySet(self.model, using=self.db)
        entries.filter(pk__in=pks, at__lt=before).delete()


class AuditEntry(models.Model):
    """One deed: who, from where, what, to whom, before and after.

    What it names may be gone since: no foreign key holds it, and none is emptied.
    """

    at = models.DateTimeField(_("time"))
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    who = models.CharField(_("who"), max_length=150, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    address = models.CharField(_("from"), max_length=64, blank=True)
    deed = models.CharField(_("what"), max_length=20, choices=Deed)
    # "station", "user", …: the model's name, and the key of what it was.
    target_kind = models.CharField(_("kind"), max_length=50, blank=True)
    target_pk = models.BigIntegerField(null=True)
    target_name = models.CharField(_("target"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    # By field: [before, after], secrets masked.
    changes = models.JSONField(default=dict)
    detail = models.CharField(_("detail"), max_length=500, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["deed", "at"], name="audit_by_deed"),
            models.Index(fields=["who", "at"], name="audit_by_who"),
            models.Index(fields=["target_kind", "target_pk"], name="audit_of_target"),
            models.Index(fields=["target_name"], name="audit_by_target_name"),
            models.Index(fields=["organisation", "at"], name="audit_of_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.deed} {self.target_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only once."""
        if not self._state.adding:
            raise ImmutableError("An audit entry is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Never."""
        raise ImmutableError("An audit entry is never deleted.")
