"""Identifiers that may charge: RFID and NFC cards, contract ids, and the like."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Length, Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, Station
from operations.models.scope import ScopedQuerySet

LONGEST_ON_V16 = 20  # OCPP 1.6 §7.28 IdToken
MOST_SESSIONS = 1000

# identifierString (2.0.1 part 2 §3) and what 1.6 stations send besides: nothing that hides.
IDENTIFIER = RegexValidator(
    r"\A(?! )[\x20-\x7e]{1,255}(?<! )\Z",
    _("An identifier has 1 to 255 letters, digits and signs of ASCII, and no space at its ends."),
)
TYPE = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,19}\Z",
    _("A type has 1 to 20 letters, digits, dots, dashes and underscores."),
)


class TokenType(models.TextChoices):
    """The kinds OCPP names (IdTokenEnumType); stations of 2.1 may have others."""

    CENTRAL = "Central", _("Central")
    DIRECT_PAYMENT = "DirectPayment", _("Direct payment")
    EMAID = "eMAID", _("eMAID: a contract of Plug & Charge")
    EVCCID = "EVCCID", _("EVCC id")
    ISO14443 = "ISO14443", _("ISO 14443: RFID, NFC")
    ISO15693 = "ISO15693", _("ISO 15693: RFID")
    KEY_CODE = "KeyCode", _("Key code")
    LOCAL = "Local", _("Local")
    MAC_ADDRESS = "MacAddress", _("MAC address")
    NO_AUTHORIZATION = "NoAuthorization", _("No authorization")
    VIN = "VIN", _("Vehicle's number")


class TokenStatus(models.TextChoices):
    """What Authorize answers for the token (OCPP 1.6 §7.2)."""

    ACCEPTED = "Accepted", _("Accepted")
    BLOCKED = "Blocked", _("Blocked")
    EXPIRED = "Expired", _("Expired")
    INVALID = "Invalid", _("Invalid")


class PaymentKind(models.TextChoices):
    """Who pays when; what is paid beforehand must not be authorised out of a cache."""

    POST_PAID = "post-paid", _("Post-paid")
    PRE_PAID = "pre-paid", _("Pre-paid")


class TokenQuerySet(ScopedQuerySet["Token"]):
    """Tokens, by what is presented."""

    organisation_path: ClassVar[str] = "organisation_id"

    def find(self, identifier: str) -> "Token | None":
        """The token, whatever the case of its letters; by the index that keeps them unique."""
        if not identifier:
            return None
        return self.annotate(key=Lower("identifier")).filter(key=Lower(Value(identifier))).first()


class Token(models.Model):
    """One identifier; its letters' case does not matter (OCPP 1.6 §7.1)."""

    identifier = models.CharField(_("identifier"), max_length=255, validators=[IDENTIFIER])
    type = models.CharField(
        _("type"), max_length=20, default=TokenType.ISO14443, validators=[TYPE], db_index=True
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tokens",
        help_text=_("It charges at the stations of this organisation. Empty: at all stations."),
    )
    holder = models.CharField(_("holder"), max_length=100, blank=True, db_index=True)
    status = models.CharField(
        _("status"), max_length=8, choices=TokenStatus, default=TokenStatus.ACCEPTED, db_index=True
    )
    group = models.CharField(
        _("group"),
        max_length=255,
        blank=True,
        db_index=True,
        help_text=_("The parent's or group's identifier: one may end what another started."),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, db_index=True)
    payment = models.CharField(
        _("payment"),
        max_length=9,
        choices=PaymentKind,
        default=PaymentKind.POST_PAID,
        db_index=True,
    )
    most_sessions = models.PositiveSmallIntegerField(
        _("sessions at once"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_SESSIONS)],
        help_text=_(
            "More are refused with ConcurrentTx. Empty: as the portal's settings say. "
            "0: any number."
        ),
    )
    # Kept by the database: what 1.6 can carry is filtered for.
    fits_v16 = models.GeneratedField(
        expression=LessThanOrEqual(Length("identifier"), LONGEST_ON_V16),
        output_field=models.BooleanField(),
        db_persist=True,
        db_index=True,
    )

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["identifier"]
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = [
            models.UniqueConstraint(
                Lower("identifier"),
                name="one_token_per_identifier",
                violation_error_message=_("There is a token with this identifier already."),
            )
        ]
        indexes = [
            models.Index(fields=["identifier", "id"], name="tokens_by_identifier"),
            models.Index(fields=["organisation", "identifier"], name="tokens_of_organisation"),
            # Whose stations had better not authorise out of a cache (services.caching).
            models.Index(fields=["organisation", "payment"], name="tokens_by_payment"),
        ]

    def __str__(self) -> str:
        return self.identifier

    @property
    def standing(self) -> TokenStatus:
        """Whether it may charge now: one that was accepted expires."""
        return standing_of(self.status, self.expires_at)

    @property
    def is_usable_on_v16(self) -> bool:
        """Whether OCPP 1.6 can carry it."""
        return len(self.identifier) <= LONGEST_ON_V16


def standing_of(status: str, expires_at: datetime | None) -> TokenStatus:
    """What a status and an expiry come to now."""
    is_over = expires_at is not None and expires_at <= timezone.now()
    if status == TokenStatus.ACCEPTED and is_over:
        return TokenStatus.EXPIRED
    return TokenStatus(status)


class RejectionReason(models.TextChoices):
    """Why a station was told no."""

    UNKNOWN = "unknown", _("Unknown")
    ELSEWHERE = "elsewhere", _("Belongs to another organisation")
    BLOCKED = "blocked", _("Blocked")
    EXPIRED = "expired", _("Expired")
    INVALID = "invalid", _("Invalid")
    GROUP = "group", _("Its group may not charge")
    CONCURRENT = "concurrent", _("Charges elsewhere already")


class RejectedTokenQuerySet(ScopedQuerySet["RejectedToken"]):
    """Refused presentations, by who asks."""


class RejectedToken(models.Model):
    """A token that a station presented and that may not charge, counted."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="rejected_tokens")
    token = models.CharField(_("token"), max_length=255)
    type = models.CharField(_("type"), max_length=20, blank=True)
    reason = models.CharField(_("why"), max_length=10, choices=RejectionReason)
    count = models.PositiveBigIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    objects = RejectedTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-pk"]
        verbose_name = _("rejected token")
        verbose_name_plural = _("rejected tokens")
        constraints = [
            models.UniqueConstraint(F("station"), Lower("token"), name="one_rejection_per_token")
        ]
        indexes = [
            models.Index(fields=["last_at", "id"], name="rejections_by_time"),
            models.Index(fields=["station", "last_at"], name="rejections_of_station"),
            models.Index(fields=["reason", "last_at"], name="rejections_by_reason"),
            models.Index(fields=["count", "id"], name="rejections_by_count"),
            models.Index(fields=["token", "id"], name="rejections_by_token"),
            models.Index(Lower("token"), name="rejections_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.token} {self.reason}"
