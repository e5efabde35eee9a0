"""Rows ticked in a list, or all that its filter finds, and the bar that asks them something."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.commands import COMMANDS
from operations.commands.base import Command, Params, TargetKind, Text
from operations.commands.groups import GROUPS
from operations.filters.base import PortalFilterSet
from operations.models import Charger, Connector, Station, User
from operations.services.selections import Selection
from operations.tables.base import PortalTable
from operations.views.lists import PortalList
from operations.views.requests import PortalRequest

# The parameters that say what was chosen; the rest of a link are a command's own.
NAMES = ("pick", "connector", "all", "filter", "command")
MOST_PICKED = 1000  # more rows than any page shows
MOST_BUTTONS = 4
# What a command is asked of where it could be asked of several: the chosen rows themselves first.
NEAREST = {
    TargetKind.STATION: (TargetKind.STATION, TargetKind.CHARGER, TargetKind.CONNECTOR),
    TargetKind.CHARGER: (TargetKind.CHARGER, TargetKind.CONNECTOR, TargetKind.STATION),
    TargetKind.CONNECTOR: (TargetKind.CONNECTOR, TargetKind.CHARGER, TargetKind.STATION),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one heading."""

    label: Text
    commands: list[Command]


@dataclass(frozen=True, slots=True)
class Button:
    """What can be done to ticked rows, where it is no command."""

    slug: str
    label: Text
    icon: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What components/_selection.html takes."""

    url: str
    filter: str
    total: int
    is_filtered: bool
    page_url: str
    buttons: Sequence[Command | Button]
    groups: list[Group]
    stands: bool  # whether it shows while nothing is ticked, too


class SelectableList(PortalList):
    """A list page whose rows can be ticked, to ask them something together."""

    source: ClassVar[str]  # its name in the address, one of operations.views.selecting.SOURCES
    url_name: ClassVar[str]
    kind: ClassVar[TargetKind]  # what its rows are
    # Whether asking is what its page is for: the bar stands, and its form shows the pace at once.
    unfolds: ClassVar[bool] = False

    @classmethod
    def begins(cls, query: QueryDict) -> Params:
        """What a filter like this says a command's form should begin with."""
        return {}

    def offered(self) -> list[Command]:
        """The commands this user may ask of its rows."""
        return list(_offered(self.kind, self.request.user))

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """`?tick=page` has every row ticked."""
        table = super().build_table(rows)
        table.is_ticked = self.request.GET.get("tick") == "page"
        return table

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """The commands this user may ask; none, no bar."""
        commands = self.offered()
        if not commands:
            return None
        return Bar(
            url=reverse("ask-many", args=[self.source]),
            filter=filterset.without("page", "sort", "per_page", "tick").removeprefix("?"),
            total=self.table.paginator.count,
            is_filtered=filterset.is_active,
            page_url=self.url_with(tick="page"),
            buttons=_prime(commands)[:MOST_BUTTONS],
            groups=list(_grouped(commands)),
            stands=self.unfolds,
        )

    @classmethod
    def found(cls, request: PortalRequest, query: str) -> QuerySet[Any]:
        """All rows the filter finds now; none where it is not understood."""
        scope = cls().scope(request.user)
        filterset = cls.filterset_class(QueryDict(query), queryset=scope, request=request)
        rows: QuerySet[Any] = filterset.qs if filterset.form.is_valid() else scope.none()
        return rows


def _offered(kind: TargetKind, user: User) -> Iterator[Command]:
    """What this user may ask, first what is asked of the rows themselves."""
    mine = [each for each in COMMANDS if each.asked_of_many and user.may(each.permission)]
    yield from (command for command in mine if kind in command.targets)
    yield from (command for command in mine if kind not in command.targets)


def _prime(commands: list[Command]) -> list[Command]:
    """Those that have a button of their own in rows."""
    return [command for command in commands if not command.group]


