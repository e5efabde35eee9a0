"""Sites, stations, chargers, connectors: edited by hand, imported and exported."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import action, register
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.admin.importing import ImportingAdmin
from operations.admin.site import site
from operations.models import Charger, Connector, Site, Station
from operations.resources.chargers import ChargerResource
from operations.resources.connectors import ConnectorResource
from operations.resources.sites import SiteResource
from operations.resources.stations import StationResource
from operations.services import closing, components, stations
from operations.services.live import publishing


@register(Site, site=site)
class SiteAdmin(ImportingAdmin):
    """Places; with latitude and longitude they stand on the map."""

    resource_classes = (SiteResource,)
    list_display = (
        "name",
        "code",
        "organisation",
        "address",
        "time_zone",
        "latitude",
        "longitude",
    )
    list_filter = ("organisation",)
    list_select_related = ("organisation",)
    search_fields = ("name", "code", "address")
    prepopulated_fields = {"code": ("name",)}


class PartAdmin(ImportingAdmin):
    """What stations, chargers and connectors have in common: a status, closed by hand."""

    actions = ("close", "reopen")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Derive what follows from the edit, and tell browsers."""
        with publishing() as changes:
            super().save_model(request, obj, form, change)
            components.refresh_statuses(obj if isinstance(obj, Station) else obj.station, changes)

    @action(description=gettext_lazy("Close: discarded for good"))
    def close(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Closed things are asked nothing, and no report reopens them."""
        count = closing.close(parts=list(queryset))
        said = ngettext("%(count)d was closed.", "%(count)d were closed.", count)
        messages.success(request, said % {"count": count})

    @action(description=gettext_lazy("Reopen: follows what its station reports"))
    def reopen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Back among the living."""
        count = closing.reopen(parts=list(queryset))
        said = ngettext("%(count)d was reopened.", "%(count)d were reopened.", count)
        messages.success(request, said % {"count": count})


@register(Station, site=site)
class StationAdmin(PartAdmin):
    """Stations, and the passwords they connect with."""

    resource_classes = (StationResource,)
    change_form_template = "operations/admin/station.html"
    list_display = (
        "name",
        "identity",
        "organisation",
        "site",
        "vendor",
        "model",
        "protocol",
        "operational_status",
        "registration",
        "connected_at",
    )
    list_filter = ("operational_status", "registration", "protocol", "organisation", "vendor")
    list_select_related = ("organisation", "site")
    search_fields = ("name", "identity", "serial_number", "model", "vendor")
    raw_id_fields = ("site",)
    fields = (
        "identity",
        "name",
        "organisation",
        "site",
        "serial_number",
        "vendor",
        "model",
        "firmware_version",
        "operational_status",
        "registration",
        "answer_timeout_s",
        "effect_timeout_s",
        "protocol",
        "has_password",
        "connected_at",
        "disconnected_at",
        "last_seen_at",
        "booted_at",
        "boot_reason",
    )
    readonly_fields = (
        "firmware_version",
        "protocol",
        "has_password",
        "connected_at",
        "disconnected_at",
        "last_seen_at",
        "booted_at",
        "boot_reason",
    )

    def has_password(self, station: Station) -> str:
        """Whether it must give one; the password itself is nowhere to be read."""
        return _("Yes") if station.password_digest else _("No: anybody may connect as it")

    def get_urls(self) -> list[URLPattern]:
        """One more page: a new password."""
        new_password = path(
            "<int:pk>/new-password/",
            site.admin_view(self.new_password),
            name="operations_station_new_password",
        )
        urls: list[URLPattern] = super().get_urls()
        return [new_password, *urls]

    def new_password(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks whether it is meant, POST makes one and shows it this once."""
        station = get_object_or_404(Station, pk=pk)
        context = {
            **site.each_context(request),
            "title": _("New password for %(station)s") % {"station": station.name},
            "station": station,
            "opts": self.opts,
            "back_url": reverse("admin:operations_station_change", args=[pk]),
        }
        if request.method == "POST":
            context["password"] = stations.renew_password(station=station)
            self.log_change(request, station, _("New password."))
        return TemplateResponse(request, "operations/admin/new_password.html", context)


@register(Charger, site=site)
class ChargerAdmin(PartAdmin):
    """Chargers; a station gets more of them here than it speaks of."""

    resource_classes = (ChargerResource,)
    list_display = (
        "name",
        "station",
        "number",
        "vendor",
        "model",
        "serial_number",
        "operational_status",
        "charging_status",
    )
    list_filter = ("operational_status", "charging_status", "station__organisation", "vendor")
    list_select_related = ("station",)
    search_fields = ("name", "serial_number", "model", "vendor", "station__identity")
    raw_id_fields = ("station",)
    readonly_fields = ("charging_status", "status_at")


@register(Connector, site=site)
class ConnectorAdmin(PartAdmin):
    """Connectors; moving one to another charger of its station splits a 1.6 station."""

    resource_classes = (ConnectorResource,)
    list_display = (
        "__str__",
        "station",
        "number",
        "type",
        "max_power_kw",
        "operational_status",
        "charging_status",
    )
    list_filter = ("operational_status", "charging_status", "type", "station__organisation")
    list_select_related = ("station", "charger")
    search_fields = ("charger__name", "station__identity", "station__name")
    raw_id_fields = ("charger",)
    fields = (
        "charger",
        "number",
        "type",
        "max_power_kw",
        "operational_status",
        "charging_status",
        "status_at",
        "error_code",
        "error_info",
        "vendor_error_code",
        "lock_status",
    )
    readonly_fields = (
        "charging_status",
        "status_at",
        "error_code",
        "error_info",
        "vendor_error_code",
        "lock_status",
    )

    def save_model(self, request: HttpRequest, obj: Connector, form: Any, change: Any) -> None:
        """A connector is at the station of its charger."""
        obj.station = obj.charger.station
        super().save_model(request, obj, form, change)
