"""The site itself: who gets in, and what its pages may do."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing
from operations.statuses import Role


class PortalAdminSite(AdminSite):
    """Lets in the role admin, not Django's staff flag.

    Nothing in it is limited to an organisation, so it takes somebody who sees them all.
    """

    site_header = gettext_lazy("EV Charge")
    site_title = gettext_lazy("EV Charge")
    index_title = gettext_lazy("Administration")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is such an admin."""
        user = request.user
        return isinstance(user, User) and user.may(Role.ADMIN) and user.sees_whole_network

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The portal's own sign-in page; 403 for those who are signed in and may not."""
        if self.has_permission(request):
            return super().login(request, extra_context)
        if request.user.is_authenticated:
            raise PermissionDenied(_("Administration needs the role admin for all organisations."))
        return redirect_to_login(request.GET.get("next", self.site_url), settings.LOGIN_URL)


site = PortalAdminSite(name="admin")


class PortalModelAdmin(ModelAdmin):
    """Whom the site let in may do everything; Django's own permissions are not used."""

    save_on_top: ClassVar[bool] = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The site has checked."""
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The site has checked."""
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The site has checked."""
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The site has checked."""
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The site has checked."""
        return site.has_permission(request)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """What was edited goes into the audit log, field by field."""
        before = auditing.stored(obj) if change else None
        super().save_model(request, obj, form, change)
        changes = auditing.difference(before, obj)
        if changes or not change:
            auditing.note(Deed.CHANGED if change else Deed.CREATED, obj, changes=changes)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """As above."""
        auditing.note(Deed.DELETED, obj, changes=auditing.difference(obj, None))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """As above, each by itself."""
        for obj in queryset:
            auditing.note(Deed.DELETED, obj, changes=auditing.difference(obj, None))
        super().delete_queryset(request, queryset)


class ReadOnlyAdmin(PortalModelAdmin):
    """What happened is looked at, not changed."""

    # Counting a log of millions for a page of a hundred is not worth it.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes history."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes it."""
        return False
