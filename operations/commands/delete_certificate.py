"""Delete certificate: DeleteCertificate (1.6 security M04, 2.0.1 M04)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import certificates, groups
from operations.commands.base import Outcome, Params, Target, TargetKind
from operations.commands.certificates import HashFields
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus


class DeleteCertificateForm(HashFields, WireForm):
    """Which certificate."""

    action = "DeleteCertificate"
    wire = certificates.HASH_WIRE


class DeleteCertificate(PlainCommand):
    """Has the station forget a certificate."""

    slug = "delete-certificate"
    label = gettext_lazy("Delete certificate")
    icon = "trash-can"
    tone = "danger"
    group = groups.CERTIFICATES
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = DeleteCertificateForm
    sentence = gettext_lazy("Delete a certificate from %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Failed": Outcome(
            RunStatus.FAILED, gettext_lazy("The station could not delete the certificate.")
        ),
        "NotFound": Outcome(
            RunStatus.DONE, gettext_lazy("The station does not have this certificate.")
        ),
    }
    request_v16 = PlainCommand.ask
    request_v201 = PlainCommand.ask

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """The one that matters most."""
        return (_("Without the root it trusts the central system by, the station can't connect."),)
