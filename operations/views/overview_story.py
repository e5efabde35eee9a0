"""The fleet as the overview tells it: who needs someone, the figures, the shares, the last day.

Each figure leads to the list that it counts. Times are in the active time zone.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from operations import numbers
from operations.filters.stations import UNTOLD
from operations.models import User
from operations.services import figures as counted
from operations.services import history
from operations.services.figures import Figures, Share, Today
from operations.services.history import Timeline
from operations.statuses import ChargingStatus
from operations.views.overview_needs import link, needy
from operations.views.run_story import Fragment


def fragments(user: User, *, not_before: float = 0.0) -> list[Fragment]:
    """What follows the fleet while one looks at it."""
    found = counted.figures(user, not_before=not_before)
    today = counted.today(user, not_before=not_before)
    return [
        Fragment(
            "overview-needs", "operations/overview/_needs.html", needy(user, found, not_before)
        ),
        Fragment("overview-figures", "operations/overview/_figures.html", tiles(found, today)),
        Fragment("overview-shares", "operations/overview/_shares.html", shares(found)),
    ]


def tiles(found: Figures, today: Today) -> dict[str, Any]:
    """The figures; each links to the list it is the count of."""
    since = timezone.localtime(today.since).strftime("%Y-%m-%dT%H:%M")
    sessions = link("session-list", since=since)
    faulted = found.chargers(ChargingStatus.FAULTED)
    of_total = _("of %(total)s stations") % {"total": numbers.whole(found.bar.total)}
    return {
        "tiles": [
            _tile("plug", "green", found.bar.connected, _("Connected"), of_total)
            | {"url": link("station-list", connection="connected")},
            _tile("circle-xmark", "orange", found.offline, _("Offline"), _("stations"))
            | {"url": link("station-list", connection="offline")},
            _tile("triangle-exclamation", "red", faulted, _("Faulted"), _("chargers"))
            | {"url": link("charger-list", charging_status=ChargingStatus.FAULTED.value)},
            _tile(
                "bolt",
                "blue",
                found.chargers(ChargingStatus.CHARGING),
                _("Charging now"),
                _("chargers"),
            )
            | {"url": link("charger-list", charging_status=ChargingStatus.CHARGING.value)},
            _tile("clock-rotate-left", "cyan", today.sessions, _("Sessions"), _("began today"))
            | {"url": sessions},
            _tile("battery-half", "cyan", *_energy(today.energy_wh)) | {"url": sessions},
            _tile("paper-plane", "purple", found.open_runs, _("Open requests"), _("not ended yet"))
            | {"url": link("run-list", state="open")},
            _tile(
                "circle-exclamation",
                "red",
                found.failed_runs,
                _("Failed requests"),
                _("within 24 hours"),
            )
            | {"url": link("run-list", state="failed")},
        ]
    }


def _tile(icon: str, tone: str, value: float, label: str, note: str) -> dict[str, Any]:
    """A figure; nothing to see is nothing to colour."""
    return {
        "icon": icon,
        "tone": tone if value else "secondary",
        "value": value,
        "label": label,
        "note": note,
    }


def _energy(watt_hours: float) -> tuple[float, str, str]:
    """Value, label and note of what the sessions took."""
    if watt_hours >= 1_000_000:
        return round(watt_hours / 1_000_000, 1), _("Energy"), _("MWh of these")
    return round(watt_hours / 1000, 1), _("Energy"), _("kWh of these")


def shares(found: Figures) -> dict[str, Any]:
    """How many chargers are in which status, how many stations have which firmware."""
    return {"statuses": _statuses(found.statuses), "versions": _versions(found)}


def _bar(share: Share, total: int) -> dict[str, Any]:
    return {"count": share.count, "percent": round(100 * share.count / total, 1) if total else 0}


def _statuses(found: Sequence[Share]) -> list[dict[str, Any]]:
    total = sum(share.count for share in found)
    rows = []
    for share in found:
        row = _bar(share, total)
        if share.value:
            status = ChargingStatus(share.value)
            row |= {"label": status.label, "icon": status.icon, "tone": status.tone}
            row["url"] = link("charger-list", charging_status=share.value)
        else:
            row |= {"label": _("No status yet"), "icon": "circle-question", "tone": "secondary"}
        rows.append(row)
    return rows


def _versions(found: Figures) -> list[dict[str, Any]]:
    total = sum(share.count for share in found.versions) + found.other_versions
    rows = [
        _bar(share, total)
        | {
            "label": share.value or _("Not told"),
            "icon": "microchip" if share.value else "circle-question",
            "tone": "azure" if share.value else "secondary",
            "url": link("station-list", version=share.value or UNTOLD),
        }
        for share in found.versions
    ]
    if found.other_versions:
        rest = _bar(Share("", found.other_versions), total)
        rows.append(rest | {"label": _("Others"), "icon": "ellipsis", "tone": "secondary"})
    return rows


def timeline(user: User, *, not_before: float = 0.0) -> Fragment:
    """The last day: what the script draws, and the same as sentences and a table."""
    line = history.last_day(user, not_before=not_before)
    return Fragment("overview-history", "operations/overview/_history.html", _history(line))


def _history(line: Timeline) -> dict[str, Any]:
    series = {
        "since": round(line.since.timestamp()),
        "step": line.step_s,
        "connected": line.connected,
        "messages": line.messages,
    }
    return {
        "series": json.dumps(series, separators=(",", ":")),
        "connected_words": _words(line.connected),
        # Not "messages": Django's own would be shown in its place.
        "messages_words": _words(line.messages),
        "hours": list(_hours(line)),
        "zone": timezone.get_current_timezone_name(),
    }


def _words(values: Sequence[int | None]) -> str:
    """A line in a sentence."""
    known = [value for value in values if value is not None]
    if not known:
        return _("Nothing was counted yet.")
    return _("Now %(now)s; in the last 24 hours between %(least)s and %(most)s.") % {
        "now": numbers.whole(known[-1]),
        "least": numbers.whole(min(known)),
        "most": numbers.whole(max(known)),
    }


def _hours(line: Timeline) -> Iterator[dict[str, Any]]:
    """Hour by hour, the latest first."""
    by_hour: dict[datetime, list[tuple[int | None, int | None]]] = defaultdict(list)
    for at, *values in zip(line.times(), line.connected, line.messages, strict=True):
        hour = timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
        by_hour[hour].append((values[0], values[1]))
    for hour in sorted(by_hour, reverse=True):
        connected, messages = zip(*by_hour[hour], strict=True)
        yield {
            "hour": date_format(hour, "j M, H:i"),
            "connected": _range(connected),
            "messages": _range(messages),
        }


def _range(values: Sequence[int | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = numbers.whole(min(known)), numbers.whole(max(known))
    return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}
