"""The settings of stations, as they report them, and what was changed in them."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations import masking, variables
from operations.models.network import Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise


class Mutability(models.TextChoices):
    """Whether a setting can be read and written, by the station's own word (2.0.1 §3.56)."""

    READ_ONLY = "ReadOnly", _("Read only")
    READ_WRITE = "ReadWrite", _("Can be changed")
    WRITE_ONLY = "WriteOnly", _("Write only")


class SettingState(models.TextChoices):
    """What the station said when it was last asked for a setting."""

    REPORTED = "reported", _("Reported")
    UNKNOWN = "unknown", _("Not known to the station")
    MISSING = "missing", _("Not reported")


class StationSettingQuerySet(ScopedQuerySet["StationSetting"]):
    """Settings, by who asks and what is wanted."""

    def reported(self) -> Self:
        """Those the station has, as they are now (not their targets or limits)."""
        return self.filter(state=SettingState.REPORTED, attribute=variables.ACTUAL)

    def awaiting_reboot(self) -> Self:
        """Those whose new value takes effect when the station boots."""
        return self.filter(reboot_required_at__isnull=False)


class StationSetting(models.Model):
    """One key (OCPP 1.6), or one attribute of a component's variable (2.x), of one station."""

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="settings", db_index=False
    )
    # variables.Variable.key: all of the next six in one text.
    key = models.CharField(_("setting"), max_length=variables.LONGEST_KEY)
    component = models.CharField(_("component"), max_length=100, blank=True)
    component_instance = models.CharField(max_length=100, blank=True)
    evse = models.PositiveIntegerField(null=True, blank=True)
    connector = models.PositiveIntegerField(null=True, blank=True)
    variable = models.CharField(_("name"), max_length=100)
    instance = models.CharField(max_length=100, blank=True)
    attribute = models.CharField(max_length=10, default=variables.ACTUAL)
    # What the station said last; empty for what only it may know.
    value = models.TextField(_("value"), blank=True)
    state = models.CharField(max_length=8, choices=SettingState, default=SettingState.REPORTED)
    mutability = models.CharField(max_length=9, choices=Mutability, blank=True)
    data_type = models.CharField(_("type"), max_length=20, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    min_limit = models.FloatField(null=True, blank=True)
    max_limit = models.FloatField(null=True, blank=True)
    values_list = models.TextField(_("allowed values"), blank=True)
    supports_monitoring = models.BooleanField(null=True, blank=True)
    # When the station said so.
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    # It took a new value that counts from its next boot on.
    reboot_required_at = models.DateTimeField(null=True, blank=True)
    # Somebody typed its name: the station may hide it from who asks for all.
    is_by_hand = models.BooleanField(default=False)

    objects = StationSettingQuerySet.as_manager()

    class Meta:
        ordering = ["key", "attribute"]
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        constraints = [
            models.UniqueConstraint(
                fields=["station", "key", "attribute"], name="one_setting_per_key"
            )
        ]
        indexes = [
            models.Index(fields=["key", "station"], name="settings_by_key"),
            models.Index(
                fields=["station"],
                condition=Q(reboot_required_at__isnull=False),
                name="settings_awaiting_reboot",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> variables.Variable:
        """What it is called."""
        return variables.Variable(
            name=self.variable,
            component=self.component,
            component_instance=self.component_instance,
            evse=self.evse,
            connector=self.connector,
            instance=self.instance,
        )

    @property
    def is_secret(self) -> bool:
        """Whether its value is for nobody's eyes."""
        return masking.SECRET.search(self.variable) is not None

    @property
    def is_read_only(self) -> bool:
        """Whether the station said that it can't be changed."""
        return self.mutability == Mutability.READ_ONLY

    @property
    def needs_reboot(self) -> bool:
        """Whether its new value waits for a boot."""
        return self.reboot_required_at is not None


class ChangeOutcome(models.TextChoices):
    """What became of a change."""

    ACCEPTED = "accepted", _("Accepted, not read back yet")
    REBOOT = "reboot", _("Takes effect after a reboot")
    CONFIRMED = "confirmed", _("In effect")
    IGNORED = "ignored", _("Accepted, but not in effect")
    REFUSED = "refused", _("Refused")
    NOTICED = "noticed", _("Changed at the station")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _OUTCOME_LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _OUTCOME_LOOKS[self.value][1]


_OUTCOME_LOOKS = {
    "accepted": ("blue", "thumbs-up"),
    "reboot": ("yellow", "rotate"),
    "confirmed": ("green", "circle-check"),
    "ignored": ("orange", "circle-question"),
    "refused": ("orange", "hand"),
    "noticed": ("purple", "eye"),
}


class SettingChangeQuerySet(ScopedQuerySet["SettingChange"]):
    """Changes, by who asks and what is wanted."""

    def unproven(self) -> Self:
        """Those the station agreed to, but was not read again since."""
        return self.filter(outcome__in=[ChangeOutcome.ACCEPTED, ChangeOutcome.REBOOT])


class SettingChange(models.Model):
    """One setting that somebody changed, or that was found changed."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="setting_changes")
    run = models.ForeignKey(
        CommandRun,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="setting_changes",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    key = models.CharField(_("setting"), max_length=variables.LONGEST_KEY)
    attribute = models.CharField(max_length=10, default=variables.ACTUAL)
    # Masked where the setting is a password.
    old_value = models.TextField(_("was"), blank=True)
    new_value = models.TextField(_("asked for"), blank=True)
    answer = models.CharField(_("answer"), max_length=50, blank=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=ChangeOutcome)
    at = models.DateTimeField(_("time"))

    objects = SettingChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change of a setting")
        verbose_name_plural = _("changes of settings")
        indexes = [models.Index(fields=["station", "-id"], name="setting_changes_of_station")]

    def __str__(self) -> str:
        return f"{self.key}: {self.old_value} → {self.new_value}"

    @property
    def state(self) -> ChangeOutcome:
        """The outcome as its enum, with tone and icon."""
        return ChangeOutcome(self.outcome)


class Switch(models.TextChoices):
    """What is known of something that can be on or off."""

    ON = "on", _("On")
    OFF = "off", _("Off")
    UNSUPPORTED = "unsupported", _("Not supported")
    UNKNOWN = "unknown", _("Unknown")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"on": "green", "off": "secondary"}.get(self.value, "secondary")

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {
            "on": "toggle-on",
            "off": "toggle-off",
            "unsupported": "ban",
            "unknown": "circle-question",
        }[self.value]


NO_LIMIT = -1  # in the place of a number: the station does not have it


def _switch(label: "Text") -> "models.CharField[str, str]":
    return models.CharField(
        label, max_length=11, choices=Switch, default=Switch.UNKNOWN, db_index=True
    )


def _number(label: "Text") -> "models.IntegerField[int | None, int | None]":
    return models.IntegerField(label, null=True, blank=True, db_index=True)


class AuthorizationProfile(models.Model):
    """How a station authorises: one row of its settings, so that the whole fleet can be filtered.

    Kept by `services.authorization_profiles` from what the station reports; a number that is None
    is unknown, one that is NO_LIMIT the station does not have.
    """

    station = models.OneToOneField(Station, on_delete=models.CASCADE, related_name="authorization")
    local_authorize_offline = _switch(_("Local offline authorization"))
    local_pre_authorize = _switch(_("Local pre-authorize"))
    list_enabled = _switch(_("Local auth list enabled"))
    send_list_max = _number(_("Set local list max. length"))
    list_max = _number(_("Local auth list"))
    unknown_offline = _switch(_("Allow offline session of unknown id"))
    cache_enabled = _switch(_("Authorization cache enabled"))
    authorize_remote_start = _switch(_("Authorize remote start"))
    # OCPP 2.x only.
    list_bytes_max = _number(_("Bytes per message of the local list"))
    list_entries = _number(_("Entries in the local list"))
    cache_lifetime_s = _number(_("Cache lifetime (s)"))
    cache_policy = models.CharField(_("Cache policy"), max_length=20, blank=True, db_index=True)
    cache_storage_bytes = _number(_("Cache storage (bytes)"))
    # Names of the fields above that the station says can't be changed.
    read_only = models.JSONField(default=list)
    read_at = models.DateTimeField(_("as of"), null=True, blank=True, db_index=True)
    # When it last told all settings it has: what it did not name then is not there.
    all_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("authorization settings")
        verbose_name_plural = _("authorization settings")

    def __str__(self) -> str:
        return str(self.station)

    @property
    def is_known(self) -> bool:
        """Whether the station ever told."""
        return self.read_at is not None
