"""The charging network: organisations, sites, stations, chargers, connectors."""

import zoneinfo
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from operations import versions
from operations.models.counting import counted
from operations.models.scope import ScopedQuerySet
from operations.statuses import ChargingStatus, LockStatus, OperationalStatus, Registration

# OCPP 2.0.1 part 4 §3.1.1 limits the length; 1.6 stations use whatever a URL can encode.
IDENTITY = RegexValidator(
    r"\A(?! )[^\x00-\x1f\x7f]{1,48}(?<! )\Z",
    _("An identity has 1 to 48 printable characters, and no space at its ends."),
)


def check_time_zone(name: str) -> None:
    """Refuse what is not an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        sentence = _("%(name)s is not a time zone, such as Europe/Ljubljana.")
        raise ValidationError(sentence, params={"name": name})


class Organisation(models.Model):
    """A charge point operator: owns stations; users see their own organisation's."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    code = models.SlugField(_("code"), max_length=50, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="UTC", validators=[check_time_zone]
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class SiteQuerySet(ScopedQuerySet["Site"]):
    """Sites, by who asks."""

    organisation_path = "organisation_id"


class Site(models.Model):
    """A place with stations: a parking lot, a depot, a building."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(_("name"), max_length=100)
    code = models.SlugField(_("code"), max_length=50, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="UTC", validators=[check_time_zone]
    )
    # Degrees (WGS 84); a site without stands on the map's list alone.
    latitude = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("In degrees, north of the equator: 55.6881."),
    )
    longitude = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("In degrees, east of Greenwich: 12.6012."),
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        # What the list beside the map sorts by.
        indexes = [models.Index(fields=["name", "id"], name="sites_by_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A place has both coordinates, or none."""
        if (self.latitude is None) != (self.longitude is None):
            raise ValidationError(_("Give latitude and longitude, or neither."))


def sorted_by(what: str, *fields: str) -> list[models.Index]:
    """For lists sorted by one of these: ties by name, as their columns have it."""
    return [
        models.Index(fields=[field, "name", "id"], name=f"{what}_by_{field}") for field in fields
    ]


class StationQuerySet(ScopedQuerySet["Station"]):
    """Stations, by who asks and what is wanted."""

    organisation_path = "organisation_id"

    def connected(self) -> Self:
        """The stations that hold an open connection."""
        return self.filter(connected_at__isnull=False)

    def tally(self, *, total: int | None = None) -> dict[str, int]:
        """How many there are (if nobody has counted them yet), and how many are connected."""
        return counted(self, total, connected=self.connected())

    def unassigned(self) -> Self:
        """The stations that belong to nobody yet."""
        return self.filter(organisation=None)


