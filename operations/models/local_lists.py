"""Local lists: which identifiers stations may authorize on their own, and what each really holds.

A list's contents are kept as revisions, whole and compressed, once for all stations. A station's
own copy is told by the revision it confirmed and how much of it: no entry is kept per station.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, Site, Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet
from operations.models.tokens import Token


class ListSource(models.TextChoices):
    """Which tokens a list takes."""

    ALL = "all", _("All tokens of the organisation")
    GROUP = "group", _("The tokens of a group")
    CHOSEN = "chosen", _("Chosen tokens")


class ListState(models.TextChoices):
    """How a station's copy of its list stands."""

    IN_STEP = "in-step", _("In step")
    BEHIND = "behind", _("Behind")
    PARTLY = "partly", _("Partly applied")
    CHANGED = "changed", _("Changed by someone else")
    NEVER = "never", _("Never sent")
    TOO_MANY = "too-many", _("Too many identifiers")
    DISABLED = "disabled", _("Disabled")
    UNSUPPORTED = "unsupported", _("Not supported")
    UNASSIGNED = "unassigned", _("No list assigned")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _LOOKS[self.value][1]


_LOOKS = {
    "in-step": ("green", "circle-check"),
    "behind": ("yellow", "clock-rotate-left"),
    "partly": ("orange", "circle-half-stroke"),
    "changed": ("red", "user-pen"),
    "never": ("blue", "paper-plane"),
    "too-many": ("red", "triangle-exclamation"),
    "disabled": ("secondary", "toggle-off"),
    "unsupported": ("secondary", "circle-xmark"),
    "unassigned": ("secondary", "circle"),
}
# Where sending may help.
SENDABLE = frozenset({ListState.BEHIND, ListState.PARTLY, ListState.CHANGED, ListState.NEVER})


class ListRevision(models.Model):
    """What a list held at a time; the same contents are one revision, whoever holds them."""

    digest = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    # How many of them each version of OCPP can carry: {"1.6": 9990, …}.
    sizes = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("revision of a local list")
        verbose_name_plural = _("revisions of local lists")

    def __str__(self) -> str:
        return self.digest[:8]

    def size_for(self, protocol: str) -> int:
        """How many identifiers a station that speaks this version gets."""
        return int(self.sizes.get(protocol, self.size))


class ListContents(models.Model):
    """A revision's entries, apart: who looks at states need not load them."""

    revision = models.OneToOneField(
        ListRevision, on_delete=models.CASCADE, primary_key=True, related_name="contents"
    )
    # JSON, zlib: [[identifier, type, status, expiry, group], …] in the order of identifiers.
    packed = models.BinaryField()

    class Meta:
        verbose_name = _("contents of a local list")
        verbose_name_plural = _("contents of local lists")

    def __str__(self) -> str:
        return str(self.revision_id)


class LocalListQuerySet(ScopedQuerySet["LocalList"]):
    """Lists, by who asks."""

    organisation_path = "organisation_id"

    def stale(self) -> Self:
        """Those whose tokens have changed since their revision was made."""
        return self.filter(stale_at__isnull=False)


