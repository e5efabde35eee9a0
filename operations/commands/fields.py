"""Fields of commands' forms whose values are plain JSON, as the wire takes them."""

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

LONGEST_PEM = 20_000
MOST_ITEMS = 100


def wire_time(at: datetime) -> str:
    """A point in time as OCPP writes it: UTC, whole seconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class MomentField(forms.DateTimeField):
    """A point in time, typed in the user's zone, kept as the wire spells it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        """Also what the wire spells, such as a script gives it."""
        if isinstance(value, str) and value.endswith("Z"):
            value = parse_datetime(value) or value
        return super().to_python(value)

    def clean(self, value: Any) -> Any:
        """The moment in UTC, or nothing."""
        moment = super().clean(value)
        return None if moment is None else wire_time(moment)

    def prepare_value(self, value: Any) -> Any:
        """What was asked before, in the user's zone."""
        if isinstance(value, str) and value.endswith("Z"):
            try:
                moment = parse_datetime(value)
            except ValueError:
                moment = None
            value = timezone.localtime(moment) if moment else value
        return super().prepare_value(value)


class WordsField(forms.CharField):
    """Several words, with commas between them, kept as a list."""

    def prepare_value(self, value: Any) -> Any:
        """The list as it is typed."""
        return ", ".join(str(item) for item in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[Any]:
        """The words, each once, in their order."""
        text = super().clean(", ".join(map(str, value)) if isinstance(value, list) else value)
        words = dict.fromkeys(word.strip() for word in text.split(",") if word.strip())
        if len(words) > MOST_ITEMS:
            raise ValidationError(_("Give at most %(most)d.") % {"most": MOST_ITEMS})
        return [self.item(word) for word in words]

    def item(self, word: str) -> Any:
        """One of them, as it goes on the wire."""
        return word


class NumbersField(WordsField):
    """Several whole numbers, with commas between them."""

    def item(self, word: str) -> int:
        """The number. Raises ValidationError for what is none."""
        if not word.isdecimal() or len(word) > 9:
            raise ValidationError(
                _("Give whole numbers with commas between them, such as 1, 2, 5.")
            )
        return int(word)


class CertificateField(forms.CharField):
    """A certificate, or a chain of them, as PEM text."""

    widget = forms.Textarea(
        attrs={
            "rows": 6,
            "spellcheck": "false",
            "placeholder": "-----BEGIN CERTIFICATE-----",
        }
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PEM, **kwargs)

    def clean(self, value: Any) -> str:
        """The text as it was typed, once it has been read as certificates."""
        text: str = super().clean(value).replace("\r\n", "\n").strip()
        if text:
            try:
                x509.load_pem_x509_certificates(text.encode())
            except ValueError as error:
                raise ValidationError(
                    _("This is no certificate in PEM format (-----BEGIN CERTIFICATE-----).")
                ) from error
        return text
