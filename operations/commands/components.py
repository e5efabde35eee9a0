"""Fields that name a component and a variable of a station's device model (OCPP 2.x)."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy

LONGEST_NAME = 50
# What a connector's or charger's number is at most, as events take them.
MOST = 2**31 - 1


def wire(item: str) -> Mapping[str, str]:
    """Where the fields go in the one item of a list."""
    return {
        "component": f"{item}.component.name",
        "component_instance": f"{item}.component.instance",
        "evse": f"{item}.component.evse.id",
        "connector": f"{item}.component.evse.connectorId",
        "variable": f"{item}.variable.name",
        "variable_instance": f"{item}.variable.instance",
    }


# What stands folded under "More".
MORE = ("component_instance", "evse", "connector", "variable_instance")


class ComponentFields(forms.Form):
    """Mixed into forms that ask for a variable."""

    component = forms.CharField(
        label=gettext_lazy("Component"), max_length=LONGEST_NAME, required=False
    )
    variable = forms.CharField(
        label=gettext_lazy("Variable"), max_length=LONGEST_NAME, required=False
    )
    component_instance = forms.CharField(
        label=gettext_lazy("Instance of the component"), max_length=LONGEST_NAME, required=False
    )
    variable_instance = forms.CharField(
        label=gettext_lazy("Instance of the variable"), max_length=LONGEST_NAME, required=False
    )
    evse = forms.IntegerField(
        label=gettext_lazy("Charger (EVSE)"), min_value=0, max_value=MOST, required=False
    )
    connector = forms.IntegerField(
        label=gettext_lazy("Connector"), min_value=0, max_value=MOST, required=False
    )
