"""How a station's connection fares: what is wrong, in sentences, and the figures behind it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from operations.commands.spans import duration
from operations.models import Connection, OcppMessage, Station
from operations.services.stations import PENDING_INTERVAL_S
from operations.statuses import Registration

FLAPPING = 5  # connections in an hour
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Some answer a minute late (evcc 26837); only then is a call counted as unanswered.
PATIENCE = timedelta(seconds=90)
UNRESPONSIVE = 3  # calls in a row
OVERDUE = 1.5  # heartbeat intervals
LATEST = 200  # messages in which times are looked for
FEWEST_TIMES = 3
SKEWED = timedelta(seconds=60)
MOST_CALLS = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to look after: a badge and what it means."""

    word: str
    sentence: str
    icon: str
    tone: str = "orange"


@dataclass(frozen=True, slots=True)
class Signs:
    """What a station's health page says on top."""

    problems: list[Problem]
    facts: list[dict[str, Any]]
    unanswered: list[OcppMessage]


def read(station: Station, now: datetime | None = None) -> Signs:
    """Look at the last hour's connections, the last day's calls and the last messages."""
    now = now or timezone.now()
    opened = Connection.objects.filter(station=station, opened_at__gte=now - HOUR).count()
    calls = our_calls(station, now)
    heard = list(station.messages.filter(called_at__gte=now - DAY).order_by("-pk")[:LATEST])
    skew = clock_skew(heard)
    found = (
        _flapping(opened),
        _unresponsive(calls),
        _overdue(station, now),
        _skewed(skew),
    )
    return Signs(
        problems=[problem for problem in found if problem],
        facts=[
            {"label": _("Last heard"), "value": age(station.last_seen_at, now)},
            {"label": _("Last pong"), "value": age(_last_pong(station), now)},
            {"label": _("Last heartbeat"), "value": age(_last_heartbeat(heard), now)},
            {"label": _("Heartbeat expected"), "value": _every(interval_s(station))},
            {"label": _("Connections in the last hour"), "value": str(opened)},
            {"label": _("Clock"), "value": clock(skew)},
        ],
        unanswered=[call for call in calls if call.answered_at is None],
    )


def our_calls(station: Station, now: datetime) -> list[OcppMessage]:
    """What the portal asked the station in the last day, newest first.

    Without those whose answer may still come.
    """
    asked = station.messages.filter(is_from_station=False, called_at__gte=now - DAY)
    return [
        call
        for call in asked.order_by("-pk")[:MOST_CALLS]
        if call.answered_at is not None or call.called_at <= now - PATIENCE
    ]


def interval_s(station: Station) -> int:
    """How often the station is told to send a heartbeat."""
    accepted = station.registration == Registration.ACCEPTED
    return settings.EVCHARGE_HEARTBEAT_S if accepted else PENDING_INTERVAL_S


def clock_skew(messages: Iterable[OcppMessage]) -> timedelta | None:
    """How far the station's clock is ahead of ours (behind: negative); None when nobody can tell.

    A time it sends is as old as what it tells of, so the youngest of several comes nearest.
    """
    ahead = [
        at - message.called_at
        for message in messages
        if message.is_from_station and (at := _time_in(message.call)) is not None
    ]
    return max(ahead) if len(ahead) >= FEWEST_TIMES else None


def _time_in(frame: str) -> datetime | None:
    """When a call says that what it tells happened."""
    try:
        payload = json.loads(frame)[3]
        meter_values = payload.get("meterValue") or [{}]
        text = payload.get("timestamp") or payload.get("generatedAt")
        at = parse_datetime(text or meter_values[-1].get("timestamp") or "")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    if at is None:
        return None
    try:
        # Without a zone it is taken for UTC, as the gateway does.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _last_pong(station: Station) -> datetime | None:
    """When the open socket last answered a ping; not every station does, nor every server tells."""
    newest = Connection.objects.filter(station=station, closed_at__isnull=True)
    return newest.values_list("last_pong_at", flat=True).first()


def _last_heartbeat(messages: Sequence[OcppMessage]) -> datetime | None:
    return next((each.called_at for each in messages if each.action == "Heartbeat"), None)


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, in words."""
    if at is None:
        return ""
    return _("%(span)s ago") % {"span": _span(now - at)}


def _span(span: timedelta) -> str:
    return duration(round(max(span, timedelta()) / timedelta(milliseconds=1)))


def _every(seconds: int) -> str:
    return _("every %(seconds)d s") % {"seconds": seconds}


def clock(skew: timedelta | None) -> str:
    """How far off it is, in words."""
    if skew is None:
        return _("Not known: it sent too few times.")
    if abs(skew) < SKEWED:
        return _("Right, within a minute")
    words = _("%(span)s ahead") if skew > timedelta() else _("%(span)s behind")
    return words % {"span": _span(abs(skew))}


def _flapping(opened: int) -> Problem | None:
    if opened < FLAPPING:
        return None
    return Problem(
        _("Flapping"),
        _(
            "It connected %(number)d times in the last hour. Look at its network, or whether two "
            "stations use the same identity."
        )
        % {"number": opened},
        "plug-circle-exclamation",
        "red",
    )


def _unresponsive(calls: Sequence[OcppMessage]) -> Problem | None:
    missed = len(list(takewhile(lambda call: call.answered_at is None, calls)))
    if missed < UNRESPONSIVE:
        return None
    return Problem(
        _("Unresponsive"),
        _(
            "It left the last %(number)d calls unanswered. Disconnect it, so that it connects "
            "anew; if that does not help, reboot it."
        )
        % {"number": missed},
        "comment-slash",
        "red",
    )


def _overdue(station: Station, now: datetime) -> Problem | None:
    if not station.is_connected or station.last_seen_at is None:
        return None
    silent = now - station.last_seen_at
    if silent.total_seconds() <= OVERDUE * interval_s(station):
        return None
    return Problem(
        _("Silent"),
        _(
            "Nothing was heard for %(span)s, though a heartbeat is due every %(interval)d s. "
            "The connection may be dead."
        )
        % {"span": _span(silent), "interval": interval_s(station)},
        "ear-deaf",
    )


def _skewed(skew: timedelta | None) -> Problem | None:
    if skew is None or abs(skew) < SKEWED:
        return None
    return Problem(
        _("Clock off"),
        _("Its clock is %(off)s. Session times and certificates depend on it.")
        % {"off": clock(skew)},
        "clock",
    )
