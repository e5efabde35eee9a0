"""Install certificate: InstallCertificate (1.6 security M05, 2.0.1 M05)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import certificates, groups
from operations.commands.base import REJECTED, Outcome, TargetKind
from operations.commands.fields import CertificateField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus


class InstallCertificateForm(WireForm):
    """Which certificate, and what it is the root of."""

    action = "InstallCertificate"
    wire = {"kind": "certificateType", "certificate": "certificate"}
    choices = {"kind": certificates.ROOTS}

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    certificate = CertificateField(label=gettext_lazy("Certificate"))


class InstallCertificate(PlainCommand):
    """Has the station trust a root certificate."""

    slug = "install-certificate"
    label = gettext_lazy("Install certificate")
    icon = "certificate"
    group = groups.CERTIFICATES
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = InstallCertificateForm
    sentence = gettext_lazy("Install a certificate on %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "Failed": Outcome(
            RunStatus.FAILED, gettext_lazy("The station could not install the certificate.")
        ),
    }
    request_v16 = PlainCommand.ask
    request_v201 = PlainCommand.ask
