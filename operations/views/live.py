"""What browsers' sockets are sent: who may watch what, and the fragments that changed.

A page watches keys ("charger:12"). A change is told as keys too, and may touch several watched
ones: a station that goes offline changes its chargers' buttons. Runs in threads, off the loop.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone, translation

from operations.models import Charger, CommandRun, Session, Station, User
from operations.services.accounts import second_factor
from operations.statuses import Role
from operations.tables.audience import Audience
from operations.tables.base import PortalTable
from operations.tables.chargers import ChargerTable, ConnectorTable
from operations.tables.runs import RunTable
from operations.tables.sessions import SessionTable
from operations.tables.stations import StationTable
from operations.views import (
    live_alerts,
    live_batches,
    live_caches,
    live_drawings,
    live_files,
    live_local_lists,
    live_overview,
    live_settings,
    run_story,
    session_story,
    station_frame,
)
from operations.views.chargers import connector_tables

KINDS = (
    *("charger", "connectors", "station", "run", "session", "meters", "trail"),
    *live_files.KINDS,
    *live_batches.KINDS,
    *live_settings.KINDS,
    *live_caches.KINDS,
    *live_local_lists.KINDS,
    *live_alerts.KINDS,
    *live_overview.KINDS,
    *live_drawings.KINDS,
)
FIGURES = (*live_overview.FIGURES, *live_alerts.FIGURES)
SLOW = live_overview.SLOW
KEY = re.compile(rf"({'|'.join(KINDS)}):([0-9]{{1,18}})|{'|'.join(FIGURES)}")
MOST_KEYS = 500
NOBODY = Audience(role=Role.VIEWER, time_zone="UTC")

Patch = dict[str, str]  # {"id": the element's, "html": what takes its place}
Patches = dict[str, list[Patch]]  # by watched key


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Browsers that see the same: rendered once for all of them."""

    audience: Audience
    sees_whole_network: bool
    organisation_id: int | None
    user: User = field(compare=False, repr=False)  # any one of them


@dataclass(frozen=True, slots=True)
class Admission:
    """What a browser may watch, and which changes touch it."""

    viewpoint: Viewpoint
    keys: frozenset[str]
    triggers: Mapping[str, Set[str]]  # told key → watched keys


def admit(
    user_pk: int,
    session: SessionBase | None,
    asked: list[str],
    language: str = settings.LANGUAGE_CODE,
) -> Admission | None:
    """Whether this is still somebody, and which of these keys they may see; one query a kind."""
    user = User.objects.select_related("organisation").filter(pk=user_pk, is_active=True).first()
    if user is None or (session is not None and not session.exists(session.session_key or "")):
        return None
    if second_factor.is_missing(user):
        return None
    with translation.override(language):
        audience = Audience.of(user)
    viewpoint = Viewpoint(audience, user.sees_whole_network, user.organisation_id, user=user)
    triggers: dict[str, set[str]] = defaultdict(set)
    for key, told in _visible(user, asked[:MOST_KEYS]):
        for trigger in told:
            triggers[trigger].add(key)
    keys = frozenset[str]().union(*triggers.values())
    return Admission(viewpoint, keys, dict(triggers))


