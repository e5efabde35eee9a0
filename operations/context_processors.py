"""What every page of the portal shows beside its own content: the menu and the fleet's counter."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from operations.models import Station, User

# Menu > Operations: label, icon, list page, and how the names of its other pages begin.
MENU = (
    (_("Chargers"), "charging-station", "charger-list", "charger-"),
    (_("Stations"), "server", "station-list", "station-"),
    (_("Sessions"), "bolt", "session-list", "session-"),
    (_("Requests"), "paper-plane", "run-list", "run-"),
    (_("Messages"), "comments", "message-list", "message-"),
)
# For people who see the whole network.
UNKNOWN = (_("Unknown stations"), "user-clock", "unknown-station-list", "unknown-station-")


def portal(request: HttpRequest) -> dict[str, Any]:
    """`menu` and `fleet`, as templates/base.html takes them; nothing for strangers."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    match = request.resolver_match
    page = (match.url_name if match else None) or ""
    fleet = SimpleLazyObject(Station.objects.visible_to(user).tally)
    entries = (*MENU, UNKNOWN) if user.sees_whole_network else MENU
    return {
        "menu": [
            {
                "label": label,
                "icon": icon,
                "url": reverse(url_name),
                "active": page.startswith(prefix),
                "count": _unknown(fleet) if url_name == UNKNOWN[2] else None,
            }
            for label, icon, url_name, prefix in entries
        ],
        # Fragments for htmx have no top bar: counted only where it is shown.
        "fleet": fleet,
    }


def _unknown(fleet: Any) -> Any:
    """How many stations belong to nobody; counted with the fleet, in the same query."""
    return SimpleLazyObject(lambda: fleet["unassigned"])
