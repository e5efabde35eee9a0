"""The form behind Trigger message: which message, of which connector."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import triggers
from operations.commands.base import CommandForm, Params, Target
from operations.commands.triggers import CUSTOM
from operations.models import Connector
from operations.versions import V16, OcppVersion


class TriggerMessageForm(CommandForm):
    """Which message, of which connector; what only some stations know is folded away."""

    more = ("dialect", "custom_trigger")

    message = forms.ChoiceField(label=gettext_lazy("Message"))
    connector = forms.ChoiceField(
        label=gettext_lazy("Connector"),
        required=False,
        help_text=gettext_lazy(
            "Only for what connectors tell: status, meter values, transactions."
        ),
    )
    dialect = forms.ChoiceField(
        label=gettext_lazy("Ask by"),
        required=False,
        choices=[
            ("", gettext_lazy("What the message needs")),
            ("extended", gettext_lazy("ExtendedTriggerMessage, of OCPP 1.6's security extension")),
        ],
    )
    custom_trigger = forms.CharField(
        label=gettext_lazy("Custom trigger"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("The vendor's name for it; OCPP 2.1 only."),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        version = target.station.version
        self.fields["message"].choices = triggers.choices(version)  # type: ignore[attr-defined]
        self.fields["connector"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("All connectors")),
            *((number_of(each, version), _name(each)) for each in target.connectors),
        ]
        if version is not None and version.lineage[-1] != V16:
            del self.fields["dialect"]
        if version is None or CUSTOM not in triggers.of_version(version):
            del self.fields["custom_trigger"]

    def clean(self) -> dict[str, Any]:
        """A custom trigger has a name."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("message") == CUSTOM.key and not cleaned.get("custom_trigger"):
            self.add_error("custom_trigger", _("Say what the station's vendor calls it."))
        return cleaned

    def params(self) -> Params:
        """Without what was left open."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def number_of(connector: Connector, version: OcppVersion | None) -> str:
    """How a choice names a connector: the same for all stations of a version."""
    if version is None or version.lineage[-1] == V16:
        return str(connector.number)
    return f"{connector.charger.number}.{connector.number}"


def _name(connector: Connector) -> str:
    return _("Connector %(number)s of %(charger)s") % {
        "number": connector.number,
        "charger": connector.charger.name,
    }
