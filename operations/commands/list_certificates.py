"""List certificates: GetInstalledCertificateIds (1.6 security M03, 2.0.1 M03)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import certificates, groups
from operations.commands.base import Outcome, Params, Request, Target, TargetKind
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus

ANY = (("", gettext_lazy("All")),)


class ListCertificatesForm(WireForm):
    """Of which kind."""

    action = "GetInstalledCertificateIds"
    checks_schema = False  # one kind in 1.6, a list of them in 2.x
    choices = {
        "kind": {
            "v16": certificates.ROOTS["v16"],
            "v201": (*ANY, *certificates.ROOTS["v201"], *certificates.CHAIN),
            "v21": (*ANY, *certificates.ROOTS["v21"], *certificates.CHAIN),
        }
    }

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)

    def clean_kind(self) -> str:
        """OCPP 1.6 can't ask for all: its first kind, unless another is chosen."""
        chosen: str = self.cleaned_data["kind"]
        first = self.fields["kind"].choices[0][0]  # type: ignore[attr-defined]
        return chosen or str(first)


class ListCertificates(PlainCommand):
    """Asks which root certificates a station has; the answer is on the request's page."""

    slug = "list-certificates"
    label = gettext_lazy("List certificates")
    icon = "list-ul"
    group = groups.CERTIFICATES
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = ListCertificatesForm
    shows_answer = True
    sentence = gettext_lazy("List the certificates of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "NotFound": Outcome(
            RunStatus.DONE, gettext_lazy("The station has no certificate of this kind.")
        ),
    }
    resend = True

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """One kind."""
        return (Request("GetInstalledCertificateIds", {"certificateType": params["kind"]}),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """A list, or none for all."""
        payload = {"certificateType": [params["kind"]]} if params.get("kind") else {}
        return (Request("GetInstalledCertificateIds", payload),)
