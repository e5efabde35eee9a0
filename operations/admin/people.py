"""Organisations, users, tokens."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import action, display, register
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from operations.admin.importing import ImportingAdmin
from operations.admin.site import PortalModelAdmin, site
from operations.models import Organisation, Token, User
from operations.models.audit import Deed
from operations.resources.formats import SafeCSV, SafeXLSX
from operations.services import auditing, token_rows, tokens
from operations.services.accounts import second_factor, sessions, throttling
from operations.services.token_resource import TokenResource

# What people may do or see, once it changes: their open pages are looked at again.
ACCESS = {"role", "organisation", "sees_all_organisations", "is_active"}


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
        "has_code",
        "is_locked",
        "last_seen",
    )
    list_filter = ("role", "is_active", "sees_all_organisations", "organisation")
    list_select_related = ("organisation",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("role", "organisation", "sees_all_organisations", "is_active")}),
        (_("Looks"), {"fields": ("own_time_zone", "language", "theme")}),
        (_("Signing in"), {"fields": ("has_code", "is_locked", "last_seen")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined", "has_code", "is_locked", "last_seen")
    actions = ("unlock", "sign_out", "switch_codes_off")
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With how they sign in."""
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(
            has_code=second_factor.has_it(),
            is_locked=throttling.is_locked(),
            last_seen=Max("sessions__last_seen_at"),
        )

    @display(description=_("code"), boolean=True, ordering="has_code")
    def has_code(self, user: Any) -> bool:
        """Whether they sign in with a code too."""
        return bool(user.has_code)

    @display(description=_("locked out"), boolean=True, ordering="is_locked")
    def is_locked(self, user: Any) -> bool:
        """Whether too many wrong passwords keep them out now."""
        return bool(user.is_locked)

    @display(description=_("last seen"), ordering="last_seen")
    def last_seen(self, user: Any) -> datetime | None:
        """When one of their browsers last asked for a page."""
        seen: datetime | None = user.last_seen or user.last_login
        return seen

    @action(description=_("Unlock: let them try their password again"))
    def unlock(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Whoever mistyped it too often."""
        count = sum(throttling.unlock(user=user) for user in users)
        said = ngettext("%(count)d person was locked out.", "%(count)d people were.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @action(description=_("Sign out of all browsers"))
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Somebody left a computer behind."""
        count = sum(sessions.end_all(user=user) for user in users)
        said = ngettext(
            "%(count)d browser is signed out.", "%(count)d browsers are signed out.", count
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @action(description=_("Switch codes off: the phone is lost"))
    def switch_codes_off(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """After they have shown otherwise who they are."""
        count = sum(second_factor.take_away(user=user) for user in users)
        said = ngettext("Codes of %(count)d person are off.", "Codes of %(count)d are off.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Who is switched off is signed out; who may do something else sees it at once."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            sessions.end_all(user=obj)
        elif ACCESS & set(form.changed_data):
            sessions.tell(user=obj)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """A new password for somebody is in the audit log; which one is not."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            user = User.objects.get(pk=id)
            auditing.note(Deed.NEW_PASSWORD, user)
            sessions.end_all(user=user, but=request if request.user == user else None)
        return response


@register(Token, site=site)
class TokenAdmin(ImportingAdmin):
    """What may charge. Large files had better come by Operations > Tokens > Import."""

    resource_classes = (TokenResource,)
    formats = [SafeCSV, SafeXLSX]  # in which identifiers such as +49 170 stay as they are
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

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Times without a zone are the uploader's."""
        time_zone = str(timezone.get_current_timezone())
        return {"how": token_rows.reading(own=None, time_zone=time_zone)}

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
