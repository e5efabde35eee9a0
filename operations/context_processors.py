"""What every page of the portal shows beside its own content: the menu and the fleet's counter."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from operations.models import Alert, Station, User
from operations.models.counting import counted_apart
from operations.services import figures
from operations.services.live import switchboard
from operations.statuses import Role

Entry = tuple[Any, str, str, str | tuple[str, ...]]

# Menu > Operations: label, icon, list page, and how the names of its other pages begin.
MENU: tuple[Entry, ...] = (
    (_("Overview"), "gauge-high", "overview", ("overview", "map")),
    (_("Chargers"), "charging-station", "charger-list", "charger-"),
    (_("Stations"), "server", "station-list", "station-"),
    (_("Authorization"), "user-check", "authorization-list", "authorization-list"),
    (
        _("Local Authorization Management"),
        "list-check",
        "local-authorization",
        ("local-authorization", "local-list-"),
    ),
    (_("Authorization Cache"), "memory", "authorization-cache-list", "authorization-cache-"),
    (
        _("Configuration templates"),
        "sliders",
        "configuration-template-list",
        ("configuration-template-", "drift-"),
    ),
    (_("Sessions"), "bolt", "session-list", "session-"),
    (_("Tokens"), "id-card", "token-list", "token-"),
    (_("Firmware"), "microchip", "firmware-list", "firmware-"),
    (_("Diagnostic logs"), "file-lines", "diagnostic-log-list", "diagnostic-log-"),
    (_("Requests"), "paper-plane", "run-list", ("run-", "batch-", "schedule-")),
    (_("Messages"), "comments", "message-list", "message-"),
)
ALERTS = (_("Alerts"), "bell", "alert-list", "alert-")
# For people who may read who did what.
AUDIT = (_("Audit log"), "clipboard-list", "audit-log", "audit-")
# For people who see the whole network.
UNKNOWN = (_("Unknown stations"), "user-clock", "unknown-station-list", "unknown-station-")


# `g` and one of these letters goes there (static/js/keyboard.js, views/shortcuts.py).
GO = {
    "overview": "o",
    "charger-list": "c",
    "station-list": "s",
    "authorization-list": "h",
    "local-authorization": "l",
    "configuration-template-list": "t",
    "session-list": "e",
    "token-list": "k",
    "firmware-list": "f",
    "diagnostic-log-list": "d",
    "run-list": "r",
    "message-list": "m",
    "alert-list": "a",
    "audit-log": "u",
}


def portal(request: HttpRequest) -> dict[str, Any]:
    """`menu` and `fleet`, as templates/base.html takes them; nothing for strangers."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        # Fragments for htmx have neither menu nor top bar: made only where they are shown.
        "menu": SimpleLazyObject(lambda: _menu(request, user)),
        "is_layer_failing": switchboard.is_failing,
        "may_administer": user.may(Role.ADMIN) and user.sees_whole_network,
        "fleet": SimpleLazyObject(lambda: figures.bar(user)),
    }


def _menu(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    match = request.resolver_match
    page = (match.url_name if match else None) or ""
    waiting = SimpleLazyObject(lambda: _waiting(user))
    counts = {
        UNKNOWN[2]: SimpleLazyObject(lambda: waiting["unknown"]),
        ALERTS[2]: SimpleLazyObject(lambda: waiting["unseen"]),
    }
    entries: list[Entry] = [*MENU, ALERTS]
    entries += [AUDIT] if user.may(Role.ENGINEER) else []
    entries += [UNKNOWN] if user.sees_whole_network else []
    return [
        {
            "label": label,
            "icon": icon,
            "url": reverse(url_name),
            "active": page.startswith(prefix),
            "count": counts.get(url_name),
            "is_alerts": url_name == ALERTS[2],
            "go": GO.get(url_name, ""),
        }
        for label, icon, url_name, prefix in entries
    ]


def _waiting(user: User) -> dict[str, int]:
    """How many stations belong to nobody, how many open alerts nobody looks after."""
    unknown: QuerySet[Any] = Station.objects.visible_to(user).unassigned()
    return counted_apart(unknown=unknown, unseen=Alert.objects.visible_to(user).unseen())
