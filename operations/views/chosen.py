"""Rows of a list that are ticked, or all that its filter finds, and something done to them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from operations.filters.base import PortalFilterSet
from operations.models import User
from operations.statuses import Role
from operations.tables.base import PortalTable
from operations.views.confirming import Confirm
from operations.views.lists import PortalList
from operations.views.selections import Bar, Button, Chosen


class DeedList(PortalList):
    """A list page with a bar of deeds that are no commands."""

    buttons: ClassVar[Sequence[Button]]
    deeds_need: ClassVar[Role] = Role.ENGINEER

    def deeds_url(self) -> str:
        """Where the bar leads: a DoToChosen."""
        raise NotImplementedError

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """`?tick=page` has every row ticked."""
        table = super().build_table(rows)
        table.is_ticked = self.request.GET.get("tick") == "page"
        if not self.request.user.may(self.deeds_need):
            table.columns.hide("tick")
        return table

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """For who may."""
        if not self.request.user.may(self.deeds_need):
            return None
        return Bar(
            url=self.deeds_url(),
            filter=filterset.without("page", "sort", "per_page", "tick").removeprefix("?"),
            total=self.table.paginator.count,
            is_filtered=filterset.is_active,
            page_url=self.url_with(tick="page"),
            buttons=self.buttons,
            groups=[],
            stands=False,
        )


class DoToChosen(Confirm):
    """Asks whether it is meant, then does one of the bar's deeds; `command` says which."""

    page: ClassVar[type[DeedList]]
    button: Button
    chosen: Chosen

    def find(self, **kwargs: Any) -> None:
        """Which deed, and of which rows."""
        given = self.request.GET
        buttons = {button.slug: button for button in self.page.buttons}
        button = buttons.get(given.get("command", ""))
        if button is None:
            raise Http404
        self.button, self.chosen = button, Chosen.of(given)
        self.icon, self.label = button.icon, button.label  # type: ignore[misc]

    def scope(self, user: User) -> QuerySet[Any]:
        """The rows of the page."""
        return self.page().scope(user)

    def rows(self) -> QuerySet[Any]:
        """Those chosen, as they are now."""
        scope = self.scope(self.request.user)
        if not self.chosen.is_all:
            return scope.filter(pk__in=self.chosen.picked)
        found = self.page.filterset_class(
            QueryDict(self.chosen.filter), queryset=scope, request=self.request
        )
        if not found.form.is_valid():
            raise PermissionDenied(_("The filter is not understood: nothing was done."))
        rows: QuerySet[Any] = found.qs
        return rows

    def query(self) -> str:
        """Back to the list as it was filtered."""
        return f"?{self.chosen.filter}" if self.chosen.filter else ""