class LocalList(models.Model):
    """A named list of identifiers, for the stations and sites it is assigned to."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="local_lists",
        help_text=_("Empty: for all stations, with the tokens that charge at all of them."),
    )
    name = models.CharField(_("name"), max_length=100, db_index=True)
    source = models.CharField(
        _("tokens"), max_length=6, choices=ListSource, default=ListSource.ALL, db_index=True
    )
    group = models.CharField(_("group"), max_length=255, blank=True)
    tokens = models.ManyToManyField(Token, blank=True, related_name="local_lists")
    holds_refused = models.BooleanField(
        _("also tokens that may not charge"),
        default=False,
        help_text=_("Stations then refuse them offline too, also where unknown ones may charge."),
    )
    syncs = models.BooleanField(
        _("send changes automatically"),
        default=False,
        help_text=_("When tokens change, and when a station that is behind comes back."),
    )
    sites = models.ManyToManyField(Site, blank=True, related_name="local_lists")
    revision = models.ForeignKey(
        ListRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="lists"
    )
    # Since when its tokens are not what the revision has; when the next of them expires.
    stale_at = models.DateTimeField(null=True, blank=True)
    next_expiry_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True, db_index=True)

    objects = LocalListQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("local list")
        verbose_name_plural = _("local lists")
        constraints = [
            models.UniqueConstraint("organisation", Lower("name"), name="one_local_list_per_name")
        ]
        indexes = [
            models.Index(
                fields=["stale_at"], condition=Q(stale_at__isnull=False), name="local_lists_stale"
            ),
            models.Index(
                fields=["next_expiry_at"],
                condition=Q(next_expiry_at__isnull=False),
                name="local_lists_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StationListQuerySet(ScopedQuerySet["StationList"]):
    """What stations hold, by who asks."""


class StationList(models.Model):
    """One station's copy: the list it is to hold, what it confirmed, and what it reports."""

    station = models.OneToOneField(Station, on_delete=models.CASCADE, related_name="held_list")
    local_list = models.ForeignKey(
        LocalList, on_delete=models.SET_NULL, null=True, blank=True, related_name="copies"
    )
    # Assigned to the station itself: its site's list does not take its place.
    is_own = models.BooleanField(default=False)
    state = models.CharField(
        _("state"), max_length=11, choices=ListState, default=ListState.UNASSIGNED, db_index=True
    )

    # What it confirmed. `applied` of the entries of `revision`, or of the changes from `base` to
    # it; none: all of them. In the version of OCPP it spoke then.
    revision = models.ForeignKey(
        ListRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    base = models.ForeignKey(
        ListRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    applied = models.PositiveIntegerField(null=True, blank=True)
    protocol = models.CharField(max_length=10, blank=True)
    version = models.PositiveBigIntegerField(_("confirmed version"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, db_index=True)

    # What it says: -1 is a 1.6 station's "I can't", 0 its "none" (1.6 §5.10, 2.0.1 D02).
    reported_version = models.BigIntegerField(_("reported version"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)
    is_supported = models.BooleanField(null=True, blank=True)
    is_enabled = models.BooleanField(null=True, blank=True)
    most_entries = models.PositiveIntegerField(null=True, blank=True)
    most_per_message = models.PositiveIntegerField(null=True, blank=True)
    most_bytes = models.PositiveIntegerField(null=True, blank=True)
    # How many at once it has taken, where it takes fewer than it tells, or tells nothing.
    most_taken = models.PositiveIntegerField(null=True, blank=True)

    # The sending that is under way, or the last one: services/local_lists/jobs.py.
    run = models.ForeignKey(
        CommandRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job = models.JSONField(default=dict, blank=True)
    # A message was not answered: it may have been applied, or not.
    is_in_doubt = models.BooleanField(default=False)
    # When to send changes without being asked; none: nothing to send, or not wanted.
    next_sync_at = models.DateTimeField(null=True, blank=True)

    objects = StationListQuerySet.as_manager()

    class Meta:
        ordering = ["station"]
        verbose_name = _("station's local list")
        verbose_name_plural = _("stations' local lists")
        indexes = [
            models.Index(fields=["local_list", "state"], name="copies_of_list"),
            models.Index(
                fields=["next_sync_at"],
                condition=Q(next_sync_at__isnull=False),
                name="copies_to_sync",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.state}"

    @property
    def standing(self) -> ListState:
        """The state as its enum, with tone and icon."""
        return ListState(self.state)

    @property
    def most_at_once(self) -> int | None:
        """What goes into one message: what it tells, or what it has taken; None: as many as are."""
        return least(self.most_per_message, self.most_taken)


def least(*limits: int | None) -> int | None:
    """The smallest of the limits there are."""
    return min((limit for limit in limits if limit is not None), default=None)
