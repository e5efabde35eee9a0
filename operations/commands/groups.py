"""The headings behind "More…", in the order they stand there."""

from django.utils.translation import gettext_lazy

SESSIONS = gettext_lazy("Sessions and reservations")
PROFILES = gettext_lazy("Charging profiles")
SETTINGS = gettext_lazy("Settings")
AUTHORIZATION = gettext_lazy("Authorization")
REPORTS = gettext_lazy("Reports and monitoring")
DISPLAY = gettext_lazy("Display, costs and tariffs")
CERTIFICATES = gettext_lazy("Certificates")
NETWORK = gettext_lazy("Network and firmware")
GRID = gettext_lazy("Grid and energy")
CUSTOM = gettext_lazy("For engineers")

GROUPS = (
    SESSIONS,
    PROFILES,
    SETTINGS,
    AUTHORIZATION,
    REPORTS,
    DISPLAY,
    CERTIFICATES,
    NETWORK,
    GRID,
    CUSTOM,
)
