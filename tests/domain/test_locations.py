"""Which locations are taken, and what is said of those that are not."""

import pytest
from django import forms

from operations import masking
from operations.commands import locations
from operations.commands.locations import Location, LocationField
from operations.versions import V16, V21, V201, OcppVersion


class Form(forms.Form):
    location = LocationField(required=False)


def errors_of(location: str, version: OcppVersion | None = None) -> list[str]:
    form = Form({"location": location})
    form.fields["location"].fit(version)  # type: ignore[attr-defined]
    return [str(error) for error in form.errors.get("location", [])]


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("ftp://user:password@host:21/p", Location("ftp", "host", 21, "user", "password", "/p")),
        ("ftp://user@host/", Location("ftp", "host", None, "user", "", "/")),
        ("ftps://host", Location("ftps", "host")),
        ("http://hostname:8080/a/b?c=1", Location("http", "hostname", 8080, rest="/a/b?c=1")),
        ("HTTPS://192.0.2.7/", Location("https", "192.0.2.7", rest="/")),
        ("sftp://a%40b:c%2Fd@host_1/x", Location("sftp", "host_1", None, "a@b", "c/d", "/x")),
        ("http://[2001:db8::1]:81/", Location("http", "2001:db8::1", 81, rest="/")),
        ("http://user:a:b@host/", Location("http", "host", None, "user", "a:b", "/")),
    ],
)  # fmt: skip
def test_locations_are_taken_apart(text: str, location: Location) -> None:
    assert locations.parse(text) == location
    assert errors_of(f"  {text} ") == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("firmware.bin", "This is not a URL."),
        ("host/path", "This is not a URL."),
        ("file:///etc/passwd", "file is none of ftp, ftps, http, https, sftp."),
        ("javascript://host/%0aalert(1)", "javascript is none of"),
        ("ftp:///path", "There is no host in it."),
        ("ftp://user:password@/path", "There is no host in it."),
        ("ftp://:password@host/", "There is no user before the @."),
        ("ftp://host:port/", "is no port"),
        ("ftp://host:/", "is no port"),
        ("ftp://host:65536/", "is no port"),
        ("ftp://host:0/", "is no port"),
        ("ftp://user:pass/word@host/", "write / as %2F"),
        ("ftp://ho st/", "holds no spaces"),
        ("ftp://host/a\tb", "holds no spaces"),
        ("ftp://host/a\x00b", ""),
        ("ftp://host/ü", "holds no spaces, accents"),
        ("ftp://host/50%", "holds no spaces"),
        ("ftp://-host/", "no name and no address"),
        ("ftp://a..b/", "no name and no address"),
        ("http://[2001:db8::x]/", "no IPv6 address"),
        ("http://[2001:db8::1/", "no IPv6 address"),
        ("http://[2001:db8::1]81/", "no IPv6 address"),
        (f"ftp://{masking.MASK}@host/path", "The credentials are masked here"),
    ],
)
def test_what_is_wrong_is_said(text: str, sentence: str) -> None:
    errors = errors_of(text)
    assert sentence in errors[0]
    if sentence:
        assert errors[1].startswith("Write it like ftp://user:password@host:port/path")


def test_the_expected_form_is_that_of_the_schemes() -> None:
    field = LocationField(schemes=("https",))
    assert field.example == "https://user:password@host:port/path"
    with pytest.raises(forms.ValidationError, match="ftp is none of https"):
        field.clean("ftp://host/")
    with pytest.raises(forms.ValidationError, match="beginning with https://;"):
        field.clean("ftp://host/")


@pytest.mark.parametrize(("version", "most"), [(V16, 2000), (V201, 512), (V21, 2000), (None, 2000)])
def test_a_location_is_no_longer_than_the_version_carries(
    version: OcppVersion | None, most: int
) -> None:
    url = "http://host/"
    assert errors_of(url.ljust(most, "a"), version) == []
    assert "no location longer than" in errors_of(url.ljust(513, "a"), V201)[0]
    assert errors_of(url.ljust(most + 1, "a"), version)


def test_nothing_is_a_location_where_none_is_needed() -> None:
    assert errors_of("") == []
