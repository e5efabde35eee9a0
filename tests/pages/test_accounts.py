"""Signing in: throttled, by mail when the password is forgotten, ended elsewhere."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.utils import timezone

from operations import tasks
from operations.models import AuditEntry, User, UserSession
from operations.models.audit import Deed
from operations.services.accounts import sessions
from operations.statuses import Role
from tests.factories import PASSWORD, OrganisationFactory, StationFactory, UserFactory
from tests.pages.signing_in import ACCOUNT, SIGN_IN, deeds, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def lee() -> User:
    return UserFactory(username="lee", email="Lee@example.org", role=Role.OPERATOR)


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> list[Any]:
    """What the worker would mail, mailed at once."""
    settings.EVCHARGE_SENDS_MAIL = True
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)
    return mail.outbox


# --- Wrong passwords -----------------------------------------------------------------------------


def test_who_guesses_too_often_is_told_when_to_try_again(client: Client, lee: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _number in range(4):
            assert "No account has this username" in sign_in(client, password="guess").text
        fifth = sign_in(client, password="guess")
        assert fifth.status_code == 429
        assert "closed for 15 minutes" in fifth.text
        assert fifth["Retry-After"] == "900"
        clock.shift(timedelta(minutes=5))
        right = sign_in(client)
        assert right.status_code == 429
        assert "closed for 10 minutes" in right.text
        assert deeds().count(Deed.LOCKED) == 1
        # Trying meanwhile does not make it longer.
        clock.shift(timedelta(minutes=10, seconds=1))
        assert sign_in(client).status_code == 302


def test_a_lock_holds_for_one_name_from_one_address(client: Client, lee: User) -> None:
    UserFactory(username="max")
    for _number in range(5):
        sign_in(client, password="guess")
    assert sign_in(client).status_code == 429
    assert sign_in(Client(), "max").status_code == 302
    assert sign_in(Client(), REMOTE_ADDR="192.0.2.9").status_code == 302


def test_names_nobody_has_are_locked_alike(client: Client) -> None:
    answers = [sign_in(client, "nobody", "guess").status_code for _number in range(5)]
    assert answers == [200, 200, 200, 200, 429]


def test_who_tries_many_names_from_one_address_is_stopped(client: Client) -> None:
    answers = [sign_in(client, f"guess-{number}").status_code for number in range(31)]
    assert answers[29:] == [200, 429]


def test_an_admin_unlocks(client: Client, lee: User) -> None:
    for _number in range(5):
        sign_in(client, password="guess")
    desk = Client()
    desk.force_login(UserFactory(role=Role.ADMIN, username="ada"))
    people = "/admin/operations/user/"
    assert desk.get(people).status_code == 200
    desk.post(people, {"action": "unlock", "_selected_action": [lee.pk]})
    assert sign_in(client).status_code == 302
    unlocked = AuditEntry.objects.get(deed=Deed.UNLOCKED)
    assert (unlocked.who, unlocked.target_name) == ("ada", "lee")


def test_passwords_are_kept_nowhere(client: Client, lee: User) -> None:
    from axes.models import AccessAttempt

    sign_in(client, password="my other secret")
    assert "my other secret" not in str(list(AccessAttempt.objects.values()))


# --- The way in ----------------------------------------------------------------------------------


def test_signing_in_leads_to_where_one_was_going_but_nowhere_else(
    client: Client, lee: User
) -> None:
    wanted = "/operations/stations/?q=1"
    answer = client.post(f"{SIGN_IN}?next={wanted}", {"username": "lee", "password": PASSWORD})
    assert answer["Location"] == wanted
    client.post("/sign-out/")
    away = {"username": "lee", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(SIGN_IN, away)["Location"] == "/"


def test_a_session_gets_a_new_key_when_its_owner_signs_in(client: Client, lee: User) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    sign_in(client)
    assert client.cookies["sessionid"].value != session.session_key


def test_nobody_makes_an_account_for_themselves(client: Client) -> None:
    for path in ("/signup/", "/sign-in/signup/", "/accounts/signup/"):
        assert client.get(path).status_code in {302, 404}
    assert not User.objects.exists()


def test_the_sign_in_page_offers_single_sign_on_only_where_there_is_one(client: Client) -> None:
    assert "/sign-in/with/" not in client.get(SIGN_IN).text


# --- A forgotten password ------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_mailed_link(
    client: Client, lee: User, posted: list[Any]
) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    answer = client.post("/sign-in/password/", {"email": "lee@Example.org"}, follow=True)
    assert "a link is on its way" in answer.text
    (letter,) = posted
    assert letter.to == ["Lee@example.org"]
    found = re.search(r"http://testserver(\S+)", letter.body)
    assert found
    form = client.get(found[1], follow=True)
    assert "New password again" in form.text
    path = form.redirect_chain[-1][0]
    weak = client.post(path, {"password1": "12345678", "password2": "12345678"})
    assert "too short" in weak.text
    new = "a brand new phrase"
    done = client.post(path, {"password1": new, "password2": new}, follow=True)
    assert "Your password is changed" in done.text
    assert sign_in(client, password=new).status_code == 302
    assert elsewhere.get(ACCOUNT).status_code == 302
    assert Deed.NEW_PASSWORD in deeds()
    # Once is enough.
    assert "no longer good" in Client().get(found[1], follow=True).text


def test_asking_for_a_link_says_nothing_of_who_has_an_account(
    client: Client, lee: User, posted: list[Any]
) -> None:
    UserFactory(email="off@example.org", is_active=False)
    single = UserFactory(email="single@example.org")
    single.set_unusable_password()
    single.save()
    pages = set()
    for address in ("lee@example.org", "who@example.org", "off@example.org", "single@example.org"):
        answer = client.post("/sign-in/password/", {"email": address}, follow=True)
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1
    assert [letter.to for letter in posted] == [["Lee@example.org"]]


def test_links_are_not_sent_without_end(client: Client, lee: User, posted: list[Any]) -> None:
    for _number in range(5):
        client.post("/sign-in/password/", {"email": "lee@example.org"})
    assert len(posted) == 3


def test_without_mail_the_page_says_whom_to_ask(client: Client, lee: User) -> None:
    assert "Ask an administrator" in client.get("/sign-in/password/").text
    client.post("/sign-in/password/", {"email": "lee@example.org"})
    assert mail.outbox == []


# --- One's own password --------------------------------------------------------------------------


def test_changing_the_password_takes_the_present_one_and_ends_other_sessions(
    client: Client, lee: User
) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    sign_in(client)
    new = "another long phrase"
    form = {"oldpassword": "wrong", "password1": new, "password2": new}
    assert "not your present password" in client.post("/account/password/", form).text
    answer = client.post("/account/password/", form | {"oldpassword": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == ACCOUNT
    assert "Your password is changed." in answer.text
    assert elsewhere.get(ACCOUNT).status_code == 302
    (row,) = UserSession.objects.all()
    assert row.session_key == client.session.session_key


# --- Where one is signed in ----------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def test_one_sees_where_one_is_signed_in_and_ends_it(client: Client, lee: User) -> None:
    phone, third = Client(), Client()
    sign_in(phone, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="192.0.2.5")
    sign_in(third)
    sign_in(client, HTTP_USER_AGENT=FIREFOX)
    page = client.get(ACCOUNT).text
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "192.0.2.5" in page
    row = UserSession.objects.get(address="192.0.2.5")
    client.post(f"/account/sessions/{row.pk}/end/")
    assert phone.get(ACCOUNT).status_code == 302
    assert third.get(ACCOUNT).status_code == 200
    assert (
        "1 other browser is signed out" in client.post("/account/sessions/end/", follow=True).text
    )
    assert third.get(ACCOUNT).status_code == 302
    assert client.get(ACCOUNT).status_code == 200
    assert deeds().count(Deed.SESSIONS_ENDED) == 2


def test_nobody_ends_anothers_session(client: Client, lee: User) -> None:
    other = Client()
    UserFactory(username="max")
    sign_in(other, "max")
    sign_in(client)
    theirs = UserSession.objects.get(user__username="max")
    assert client.post(f"/account/sessions/{theirs.pk}/end/").status_code == 404
    assert other.get(ACCOUNT).status_code == 200


def test_being_seen_is_written_down_every_few_minutes(
    client: Client, lee: User, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client)
        began = UserSession.objects.get().last_seen_at
        clock.shift(timedelta(minutes=4))
        with django_assert_num_queries(2):  # the session, the user
            client.post("/account/theme/", {"theme": "pink"})
        assert UserSession.objects.get().last_seen_at == began
        clock.shift(timedelta(minutes=2))
        client.post("/account/theme/", {"theme": "pink"})
        assert UserSession.objects.get().last_seen_at == timezone.now()


def test_who_is_switched_off_is_out_at_once(client: Client, lee: User) -> None:
    sign_in(client)
    desk = Client()
    desk.force_login(UserFactory(role=Role.ADMIN))
    url = f"/admin/operations/user/{lee.pk}/change/"
    assert "Last seen" in desk.get(url).text
    values = {"username": "lee", "role": "operator", "email": lee.email}
    assert desk.post(url, values).status_code == 302
    lee.refresh_from_db()
    assert not lee.is_active
    assert client.get(ACCOUNT).status_code == 302
    lee.is_active = True
    lee.save()
    # The session is gone, not only asleep.
    assert client.get(ACCOUNT).status_code == 302


def test_what_has_expired_is_forgotten(client: Client, lee: User, settings: LazySettings) -> None:
    from django.contrib.sessions.models import Session

    sign_in(client)
    later = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE + 60)
    with time_machine.travel(later, tick=False):
        sign_in(Client())
        sessions.prune()
        assert UserSession.objects.count() == Session.objects.count() == 1


# --- Whose stations ------------------------------------------------------------------------------


def test_the_header_says_whose_stations_one_sees(client: Client) -> None:
    grid = OrganisationFactory(name="Harbour <Grid>")
    for user, words in (
        (UserFactory(organisation=grid), "Harbour &lt;Grid&gt;"),
        (UserFactory(), "All organisations"),
        (UserFactory(sees_all_organisations=False), "No organisation"),
    ):
        client.force_login(user)
        chip = client.get("/operations/stations/").text.split('class="scope-chip"')[1]
        assert words in chip.split("</a>")[0]


def test_who_belongs_to_no_organisation_is_told_what_to_do(client: Client) -> None:
    StationFactory(name="Quay 77")
    client.force_login(UserFactory(sees_all_organisations=False))
    page = client.get("/operations/stations/").text
    assert "you belong to no organisation" in page
    assert "Quay 77" not in page
