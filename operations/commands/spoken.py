"""Which of two messages an OCPP 1.6 station is sent: the plain one, or the security extension's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands.base import Params, Text
from operations.models import Station

PLAIN, SECURED = "plain", "secured"


class MessageField(forms.ChoiceField):
    """Automatic unless an operator knows better."""

    def __init__(self, *, plain: Text, secured: Text, **kwargs: Any) -> None:
        choices = [
            ("", gettext_lazy("Automatic: what the station supports")),
            (PLAIN, plain),
            (SECURED, secured),
        ]
        super().__init__(label=gettext_lazy("Message"), choices=choices, required=False, **kwargs)


def is_secured(station: Station, params: Params, *, plain: str, secured: str, wanted: bool) -> bool:
    """Whether the security extension's message is the one to send.

    `wanted`: only it can say what was asked. A station that refused one is sent the other.
    """
    chosen = params.get("message")
    if chosen:
        return bool(chosen == SECURED)
    if station.lacks(secured):
        return False
    return wanted or station.lacks(plain)
