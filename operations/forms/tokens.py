"""The forms about tokens: one by hand, many in a file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.widgets import Suggesting
from operations.models import Organisation, Token, User
from operations.models.tokens import TokenType
from operations.services import token_rows

MOST_BYTES = 40 * 2**20
MINUTE = "%Y-%m-%dT%H:%M"


def offer_organisations(field: Any, user: User) -> None:
    """People of one organisation keep that one's tokens."""
    field.label = _("For")
    if user.sees_whole_network:
        field.queryset = Organisation.objects.order_by("name")
        field.empty_label = _("All organisations")
        return
    field.queryset = Organisation.objects.filter(users=user).distinct()
    field.empty_label = None
    field.required = True
    field.initial = user.organisation_id
    field.help_text = ""


class TokenForm(forms.ModelForm):
    """One token."""

    more = ("payment", "most_sessions")

    class Meta:
        model = Token
        fields = (
            "identifier",
            "type",
            "holder",
            "organisation",
            "status",
            "expires_at",
            "group",
            "payment",
            "most_sessions",
        )
        widgets = {
            "identifier": forms.TextInput(attrs={"autocomplete": "off", "class": "code"}),
            "type": Suggesting,
            "expires_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE),
        }
        help_texts = {
            "identifier": gettext_lazy(
                "As stations send it; upper and lower case are the same. Stations of OCPP 1.6 "
                "carry at most 20 characters."
            ),
            "holder": gettext_lazy("Whose it is: a name, a customer's number, a licence plate."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        offer_organisations(fields["organisation"], user)
        fields["type"].widget.suggestions = TokenType.values

    def clean_type(self) -> str:
        """As OCPP spells it."""
        return token_rows.spelled(self.cleaned_data["type"])


class ImportForm(forms.Form):
    """A file of tokens, and whose they are."""

    upload = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8, or XLSX; at most 200,000 rows."),
    )
    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "With one chosen, the file can only add and change that one's tokens."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_organisations(self.fields["organisation"], user)

    def clean_upload(self) -> Any:
        """Not more than anybody's list of tokens can be."""
        upload = self.cleaned_data["upload"]
        if upload.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 40 MB: split it."))
        return upload
