"""What stands in the cells of several lists: states, moments, connections, requests."""

from datetime import datetime, tzinfo
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from operations import numbers
from operations.commands import BY_SLUG
from operations.commands.base import Text
from operations.models import CommandRun, Station
from operations.statuses import ChargingStatus, OperationalStatus
from operations.tables.patterns import fill

NOTHING = SafeString('<span class="text-secondary" aria-hidden="true">&ndash;</span>')


def state(status: ChargingStatus | OperationalStatus, station: Station) -> SafeString:
    """A reported status; grey, as the last known, while its station is offline."""
    word: Text = status.label
    if station.is_connected or status == OperationalStatus.CLOSED:
        return badge(word=word, tone=status.tone, icon=status.icon)
    hint = _("last known")
    word = format_html('{}<span class="visually-hidden"> ({})</span>', word, hint)
    title = _("Last known: %(station)s is not connected.") % {"station": station.name}
    return badge(word=word, tone="secondary", icon=status.icon, title=title)


def badge(*, word: Text, tone: str, icon: str, title: str = "") -> SafeString:
    """Colour, icon and word."""
    return fill("components/_badge.html", word=word, tone=tone, icon=icon, title=title)


def moment(at: datetime | None) -> SafeString:
    """A time as people say it, the exact one on hover."""
    return _moment(at, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=10_000)
def _moment(at: datetime | None, _zone: tzinfo, _language: str | None) -> SafeString:
    return render_to_string("components/_time.html", {"at": at})


def moment_text(at: datetime | None) -> str:
    """A time as spreadsheets read it, in the reader's zone."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def connection(station: Station) -> SafeString:
    """Connected or offline, and since when."""
    if station.is_connected:
        look = {"word": _("Connected"), "tone": "green", "icon": "circle"}
    elif station.disconnected_at is None:
        return badge(word=_("Never connected"), tone="secondary", icon="circle-xmark")
    else:
        look = {"word": _("Offline"), "tone": "secondary", "icon": "circle-xmark"}
    since = station.connected_at or station.disconnected_at
    return format_html("{} {}", badge(**look), moment(since))


def connection_text(station: Station) -> str:
    """The same in words."""
    if station.connected_at is not None:
        return _("Connected since %(at)s") % {"at": moment_text(station.connected_at)}
    if station.disconnected_at is not None:
        return _("Offline since %(at)s") % {"at": moment_text(station.disconnected_at)}
    return _("Never connected")


def station_link(station: Station, *, to: str = "station-detail") -> SafeString:
    """The station's name, with a sign that says whether it is connected; `to` names its page."""
    is_on = station.is_connected
    return format_html(
        '<span class="state" data-tone="{}" title="{}"><i class="fa-solid fa-{}" '
        'aria-hidden="true"></i><span class="visually-hidden">{}</span></span> '
        '<a class="text-reset" href="{}">{}</a>',
        "green" if is_on else "secondary",
        connection_text(station),
        "circle" if is_on else "circle-xmark",
        _("Connected:") if is_on else _("Offline:"),
        reverse(to, args=[station.pk]),
        station.name,
    )


def run_link(run: CommandRun | None) -> SafeString:
    """Where a request is in its life, leading to its page."""
    if run is None:
        return NOTHING
    return format_html(
        '<a class="run-link" href="{}">{}</a>',
        reverse("run-detail", args=[run.pk]),
        badge(
            word=run.state_words,
            tone=run.state.tone,
            icon=run.state.icon,
            title=run_text(run),
        ),
    )


def run_text(run: CommandRun | None) -> str:
    """The request's command and state in words."""
    if run is None:
        return ""
    command = BY_SLUG.get(run.command)
    return f"{command.label if command else run.command}: {run.state_words}"


def power(kilowatts: float | None) -> str:
    """A charger's power: "50 kW", "7.4 kW"."""
    return "" if kilowatts is None else f"{numbers.short(kilowatts)} kW"


def energy(watt_hours: float | None) -> str:
    """A session's energy: "41.2 kWh"."""
    return "" if watt_hours is None else f"{numbers.fixed(watt_hours / 1000)} kWh"


def energy_text(watt_hours: float | None) -> str:
    """The same as spreadsheets read it, whatever the reader's language."""
    return "" if watt_hours is None else f"{watt_hours / 1000:.1f} kWh"