def _grouped(commands: list[Command]) -> Iterator[Group]:
    """The others, and those for which the bar has no room."""
    crowded_out = _prime(commands)[MOST_BUTTONS:]
    if crowded_out:
        yield Group(_("Often used"), crowded_out)
    # Each label is translated once, not once for each command.
    by_label: dict[str, list[Command]] = {str(label): [] for label in GROUPS}
    for command in commands:
        if command.group:
            by_label[str(command.group)].append(command)
    for label, found in by_label.items():
        if found:
            yield Group(label, found)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose on a list page, as its address says it."""

    picked: tuple[int, ...]
    connectors: tuple[int, ...]
    is_all: bool
    filter: str

    @classmethod
    def of(cls, data: QueryDict) -> Self:
        """From the bar's form, or from a form that carries it along."""
        return cls(
            picked=_numbers(data.getlist("pick")),
            connectors=_numbers(data.getlist("connector")),
            is_all=data.get("all") == "1",
            filter=data.get("filter", ""),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ticked."""
        return not (self.is_all or self.picked or self.connectors)

    def kind(self, command: Command, rows: TargetKind) -> TargetKind:
        """What the command is asked of: connectors as soon as one was ticked by itself."""
        has_connectors = self.connectors and not self.is_all
        nearest = NEAREST[TargetKind.CONNECTOR if has_connectors else rows]
        return next(kind for kind in nearest if kind in command.targets)

    def fields(self) -> Iterator[tuple[str, str]]:
        """The same as a form's hidden fields: all of a filter is one text, not its rows."""
        yield "filter", self.filter
        if self.is_all:
            yield "all", "1"
            return
        for pk in self.picked:
            yield "pick", str(pk)
        for pk in self.connectors:
            yield "connector", str(pk)

    def in_words(self, page: type[SelectableList], request: PortalRequest) -> str:
        """How they were chosen: "Stations: all with Vendor: ABB"."""
        words = {"list": page.title}
        if not self.is_all:
            return _("%(list)s: the ticked rows") % words
        chips = page.filterset_class(QueryDict(self.filter), request=request).chips()
        words["filter"] = ", ".join(f"{chip.label}: {chip.value}" for chip in chips)
        if not words["filter"]:
            return _("%(list)s: all there are") % words
        return _("%(list)s: all with %(filter)s") % words

    def selection(
        self, *, request: PortalRequest, page: type[SelectableList], command: Command
    ) -> Selection:
        """The targets behind it, of what this user sees."""
        rows = page.found(request, self.filter if self.is_all else "")
        connectors = Connector.objects.none()
        if not self.is_all:
            rows = rows.filter(pk__in=self.picked)
            chargers = Charger.objects.visible_to(request.user)
            connectors = Connector.objects.filter(pk__in=self.connectors, charger__in=chargers)
        kind = self.kind(command, page.kind)
        return Selection(kind, _targets(kind, rows.order_by(), connectors))


def _targets(
    kind: TargetKind, rows: QuerySet[Any], connectors: QuerySet[Connector]
) -> QuerySet[Any]:
    """The stations, chargers or connectors these rows name, are of, or consist of."""
    of_stations = rows.model is Station
    if kind == TargetKind.STATION:
        stations = rows.values("pk" if of_stations else "station_id")
        return _either(Station, {"pk__in": stations}, connectors.values("station_id"))
    if kind == TargetKind.CHARGER:
        where = {"station__in" if of_stations else "pk__in": rows.values("pk")}
        return _either(Charger, where, connectors.values("charger_id"))
    where = {"station__in" if of_stations else "charger__in": rows.values("pk")}
    return _either(Connector, where, connectors.values("pk"))


def _either(model: Any, where: dict[str, Any], pks: QuerySet[Any]) -> QuerySet[Any]:
    """Rows found through the list's rows, or through connectors ticked by themselves."""
    found: QuerySet[Any] = model.objects.filter(Q(**where) | Q(pk__in=pks))
    return found


def _numbers(texts: list[str]) -> tuple[int, ...]:
    """Primary keys; what is none is nothing that was ticked."""
    return tuple(int(text) for text in texts[:MOST_PICKED] if text.isdecimal() and len(text) < 19)
