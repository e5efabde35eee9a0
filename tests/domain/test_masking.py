"""No secret is kept or shown, however a frame spells it."""

import json
from typing import Any

import pytest

from operations.masking import MASK, frame, payload, raw_frame, text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ftp://user:pass@host:21/dir", f"ftp://{MASK}@host:21/dir"),
        ("ftps://user@host/dir", f"ftps://{MASK}@host/dir"),
        ("sftp://:pass@host", f"sftp://{MASK}@host"),
        ("http://user:p%40ss%2Fword@host/a", f"http://{MASK}@host/a"),
        ("https://user%3Apass@host/a", f"https://{MASK}@host/a"),
        ("ftp://user:p@ss@host/a", f"ftp://{MASK}@host/a"),
        ("ftp://user:pa/ss@host/a", f"ftp://{MASK}@host/a"),
        ("ftp://user:pa?ss#@host/a", f"ftp://{MASK}@host/a"),
        (r"ftp:\/\/user:pass@host\/a", rf"ftp:\/\/{MASK}@host\/a"),
        ("see ftp://a:b@c/d and http://e:f@g", f"see ftp://{MASK}@c/d and http://{MASK}@g"),
        ("ftp://user:pa…", f"ftp://{MASK}"),
        ("ftp://a:b@c,ftp://d:e@f", f"ftp://{MASK}@c,ftp://{MASK}@f"),
    ],
)
def test_the_credentials_of_urls_are_masked(url: str, shown: str) -> None:
    assert text(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://host:8080/logs/@me/file",
        "http://host/a@b",
        "https://[::1]:80/a@b",
        "https://[::1]/a",
        "ftp://host:21/a",
        "mail someone@example.com",
        "//",
        "",
    ],
)
def test_a_url_without_credentials_is_left_as_it_is(url: str) -> None:
    assert text(url) == url


def message(action: str, body: dict[str, Any]) -> list[Any]:
    return [2, "17", action, body]


SECRETS = [
    # 1.6: written, and read back.
    message("ChangeConfiguration", {"key": "AuthorizationKey", "value": "s3cret"}),
    [3, "17", {"configurationKey": [{"key": "authorizationkey", "value": "s3cret"}]}],
    [3, "17", {"configurationKey": [{"key": "WifiPassword", "readonly": True, "value": "s3cret"}]}],
    # 2.x: written, read back, reported, notified.
    message(
        "SetVariables",
        {
            "setVariableData": [
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "attributeValue": "s3cret",
                }
            ]
        },
    ),
    [
        3,
        "17",
        {
            "getVariableResult": [
                {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "s3cret"}
            ]
        },
    ],
    message(
        "NotifyReport",
        {
            "reportData": [
                {
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": "s3cret"}],
                }
            ]
        },
    ),
    message(
        "NotifyEvent",
        {"eventData": [{"variable": {"name": "BasicAuthPassword"}, "actualValue": "s3cret"}]},
    ),
    message("SetNetworkProfile", {"connectionData": {"basicAuthPassword": "s3cret"}}),
    message("SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": "s3cret"}}}),
    # A frame inside a frame.
    message("DataTransfer", {"data": '{"key":"AuthorizationKey","value":"s3cret"}'}),
    message("DataTransfer", {"data": "AuthorizationKey=s3cret;x=1"}),
    message("GetDiagnostics", {"location": "ftp://user:s3cret@host/"}),
    message("UpdateFirmware", {"firmware": {"location": "https://user:s3cret@host/"}}),
]


@pytest.mark.parametrize("parts", SECRETS)
def test_no_frame_shows_its_secret(parts: list[Any]) -> None:
    assert "s3cret" not in frame(parts)
    assert MASK in frame(parts)
    assert "s3cret" not in raw_frame(json.dumps(parts))
    assert json.loads(raw_frame(json.dumps(parts)))[:2] == parts[:2]


@pytest.mark.parametrize("parts", SECRETS)
def test_letters_in_disguise_hide_no_secret(parts: list[Any]) -> None:
    disguised = json.dumps(parts).replace("/", r"\/").replace("uth", r"\u0075th")
    assert "s3cret" not in raw_frame(disguised)


@pytest.mark.parametrize("parts", SECRETS)
def test_a_frame_cut_short_shows_no_secret(parts: list[Any]) -> None:
    whole = json.dumps(parts)
    assert "s3cret" not in raw_frame(whole + ',{"cut')
    assert "s3cr" not in raw_frame(whole[: whole.index("s3cret") + 4])


def test_a_secret_that_is_a_number_or_a_list_is_masked_too() -> None:
    assert payload({"key": "AuthorizationKey", "value": 4711}) == {
        "key": "AuthorizationKey",
        "value": MASK,
    }
    assert payload({"password": ["a", "b"], "passwordLength": None, "isPassword": True}) == {
        "password": [MASK, MASK],
        "passwordLength": None,
        "isPassword": True,
    }


def test_what_holds_no_secret_stays_to_the_letter() -> None:
    raw = '[2, "17", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}]'
    assert raw_frame(raw) == raw
    parts = {"key": "x", "value": "60", "number": 1.5, "variable": "x", "nothing": None}
    assert payload(parts) == parts


def test_what_the_wire_carries_is_not_touched() -> None:
    parts = {"key": "AuthorizationKey", "value": "s3cret"}
    payload(parts)
    assert parts["value"] == "s3cret"


def test_garbage_stays_readable_but_for_its_secrets() -> None:
    assert raw_frame("hello ftp://user:s3cret@host") == f"hello ftp://{MASK}@host"
    assert raw_frame("[" * 100_000 + "//") == "[" * 100_000 + "//"


def test_masking_hostile_text_takes_no_time_to_speak_of() -> None:
    for nasty in ("//:" * 300_000, "//a:" * 300_000, "password" * 100_000, "value" * 200_000):
        assert text(nasty).startswith(nasty[:2])


@pytest.mark.parametrize("path", ["files", "uploads"])
def test_the_secrets_of_our_own_links_are_masked(path: str) -> None:
    token = "0123456789abcdef" * 2
    url = f"https://portal.example.org/{path}/{token}/image.bin"
    assert text(f"got {url}") == f"got https://portal.example.org/{path}/{MASK}/image.bin"
    assert token not in raw_frame(json.dumps([2, "1", "UpdateFirmware", {"location": url}]))
    assert token not in raw_frame(json.dumps({"location": url}).replace("/", "\\/"))
    assert token not in raw_frame(f'[3, "1", {{"why": "no /{path}/{token}/ here"}}]')
