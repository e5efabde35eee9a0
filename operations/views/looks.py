"""A list's look: what its address says, else as its user keeps it; and the views saved of it."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views import View

from operations.models import ListLook
from operations.models.looks import Density
from operations.services import looks as services
from operations.tables import looks
from operations.tables.audience import Audience
from operations.tables.base import PortalTable
from operations.tables.looks import Look
from operations.views.requests import PortalRequest

# What belongs to the table rather than to its filters, and stays when they change.
KEPT = ("sort", "per_page", "columns", "density")
# What belongs to a moment: no part of a view one comes back to.
TRANSIENT = ("page", "expand", "tick", "export", "print", "view", "before", "after", "live")
# Says that the plain list is meant, where it opens with a saved view.
PLAIN = "?view=plain"


class WithLook(View):
    """A list page whose columns, order and density people choose and come back to."""

    request: PortalRequest
    table_class: ClassVar[type[PortalTable]]

    @cached_property
    def list_name(self) -> str:
        """What looks and views of this list are kept under: the name of its address."""
        match = self.request.resolver_match
        return (match.url_name if match else None) or ""

    @cached_property
    def kept(self) -> ListLook | None:
        """How this user keeps the list."""
        mine = ListLook.objects.filter(user=self.request.user, list=self.list_name)
        return mine.select_related("opens_with").first()

    @cached_property
    def look(self) -> Look:
        """What the address says goes before what is kept."""
        columns, density = self.request.GET.get("columns"), self.request.GET.get("density")
        if columns is None:
            columns = self.kept.columns if self.kept else ""
        if density not in Density:
            density = self.kept.density if self.kept else Density.COMFORTABLE
        return Look(tuple(name for name in columns.split(",") if name), str(density))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The bare address opens with the view its user chose, if any."""
        opening = self.kept.opens_with if self.kept else None
        is_bare = self.request.method == "GET" and not self.request.GET
        if is_bare and opening and opening.query and self.request.htmx.target != "list":
            return redirect(f"{request.path}?{opening.query}")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the columns and the density that were chosen, and show the list that way."""
        density = request.POST.get("density", "")
        columns = () if "reset" in request.POST else self.chosen(request.POST)
        kept = services.wear(
            user=request.user,
            list_name=self.list_name,
            columns=columns,
            density=Density(density if density in Density else Density.COMFORTABLE),
        )
        query = self.request.GET.copy()
        query.pop("columns", None)
        query.pop("density", None)
        self.kept, self.look = kept, Look(columns, kept.density)
        return redirect(f"{request.path}{self.plain(_joined(self.with_look(query)))}")

    def chosen(self, data: QueryDict) -> tuple[str, ...]:
        """The columns of the form in their order; none where it is the declared one."""
        table = self.table_class([], audience=Audience.of(self.request.user))
        declared = looks.shown(table)
        looks.put_on(table, _moved(data))
        return () if looks.shown(table) == declared else looks.shown(table)

    def dress(self, table: PortalTable) -> PortalTable:
        """The table as its user wants it."""
        looks.put_on(table, self.look.columns)
        looks.rank_sorts(table)
        return table

    def tell_look(self, table: PortalTable) -> dict[str, Any]:
        """What components/_columns.html and _views.html take."""
        return {
            "columns": looks.choices(table),
            "sorts": looks.sort_choices(table),
            "order": [str(alias) for alias in table.order_by or ()],
            "look": self.look,
            "densities": Density.choices,
            "look_url": self.request.get_full_path(),
            # As a link shows it to a colleague, who keeps the list otherwise.
            "address": _joined(self.with_look(self.given())),
            "kept_params": [(name, value) for name in KEPT for value in self.values_of(name)],
            "unsorted_params": self.params_without("sort", "page"),
            "views_url": self.url_of_views("view-list"),
            "save_view_url": self.url_of_views("view-add"),
        }

    def url_of_views(self, name: str) -> str:
        """A page about views of this list, which is told the whole of what one sees."""
        query = self.with_look(self.given())
        for transient in TRANSIENT:
            query.pop(transient, None)
        address = f"{self.request.path}?{query.urlencode()}".rstrip("?")
        return f"{reverse(name)}?{urlencode({'next': address})}"

    def with_look(self, query: QueryDict) -> QueryDict:
        """With the columns and the density that are not the usual ones."""
        if self.look.columns:
            query["columns"] = ",".join(self.look.columns)
        if self.look.density != Density.COMFORTABLE:
            query["density"] = self.look.density
        return query

    def plain(self, url: str) -> str:
        """The address; where it says nothing and something else would open, one that says so."""
        is_elsewhere = bool(self.kept and self.kept.opens_with_id)
        return PLAIN if url in {"", "?"} and is_elsewhere else url

    def given(self) -> QueryDict:
        """What the address says, without what it leaves empty."""
        query = QueryDict(mutable=True)
        for name in self.request.GET:
            if values := self.values_of(name):
                query.setlist(name, values)
        return query

    def values_of(self, name: str) -> list[str]:
        """What the address says, without what it leaves empty."""
        return [value for value in self.request.GET.getlist(name) if value]

    def params_without(self, *names: str) -> list[tuple[str, str]]:
        """All the address says but these, as a form's hidden fields."""
        given = (name for name in self.request.GET if name not in {*names, "export", "print"})
        return [(name, value) for name in given for value in self.values_of(name)]


def _joined(query: QueryDict) -> str:
    return f"?{query.urlencode()}" if query else ""


def _moved(data: QueryDict) -> list[str]:
    """The ticked columns; without scripts a button moves one of them."""
    names = data.getlist("column")
    for button, step in (("up", -1), ("down", 1)):
        name = data.get(button, "")
        if name in names:
            place = names.index(name)
            names.insert(max(0, place + step), names.pop(place))
    return names
