"""Sites by their code, with their places."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import widgets
from import_export.fields import Field

from operations.models import Organisation, Site
from operations.resources.base import CodeWidget, NetworkResource, Row, TextWidget, plain


class DegreesWidget(widgets.FloatWidget):
    """Degrees with a decimal point, or nothing; the model knows how many there are."""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> float | None:
        """The number."""
        text = str(plain(value)).strip()
        if not text:
            return None
        try:
            degrees = float(text)
        except ValueError:
            degrees = math.nan
        if not math.isfinite(degrees):
            raise ValueError(
                _("%(text)s is not a number of degrees, such as 55.6881.") % {"text": text}
            )
        return degrees

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The same in every language."""
        return "" if value is None else repr(float(value))


class SiteResource(NetworkResource):
    """One row per site."""

    keys = ("code",)

    code = Field("code", "code", TextWidget())
    name = Field("name", "name", TextWidget())
    organisation = Field(
        "organisation",
        "organisation",
        CodeWidget(Organisation, gettext_lazy("No organisation has the code %(code)s.")),
    )
    address = Field("address", "address", TextWidget())
    time_zone = Field("time_zone", "time_zone", TextWidget())
    latitude = Field("latitude", "latitude", DegreesWidget())
    longitude = Field("longitude", "longitude", DegreesWidget())

    class Meta:
        model = Site
        fields = (
            "code",
            "name",
            "organisation",
            "address",
            "time_zone",
            "latitude",
            "longitude",
        )
        import_id_fields = ("code",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def check_key(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The code; the model checks how it is spelled."""
        code = str(row["code"]).strip()
        if not code:
            raise ValidationError({"code": _("A site needs a code.")})
        return (code,)

    def import_instance(self, instance: Site, row: Row, **kwargs: Any) -> None:
        """A site without a name is called like its code, and has its owner's time."""
        super().import_instance(instance, row, **kwargs)
        instance.name = instance.name or instance.code
        if instance.organisation_id is None:
            raise ValidationError({"organisation": _("A site needs an organisation.")})
        instance.time_zone = instance.time_zone or instance.organisation.time_zone

    def after_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """No status follows from where a site is."""
