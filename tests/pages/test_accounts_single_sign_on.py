"""Signing in through an issuer (OpenID Connect): who gets in, as whom, and with which role."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import LazySettings
from django.test import Client

from operations.models import AuditEntry, User
from operations.models.audit import Deed
from operations.statuses import Role
from tests import issuer as issuers
from tests.factories import OrganisationFactory, UserFactory
from tests.issuer import Issuer

pytestmark = pytest.mark.django_db

START = "/sign-in/with/oidc/"


@pytest.fixture(scope="module")
def _issuer() -> Iterator[Issuer]:
    with issuers.serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(_issuer: Issuer, settings: LazySettings) -> Issuer:
    """The portal asks this one."""
    settings.EVCHARGE_OIDC_ISSUER = _issuer.url
    settings.EVCHARGE_OIDC_NAME = "Harbour ID"
    app = {
        "provider_id": "oidc",
        "name": "Harbour ID",
        "client_id": "portal",
        "secret": "shh",
        "settings": {"server_url": _issuer.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    _issuer.claims = {"sub": "1", "preferred_username": "lee", "name": "Lee Ray"}
    _issuer.info = None
    _issuer.asked.clear()
    return _issuer


def come(client: Client, *, path: str = START, **changed: str) -> Any:
    """As a browser does: to the issuer, which sends it back at once."""
    away = client.get(path)
    assert away.status_code == 302
    asked = dict(parse_qsl(urlsplit(away["Location"]).query))
    assert asked["redirect_uri"] == "http://testserver/sign-in/with/oidc/back/"
    assert asked["code_challenge_method"] == "S256"
    back = {"code": "42", "state": asked["state"]} | changed
    return client.get("/sign-in/with/oidc/back/", back)


def test_the_sign_in_page_has_its_button(client: Client, issuer: Issuer) -> None:
    page = client.get("/sign-in/?next=/operations/stations/").text
    assert "Go on with Harbour ID" in page
    assert f'href="{START}?next=/operations/stations/"' in page


def test_somebody_new_is_a_viewer_of_nothing(client: Client, issuer: Issuer) -> None:
    assert come(client)["Location"] == "/"
    user = User.objects.get()
    assert (user.username, user.get_full_name(), user.email) == ("lee", "Lee Ray", "")
    assert (user.role, user.organisation, user.sees_whole_network) == (Role.VIEWER, None, False)
    assert not user.has_usable_password()
    assert "you belong to no organisation" in client.get("/operations/stations/").text
    deeds = list(AuditEntry.objects.order_by("pk").values_list("deed", "who"))
    assert deeds == [(Deed.CREATED, "lee"), (Deed.SIGNED_IN, "lee")]
    assert issuer.asked[-1]["client_secret"] == "shh"
    assert issuer.asked[-1]["code_verifier"]


def test_the_same_person_comes_back_as_the_same(client: Client, issuer: Issuer) -> None:
    come(client)
    issuer.claims["preferred_username"] = "renamed"
    come(Client())
    assert User.objects.get().username == "lee"


def test_claims_decide_role_and_organisation_at_each_sign_in(
    client: Client, issuer: Issuer, settings: LazySettings
) -> None:
    grid = OrganisationFactory(code="grid")
    settings.EVCHARGE_OIDC_ROLE_CLAIM = "realm_access.roles"
    settings.EVCHARGE_OIDC_ROLES = {"ops": "operator", "eng": "engineer"}
    settings.EVCHARGE_OIDC_ORGANISATION_CLAIM = "companies"
    issuer.claims |= {"realm_access": {"roles": ["ops", "eng", "x"]}, "companies": ["grid", "y"]}
    come(client)
    user = User.objects.get()
    assert (user.role, user.organisation) == (Role.ENGINEER, grid)

    issuer.claims |= {"realm_access": {"roles": []}, "companies": "*"}
    come(Client())
    user.refresh_from_db()
    assert (user.role, user.organisation, user.sees_whole_network) == (Role.VIEWER, None, True)
    entry = AuditEntry.objects.filter(deed=Deed.CHANGED).latest("pk")
    assert entry.changes["role"] == ["engineer", "viewer"]


def test_without_claims_an_admin_decides_for_good(client: Client, issuer: Issuer) -> None:
    come(client)
    User.objects.update(role=Role.ADMIN)
    come(Client())
    assert User.objects.get().role == Role.ADMIN


@pytest.mark.parametrize("is_verified", [True, False])
def test_the_same_address_opens_nobodys_account(
    client: Client, issuer: Issuer, is_verified: bool
) -> None:
    boss = UserFactory(username="boss", email="Boss@example.org", role=Role.ADMIN)
    issuer.claims |= {"email": "boss@example.org", "email_verified": is_verified}
    come(client)
    assert client.session.get("_auth_user_id") != str(boss.pk)
    assert boss.socialaccount_set.count() == 0
    if is_verified:
        page = client.get("/sign-in/").text
        assert "already has your e-mail address" in page
        assert User.objects.count() == 1
    else:
        assert User.objects.get(username="lee").email == ""


def test_a_name_that_is_taken_is_not_taken_over(client: Client, issuer: Issuer) -> None:
    UserFactory(username="lee", role=Role.ADMIN)
    come(client)
    assert User.objects.latest("pk").username != "lee"
    assert User.objects.latest("pk").role == Role.VIEWER


def test_an_account_is_connected_by_its_owner_and_disconnected(
    client: Client, issuer: Issuer
) -> None:
    boss = UserFactory(username="boss", role=Role.ADMIN)
    client.force_login(boss)
    assert come(client, path=f"{START}?process=connect")["Location"] == "/account/"
    assert "Your account is connected." in client.get("/account/").text
    assert AuditEntry.objects.filter(deed=Deed.CONNECTED).exists()
    other = Client()
    come(other)
    assert other.session["_auth_user_id"] == str(boss.pk)
    client.post("/account/disconnect/")
    third = Client()
    come(third)
    assert third.session["_auth_user_id"] != str(boss.pk)


def test_the_only_way_in_is_not_cut_off(client: Client, issuer: Issuer) -> None:
    come(client)
    answer = client.post("/account/disconnect/", follow=True)
    assert "Set a password first" in answer.text
    assert User.objects.get().socialaccount_set.count() == 1


def test_codes_are_asked_for_after_the_issuer_too(client: Client, issuer: Issuer) -> None:
    come(client)
    TOTP.activate(User.objects.get(), "JBSWY3DPEHPK3PXP")
    other = Client()
    assert come(other)["Location"] == "/sign-in/code/"
    assert other.get("/account/").status_code == 302


def test_who_is_switched_off_does_not_get_in(client: Client, issuer: Issuer) -> None:
    come(client)
    User.objects.update(is_active=False)
    answer = come(Client())
    assert answer["Location"] == "/sign-in/inactive/"


def test_an_answer_nobody_asked_for_is_refused(client: Client, issuer: Issuer) -> None:
    assert "That did not work" in come(client, state="made-up").text
    assert not User.objects.exists()


def test_an_answer_about_two_people_is_refused(client: Client, issuer: Issuer) -> None:
    issuer.info = issuer.claims | {"sub": "2"}
    assert come(client)["Location"] == "/sign-in/"
    assert not User.objects.exists()


def test_thinking_better_of_it(client: Client, issuer: Issuer) -> None:
    client.get(START)
    state = next(iter(client.session["socialaccount_states"]))
    answer = client.get(f"{START}back/", {"error": "access_denied", "state": state}, follow=True)
    assert "You went back" in answer.text


def test_other_sites_send_nobody_to_the_issuer(client: Client, issuer: Issuer) -> None:
    answer = client.get(START, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer["Location"] == "/sign-in/"


def test_an_issuer_that_is_down_is_said_so(client: Client, issuer: Issuer, settings: Any) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"] = {"server_url": "http://127.0.0.1:9"}
    answer = client.get(START, follow=True)
    assert "Harbour ID does not answer" in answer.text


def test_where_there_is_no_issuer_there_is_no_way(client: Client) -> None:
    assert client.get(START).status_code == 404
