"""Operations > Chargers."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands.base import TargetKind
from operations.filters.chargers import ChargerFilterSet
from operations.models import Charger, CommandRun, Connector, User
from operations.tables.audience import Audience
from operations.tables.base import PortalTable
from operations.tables.chargers import ChargerTable, ConnectorTable
from operations.views.lists import EmptyState
from operations.views.requests import PortalRequest
from operations.views.selections import SelectableList

MOST_EXPANDED = 100


class ChargerList(SelectableList):
    """All chargers the user sees."""

    title = gettext_lazy("Chargers")
    name = "chargers"
    source = "chargers"
    url_name = "charger-list"
    kind = TargetKind.CHARGER
    table_class = ChargerTable
    filterset_class = ChargerFilterSet
    no_match = gettext_lazy("No charger matches this filter")

    def scope(self, user: User) -> QuerySet[Charger]:
        """With their stations, which say whether they can be asked."""
        return Charger.objects.visible_to(user).select_related("station")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many, and those an operator looks for first."""
        tally = Charger.objects.visible_to(user).tally(total=self.in_all())
        return [
            {"value": tally["total"], "label": _("in all")},
            {
                "value": tally["faulted"],
                "label": _("faulted"),
                "tone": "red" if tally["faulted"] else "",
                "url": "?charging_status=Faulted",
            },
            {
                "value": tally["charging"],
                "label": _("charging"),
                "url": "?charging_status=Charging",
            },
        ]

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """Rows named by `?expand=` show their connectors from the start."""
        table = super().build_table(rows)
        asked = set(self.request.GET.getlist("expand")[:MOST_EXPANDED])
        chargers = [charger for charger in table.records() if str(charger.pk) in asked]
        table.open_rows = connector_tables(chargers, table.audience, asked=table.asked)
        query = self.request.GET.copy()
        query.pop("expand", None)
        table.query = query.urlencode()
        return table

    def teaching(self) -> EmptyState:
        """Chargers come with their stations."""
        return {
            "empty_title": _("No chargers yet"),
            "empty_text": _(
                "Chargers and connectors appear by themselves once their station connects to "
                "%(address)s."
            )
            % {"address": self.stations_address()},
        }


class ChargerConnectors(View):
    """The connectors of a charger: what Expand fetches."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The fragment under the charger's row."""
        chargers = Charger.objects.visible_to(request.user)
        charger = get_object_or_404(chargers.select_related("station"), pk=pk)
        connectors = connector_tables([charger], Audience.of(request.user))[charger.pk]
        context = {"charger": charger, "connectors": connectors}
        return render(request, "operations/chargers/_connectors.html", context)


def connector_tables(
    chargers: list[Charger], audience: Audience, *, asked: Sequence[CommandRun] | None = None
) -> dict[int, ConnectorTable]:
    """A table of connectors for each charger; a query less where their open requests are known."""
    rows: dict[int, list[Connector]] = {charger.pk: [] for charger in chargers}
    by_pk = {charger.pk: charger for charger in chargers}
    if not chargers:
        return {}
    for connector in Connector.objects.filter(charger__in=by_pk).order_by("number"):
        connector.charger = by_pk[connector.charger_id]
        connector.station = connector.charger.station
        rows[connector.charger_id].append(connector)
    tables = {pk: ConnectorTable(found, audience=audience) for pk, found in rows.items()}
    everything = [connector for found in rows.values() for connector in found]
    ConnectorTable.learn_together(tables.values(), everything, asked=asked)
    return tables
