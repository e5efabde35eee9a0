"""Organisations, users, tokens."""

from django.contrib.admin import register
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from operations.admin.site import PortalModelAdmin, site
from operations.models import Organisation, Token, User


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
        "expires_at",
    )
    list_filter = ("status", "type", "organisation")
    list_select_related = ("organisation",)
    search_fields = ("identifier", "group", "holder")
