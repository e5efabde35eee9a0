"""Send certificate: CertificateSigned (1.6 security A02, 2.0.1 A02 and A03)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, Params, Request, Target, TargetKind
from operations.commands.fields import CertificateField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus

KINDS = (
    ("ChargingStationCertificate", gettext_lazy("To know the station by")),
    ("V2GCertificate", gettext_lazy("To know the station by in vehicles (V2G)")),
)


class SendCertificateForm(WireForm):
    """The certificate, with those that signed it, and what it is for."""

    action = "CertificateSigned"
    checks_schema = False  # 1.6 has no kinds
    wire = {"chain": "certificateChain", "kind": "certificateType"}
    choices = {
        "kind": {
            "v16": KINDS[:1],
            "v201": KINDS,
            "v21": (*KINDS, ("V2G20Certificate", gettext_lazy("In vehicles of ISO 15118-20"))),
        }
    }

    chain = CertificateField(
        label=gettext_lazy("Certificate chain"),
        help_text=gettext_lazy("The station's certificate first, then those that signed it."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))

    def clean_chain(self) -> str:
        """Not longer than a message carries."""
        chain: str = self.cleaned_data["chain"]
        if len(chain) > 10_000:
            raise forms.ValidationError(gettext_lazy("OCPP carries at most 10,000 characters."))
        return chain


class SendCertificate(PlainCommand):
    """Gives the station the certificate it asked to have signed."""

    slug = "send-certificate"
    label = gettext_lazy("Send signed certificate")
    icon = "stamp"
    group = groups.CERTIFICATES
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    asked_of_many = False
    form = SendCertificateForm
    sentence = gettext_lazy("Send %(target)s its signed certificate")
    outcomes = {
        "Accepted": DONE,
        "Rejected": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station refused: the certificate is not for it.")
        ),
    }
    request_v201 = PlainCommand.ask

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """There is one kind."""
        return (Request("CertificateSigned", {"certificateChain": params["chain"]}),)
