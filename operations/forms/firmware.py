"""The form that puts an image into the firmware library."""

import base64
import binascii
from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import locations
from operations.commands.locations import LocationField
from operations.filters.widgets import Suggesting
from operations.models import FirmwareImage, Organisation, Station, User
from operations.services import firmware

# OCPP 1.6 security whitepaper §4.2, 2.0.1 part 2 FirmwareType.
LONGEST_CERTIFICATE = 5500
LONGEST_SIGNATURE = 800


class FirmwareForm(forms.ModelForm):
    """A file or a URL, what it is for, and how stations can tell that it is genuine."""

    more = ("signing_certificate", "signature")

    upload = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=False,
        help_text=gettext_lazy("The portal keeps it, and stations fetch it from here."),
    )
    url = LocationField(
        label=gettext_lazy("or URL"),
        required=False,
        help_text=gettext_lazy("Where stations fetch it from, if that is elsewhere."),
    )
    vendor = forms.CharField(
        label=gettext_lazy("Vendor"),
        max_length=50,
        widget=Suggesting,
        help_text=gettext_lazy("As the stations themselves say it."),
    )
    model = forms.CharField(label=gettext_lazy("Model"), max_length=50, widget=Suggesting)
    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=50,
        help_text=gettext_lazy("As the stations say it once it is installed."),
    )
    signing_certificate = forms.CharField(
        label=gettext_lazy("Signing certificate"),
        max_length=LONGEST_CERTIFICATE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("PEM, with its BEGIN and END lines: for signed updates."),
    )
    signature = forms.CharField(
        label=gettext_lazy("Signature"),
        max_length=LONGEST_SIGNATURE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("Base64."),
    )

    class Meta:
        model = FirmwareImage
        fields = (
            "upload",
            "url",
            "vendor",
            "model",
            "version",
            "organisation",
            "release_notes",
            "signing_certificate",
            "signature",
        )
        widgets = {"release_notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_organisations(user)
        pairs = firmware.models_told(Station.objects.visible_to(user))
        for name, place in (("vendor", 0), ("model", 1)):
            values = {pair[place] for pair in pairs}
            self.fields[name].widget.suggestions = sorted(values, key=str.casefold)

    def _offer_organisations(self, user: User) -> None:
        """People of one organisation add for that one."""
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.label = _("For")
        field.help_text = ""
        if user.sees_whole_network:
            field.queryset = Organisation.objects.order_by("name")
            field.empty_label = _("All organisations")
            return
        own = Organisation.objects.filter(users=user)
        field.queryset = own.distinct()
        field.empty_label = None
        field.required = True
        field.initial = user.organisation_id

    def clean_url(self) -> str:
        """Whoever sees the library sees its URLs."""
        url: str = self.cleaned_data["url"]
        if url and locations.parse(url).user:
            raise ValidationError(
                _("Everybody who sees the library could read this password: upload the file here.")
            )
        return url

    def clean_signing_certificate(self) -> str:
        """One certificate, in the form OCPP wants."""
        pem: str = self.cleaned_data["signing_certificate"].strip()
        if not pem:
            return ""
        try:
            x509.load_pem_x509_certificate(pem.encode())
        except ValueError as error:
            raise ValidationError(
                _("This is no certificate in PEM form (-----BEGIN CERTIFICATE----- …).")
            ) from error
        return pem

    def clean_signature(self) -> str:
        """Base64, without the line breaks it was pasted with."""
        signature = "".join(self.cleaned_data["signature"].split())
        try:
            base64.b64decode(signature, validate=True)
        except binascii.Error as error:
            raise ValidationError(_("This is no Base64.")) from error
        return signature

    def clean(self) -> dict[str, Any]:
        """Either the file or a URL."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        has_upload, has_url = bool(cleaned.get("upload")), bool(cleaned.get("url"))
        if has_upload and has_url:
            self.add_error("url", _("Give a file or a URL, not both."))
        if not (has_upload or has_url) and not {"upload", "url"} & self.errors.keys():
            self.add_error("upload", _("Give a file, or a URL where stations fetch it."))
        if bool(cleaned.get("signature")) != bool(cleaned.get("signing_certificate")):
            missing = "signature" if cleaned.get("signing_certificate") else "signing_certificate"
            if missing not in self.errors:
                self.add_error(missing, _("A signed update needs both."))
        if upload := cleaned.get("upload"):
            self.instance.file_name = upload.name[:200]
        return cleaned
