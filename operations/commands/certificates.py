"""What the commands about certificates share: their kinds, and how one is named."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands.plain import Choices

CENTRAL = gettext_lazy("Root of the central system")
MANUFACTURER = gettext_lazy("Root of the manufacturer")
ROOTS_V201: Choices = (
    ("CSMSRootCertificate", CENTRAL),
    ("ManufacturerRootCertificate", MANUFACTURER),
    ("V2GRootCertificate", gettext_lazy("Root for vehicles (V2G)")),
    ("MORootCertificate", gettext_lazy("Root of the mobility operator")),
)
ROOTS = {
    "v16": (
        ("CentralSystemRootCertificate", CENTRAL),
        ("ManufacturerRootCertificate", MANUFACTURER),
    ),
    "v201": ROOTS_V201,
    "v21": (*ROOTS_V201, ("OEMRootCertificate", gettext_lazy("Root of the vehicle's maker"))),
}
CHAIN: Choices = (("V2GCertificateChain", gettext_lazy("The station's own for vehicles (V2G)")),)


class HashFields(forms.Form):
    """Mixed into forms that name a certificate: a list of certificates shows the four values."""

    algorithm = forms.ChoiceField(
        label=gettext_lazy("Hash algorithm"),
        choices=[(name, name) for name in ("SHA256", "SHA384", "SHA512")],
    )
    issuer_name = forms.CharField(label=gettext_lazy("Hash of the issuer's name"), max_length=128)
    issuer_key = forms.CharField(label=gettext_lazy("Hash of the issuer's key"), max_length=128)
    serial = forms.CharField(label=gettext_lazy("Serial number"), max_length=40)


HASH_WIRE = {
    "algorithm": "certificateHashData.hashAlgorithm",
    "issuer_name": "certificateHashData.issuerNameHash",
    "issuer_key": "certificateHashData.issuerKeyHash",
    "serial": "certificateHashData.serialNumber",
}
