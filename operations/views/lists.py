"""What every list page does: filter, sort, page, and give the page away as CSV or on paper."""

from typing import Any, ClassVar, TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from operations import numbers
from operations.commands.base import Text
from operations.filters.base import PortalFilterSet
from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing
from operations.tables import exports, looks, streams
from operations.tables.audience import Audience
from operations.tables.base import PortalTable
from operations.views.looks import WithLook
from operations.views.requests import PortalRequest


class EmptyState(TypedDict, total=False):
    """What components/_empty.html says when a list has no rows."""

    empty_title: Text
    empty_text: Text
    empty_url: str
    empty_action: Text


class PortalList(WithLook):
    """A list page. A noun's list declares its parts and what a user may see of it."""

    title: Text
    name: str  # of the exported file
    table_class: ClassVar[type[PortalTable]]
    filterset_class: ClassVar[type[PortalFilterSet]]
    order_by: ClassVar[tuple[str, ...]] = ("name",)
    no_match: ClassVar[Text]
    template_name = "operations/lists/page.html"
    table: PortalTable
    is_filtered: bool

    def scope(self, user: User) -> QuerySet[Any]:
        """All this user sees, with what the rows need."""
        raise NotImplementedError

    def counts(self, user: User) -> list[dict[str, Any]]:
        """The figures beside the title (components/_page_header.html)."""
        return []

    def in_all(self) -> int | None:
        """How many there are, where the list's own pages have counted them all."""
        count: int = self.table.paginator.count
        return None if self.is_filtered else count

    def teaching(self) -> EmptyState:
        """What to say while there is nothing at all."""
        return {}

    def more(self) -> dict[str, Any]:
        """What else the whole page shows."""
        return {}

    def selection(self, filterset: PortalFilterSet) -> Any:
        """What components/_selection.html takes, where rows can be ticked."""
        return None

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, its list alone for htmx; the page as CSV or on paper; all rows as CSV."""
        scope = self.scope(request.user)
        filterset = self.filterset_class(request.GET, queryset=scope, request=request)
        rows = filterset.qs if filterset.form.is_valid() else scope.none()
        if request.GET.get("export") == "all":
            return self.stream(filterset, rows)
        self.table = self.dress(self.build_table(rows))
        self.is_filtered = filterset.is_active
        if request.GET.get("export") == "csv":
            return exports.csv_response(self.table, name=self.name)
        self.say_if_empty(filterset)
        context = self.tell(filterset)
        if request.GET.get("print") == "1":
            context["lines"] = list(exports.lines(self.table))
            return render(request, "operations/lists/print.html", context)
        return self.answer(request, context, scope)

    def tell(self, filterset: PortalFilterSet) -> dict[str, Any]:
        """What components/_list.html takes."""
        return {
            "title": self.title,
            "table": self.table,
            "filter": filterset,
            "chips": list(filterset.chips()),
            "clear_url": self.plain(filterset.without(*filterset.form.fields, "page", "view")),
            "csv_url": self.url_with(export="csv"),
            "print_url": self.url_with(print="1"),
            "all_url": self.url_with(export="all"),
            "all_label": self.all_label(),
            "selection": self.selection(filterset),
            **self.tell_look(self.table),
        }

    def all_label(self) -> str:
        """What the way to all rows that match says."""
        return _("CSV of all %(count)s") % {"count": numbers.whole(self.table.paginator.count)}

    def stream(self, filterset: PortalFilterSet, rows: QuerySet[Any]) -> StreamingHttpResponse:
        """All rows that match, in their order and one's own columns, however many; noted."""
        table = self.dress(self.build_empty())
        words = ", ".join(f"{chip.label}: {chip.value}" for chip in filterset.chips())
        auditing.note(
            Deed.EXPORTED, self.request.user.organisation, name=str(self.title), detail=words
        )
        return streams.csv_response(
            self.request,
            table,
            looks.sorted_rows(table, rows),
            name=self.name,
            keep=self.keep(filterset),
        )

    def keep(self, filterset: PortalFilterSet) -> streams.Keep:
        """What of the rows is given away; all of them."""
        return streams.everything

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """The whole page, or what htmx replaces of it."""
        htmx = request.htmx
        if htmx and htmx.target == "list" and not htmx.history_restore_request:
            response = render(request, "components/_list.html", context)
        else:
            context["filter"].suggest(scope)
            context["counts"] = self.counts(request.user)
            context |= self.more()
            response = render(request, self.template_name, context)
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        return response

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """The sorted page; what the address says wrong falls back to what it does not say."""
        table = self.table_class(rows, audience=Audience.of(self.request.user))
        self.sort(table)
        table.paginate_within(
            page=self.request.GET.get("page", "1"), per_page=self.request.GET.get("per_page", "")
        )
        return table

    def build_empty(self) -> PortalTable:
        """The same columns without a row, to write any number of rows with."""
        return self.build_table(self.scope(self.request.user).none())

    def sort(self, table: PortalTable) -> None:
        """By up to three columns; the list's own order where the address names none."""
        looks.sort(table, self.values_of("sort"))
        if not table.order_by:
            table.order_by = self.order_by

    def say_if_empty(self, filterset: PortalFilterSet) -> None:
        """Empty because of the filter, or because there is nothing yet."""
        state = self.teaching()
        if filterset.is_active:
            state = {
                "empty_title": self.no_match,
                "empty_text": _("Change the filter or clear it."),
                "empty_url": self.plain(filterset.without(*filterset.form.fields, "page", "view")),
                "empty_action": _("Clear"),
            }
        for name, words in state.items():
            setattr(self.table, name, words)

    def url_with(self, **params: str) -> str:
        """The same page in another form."""
        query = self.request.GET.copy()
        for name, value in params.items():
            query[name] = value
        return f"?{query.urlencode()}"

    def stations_address(self) -> str:
        """Where stations connect to, as a station's settings want it."""
        scheme = "wss" if self.request.is_secure() else "ws"
        return f"{scheme}://{self.request.get_host()}/ocpp/<identity>"
