"""Organisations, users, tokens."""

from typing import Any

from django.contrib.admin import register
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from operations.admin.site import PortalModelAdmin, site
from operations.models import Organisation, Token, User
from operations.models.audit import Deed
from operations.services import auditing, tokens


@register(Organisation, site=site)
class OrganisationAdmin(PortalModelAdmin):
    """Who owns stations."""

    list_display = ("name", "code", "time_zone")
    search_fields = ("name", "code")
    prepopulated_fields = {"code": ("name",)}


@register(User, site=site)
class PortalUserAdmin(PortalModelAdmin, UserAdmin):
    """Who signs in, as what, and what they see. Django's groups and flags are not used."""

    list_display = (
        "username",
        "first_name",
        "last_name",
        "role",
        "organisation",
        "sees_all_organisations",
        "is_active",
        "last_login",
    )
    list_filter = ("role", "is_active", "sees_all_organisations", "organisation")
    list_select_related = ("organisation",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("role", "organisation", "sees_all_organisations", "is_active")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "usable_password",
                    "password1",
                    "password2",
                    "role",
                    "organisation",
                    "sees_all_organisations",
                )
            },
        ),
    )

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """A new password for somebody is in the audit log; which one is not."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            auditing.note(Deed.NEW_PASSWORD, User.objects.get(pk=id))
        return response


@register(Token, site=site)
class TokenAdmin(PortalModelAdmin):
    """What may charge."""

    list_display = (
        "identifier",
        "type",
        "group",
        "holder",
        "organisation",
        "status",
        "payment",
        "expires_at",
    )
    list_filter = ("status", "type", "payment", "organisation")
    list_select_related = ("organisation",)
    search_fields = ("identifier", "group", "holder")
    exclude = ("fits_v16",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Noted, and told to lists."""
        tokens.save(token=obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """As above."""
        tokens.delete(token=obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """As above, each by itself."""
        for token in queryset:
            tokens.delete(token=token)
