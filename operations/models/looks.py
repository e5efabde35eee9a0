"""How people want their lists: columns, density, and views they come back to."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation

if TYPE_CHECKING:
    from operations.models.users import User


class Density(models.TextChoices):
    """How much room a row takes."""

    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Views, by who may open and who may change them."""

    def visible_to(self, user: "User") -> Self:
        """One's own, and what colleagues share."""
        if user.sees_whole_network:
            return self.filter(Q(user=user) | Q(is_shared=True))
        # People of no organisation have no colleagues.
        shared = Q(is_shared=True, organisation__isnull=False, organisation=user.organisation_id)
        return self.filter(Q(user=user) | shared)


class SavedView(models.Model):
    """What a list's address says, under a name; whoever opens it sees only their own rows."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # The name of the list page's address: "station-list".
    list = models.CharField(_("list"), max_length=50)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("address"), max_length=2000, blank=True)
    is_shared = models.BooleanField(_("shared"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["user", "list", "name"], name="one_view_per_name")
        ]
        indexes = [
            models.Index(
                fields=["list", "organisation"],
                condition=Q(is_shared=True),
                name="shared_views_of_list",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ListLook(models.Model):
    """How somebody wants one list; without a row it is as the portal declares it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="list_looks"
    )
    list = models.CharField(_("list"), max_length=50)
    # The names of the columns shown, in their order, with commas; empty: as declared.
    columns = models.CharField(_("columns"), max_length=500, blank=True)
    density = models.CharField(
        _("density"), max_length=11, choices=Density, default=Density.COMFORTABLE
    )
    opens_with = models.ForeignKey(
        SavedView, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("look of a list")
        verbose_name_plural = _("looks of lists")
        constraints = [models.UniqueConstraint(fields=["user", "list"], name="one_look_per_list")]

    def __str__(self) -> str:
        return self.list
