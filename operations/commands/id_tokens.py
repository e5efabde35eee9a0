"""The token a command charges or reserves with: found, judged, and said as each version does."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import CommandForm, Params, Payload
from operations.models import Token
from operations.models.tokens import TokenStatus

LONGEST_V16 = 20
# IdTokenEnumType of 2.0.1; 2.1 leaves it open.
TYPES = frozenset(
    {
        "Central",
        "eMAID",
        "ISO14443",
        "ISO15693",
        "KeyCode",
        "Local",
        "MacAddress",
        "NoAuthorization",
    }
)
REFUSALS = {
    TokenStatus.BLOCKED: gettext_lazy("This token is blocked."),
    TokenStatus.EXPIRED: gettext_lazy("This token has expired."),
    TokenStatus.INVALID: gettext_lazy("This token is marked invalid."),
}


class TokenForm(CommandForm):
    """Asks for a token that may charge."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=255,
        help_text=gettext_lazy("The identifier of a card or contract the portal knows."),
    )

    def clean_token(self) -> str:
        """The token as it is kept. Raises ValidationError in words for one that may not charge."""
        token = Token.objects.find(self.cleaned_data["token"].strip())
        # Another organisation's tokens are nobody's business here.
        if token is None or token.organisation_id not in {
            None,
            self.target.station.organisation_id,
        }:
            raise ValidationError(_("The portal does not know this token."))
        if token.standing in REFUSALS:
            raise ValidationError(REFUSALS[token.standing])
        if self.target.station.protocol == "1.6" and len(token.identifier) > LONGEST_V16:
            raise ValidationError(
                _("OCPP 1.6 takes tokens of at most %(most)d characters.") % {"most": LONGEST_V16}
            )
        self.cleaned_data |= {"token_type": token.type, "group": token.group}
        return token.identifier


def id_token(identifier: str, kind: str) -> Payload:
    """OCPP 2.x: IdTokenType."""
    return {"idToken": identifier, "type": kind if kind in TYPES else "Central"}


def with_group_v201(payload: Payload, params: Params) -> Payload:
    """OCPP 2.x: who else may end it."""
    group = params.get("group")
    return {**payload, "groupIdToken": id_token(group, "Central")} if group else payload
