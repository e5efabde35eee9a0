"""A session as people read it, and the fragments of it that live pushes put in place.

Three keys, for what costs little, more, and most: `session:<pk>` is its state and facts,
`meters:<pk>` its charts, `trail:<pk>` its messages. All three follow the same change. Nothing
here depends on a user; times are in the active time zone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import numbers
from operations.models import Session
from operations.services import readings
from operations.services.readings import Samples, Value
from operations.statuses import SessionStatus
from operations.tables import cells
from operations.tables.sessions import place, power, powers_w, span
from operations.views import session_charts
from operations.views.run_story import Fragment, moment
from operations.views.session_trail import LEAD, trail

# Five hours at ten seconds; of more, some are passed over: they are drawn again at every change.
MOST_READINGS = 2_000
# Some meters tell one quantity at a time: neighbours are kept or left out together.
NEIGHBOURS = 4
LATEST = 20  # readings in which the last value of a quantity is looked for

NAMES = {
    readings.ENERGY: gettext_lazy("Energy register"),
    readings.POWER: gettext_lazy("Power"),
    readings.POWER_OFFERED: gettext_lazy("Power offered"),
    readings.CURRENT: gettext_lazy("Current"),
    readings.SOC: gettext_lazy("State of charge"),
    "Energy.Active.Export.Register": gettext_lazy("Energy fed back"),
    "Power.Active.Export": gettext_lazy("Power fed back"),
    "Power.Factor": gettext_lazy("Power factor"),
    "Current.Offered": gettext_lazy("Current offered"),
    "Voltage": gettext_lazy("Voltage"),
    "Temperature": gettext_lazy("Temperature"),
    "Frequency": gettext_lazy("Frequency"),
}


def of_pks(pks: Iterable[int]) -> list[Session]:
    """Sessions with what their rows and stories name."""
    related = ("station", "charger", "connector")
    return list(Session.objects.filter(pk__in=pks).select_related(*related))


def fragments(session: Session, power_w: float | None) -> list[Fragment]:
    """Its state and facts. No query."""
    context = tell(session, power_w)
    return [
        Fragment(f"session-{session.pk}-{name}", f"operations/sessions/_{name}.html", context)
        for name in ("truth", "facts")
    ]


def meter_fragments(session: Session) -> list[Fragment]:
    """Its charts and last values."""
    context = meters(session)
    return [
        Fragment(f"session-{session.pk}-{name}", f"operations/sessions/_{name}.html", context)
        for name in ("charts", "values")
    ]


def trail_fragments(session: Session) -> list[Fragment]:
    """Its messages."""
    template = "operations/sessions/_trail.html"
    return [Fragment(f"session-{session.pk}-trail", template, tell_trail(session))]


def tell(session: Session, power_w: float | None) -> dict[str, Any]:
    """The head of the page, and the facts."""
    return {
        "session": session,
        "state": SessionStatus(session.status),
        "truth": truth(session, power_w),
        "facts": facts(session, power_w),
    }


def meters(session: Session) -> dict[str, Any]:
    """What the meter said: drawn, as a table, and last. Two queries."""
    told = load(session)
    drawn, axis = session_charts.charts(readings.series(told), session.meter_start_wh)
    return {
        "session": session,
        "charts": drawn,
        "axis": axis,
        "table": session_charts.table(drawn),
        "zone": timezone.get_current_timezone_name(),
        "values": [
            {"label": name(value), "value": figure(value), "at": at}
            for at, value in readings.latest(told[-LATEST:])
        ],
    }


def tell_trail(session: Session) -> dict[str, Any]:
    """The messages about it."""
    return {"session": session, "trail": trail(session)}


def log_url(session: Session) -> str:
    """All that its station said in its time, and two minutes around."""
    query = {"station": session.station.identity, "since": _minute(session.started_at - LEAD)}
    if session.ended_at is not None:
        query["until"] = _minute(session.ended_at + LEAD)
    return f"{reverse('message-list')}?{urlencode(query)}"


def _minute(at: datetime) -> str:
    """As filters take it, in the reader's zone."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def load(session: Session) -> list[tuple[datetime, Samples]]:
    """The session's readings in the order of their times; of very many, evenly some."""
    found = session.readings.order_by("at", "pk")
    pks = list(found.values_list("pk", flat=True))
    if len(pks) > MOST_READINGS:
        every = -(-len(pks) // MOST_READINGS)
        wanted = [pk for number, pk in enumerate(pks) if number // NEIGHBOURS % every == 0]
        found = found.filter(pk__in={*wanted, *pks[-NEIGHBOURS:]})
    return list(found.values_list("at", "samples"))


def current_power_w(session: Session) -> float | None:
    """What flows now; None once it ended."""
    return powers_w([session.pk]).get(session.pk) if session.is_running else None


def truth(session: Session, power_w: float | None) -> str:
    """The whole story in a line."""
    energy = cells.energy(session.energy_wh) or _("no energy reading yet")
    if not session.is_running:
        energy = cells.energy(session.energy_wh) or _("no energy reading")
        return _("Ended: %(energy)s in %(span)s. Stopped because: %(reason)s.") % {
            "energy": energy,
            "span": span(session),
            "reason": session.stop_reason or _("not said"),
        }
    said = _("Running: %(energy)s so far") % {"energy": energy}
    flowing = power(power_w)
    if not session.station.is_connected:
        return _("%(said)s. Last known: %(station)s is not connected.") % {
            "said": said,
            "station": session.station.name,
        }
    if not flowing:
        return f"{said}."
    return _("%(said)s, %(power)s now.") % {"said": said, "power": flowing}


def facts(session: Session, power_w: float | None) -> list[dict[str, Any]]:
    """Who charged where, when and how much."""
    pairs = [
        (_("Station"), _station(session)),
        (_("Charger"), place(session)),
        (_("Token"), session.token),
        (_("Transaction"), session.transaction_id),
        (_("Started"), moment(session.started_at)),
        (_("Ended"), moment(session.ended_at) if session.ended_at else ""),
        (_("Duration"), _duration(session)),
        (_("Energy"), cells.energy(session.energy_wh)),
        (_("Power now"), power(power_w)),
        (_("Charging state"), session.charging_state if session.is_running else ""),
        (_("Meter at the start"), _register(session.meter_start_wh)),
        (
            _("Meter at the end") if session.ended_at else _("Meter now"),
            _register(session.meter_last_wh),
        ),
        (_("Stopped because"), session.stop_reason),
    ]
    if session.missing_seq_nos:
        pairs.append((_("Messages missing"), str(len(session.missing_seq_nos))))
    return [{"label": label, "value": value} for label, value in pairs]


def _station(session: Session) -> SafeString:
    return format_html(
        '<a href="{}">{}</a>',
        reverse("station-detail", args=[session.station_id]),
        session.station.name,
    )


def _duration(session: Session) -> str | SafeString:
    return cells.moment(session.started_at) if session.is_running else span(session)


def _register(watt_hours: float | None) -> str:
    return "" if watt_hours is None else f"{numbers.fixed(watt_hours / 1000, 3)} kWh"


def name(value: Value) -> str:
    """What a figure is of, in people's words where there are such."""
    words = str(NAMES.get(value.measurand, value.measurand))
    return f"{words} {value.phase}" if value.phase else words


def figure(value: Value) -> str:
    """The figure with its unit, thousands of W and Wh as kW and kWh."""
    if value.unit in {"W", "Wh", "var", "varh", "VA"}:
        return f"{numbers.fixed(value.value / 1000, 3)} k{value.unit}"
    places = 0 if f"{value.value:.2f}".endswith(".00") else 2
    return f"{numbers.fixed(value.value, places)} {value.unit}".strip()
