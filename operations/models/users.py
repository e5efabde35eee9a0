"""People who sign in: their role, whose stations they see, how pages look to them."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, check_time_zone
from operations.statuses import Role


class Theme(models.TextChoices):
    """How pages look; nothing chosen is left to the browser the person sits at."""

    AUTO = "auto", _("As this computer")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


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
    # Chosen on the person's own page; empty: what is usual.
    own_time_zone = models.CharField(
        _("time zone"), max_length=50, blank=True, validators=[check_time_zone]
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, blank=True)

    def may(self, role: Role) -> bool:
        """Whether this user may do what `role` may."""
        return self.is_active and (self.is_superuser or Role(self.role).includes(role))

    @property
    def sees_whole_network(self) -> bool:
        """Whether no organisation limits what this user sees."""
        return self.is_superuser or self.sees_all_organisations

    @property
    def sees_nothing(self) -> bool:
        """Whether nobody has said yet which stations this user sees."""
        return not self.sees_whole_network and self.organisation_id is None

    @property
    def time_zone(self) -> str:
        """The zone this user's pages show times in: their own, the organisation's, else UTC."""
        if self.own_time_zone:
            return self.own_time_zone
        return self.organisation.time_zone if self.organisation else "UTC"


class UserSession(models.Model):
    """A browser somebody is signed in with."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions"
    )
    # Of Django's session; a new one after each change of password.
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=300, blank=True)  # as it names itself

    class Meta:
        ordering = ["-last_seen_at", "-pk"]
        verbose_name = _("signed-in browser")
        verbose_name_plural = _("signed-in browsers")
        indexes = [
            models.Index(fields=["user", "-last_seen_at"], name="session_of_user"),
            models.Index(fields=["last_seen_at"], name="session_by_last_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.began_at:%Y-%m-%d %H:%M}"