class Station(models.Model):
    """The network component: whatever holds one OCPP connection under one identity."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stations",
        help_text=_("Empty: a station that announced itself and was not assigned yet."),
    )
    site = models.ForeignKey(
        Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="stations"
    )
    name = models.CharField(_("name"), max_length=100, db_index=True)
    identity = models.CharField(
        _("identity"),
        max_length=48,
        unique=True,
        validators=[IDENTITY],
        help_text=_("What the station connects as: the last part of its URL. Case matters."),
    )
    serial_number = models.CharField(_("serial number"), max_length=50, blank=True)
    model = models.CharField(_("model"), max_length=50, blank=True)
    vendor = models.CharField(_("vendor"), max_length=50, blank=True)
    firmware_version = models.CharField(_("firmware"), max_length=50, blank=True)
    iccid = models.CharField(max_length=20, blank=True)
    imsi = models.CharField(max_length=20, blank=True)
    protocol = models.CharField(
        _("protocol"), max_length=10, blank=True, choices=versions.VERSION_CHOICES
    )
    operational_status = models.CharField(
        _("operational status"),
        max_length=11,
        choices=OperationalStatus,
        default=OperationalStatus.INOPERATIVE,
    )
    # What the station says of itself: connector 0 in OCPP 1.6, component ChargingStation in 2.x.
    main_status = models.CharField(max_length=13, choices=ChargingStatus, blank=True)
    main_status_at = models.DateTimeField(null=True, blank=True)
    main_error = models.CharField(max_length=200, blank=True)
    registration = models.CharField(
        _("registration"), max_length=8, choices=Registration, default=Registration.ACCEPTED
    )
    boot_reason = models.CharField(max_length=30, blank=True)
    booted_at = models.DateTimeField(_("booted at"), null=True, blank=True)
    # It once let a TriggerMessage for BootNotification go unanswered (StarCharge, lbbrhzn 1096).
    ignores_boot_trigger = models.BooleanField(default=False, editable=False)
    # Actions it said it does not support, each with the firmware it said so under.
    refused_actions = models.JSONField(default=dict, blank=True, editable=False)
    # What it transfers files by, as far as it told: "FTP,HTTP".
    file_protocols = models.CharField(max_length=100, blank=True, editable=False)
    answer_timeout_s = models.PositiveIntegerField(
        _("answers within (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("For a station that is slower than others. Empty: as all."),
    )
    effect_timeout_s = models.PositiveIntegerField(
        _("shows the effect within (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 3600)],
        help_text=_("At least so long requests wait for what they were to bring about."),
    )
    password_digest = models.CharField(max_length=64, blank=True, editable=False)
    epoch = models.PositiveBigIntegerField(default=0, editable=False)
    connected_at = models.DateTimeField(_("connected since"), null=True, blank=True)
    disconnected_at = models.DateTimeField(_("offline since"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("station")
        verbose_name_plural = _("stations")
        indexes = [
            *sorted_by("stations", "serial_number", "model", "vendor", "operational_status"),
            *sorted_by("stations", "protocol", "firmware_version"),
            models.Index(
                fields=["connected_at", "disconnected_at", "id"], name="stations_by_connection"
            ),
            # What alert rules look for (services.conditions): few among many.
            models.Index(
                fields=["disconnected_at"],
                condition=Q(connected_at__isnull=True),
                name="stations_offline",
            ),
            models.Index(
                fields=["main_status_at"],
                condition=Q(main_status="Faulted"),
                name="stations_faulted",
            ),
            # Who may take a firmware, and who has it (services.firmware).
            models.Index(
                fields=["vendor", "model", "firmware_version"], name="stations_by_firmware"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_connected(self) -> bool:
        """Whether the station holds an open connection."""
        return self.connected_at is not None

    @property
    def is_closed(self) -> bool:
        """Whether the station is discarded."""
        return self.operational_status == OperationalStatus.CLOSED

    def lacks(self, action: str) -> bool:
        """Whether the station's present firmware said it does not support this OCPP action."""
        return bool(self.refused_actions.get(action) == self.firmware_version)

    def transfers_by(self, scheme: str) -> bool:
        """Whether it may fetch and bring files by this URL scheme; it may where it never told."""
        told = {name.strip().lower() for name in self.file_protocols.split(",") if name.strip()}
        return not told or scheme.lower() in told

    @property
    def version(self) -> versions.OcppVersion | None:
        """The OCPP version last spoken, None before the first connection."""
        return versions.by_name(self.protocol)


class ChargerQuerySet(ScopedQuerySet["Charger"]):
    """Chargers, by who asks."""

    def tally(self, *, total: int | None = None) -> dict[str, int]:
        """How many there are (if nobody has counted them yet); how many fault, or charge."""
        return counted(
            self,
            total,
            faulted=self.filter(charging_status=ChargingStatus.FAULTED),
            charging=self.filter(charging_status=ChargingStatus.CHARGING),
        )


