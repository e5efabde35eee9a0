"""Configuration templates: the settings stations should have, and where they have others."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations import variables, versions
from operations.models.network import Organisation, Site, Station
from operations.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    from operations.models.users import User

HIGHEST_PRIORITY = 1000


class TemplateQuerySet(ScopedQuerySet["ConfigurationTemplate"]):
    """Templates, by who asks and when."""

    organisation_path = "organisation_id"

    def visible_to(self, user: "User") -> Self:
        """Their own, and those for every organisation."""
        if user.sees_whole_network or user.organisation_id is None:
            return super().visible_to(user)
        return self.filter(Q(organisation=user.organisation_id) | Q(organisation=None))

    def in_force(self, now: datetime) -> Self:
        """Those that count now, the most important first."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=now),
            Q(valid_until=None) | Q(valid_until__gt=now),
            is_enabled=True,
        ).order_by("-priority", "pk")


class ConfigurationTemplate(models.Model):
    """Settings for all stations of a kind; where several name the same, the highest counts."""

    name = models.CharField(_("name"), max_length=100, db_index=True)
    code = models.SlugField(_("code"), max_length=50, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    priority = models.PositiveIntegerField(
        _("priority"),
        default=100,
        db_index=True,
        validators=[MaxValueValidator(HIGHEST_PRIORITY)],
        help_text=_("Where two templates name the same setting, the higher number counts."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True, db_index=True)
    applies_on_connect = models.BooleanField(
        _("apply when a station connects"),
        default=False,
        db_index=True,
        help_text=_("Otherwise it only shows what differs, until somebody applies it."),
    )
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    # What a station must be; what is empty does not matter.
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="templates",
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="templates",
    )
    protocol = models.CharField(
        _("protocol"), max_length=10, blank=True, choices=versions.VERSION_CHOICES, db_index=True
    )
    vendor = models.CharField(_("vendor"), max_length=50, blank=True, db_index=True)
    model = models.CharField(_("model"), max_length=50, blank=True, db_index=True)
    batch_size = models.PositiveIntegerField(
        _("settings in one request"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text=_("At most so many; empty: as many as the station takes."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("configuration template")
        verbose_name_plural = _("configuration templates")

    def __str__(self) -> str:
        return self.name

    def is_in_force(self, now: datetime) -> bool:
        """Whether it counts now."""
        begun = self.valid_from is None or self.valid_from <= now
        over = self.valid_until is not None and self.valid_until <= now
        return self.is_enabled and begun and not over

    def fits(self, station: Station) -> bool:
        """Whether it is for this station, as `services.templates.stations_of` has it."""
        wanted = (
            (self.organisation_id, station.organisation_id),
            (self.site_id, station.site_id),
            (self.protocol, station.protocol),
            (self.vendor.upper(), station.vendor.upper()),
            (self.model.upper(), station.model.upper()),
        )
        return all(value in (None, "") or value == has for value, has in wanted)


class Bound(models.TextChoices):
    """What a template's setting is of."""

    STATION = "station", _("Station")
    CHARGER = "charger", _("Each charger")
    CONNECTOR = "connector", _("Each connector")


class TemplateSetting(models.Model):
    """One setting of a template. `{charger}` and `{connector}` stand for their numbers."""

    template = models.ForeignKey(
        ConfigurationTemplate, on_delete=models.CASCADE, related_name="settings"
    )
    bound_to = models.CharField(max_length=9, choices=Bound, default=Bound.STATION)
    key = models.CharField(_("setting"), max_length=variables.LONGEST_KEY)
    value = models.TextField(_("value"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("setting of a template")
        verbose_name_plural = _("settings of templates")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "bound_to", "key"], name="one_template_setting_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"


class DriftState(models.TextChoices):
    """How a station's setting stands to its template; what is as it should be has no row."""

    DIFFERS = "differs", _("Differs")
    MISSING = "missing", _("Not there")
    READ_ONLY = "read-only", _("Read only")
    ACCEPTED = "accepted", _("Accepted as it is")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"differs": "orange", "missing": "yellow", "read-only": "purple"}.get(
            self.value, "secondary"
        )

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {
            "differs": "not-equal",
            "missing": "circle-question",
            "read-only": "lock",
            "accepted": "thumbs-up",
        }[self.value]


class DriftQuerySet(ScopedQuerySet["SettingDrift"]):
    """Deviations, by who asks and whether they bother anybody."""

    def open(self) -> Self:
        """Those nobody accepted."""
        return self.exclude(state=DriftState.ACCEPTED)


class SettingDrift(models.Model):
    """A setting that a station has otherwise than its template says."""

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="drift", db_index=False
    )
    key = models.CharField(_("setting"), max_length=variables.LONGEST_KEY)
    template = models.ForeignKey(
        ConfigurationTemplate, on_delete=models.CASCADE, related_name="drift"
    )
    desired = models.TextField(_("should be"), blank=True)
    reported = models.TextField(_("is"), blank=True)
    state = models.CharField(_("state"), max_length=9, choices=DriftState, db_index=True)
    since = models.DateTimeField(_("since"), db_index=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = DriftQuerySet.as_manager()

    class Meta:
        ordering = ["station__name", "key", "pk"]
        verbose_name = _("deviating setting")
        verbose_name_plural = _("deviating settings")
        constraints = [
            models.UniqueConstraint(fields=["station", "key"], name="one_drift_per_setting")
        ]
        indexes = [
            models.Index(fields=["key", "station"], name="drift_by_key"),
            models.Index(
                fields=["since", "station"], condition=~Q(state="accepted"), name="drift_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station}: {self.key}"


class TemplateVisit(models.Model):
    """How far a station's present connection is with its templates: one row for each station."""

    station = models.OneToOneField(Station, on_delete=models.CASCADE, related_name="template_visit")
    # Of the connection that was seen to last.
    epoch = models.PositiveBigIntegerField()
    asked_at = models.DateTimeField()
    # Its settings are read; what differs is applied once they came.
    is_reading = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("visit of a station's templates")
        verbose_name_plural = _("visits of stations' templates")
        indexes = [models.Index(fields=["id"], condition=Q(is_reading=True), name="visits_reading")]

    def __str__(self) -> str:
        return str(self.station)


class DriftPass(models.Model):
    """How far the whole fleet is compared anew, after templates changed: one row."""

    # What was in force then: another text, and the fleet is compared again.
    templates = models.TextField(blank=True)
    # The last station compared; none: through.
    cursor = models.PositiveBigIntegerField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("comparison of the fleet")
        verbose_name_plural = _("comparisons of the fleet")

    def __str__(self) -> str:
        return f"{self.finished_at}"
