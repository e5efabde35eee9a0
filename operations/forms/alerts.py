"""Forms about alerts: what a rule looks for, and that somebody looks after what it found."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import AlertRule, User
from operations.models.alerts import AlertKind
from operations.services import delivering, following_up, posting
from operations.services.conditions import CONDITIONS

SHORTEST_SECRET = 16
MOST_ADDRESSES = 10


class AcknowledgeForm(forms.Form):
    """What one is about to do."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("For your colleagues: who goes there, what is known."),
    )


class RuleForm(forms.ModelForm):
    """A rule: what, how much, whom to tell, and what to ask first."""

    more = (
        "calm_minutes",
        "emails",
        "webhook_url",
        "secret",
        "follow_up",
        "follow_up_every_h",
    )

    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Of the webhook: at least 16 characters. It is never shown; empty keeps the one it has."
        ),
    )
    follow_up = forms.ChoiceField(label=gettext_lazy("Follow-up command"), required=False)

    class Meta:
        model = AlertRule
        fields = (
            "name",
            "organisation",
            "kind",
            "threshold",
            "window_minutes",
            "severity",
            "is_enabled",
            "calm_minutes",
            "emails",
            "webhook_url",
            "secret",
            "follow_up",
            "follow_up_every_h",
        )
        help_texts = {
            "threshold": gettext_lazy(
                "Minutes for what lasts too long; a number of times for what is counted."
            ),
            "window_minutes": gettext_lazy("For what is counted."),
            "calm_minutes": gettext_lazy("How long all must be well before an alert closes."),
            "emails": gettext_lazy("Addresses, separated by commas."),
            "webhook_url": gettext_lazy(
                "Gets a signed POST for what opens and closes: https://hooks.example.org/path"
            ),
            "follow_up_every_h": gettext_lazy(
                "A rule asks ten stations an hour at most: more at once is no matter of a reboot."
            ),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        choices = [(command.slug, str(command.label)) for command in following_up.offered()]
        fields: dict[str, Any] = self.fields
        fields["follow_up"].choices = [("", _("None: people look after it")), *choices]
        if not user.sees_whole_network:
            del fields["organisation"]
            self.instance.organisation_id = user.organisation_id
        else:
            fields["organisation"].empty_label = _("All: every station")
        if not settings.EVCHARGE_SENDS_MAIL:
            fields["emails"].help_text = _(
                "The portal sends no e-mail yet: it takes EMAIL_URL in its settings."
            )

    def clean_emails(self) -> str:
        """Each an address, and not too many."""
        self.instance.emails = self.cleaned_data["emails"]
        found = delivering.addresses(self.instance)
        for address in found:
            validate_email(address)
        if len(found) > MOST_ADDRESSES:
            raise forms.ValidationError(
                _("Give at most %(most)d addresses.") % {"most": MOST_ADDRESSES}
            )
        return ", ".join(found)

    def clean_webhook_url(self) -> str:
        """An address one may post to."""
        url: str = self.cleaned_data["webhook_url"].strip()
        if url:
            try:
                posting.check(url)
            except posting.PostingError as error:
                raise forms.ValidationError(str(error)) from error
        return url

    def clean(self) -> dict[str, Any]:
        """What only fits together."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_secret(cleaned)
        self._check_kind(cleaned)
        return cleaned

    def _check_secret(self, cleaned: dict[str, Any]) -> None:
        secret = cleaned.get("secret", "")
        if 0 < len(secret) < SHORTEST_SECRET:
            self.add_error("secret", _("Give at least 16 characters."))
        elif cleaned.get("webhook_url") and not secret and not self.instance.webhook_secret:
            self.add_error(
                "secret", _("Give the secret the webhook's receiver checks the signature with.")
            )

    def _check_kind(self, cleaned: dict[str, Any]) -> None:
        if "kind" not in cleaned:
            return
        condition = CONDITIONS[AlertKind(cleaned["kind"])]
        if condition.is_of_portal and self._organisation(cleaned) is not None:
            self.add_error("kind", _("This is about the portal itself, not an organisation."))
        if cleaned.get("follow_up") and not condition.may_follow_up:
            self.add_error("follow_up", _("There is nobody to ask when this is found."))

    def _organisation(self, cleaned: dict[str, Any]) -> Any:
        if self.user.sees_whole_network:
            return cleaned.get("organisation")
        return self.user.organisation
