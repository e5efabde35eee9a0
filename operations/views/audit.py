"""Operations > Audit log: who changed what."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.filters.audit import AuditFilterSet
from operations.models import AuditEntry, User
from operations.statuses import Role
from operations.tables import streams
from operations.tables.audience import Audience
from operations.tables.audit import AuditTable
from operations.views.lists import PortalList
from operations.views.requests import PortalRequest


class AuditLog(PortalList):
    """For engineers and admins; people of one organisation see what was done to its things."""

    title = gettext_lazy("Audit log")
    name = "audit-log"
    table_class = AuditTable
    filterset_class = AuditFilterSet
    order_by = ("-at",)
    no_match = gettext_lazy("No entry matches this filter")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not for everybody: it says who did what."""
        if not self.request.user.may(Role.ENGINEER):
            raise PermissionDenied(_("The audit log needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)

    def scope(self, user: User) -> QuerySet[AuditEntry]:
        """All of it they may read."""
        return AuditEntry.objects.visible_to(user)

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """All that match as one file, or the page."""
        if request.GET.get("export") != "all":
            return super().get(request, *args, **kwargs)
        scope = self.scope(request.user)
        filterset = self.filterset_class(request.GET, queryset=scope, request=request)
        matching = filterset.qs if filterset.form.is_valid() else scope.none()
        empty = AuditTable([], audience=Audience.of(request.user))
        return streams.csv_response(request, empty, matching, name=self.name)

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With the way to all that match."""
        count = self.table.paginator.count
        context["all_url"] = self.url_with(export="all")
        context["all_label"] = _("CSV of all %(count)d") % {"count": count}
        context["subtitle"] = ngettext(
            "Kept for %(days)d day; nobody can change it.",
            "Kept for %(days)d days; nobody can change it.",
            settings.EVCHARGE_AUDIT_DAYS,
        ) % {"days": settings.EVCHARGE_AUDIT_DAYS}
        return super().answer(request, context, scope)
