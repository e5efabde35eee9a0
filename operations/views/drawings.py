"""A station as a picture: its chargers, what each connector does and what it can be asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target, Text
from operations.models import Charger, Connector, Session, Station
from operations.services import targets
from operations.statuses import ChargingStatus, OperationalStatus, Role
from operations.tables import activity, buttons, cells
from operations.tables.activity import Activity
from operations.tables.buttons import Button
from operations.tables.sessions import flow
from operations.views.run_story import Fragment

START, STOP = "start-session", "stop-session"
PLACE = "drawing-"  # tells the buttons' ids apart from those of the lists


class Shape(NamedTuple):
    """How a kind of connector is drawn (operations/station/_symbols.html), and its name."""

    symbol: str
    name: Text


# Looked for in this order in what stations and people write: "CCS Combo 2", "cCCS2", "Type2S".
SHAPES: tuple[tuple[str, Shape], ...] = (
    ("ccs1", Shape("ccs1", gettext_lazy("CCS 1"))),
    ("combo1", Shape("ccs1", gettext_lazy("CCS 1"))),
    ("ccs", Shape("ccs2", gettext_lazy("CCS 2"))),
    ("combo", Shape("ccs2", gettext_lazy("CCS 2"))),
    ("chademo", Shape("chademo", gettext_lazy("CHAdeMO"))),
    ("g105", Shape("chademo", gettext_lazy("CHAdeMO"))),
    ("schuko", Shape("schuko", gettext_lazy("Schuko"))),
    ("cee7", Shape("schuko", gettext_lazy("Schuko"))),
    ("type1", Shape("type1", gettext_lazy("Type 1"))),
    ("j1772", Shape("type1", gettext_lazy("Type 1"))),
    ("type2", Shape("type2", gettext_lazy("Type 2"))),
    ("mennekes", Shape("type2", gettext_lazy("Type 2"))),
)
UNKNOWN = Shape("unknown", gettext_lazy("Type unknown"))


@dataclass(frozen=True, slots=True)
class Outlet:
    """A connector, what it does, and what can be asked of it."""

    connector: Connector
    shape: Shape
    kind: str  # "CCS 2 · 150 kW"
    tone: str
    state: SafeString
    error: str
    session: Session | None
    flow: str
    run: SafeString | None
    buttons: list[Button]
    x: int = 0  # where its socket is on the cabinet's front
    y: int = 0


@dataclass(frozen=True, slots=True)
class Cabinet:
    """A charger with its connectors."""

    charger: Charger
    tone: str
    state: SafeString
    run: SafeString | None
    buttons: list[Button]
    outlets: list[Outlet]


class Drawing(NamedTuple):
    """A whole station."""

    cabinets: list[Cabinet]
    elsewhere: list[Session]


def of_station(station: Station, role: Role) -> Drawing:
    """All its chargers, in five queries however many; sessions at no known connector beside."""
    chargers = list(Charger.objects.filter(station=station).order_by("number"))
    for charger in chargers:
        charger.station = station
    facts = activity.of_stations([station.pk])
    return Drawing(draw(chargers, facts, role), facts.elsewhere)


def draw(chargers: Sequence[Charger], facts: Activity, role: Role) -> list[Cabinet]:
    """Chargers, which have their stations at hand."""
    by_pk = {charger.pk: charger for charger in chargers}
    outlets: dict[int, list[Connector]] = {pk: [] for pk in by_pk}
    for connector in Connector.objects.filter(charger__in=by_pk).order_by("number"):
        connector.charger = by_pk[connector.charger_id]
        connector.station = connector.charger.station
        outlets[connector.charger_id].append(connector)
    return [_cabinet(charger, outlets[charger.pk], facts, role) for charger in chargers]


def _cabinet(
    charger: Charger, connectors: Sequence[Connector], facts: Activity, role: Role
) -> Cabinet:
    target = Target(station=charger.station, charger=charger)
    run = facts.of_chargers.get(charger.pk)
    status = _status(charger)
    places = sockets(len(connectors))
    return Cabinet(
        charger=charger,
        tone=_tone(status, charger.station),
        state=cells.state(status, charger.station),
        run=cells.run_link(run) if run else None,
        buttons=list(buttons.buttons_of(target, role, place=PLACE)),
        outlets=[
            _outlet(connector, facts, role, place)
            for connector, place in zip(connectors, places, strict=True)
        ],
    )


def _outlet(connector: Connector, facts: Activity, role: Role, place: tuple[int, int]) -> Outlet:
    session = facts.sessions.get(connector.pk)
    run = facts.of_connectors.get(connector.pk)
    shape = shape_of(connector.type)
    status = _status(connector)
    return Outlet(
        connector=connector,
        shape=shape,
        kind=_kind(connector, shape),
        tone=_tone(status, connector.station),
        state=cells.state(status, connector.station),
        error=activity.faults(connector),
        session=session,
        flow=flow(session, facts.powers.get(session.pk)) if session else "",
        run=cells.run_link(run) if run else None,
        buttons=list(_buttons(connector, role, is_charging=session is not None)),
        x=place[0],
        y=place[1],
    )


def _status(part: Charger | Connector) -> ChargingStatus | OperationalStatus:
    """The specific status; Closed stands above it, and the broad one where nothing was told."""
    if part.is_closed or not part.charging_status:
        return OperationalStatus(part.operational_status)
    return ChargingStatus(part.charging_status)


def _tone(status: ChargingStatus | OperationalStatus, station: Station) -> str:
    return status.tone if station.is_connected else "secondary"


def _kind(connector: Connector, shape: Shape) -> str:
    """In the words it was told in, where they are not ours."""
    named = connector.type if shape is UNKNOWN and connector.type else str(shape.name)
    return " · ".join(part for part in (named, cells.power(connector.max_power_kw)) if part)


def _buttons(connector: Connector, role: Role, *, is_charging: bool) -> Iterator[Button]:
    """Those of the lists; before "More", what begins a session or ends the one that runs."""
    target = targets.alone(connector)
    *usual, more = buttons.buttons_of(target, role, place=PLACE)
    yield from usual
    session = BY_SLUG[STOP if is_charging else START]
    yield buttons.button_of(session, target, role, place=PLACE)
    yield more


def shape_of(kind: str) -> Shape:
    """What a connector's type looks like, however it is written."""
    plain = "".join(letter for letter in kind.casefold() if letter.isalnum())
    return next((shape for key, shape in SHAPES if key in plain), UNKNOWN)


def sockets(number: int) -> list[tuple[int, int]]:
    """Where sockets are on a front of 96 by 148: one in the middle, more in two columns."""
    if number == 1:
        return [(48, 96)]
    rows = (number + 1) // 2
    step = min(30, 66 // max(rows, 1))
    top = 96 - step * (rows - 1) // 2
    return [(31 + 34 * (place % 2), top + step * (place // 2)) for place in range(number)]


def fragments(cabinet: Cabinet) -> Iterator[Fragment]:
    """Part by part, so that only what changed lights up; then all of it, for new connectors."""
    context: dict[str, Any] = {"cabinet": cabinet}
    pk = cabinet.charger.pk
    for part in ("head", "picture"):
        yield Fragment(f"cabinet-{pk}-{part}", f"operations/station/_cabinet_{part}.html", context)
    for outlet in cabinet.outlets:
        name = f"outlet-{outlet.connector.pk}"
        yield Fragment(name, "operations/station/_outlet.html", {"outlet": outlet})
    yield Fragment(f"cabinet-{pk}", "operations/station/_cabinet.html", context)
