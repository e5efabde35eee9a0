"""Which of a target's running sessions a command is about."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import numbers
from operations.commands.base import Params, Target
from operations.commands.plain import WireForm
from operations.models import Session


class SessionForm(WireForm):
    """Asks for one of the running sessions; its id on the wire is `transaction_id`."""

    session = forms.ChoiceField(label=gettext_lazy("Session"), required=False)

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        choices = [(str(session.pk), in_words(session)) for session in target.sessions]
        self.fields["session"].choices = choices  # type: ignore[attr-defined]

    def clean_session(self) -> str:
        """The one there is, unless one was chosen."""
        running = {str(session.pk): session for session in self.target.sessions}
        only = next(iter(running)) if len(running) == 1 else ""
        chosen: str = self.cleaned_data["session"] or only
        if not chosen:
            raise forms.ValidationError(
                _("Choose a session.") if running else _("No session is running there.")
            )
        self.cleaned_data["transaction_id"] = running[chosen].transaction_id
        return chosen


def in_words(session: Session) -> str:
    """A session as a choice: "#12 · 04A1B2C3 · 3.2 kWh"."""
    words = [str(session), session.token]
    if session.energy_wh is not None:
        words.append(_("%(kwh)s kWh") % {"kwh": numbers.fixed(session.energy_wh / 1000)})
    return " · ".join(word for word in words if word)


def of_params(target: Target, params: Params) -> Session | None:
    """The session that was chosen, as it is now."""
    return Session.objects.filter(station=target.station, pk=params["session"]).first()