class Charger(models.Model):
    """The hardware under a station: an EVSE in OCPP 2.x; the whole box in 1.6, until split."""

    # Without indexes of their own, here and below: others begin with them, and each status a
    # station tells writes all there are.
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="chargers", db_index=False
    )
    number = models.PositiveIntegerField(
        _("number"),
        validators=[MinValueValidator(1)],
        help_text=_("In OCPP 2.x the EVSE id; in 1.6 counted from 1."),
    )
    name = models.CharField(_("name"), max_length=120)
    serial_number = models.CharField(_("serial number"), max_length=50, blank=True)
    model = models.CharField(_("model"), max_length=50, blank=True)
    vendor = models.CharField(_("vendor"), max_length=50, blank=True)
    operational_status = models.CharField(
        _("operational status"),
        max_length=11,
        choices=OperationalStatus,
        default=OperationalStatus.INOPERATIVE,
    )
    charging_status = models.CharField(
        _("charging status"), max_length=13, choices=ChargingStatus, blank=True
    )
    status_at = models.DateTimeField(_("since"), null=True, blank=True, db_index=True)
    requested_availability = models.CharField(
        max_length=11, choices=OperationalStatus, blank=True, editable=False
    )

    objects = ChargerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("charger")
        verbose_name_plural = _("chargers")
        constraints = [
            models.UniqueConstraint(fields=["station", "number"], name="one_charger_per_number")
        ]
        indexes = [
            models.Index(fields=["name"], name="chargers_by_name"),
            *sorted_by(
                "chargers",
                "serial_number",
                "model",
                "vendor",
                "operational_status",
                "charging_status",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        """Whether the charger is discarded."""
        return self.operational_status == OperationalStatus.CLOSED


class Connector(models.Model):
    """An outlet of a charger, under the number OCPP gives it.

    OCPP 1.6 numbers through the station, 2.x from 1 inside each EVSE.
    """

    charger = models.ForeignKey(
        Charger, on_delete=models.CASCADE, related_name="connectors", db_index=False
    )
    # The station again, for the lookup every OCPP 1.6 status needs: (station, number).
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="connectors", db_index=False
    )
    number = models.PositiveIntegerField(_("number"), validators=[MinValueValidator(1)])
    type = models.CharField(_("type"), max_length=50, blank=True)
    max_power_kw = models.FloatField(_("maximum power (kW)"), null=True, blank=True)
    operational_status = models.CharField(
        _("operational status"),
        max_length=11,
        choices=OperationalStatus,
        default=OperationalStatus.INOPERATIVE,
    )
    charging_status = models.CharField(
        _("charging status"), max_length=13, choices=ChargingStatus, blank=True
    )
    status_at = models.DateTimeField(_("since"), null=True, blank=True)
    # When we last heard a status, changed or not: what proves an availability change.
    status_heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    error_info = models.CharField(_("error info"), max_length=200, blank=True)
    vendor_error_code = models.CharField(_("vendor's error code"), max_length=50, blank=True)
    requested_availability = models.CharField(
        max_length=11, choices=OperationalStatus, blank=True, editable=False
    )
    lock_status = models.CharField(
        _("lock"), max_length=8, choices=LockStatus, default=LockStatus.UNKNOWN
    )
    lock_is_writable = models.BooleanField(default=False)

    class Meta:
        ordering = ["charger", "number"]
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [
            models.UniqueConstraint(fields=["charger", "number"], name="one_connector_per_number")
        ]
        indexes = [
            models.Index(fields=["station", "number"], name="connector_of_station"),
            models.Index(fields=["operational_status"], name="connectors_by_operational"),
            models.Index(fields=["charging_status"], name="connectors_by_charging"),
            models.Index(
                fields=["status_at"],
                condition=Q(charging_status="Faulted"),
                name="connectors_faulted",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(charger)s, connector %(number)s") % {
            "charger": self.charger.name,
            "number": self.number,
        }

    @property
    def is_closed(self) -> bool:
        """Whether the connector is discarded."""
        return self.operational_status == OperationalStatus.CLOSED
