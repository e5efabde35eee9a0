"""People who sign in: their role and which organisations' stations they see."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation
from operations.statuses import Role


class User(AbstractUser):
    """A person; sees one organisation, or the whole network, or (neither set) nothing."""

    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
    )
    sees_all_organisations = models.BooleanField(_("sees all organisations"), default=False)

    def may(self, role: Role) -> bool:
        """Whether this user may do what `role` may."""
        return self.is_active and (self.is_superuser or Role(self.role).includes(role))

    @property
    def sees_whole_network(self) -> bool:
        """Whether no organisation limits what this user sees."""
        return self.is_superuser or self.sees_all_organisations

    @property
    def time_zone(self) -> str:
        """The zone this user's pages show times in: the organisation's, else UTC."""
        return self.organisation.time_zone if self.organisation else "UTC"
