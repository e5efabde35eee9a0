"""What stands in the cells of several lists: states, moments, connections, requests."""

from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from operations import numbers
from operations.commands import BY_SLUG
from operations.commands.base import Text
from operations.models import CommandRun, Station
from operations.statuses import ChargingStatus, OperationalStatus
from operations.tables.links import path
from operations.tables.patterns import fill

NOTHING = SafeString('<span class="text-secondary" aria-hidden="true">&ndash;</span>')


def state(status: ChargingStatus | OperationalStatus, station: Station) -> SafeString:
    """A reported status; grey, as the last known, while its station is offline."""
    is_true = station.is_connected or status == OperationalStatus.CLOSED
    return _state(status, "" if is_true else station.name, get_language())


# Both kinds of status have words in common, and other colours for them.
@lru_cache(maxsize=1_000, typed=True)
def _state(
    status: ChargingStatus | OperationalStatus, offline: str, _language: str | None
) -> SafeString:
    """`offline` is the name of the station, when it is that."""
    word: Text = status.label
    if not offline:
        return badge(word=word, tone=status.tone, icon=status.icon)
    hint = _("last known")
    word = format_html('{}<span class="visually-hidden"> ({})</span>', word, hint)
    title = _("Last known: %(station)s is not connected.") % {"station": offline}
    return badge(word=word, tone="secondary", icon=status.icon, title=title)


def badge(*, word: Text, tone: str, icon: str, title: str = "") -> SafeString:
    """Colour, icon and word."""
    return fill("components/_badge.html", word=word, tone=tone, icon=icon, title=title)


def moment(at: datetime | None) -> SafeString:
    """A time as people say it, the exact one on hover."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    day = _day(local.date(), get_language())
    return fill(
        "components/_time.html",
        iso=local.isoformat(),
        exact=f"{day}, {local:%H:%M:%S %Z}",
        words=f"{day}, {local:%H:%M}",
    )


@lru_cache(maxsize=1_000)
def _day(day: date, _language: str | None) -> str:
    return date_format(day, "j M Y")


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
    return _connection_text(station.connected_at, station.disconnected_at)


def _connection_text(connected_at: datetime | None, disconnected_at: datetime | None) -> str:
    if connected_at is not None:
        return _("Connected since %(at)s") % {"at": moment_text(connected_at)}
    if disconnected_at is not None:
        return _("Offline since %(at)s") % {"at": moment_text(disconnected_at)}
    return _("Never connected")


def station_link(station: Station, *, to: str = "station-detail") -> SafeString:
    """The station's name, with a sign that says whether it is connected; `to` names its page."""
    facts = (station.name, station.connected_at, station.disconnected_at)
    where = timezone.get_current_timezone()
    return _station_link(path(to, station.pk), *facts, where, get_language())


@lru_cache(maxsize=5_000)
def _station_link(
    url: str,
    name: str,
    connected_at: datetime | None,
    disconnected_at: datetime | None,
    _zone: tzinfo,
    _language: str | None,
) -> SafeString:
    is_on = connected_at is not None
    return format_html(
        '<span class="state" data-tone="{}" title="{}"><i class="fa-solid fa-{}" '
        'aria-hidden="true"></i><span class="visually-hidden">{}</span></span> '
        '<a class="text-reset" href="{}">{}</a>',
        "green" if is_on else "secondary",
        _connection_text(connected_at, disconnected_at),
        "circle" if is_on else "circle-xmark",
        _("Connected:") if is_on else _("Offline:"),
        url,
        name,
    )


def run_link(run: CommandRun | None) -> SafeString:
    """Where a request is in its life, leading to its page."""
    if run is None:
        return NOTHING
    return format_html(
        '<a class="run-link" href="{}">{}</a>',
        path("run-detail", run.pk),
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
