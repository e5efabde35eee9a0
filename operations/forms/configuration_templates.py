"""The form of a configuration template: whom it is for, and its settings, one on a line."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import ConfigurationTemplate, Site, User
from operations.models.templates import Bound
from operations.services import templates
from operations.services.templates import MOST_SETTINGS, Line

FIELDS = {
    Bound.STATION: "of_station",
    Bound.CHARGER: "of_charger",
    Bound.CONNECTOR: "of_connector",
}


class LinesField(forms.CharField):
    """Settings, one on each line."""

    def __init__(self, *, bound_to: Bound, rows: int, **kwargs: Any) -> None:
        self.bound_to = bound_to
        marks = {"rows": rows, "spellcheck": "false", "class": "code"}
        super().__init__(
            required=False, max_length=100_000, widget=forms.Textarea(attrs=marks), **kwargs
        )

    def clean(self, value: Any) -> list[Line]:
        """As `templates.read_lines` understands them."""
        try:
            return list(templates.read_lines(super().clean(value), self.bound_to))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class TemplateForm(forms.ModelForm):
    """A template: what, for whom, how important, until when."""

    more = (
        "description",
        "of_charger",
        "of_connector",
        "site",
        "valid_from",
        "valid_until",
        "batch_size",
    )

    of_station = LinesField(
        bound_to=Bound.STATION,
        rows=6,
        label=gettext_lazy("Settings of the station"),
        help_text=gettext_lazy(
            "One per line: HeartbeatInterval = 300 for OCPP 1.6, or "
            "OCPPCommCtrlr.HeartbeatInterval = 300 for 2.x. A template may hold both."
        ),
    )
    of_charger = LinesField(
        bound_to=Bound.CHARGER,
        rows=2,
        label=gettext_lazy("Settings of each charger"),
        help_text=gettext_lazy("{charger} stands for its number."),
    )
    of_connector = LinesField(
        bound_to=Bound.CONNECTOR,
        rows=2,
        label=gettext_lazy("Settings of each connector"),
        help_text=gettext_lazy("{charger} and {connector} stand for their numbers."),
    )

    class Meta:
        model = ConfigurationTemplate
        fields = (
            "name",
            "code",
            "of_station",
            "priority",
            "is_enabled",
            "applies_on_connect",
            "organisation",
            "protocol",
            "vendor",
            "model",
            "description",
            "of_charger",
            "of_connector",
            "site",
            "valid_from",
            "valid_until",
            "batch_size",
        )
        widgets = {
            name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            for name in ("valid_from", "valid_until")
        }
        help_texts = {
            "vendor": gettext_lazy("As the stations report it; empty: of every vendor."),
            "model": gettext_lazy("As the stations report it; empty: every model."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        sites = Site.objects.select_related("organisation")
        if user.sees_whole_network:
            fields["organisation"].empty_label = _("All organisations")
        else:
            del fields["organisation"]
            self.instance.organisation_id = user.organisation_id
            sites = sites.filter(organisation=user.organisation_id)
        fields["site"].queryset = sites
        fields["site"].empty_label = _("All sites")
        protocols = [choice for choice in fields["protocol"].choices if choice[0]]
        fields["protocol"].choices = [("", _("All protocols")), *protocols]
        for bound_to, name in FIELDS.items():
            fields[name].initial = templates.written(self.instance, bound_to)

    def lines(self) -> list[Line]:
        """All its settings."""
        return [line for name in FIELDS.values() for line in self.cleaned_data[name]]

    def clean(self) -> dict[str, Any]:
        """What only fits together."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_settings()
            self._check_times(cleaned)
            self._check_site(cleaned)
        return cleaned

    def _check_settings(self) -> None:
        number = len(self.lines())
        if not number:
            self.add_error("of_station", _("Name at least one setting."))
        elif number > MOST_SETTINGS:
            words = {"most": MOST_SETTINGS}
            self.add_error("of_station", _("Name at most %(most)d settings.") % words)

    def _check_times(self, cleaned: dict[str, Any]) -> None:
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", _("It would end before it begins."))

    def _check_site(self, cleaned: dict[str, Any]) -> None:
        site, organisation = cleaned.get("site"), cleaned.get("organisation")
        if site and organisation and site.organisation_id != organisation.pk:
            self.add_error("site", _("This site is another organisation's."))
