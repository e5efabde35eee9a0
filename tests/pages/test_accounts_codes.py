"""Codes of an authenticator app after the password: on, asked for, lost, required."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from operations.models import User
from operations.models.audit import Deed
from operations.statuses import Role
from tests.factories import PASSWORD, UserFactory
from tests.pages.signing_in import ACCOUNT, deeds, sign_in

pytestmark = pytest.mark.django_db

CODES_ON = "/account/second-factor/on/"


@pytest.fixture
def lee() -> User:
    return UserFactory(username="lee", role=Role.OPERATOR)


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


def switch_on(client: Client) -> str:
    """Codes for who is signed in; returns the secret."""
    page = client.get(CODES_ON)
    if page.status_code == 302:
        client.post(page["Location"], {"password": PASSWORD})
        page = client.get(CODES_ON)
    secret = re.search(r'<code class="code">(\w+)</code>', page.text)
    assert secret
    answer = client.post(CODES_ON, {"code": code(secret[1])})
    assert answer.status_code == 302, answer.text
    return secret[1]


def test_with_codes_on_the_password_alone_opens_nothing(
    client: Client, lee: User, django_capture_on_commit_callbacks: Any
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client)
        with django_capture_on_commit_callbacks(execute=True):
            secret = switch_on(client)
        assert Deed.SECOND_FACTOR_ON in deeds()
        client.post("/sign-out/")
        assert sign_in(client)["Location"] == "/sign-in/code/"
        assert client.get(ACCOUNT).status_code == 302
        assert "not the code" in client.post("/sign-in/code/", {"code": "000000"}).text
        assert client.get(ACCOUNT).status_code == 302
        clock.shift(timedelta(minutes=1))
        now = code(secret)
        assert client.post("/sign-in/code/", {"code": now})["Location"] == "/"
        assert client.get(ACCOUNT).status_code == 200
        # A code that somebody looked at over the shoulder is of no use.
        other = Client()
        sign_in(other)
        assert "not the code" in other.post("/sign-in/code/", {"code": now}).text


def test_wrong_codes_are_counted_and_noted(client: Client, lee: User) -> None:
    sign_in(client)
    switch_on(client)
    client.post("/sign-out/")
    sign_in(client)
    answers = [client.post("/sign-in/code/", {"code": "1"}).text for _number in range(6)]
    assert "not the code" in answers[0]
    assert "Try again in five minutes" in answers[5]
    assert deeds().count(Deed.SIGN_IN_FAILED) == 5


def test_a_recovery_code_opens_once(client: Client, lee: User) -> None:
    sign_in(client)
    switch_on(client)
    page = client.get("/account/second-factor/codes/").text
    spare = re.findall(r'<code class="code">(\d{8})</code>', page)
    assert len(spare) == 10
    text = client.get("/account/second-factor/codes/file/")
    assert all(each in text.text for each in spare)
    client.post("/sign-out/")
    sign_in(client)
    assert client.post("/sign-in/code/", {"code": spare[0]}).status_code == 302
    client.post("/sign-out/")
    sign_in(client)
    assert "not the code" in client.post("/sign-in/code/", {"code": spare[0]}).text


def test_secrets_of_apps_are_sealed(client: Client, lee: User) -> None:
    sign_in(client)
    secret = switch_on(client)
    kept = list(Authenticator.objects.values_list("data", flat=True))
    assert len(kept) == 2
    assert secret not in str(kept)
    assert all(row.get("secret", row.get("seed")).startswith("gAAAA") for row in kept)


def test_codes_take_the_password_to_switch_on_and_off(client: Client, lee: User) -> None:
    client.force_login(lee)
    assert client.get(CODES_ON)["Location"].startswith("/sign-in/confirm/")
    wrong = client.post("/sign-in/confirm/", {"password": "guess"})
    assert "not your password" in wrong.text
    switch_on(client)
    page = client.get("/account/second-factor/off/")
    assert "your password alone opens" in page.text
    client.post("/account/second-factor/off/")
    assert not Authenticator.objects.exists()
    assert Deed.SECOND_FACTOR_OFF in deeds()


def test_admins_may_be_made_to_use_codes(client: Client, settings: LazySettings) -> None:
    settings.EVCHARGE_ADMINS_NEED_CODE = True
    UserFactory(username="ada", role=Role.ADMIN)
    sign_in(client, "ada")
    assert client.get("/operations/stations/")["Location"] == CODES_ON
    assert client.get("/admin/")["Location"] == CODES_ON
    page = client.get("/operations/stations/", headers={"HX-Request": "true"})
    assert page["HX-Redirect"] == CODES_ON
    switch_on(client)
    assert client.get("/operations/stations/").status_code == 200
    assert "Switch codes off" not in client.get(ACCOUNT).text
    client.force_login(UserFactory(role=Role.ENGINEER))
    assert client.get("/operations/stations/").status_code == 200


def test_an_admin_switches_off_the_codes_of_a_lost_phone(client: Client, lee: User) -> None:
    sign_in(client)
    switch_on(client)
    client.post("/sign-out/")
    desk = Client()
    desk.force_login(UserFactory(role=Role.ADMIN))
    action = {"action": "switch_codes_off", "_selected_action": [lee.pk]}
    desk.post("/admin/operations/user/", action)
    assert sign_in(client)["Location"] == "/"
