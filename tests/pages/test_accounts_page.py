"""Account: what one says of oneself and how pages look then; what roles may do."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from operations.commands import COMMANDS
from operations.models import AuditEntry, User
from operations.models.audit import Deed
from operations.statuses import Role
from tests.factories import PASSWORD, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

ACCOUNT = "/account/"


@pytest.fixture
def lee(client: Client) -> User:
    grid = OrganisationFactory(name="Grid", time_zone="Europe/Ljubljana")
    user = UserFactory(username="lee", email="lee@example.org", organisation=grid)
    client.force_login(user)
    return user


def form(**changed: str) -> dict[str, str]:
    usual = {"first_name": "", "last_name": "", "email": "lee@example.org", "own_time_zone": ""}
    return usual | {"theme": ""} | changed


def test_a_name_is_shown_in_the_header_and_noted(client: Client, lee: User) -> None:
    page = client.post(ACCOUNT, form(first_name="Lee", last_name="<Ray>"), follow=True)
    assert "Your account is saved." in page.text
    assert "Lee &lt;Ray&gt;" in page.text
    entry = AuditEntry.objects.get(deed=Deed.CHANGED)
    assert entry.changes == {"first_name": ["", "Lee"], "last_name": ["", "<Ray>"]}


def test_times_are_shown_in_ones_own_zone_else_the_organisations(client: Client, lee: User) -> None:
    with time_machine.travel(datetime(2026, 1, 1, 12, 0, tzinfo=UTC), tick=False):
        client.force_login(lee)
        assert "13:00:00 CET" in client.get(ACCOUNT).text
        client.post(ACCOUNT, form(own_time_zone="Asia/Tokyo"))
        assert "21:00:00 JST" in client.get(ACCOUNT).text
        assert client.post(ACCOUNT, form(own_time_zone="Mars/Olympus")).status_code == 422
    assert User.objects.get(pk=lee.pk).own_time_zone == "Asia/Tokyo"


def test_a_language_is_kept_and_spoken(client: Client, lee: User, settings: LazySettings) -> None:
    assert 'name="language"' not in client.get(ACCOUNT).text
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    assert client.get(ACCOUNT, headers={"Accept-Language": "de"})["Content-Language"] == "de"
    client.post(ACCOUNT, form(language="en"))
    page = client.get(ACCOUNT, headers={"Accept-Language": "de"})
    assert page["Content-Language"] == "en"
    assert '<html lang="en"' in page.text


def test_a_theme_is_part_of_the_first_byte(client: Client, lee: User) -> None:
    assert "data-theme-of-account" not in client.get(ACCOUNT).text
    assert client.post("/account/theme/", {"theme": "dark"}).status_code == 204
    head = client.get(ACCOUNT).text.split("<head>")[0]
    assert 'data-theme-of-account="dark"' in head
    assert 'data-bs-theme="dark"' in head
    client.post(ACCOUNT, form(theme="auto"))
    head = client.get(ACCOUNT).text.split("<head>")[0]
    assert 'data-theme-of-account="auto"' in head
    assert "data-bs-theme" not in head
    assert client.post("/account/theme/", {"theme": "pink"}).status_code == 400


def test_another_address_for_mail_takes_the_password(client: Client, lee: User) -> None:
    # Whoever finds the screen unlocked would have a new password mailed to themselves.
    moved = form(email="me@example.net")
    assert "Give your password" in client.post(ACCOUNT, moved).text
    assert "not your password" in client.post(ACCOUNT, moved | {"password": "guess"}).text
    lee.refresh_from_db()
    assert lee.email == "lee@example.org"
    assert client.post(ACCOUNT, moved | {"password": PASSWORD}).status_code == 302
    lee.refresh_from_db()
    assert lee.email == "me@example.net"


def test_nobody_gives_themselves_a_role(client: Client, lee: User) -> None:
    client.post(ACCOUNT, form(role="admin", sees_all_organisations="on", is_superuser="on"))
    lee.refresh_from_db()
    assert (lee.role, lee.sees_whole_network, lee.is_superuser) == (Role.OPERATOR, False, False)


def test_the_page_of_roles_has_every_command(client: Client, lee: User) -> None:
    page = client.get("/account/roles/").text
    assert [str(command.label) for command in COMMANDS if str(command.label) not in page] == []
    rows = page.split("<tr>")
    (audit,) = [row for row in rows if '<td class="text-wrap">Audit log</td>' in row]
    assert audit.count(">yes<") == 2
    (reboot,) = [row for row in rows if '<td class="text-wrap">Reboot</td>' in row]
    assert reboot.count(">yes<") == 3
    assert page.count("Yours") == 1


def open_to_strangers(patterns: list[Any], prefix: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += [] if pattern.namespace else open_to_strangers(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and not getattr(
            pattern.callback, "login_required", True
        ):
            found.append(path)
    return found


def test_what_strangers_may_open_is_all_about_signing_in() -> None:
    paths = set(open_to_strangers(get_resolver().url_patterns))
    others = {path for path in paths if not path.lstrip("^").startswith("sign-in/")}
    assert "sign-in/" in paths
    assert others <= {"healthz", "readyz", "metrics"}, others
