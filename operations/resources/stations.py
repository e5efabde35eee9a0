"""Stations by their identity. Passwords never come or go in a file."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from operations.models import Organisation, Site, Station
from operations.resources.base import (
    ChoiceWidget,
    CodeWidget,
    NetworkResource,
    Row,
    StatusField,
    TextWidget,
)
from operations.statuses import OperationalStatus, Registration


class StationResource(NetworkResource):
    """One row per station."""

    keys = ("identity",)

    identity = Field("identity", "identity", TextWidget())
    name = Field("name", "name", TextWidget())
    organisation = Field(
        "organisation",
        "organisation",
        CodeWidget(Organisation, gettext_lazy("No organisation has the code %(code)s.")),
    )
    site = Field("site", "site", CodeWidget(Site, gettext_lazy("No site has the code %(code)s.")))
    serial_number = Field("serial_number", "serial_number", TextWidget())
    model = Field("model", "model", TextWidget())
    vendor = Field("vendor", "vendor", TextWidget())
    registration = Field(
        "registration", "registration", ChoiceWidget(Registration), saves_null_values=False
    )
    operational_status = StatusField(
        "operational_status", "operational_status", ChoiceWidget(OperationalStatus)
    )

    class Meta:
        model = Station
        fields = (
            "identity",
            "name",
            "organisation",
            "site",
            "serial_number",
            "model",
            "vendor",
            "registration",
            "operational_status",
        )
        import_id_fields = ("identity",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def check_key(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The identity; the model checks how it is spelled."""
        identity = str(row["identity"]).strip()
        if not identity:
            raise ValidationError({"identity": _("A station needs an identity.")})
        return (identity,)

    def import_instance(self, instance: Station, row: Row, **kwargs: Any) -> None:
        """A station without a name is called like its identity."""
        super().import_instance(instance, row, **kwargs)
        instance.name = instance.name or instance.identity
        site = instance.site
        if site is not None and site.organisation_id != instance.organisation_id:
            raise ValidationError(
                {
                    "site": _("The site %(code)s belongs to another organisation.")
                    % {"code": site.code}
                }
            )
