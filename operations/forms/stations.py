"""Forms about stations themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from operations.models import Organisation


class ApproveForm(forms.Form):
    """Whose a newly met station is."""

    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.order_by("name"),
        required=False,
        empty_label=_("None yet"),
        help_text=_("Only people of this organisation, and those who see all, see the station."),
    )