def _visible(user: User, asked: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    pks = _by_kind(asked)
    chargers = Charger.objects.visible_to(user).filter(pk__in=pks["charger"] | pks["connectors"])
    for pk, station in chargers.values_list("pk", "station_id"):
        for kind in ("charger", "connectors"):
            if pk in pks[kind]:
                yield f"{kind}:{pk}", (f"charger:{pk}", f"connectivity:{station}")
    stations = Station.objects.visible_to(user).filter(pk__in=pks["station"])
    for pk in stations.values_list("pk", flat=True):
        yield f"station:{pk}", (f"station:{pk}", f"connectivity:{pk}")
    runs = CommandRun.objects.visible_to(user).filter(pk__in=pks["run"])
    for pk in runs.values_list("pk", flat=True):
        yield f"run:{pk}", (f"run:{pk}",)
    yield from _visible_sessions(user, pks)
    yield from live_files.visible(user, pks)
    yield from live_alerts.visible(user, pks, asked)
    yield from live_batches.visible(user, pks)
    yield from live_settings.visible(user, pks)
    yield from live_caches.visible(user, pks)
    yield from live_local_lists.visible(user, pks)
    yield from live_overview.visible(user, pks, asked)
    yield from live_drawings.visible(user, pks)


def _visible_sessions(
    user: User, pks: dict[str, set[int]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A session's row and facts, its meter's charts, its messages."""
    asked = pks["session"] | pks["meters"] | pks["trail"]
    sessions = Session.objects.visible_to(user).filter(pk__in=asked)
    for pk, station in sessions.values_list("pk", "station_id"):
        if pk in pks["session"]:
            yield f"session:{pk}", (f"session:{pk}", f"connectivity:{station}")
        for kind in ("meters", "trail"):
            if pk in pks[kind]:
                yield f"{kind}:{pk}", (f"session:{pk}",)


def _by_kind(keys: list[str] | Set[str]) -> dict[str, set[int]]:
    pks: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        kind, _, pk = key.partition(":")
        if pk:
            pks[kind].add(int(pk))
    return pks


def told(keys: list[str]) -> set[str]:
    """What a push says changed; figures follow what they count."""
    changed = set(keys)
    return changed | live_alerts.told(changed) | live_overview.told(changed)


def patches(
    wanted: Mapping[Viewpoint, Set[str]], *, is_fresh: bool = True
) -> dict[Viewpoint, Patches]:
    """The fragments of these keys as they are now: loaded once, rendered once a viewpoint.

    Unless they are to be `is_fresh`, figures of the whole fleet may be a few seconds old.
    """
    rows = _Rows.load(frozenset[str]().union(*wanted.values()))
    rows.counted_from = time.time() if is_fresh else 0.0
    return {viewpoint: rows.render(viewpoint, keys) for viewpoint, keys in wanted.items()}


class _Rows:
    """What one push is about, loaded by one query per kind and fact."""

    counted_from = 0.0  # figures must not be older

    def __init__(self, pks: dict[str, set[int]]) -> None:
        self.tables: dict[str, PortalTable] = {}
        self.found: dict[int, Charger] = {}
        self.connectors: dict[int, ConnectorTable] = {}
        self.of_stations: list[Station] = []
        self.runs: list[CommandRun] = []
        self.of_sessions: list[Session] = []
        # A push is mostly about one kind: a table, even without a row, takes as long as ten rows.
        if pks["charger"] or pks["connectors"]:
            self._load_chargers(pks)
        if pks["station"]:
            stations = Station.objects.select_related("site").filter(pk__in=pks["station"])
            self.of_stations = list(stations)
            self._show("station", StationTable, self.of_stations)
        if pks["run"]:
            self.runs = run_story.of_pks(pks["run"])
            self._show("run", RunTable, self.runs)
        if of_sessions := pks["session"] | pks["meters"] | pks["trail"]:
            self.of_sessions = session_story.of_pks(of_sessions)
            shown = [session for session in self.of_sessions if session.pk in pks["session"]]
            self._show("session", SessionTable, shown)

    def _load_chargers(self, pks: dict[str, set[int]]) -> None:
        chargers = Charger.objects.select_related("station")
        self.found = chargers.in_bulk(pks["charger"] | pks["connectors"])
        shown = [charger for pk, charger in self.found.items() if pk in pks["charger"]]
        self._show("charger", ChargerTable, shown)
        expanded = [charger for pk, charger in self.found.items() if pk in pks["connectors"]]
        self.connectors = connector_tables(expanded, NOBODY)

    def _show(self, kind: str, table_class: type[PortalTable], records: Sequence[Model]) -> None:
        if records:
            self.tables[kind] = table_class(records, audience=NOBODY)
            self.tables[kind].learn(records)

    @classmethod
    def load(cls, keys: Set[str]) -> "_Rows":
        """The rows behind these keys."""
        return cls(_by_kind(keys))

    def render(self, viewpoint: Viewpoint, keys: Set[str]) -> Patches:
        """The fragments one viewpoint wants."""
        pks = _by_kind(keys)
        result: Patches = defaultdict(list)
        audience = viewpoint.audience
        with timezone.override(audience.time_zone), translation.override(audience.language):
            for key, dom_id, html in self._fragments(viewpoint, pks):
                result[key].append({"id": dom_id, "html": html})
            for key, dom_id, html in (
                *live_alerts.figures(viewpoint.user, keys),
                *live_alerts.news(viewpoint.user, pks),
                *live_overview.figures(viewpoint.user, keys, not_before=self.counted_from),
            ):
                result[key].append({"id": dom_id, "html": html})
        return result

    def _fragments(
        self, viewpoint: Viewpoint, pks: dict[str, set[int]]
    ) -> Iterator[tuple[str, str, str]]:
        audience = viewpoint.audience
        for kind, table in self.tables.items():
            table.audience = audience
            for record, dom_id, html in table.live_cells(pks[kind]):
                yield f"{kind}:{record.pk}", dom_id, html
        for pk in pks["connectors"] & self.connectors.keys():
            yield from self._connectors(pk, audience)
        for station in (each for each in self.of_stations if each.pk in pks["station"]):
            parts = station_frame.fragments(station, audience.role)
            yield from _parts(f"station:{station.pk}", parts)
        for run in (each for each in self.runs if each.pk in pks["run"]):
            yield from _parts(f"run:{run.pk}", run_story.fragments(run))
        yield from self._sessions(pks)
        yield from live_files.fragments(viewpoint.user, audience, pks)
        yield from live_alerts.fragments(audience, pks)
        yield from live_batches.fragments(audience, pks)
        yield from live_settings.fragments(audience, pks)
        yield from live_caches.fragments(audience, pks)
        yield from live_local_lists.fragments(audience, pks)
        yield from live_overview.fragments(viewpoint.user, audience, pks)
        yield from live_drawings.fragments(audience, pks)

    def _sessions(self, pks: dict[str, set[int]]) -> Iterator[tuple[str, str, str]]:
        table = self.tables.get("session")
        powers = table.powers if isinstance(table, SessionTable) else {}
        for session in self.of_sessions:
            pk = session.pk
            if pk in pks["session"]:
                parts = session_story.fragments(session, powers.get(pk))
                yield from _parts(f"session:{pk}", parts)
            if pk in pks["meters"]:
                yield from _parts(f"meters:{pk}", session_story.meter_fragments(session))
            if pk in pks["trail"]:
                yield from _parts(f"trail:{pk}", session_story.trail_fragments(session))

    def _connectors(self, pk: int, audience: Audience) -> Iterator[tuple[str, str, str]]:
        """Cell by cell, so that only what changed lights up; then the whole for new connectors."""
        table = self.connectors[pk]
        table.audience = audience
        for _record, dom_id, html in table.live_cells():
            yield f"connectors:{pk}", dom_id, html
        context = {"charger": self.found[pk], "connectors": table}
        html = render_to_string("operations/chargers/_connectors.html", context)
        yield f"connectors:{pk}", f"charger-{pk}-connectors", html


def _parts(key: str, parts: list[run_story.Fragment]) -> Iterator[tuple[str, str, str]]:
    for part in parts:
        yield key, part.dom_id, render_to_string(part.template, part.context)
