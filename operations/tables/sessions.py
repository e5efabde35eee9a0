"""The list of sessions."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import OuterRef, Subquery
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import numbers
from operations.models import MeterReading, Session
from operations.services import readings
from operations.statuses import SessionStatus
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable
from operations.tables.links import path


class SessionTable(PortalTable):
    """Operations > Sessions."""

    row_name = "session"
    caption = gettext_lazy("Sessions")
    empty_icon = "bolt"

    number = PortalColumn(gettext_lazy("Session"), by=("pk",), css="amount")
    started_at = PortalColumn(gettext_lazy("Started"), by=("started_at",), is_live=True)
    ended_at = PortalColumn(gettext_lazy("Ended"), by=("ended_at",), css="less", is_live=True)
    duration = PortalColumn(gettext_lazy("Duration"), css="amount less", is_live=True)
    station = PortalColumn(gettext_lazy("Station"), by=("station__name",))
    place = PortalColumn(
        gettext_lazy("Charger · connector"),
        by=("charger__name", "connector__number"),
        css="less",
        is_live=True,
    )
    token = PortalColumn(gettext_lazy("Token"), by=("token",), css="code less", is_live=True)
    status = PortalColumn(gettext_lazy("Status"), by=("status", "-started_at"), is_live=True)
    energy = PortalColumn(gettext_lazy("Energy"), by=("taken_wh",), css="amount", is_live=True)
    power = PortalColumn(gettext_lazy("Power now"), css="amount", is_live=True)
    stop_reason = PortalColumn(gettext_lazy("Stop reason"), by=("stop_reason",), is_live=True)
    transaction_id = PortalColumn(gettext_lazy("Transaction"), css="code", is_extra=True)
    charging_state = PortalColumn(gettext_lazy("Charging state"), is_extra=True)

    def learn(self, records: Sequence[Session]) -> None:
        """The power that flows in those that run."""
        self.powers = powers_w([session.pk for session in records if session.is_running])

    def render_number(self, record: Session) -> SafeString:
        """The number people quote, leading to the session's page."""
        return format_html('<a href="{}">{}</a>', page_of(record), record.pk)

    def value_number(self, record: Session) -> int:
        """The number alone."""
        return record.pk

    def render_started_at(self, record: Session) -> SafeString:
        """When."""
        return cells.moment(record.started_at)

    def value_started_at(self, record: Session) -> str:
        """The exact time."""
        return cells.moment_text(record.started_at)

    def render_ended_at(self, record: Session) -> SafeString:
        """When; nothing yet while it runs."""
        return cells.moment(record.ended_at)

    def value_ended_at(self, record: Session) -> str:
        """The exact time."""
        return cells.moment_text(record.ended_at)

    def render_duration(self, record: Session) -> str | SafeString:
        """How long it took; grows by itself while it runs."""
        if record.is_running:
            return cells.moment(record.started_at)
        return span(record) or cells.NOTHING

    def value_duration(self, record: Session) -> str:
        """Hours, minutes and seconds of what is over."""
        lasted = duration(record)
        return "" if lasted is None else str(timedelta(seconds=round(lasted.total_seconds())))

    def render_station(self, record: Session) -> SafeString:
        """The station, connected or not."""
        return cells.station_link(record.station)

    def value_station(self, record: Session) -> str:
        """The station's name."""
        return record.station.name

    def render_place(self, record: Session) -> str | SafeString:
        """Where the car stands; the column's name says what the number is."""
        if record.connector is None or record.charger is None:
            return place(record) or cells.NOTHING
        return format_html(
            '{} · <span class="visually-hidden">{}</span> {}',
            record.charger.name,
            _("connector"),
            record.connector.number,
        )

    def value_place(self, record: Session) -> str:
        """The same."""
        return place(record)

    def render_status(self, record: Session) -> SafeString:
        """Running or ended."""
        return state(record)

    def value_status(self, record: Session) -> str:
        """Its word."""
        return record.get_status_display()

    def render_energy(self, record: Session) -> str | SafeString:
        """What it took so far."""
        return cells.energy(record.energy_wh) or cells.NOTHING

    def value_energy(self, record: Session) -> str:
        """The same, with the unit people read."""
        return cells.energy_text(record.energy_wh)

    def render_power(self, record: Session) -> SafeString:
        """The last measured; grey while its station is offline."""
        shown = power(self.powers.get(record.pk))
        if not shown:
            return cells.NOTHING
        if record.station.is_connected:
            return format_html("{}", shown)
        title = _("Last known: %(station)s is not connected.") % {"station": record.station.name}
        return format_html('<span class="text-secondary" title="{}">{}</span>', title, shown)

    def value_power(self, record: Session) -> str:
        """The same as text."""
        watts = self.powers.get(record.pk)
        return "" if watts is None else f"{watts / 1000:.1f} kW"


def powers_w(pks: Sequence[int]) -> dict[int, float]:
    """The power each of these sessions' last reading tells of; one query."""
    if not pks:
        return {}
    last = MeterReading.objects.filter(session=OuterRef("pk")).order_by("-at", "-pk")
    sessions = Session.objects.filter(pk__in=pks)
    found = sessions.annotate(last=Subquery(last.values("samples")[:1])).values_list("pk", "last")
    figures = {pk: readings.power_w(samples or ()) for pk, samples in found}
    return {pk: power for pk, power in figures.items() if power is not None}


def page_of(session: Session) -> str:
    """The address of its page."""
    return path("session-detail", session.pk)


def place(session: Session) -> str:
    """Charger and connector in words; "" while the station has not said."""
    if session.connector is not None and session.charger is not None:
        return _("%(charger)s, connector %(number)d") % {
            "charger": session.charger.name,
            "number": session.connector.number,
        }
    return session.charger.name if session.charger is not None else ""


def state(session: Session) -> SafeString:
    """Running or ended, with icon and word."""
    status = SessionStatus(session.status)
    return cells.badge(word=status.label, tone=status.tone, icon=status.icon)


def duration(session: Session) -> timedelta | None:
    """How long what is over took; a clock set back in between makes it nothing."""
    if session.ended_at is None:
        return None
    return max(session.ended_at - session.started_at, timedelta())


def span(session: Session) -> str:
    """The same as people say it: "38 min", "1 h 12 min"."""
    lasted = duration(session)
    if lasted is None:
        return ""
    minutes = int(lasted.total_seconds()) // 60
    if not minutes:
        return _("%(number)d s") % {"number": lasted.total_seconds()}
    if minutes < 60:
        return _("%(number)d min") % {"number": minutes}
    return _("%(hours)d h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def power(watts: float | None) -> str:
    """A session's power: "11.0 kW"."""
    return "" if watts is None else f"{numbers.fixed(watts / 1000)} kW"


def flow(session: Session, power_w: float | None) -> str:
    """What a session took so far, and takes now: "3.2 kWh · 11.0 kW"."""
    parts = (cells.energy(session.energy_wh), power(power_w))
    return " · ".join(part for part in parts if part)
