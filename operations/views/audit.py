"""Operations > Audit log: who changed what."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.filters.audit import AuditFilterSet
from operations.models import AuditEntry, User
from operations.statuses import Role
from operations.tables.audit import AuditTable
from operations.views.lists import PortalList
from operations.views.requests import PortalRequest


class AuditLog(PortalList):
    """For engineers and admins; people of one organisation see what was done to its things."""

    role: ClassVar[Role] = Role.ENGINEER
    title = gettext_lazy("Audit log")
    name = "audit-log"
    table_class = AuditTable
    filterset_class = AuditFilterSet
    order_by = ("-at",)
    no_match = gettext_lazy("No entry matches this filter")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not for everybody: it says who did what."""
        if not self.request.user.may(self.role):
            raise PermissionDenied(_("The audit log needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)

    def scope(self, user: User) -> QuerySet[AuditEntry]:
        """All of it they may read."""
        return AuditEntry.objects.visible_to(user)

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With how long it is kept."""
        days = settings.EVCHARGE_AUDIT_DAYS
        context["subtitle"] = (
            ngettext(
                "Kept for %(days)d day; nobody can change it.",
                "Kept for %(days)d days; nobody can change it.",
                days,
            )
            % {"days": days}
            if days
            else _("Kept for ever; nobody can change it.")
        )
        return super().answer(request, context, scope)
