"""Rows that were chosen, the form about them, its preview, and the answer to that."""

import html
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from operations.models import Station

STATIONS = "/operations/stations/"
CHARGERS = "/operations/chargers/"
ASK_STATIONS = "/operations/ask/stations/"
ASK_CHARGERS = "/operations/ask/chargers/"


def rebooting(*stations: Station, **more: Any) -> dict[str, Any]:
    """The form as filled in for ticked stations."""
    picked = [station.pk for station in stations]
    return {"command": "reboot", "pick": picked, "mode": "idle", "jitter_s": "0", **more}


def hidden(response: HttpResponse, name: str) -> str:
    """A hidden field of a page."""
    found = re.search(rf'<input type="hidden"\s+name="{name}"\s+value="([^"]*)"', response.text)
    assert found, f"no hidden field {name}"
    return html.unescape(found[1])


def confirm(client: Client, preview: HttpResponse, **more: str) -> HttpResponse:
    """Press Ask on a preview."""
    values = {"question": hidden(preview, "question"), "step": "confirm", **more}
    return client.post(preview.request["PATH_INFO"], values)
