"""The form of a firmware update: what to install, from where and when."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import firmware_limits, spoken, transports
from operations.commands.base import CommandForm, Params, Target
from operations.commands.fields import CertificateField, MomentField, wire_time
from operations.commands.locations import LocationField
from operations.models import CommandRun, FirmwareImage, Station
from operations.versions import V16

SLUG = "firmware-update"
MOST_RETRIES = 100
LONGEST_INTERVAL_S = 24 * 3600


class FirmwareUpdateForm(CommandForm):
    """What to install, from where and when."""

    more = ("protocol", "version", "signing_certificate", "signature", "message", "anyway")

    image = forms.ModelChoiceField(
        label=gettext_lazy("Image"),
        queryset=FirmwareImage.objects.none(),
        required=False,
        empty_label=gettext_lazy("From the location below"),
        help_text=gettext_lazy("Of the firmware library, for this vendor and model."),
    )
    location = LocationField(
        label=gettext_lazy("Location"),
        required=False,
        help_text=gettext_lazy("Where the station fetches the firmware from."),
    )
    retrieve_at = MomentField(
        label=gettext_lazy("Retrieve at"), required=False, help_text=gettext_lazy("Empty: now.")
    )
    install_at = MomentField(
        label=gettext_lazy("Install at"),
        required=False,
        help_text=gettext_lazy("Empty: as soon as it is downloaded."),
    )
    retries = forms.IntegerField(
        label=gettext_lazy("Retries"), min_value=0, max_value=MOST_RETRIES, required=False
    )
    retry_interval_s = forms.IntegerField(
        label=gettext_lazy("Retry interval (seconds)"),
        min_value=0,
        max_value=LONGEST_INTERVAL_S,
        required=False,
    )
    protocol = forms.ChoiceField(
        label=gettext_lazy("Fetch the image by"),
        required=False,
        help_text=gettext_lazy("For images of the library."),
    )
    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("What the station shall report afterwards, if you know."),
    )
    signing_certificate = CertificateField(
        label=gettext_lazy("Signing certificate"), required=False
    )
    signature = forms.CharField(
        label=gettext_lazy("Signature"),
        max_length=800,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("Of the firmware, in base64."),
    )
    message = spoken.MessageField(
        plain=gettext_lazy("Plain: UpdateFirmware"),
        secured=gettext_lazy("Signed: SignedUpdateFirmware"),
    )
    anyway = forms.BooleanField(
        label=gettext_lazy("Ask all the same"),
        required=False,
        help_text=gettext_lazy(
            "Although an update is under way, or the station does not list the location's protocol."
        ),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        station = target.station
        self.fields["image"].queryset = images_for(station)  # type: ignore[attr-defined]
        self.fields["location"].fit(station.version)  # type: ignore[attr-defined]
        self.fields["protocol"].choices = [  # type: ignore[attr-defined]
            ("", _("Automatic: what the station supports")),
            *((name, transports.WORDS[name]) for name in transports.offered()),
        ]
        if station.version is not V16:
            del self.fields["message"]
        elif not firmware_limits.is_signed(station, {}):
            self.fields["install_at"].help_text = _(
                "Only signed updates can say this in OCPP 1.6; others are installed at once."
            )

    def clean(self) -> Params:
        """One source, times in order, and nothing the station can't do."""
        cleaned: Params = super().clean() or self.cleaned_data
        if bool(cleaned.get("image")) == bool(cleaned.get("location")) and not self.errors:
            self.add_error("location", _("Choose an image, or give a location: one of the two."))
        if bool(cleaned.get("signature")) != bool(cleaned.get("signing_certificate")):
            self.add_error("signature", _("A signature needs its certificate, and the reverse."))
        earliest = cleaned.get("retrieve_at") or wire_time(timezone.now() - timedelta(minutes=2))
        if (cleaned.get("install_at") or earliest) < earliest:
            self.add_error("install_at", _("It can't be installed before it is retrieved."))
        if not self.errors:
            self._clean_for_station()
        return cleaned

    def _clean_for_station(self) -> None:
        params, station = self.params(), self.target.station
        objection = firmware_limits.objection(self.target, params)
        if objection is not None:
            self.add_error(None, objection)
        is_plain = station.version is V16 and not firmware_limits.is_signed(station, params)
        if is_plain and not params.get("anyway") and _open_updates(station).exists():
            self.add_error(
                None,
                _(
                    "An update is under way, and OCPP 1.6 can't tell the reports of two apart. "
                    'Wait for it to end, or tick "Ask all the same" under More.'
                ),
            )

    def params(self) -> Params:
        """What was filled in; of an image, what the run needs to know of it."""
        params = {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in (None, "", False)
        }
        image = params.get("image")
        if image is not None:
            params["image"] = image.pk
            of_image = {"version": image.version, "signature": image.signature}
            params = {name: value for name, value in of_image.items() if value} | params
        return params


def images_for(station: Station) -> QuerySet[FirmwareImage]:
    """The library's images that fit a station, as far as it told what it is."""
    images = FirmwareImage.objects.in_use().filter(
        Q(organisation=None) | Q(organisation=station.organisation_id)
    )
    if station.vendor and station.model:
        images = images.filter(vendor__iexact=station.vendor, model__iexact=station.model)
    return images


def _open_updates(station: Station) -> QuerySet[CommandRun]:
    # A stand-in for many stations is none: each of them is judged by itself.
    return CommandRun.objects.open().filter(station_id=station.pk, command=SLUG)
