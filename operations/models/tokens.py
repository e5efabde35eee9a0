"""Identifiers that may charge: RFID and NFC cards, contract ids, and the like."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation


class TokenStatus(models.TextChoices):
    """What Authorize answers for the token (OCPP 1.6 §7.2)."""

    ACCEPTED = "Accepted", _("Accepted")
    BLOCKED = "Blocked", _("Blocked")
    EXPIRED = "Expired", _("Expired")
    INVALID = "Invalid", _("Invalid")


class Token(models.Model):
    """One identifier; its letters' case does not matter (OCPP 1.6 §7.1)."""

    identifier = models.CharField(_("identifier"), max_length=255)
    type = models.CharField(_("type"), max_length=20, default="ISO14443")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    holder = models.CharField(_("holder"), max_length=100, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=TokenStatus, default=TokenStatus.ACCEPTED
    )
    group = models.CharField(
        _("group"),
        max_length=255,
        blank=True,
        help_text=_("The parent's or group's identifier: one may end what another started."),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    class Meta:
        ordering = ["identifier"]
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = [
            models.UniqueConstraint(Lower("identifier"), name="one_token_per_identifier")
        ]

    def __str__(self) -> str:
        return self.identifier
