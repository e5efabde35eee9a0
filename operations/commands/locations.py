"""Where stations fetch files and bring them: URLs, with the credentials they need in them."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from operations import masking
from operations.versions import V16, V21, V201, OcppVersion

SCHEMES = ("ftp", "ftps", "http", "https", "sftp")

# How long a location may be (2.0.1: FirmwareType and LogParametersType; 2.1 allows more). OCPP
# 1.6 sets no limit for the plain messages; those of its security extension have 2.0.1's.
LONGEST = {V16: 2000, V201: 512, V21: 2000}
LONGEST_SIGNED = 512

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)")
_UNSAYABLE = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Location:
    """A URL taken apart; user and password are decoded, `rest` is path and query as written."""

    scheme: str
    host: str
    port: int | None = None
    user: str = ""
    password: str = ""
    rest: str = ""


def parse(text: str, *, schemes: Iterable[str] = SCHEMES) -> Location:
    """The URL's parts. Raises ValueError with a sentence that says what is wrong."""
    if masking.is_masked(text):
        raise ValueError(_("The credentials are masked here: type them again."))
    if _UNSAYABLE.search(text):
        raise ValueError(
            _("A URL holds no spaces, accents or control characters; write them like %20.")
        )
    url = _URL.fullmatch(text)
    if url is None:
        raise ValueError(_("This is not a URL."))
    scheme, allowed = url["scheme"].lower(), tuple(schemes)
    if scheme not in allowed:
        raise ValueError(
            _("%(scheme)s is none of %(schemes)s.")
            % {"scheme": url["scheme"][:20], "schemes": ", ".join(allowed)}
        )
    credentials, at, address = url["authority"].rpartition("@")
    user, _colon, password = credentials.partition(":")
    if at and not user:
        raise ValueError(_("There is no user before the @."))
    host, port = _address(address)
    return Location(scheme, host, port, unquote(user), unquote(password), url["rest"])


def _address(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or not _is_ipv6(host) or (port and not port.startswith(":")):
            raise ValueError(_("The address in brackets is no IPv6 address."))
        return host, _port(port[1:]) if port else None
    host, colon, port = text.partition(":")
    if not host:
        raise ValueError(_("There is no host in it."))
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(_("The host is no name and no address."))
    return host, _port(port) if colon else None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _port(digits: str) -> int:
    number = int(digits) if digits.isdecimal() and len(digits) <= 5 else 0
    if not 1 <= number <= 65535:
        raise ValueError(
            _(
                "What follows the host is no port, which is a number up to 65535. In a password, "
                "write / as %2F and @ as %40."
            )
        )
    return number


class LocationField(forms.CharField):
    """A URL of one of `schemes`; `fit` gives it the limits of a station's OCPP version."""

    # Not type="url": browsers would refuse hosts that only the stations' network knows.
    widget = forms.TextInput(
        attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
    )

    def __init__(self, *, schemes: Iterable[str] = SCHEMES, **kwargs: Any) -> None:
        self.schemes = tuple(schemes)
        kwargs.setdefault("max_length", max(LONGEST.values()))
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("placeholder", self.example)

    @property
    def example(self) -> str:
        """The form that is expected."""
        scheme = "ftp" if "ftp" in self.schemes else self.schemes[0]
        return f"{scheme}://user:password@host:port/path"

    def fit(self, version: OcppVersion | None) -> None:
        """Take no more than the station's version can carry."""
        self.max_length = LONGEST[version] if version else max(LONGEST.values())
        self.widget.attrs["maxlength"] = str(self.max_length)

    def validate(self, value: str) -> None:
        """The URL holds, and is no longer than the version allows."""
        super().validate(value)
        if not value:
            return
        try:
            parse(value, schemes=self.schemes)
        except ValueError as error:
            raise ValidationError([str(error), self._expected()]) from error
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(
                _("The station's OCPP version carries no location longer than %(most)d characters.")
                % {"most": self.max_length}
            )

    def _expected(self) -> str:
        return _(
            "Write it like %(example)s, beginning with %(schemes)s; "
            "user:password@, :password and :port can be left out."
        ) % {"example": self.example, "schemes": _listed(self.schemes)}


def _listed(schemes: tuple[str, ...]) -> str:
    *others, last = (f"{scheme}://" for scheme in schemes)
    return (
        _("%(others)s or %(last)s") % {"others": ", ".join(others), "last": last}
        if others
        else last
    )
