"""The rules that say what needs someone, and the notifications they sent."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from operations.models import AlertDelivery, AlertRule
from operations.models.alerts import AlertKind, DeliveryStatus
from operations.statuses import Role
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    AlertRuleFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.pages.reading import column, page_lines

pytestmark = pytest.mark.django_db

RULES = "/operations/alert-rules/"
NOTIFICATIONS = "/operations/alert-notifications/"
SECRET = "a-secret-of-more-than-16"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def sign_in(client: Client, **fields: Any) -> Any:
    user = UserFactory(**fields)
    client.force_login(user)
    return user


def rule_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Mine",
        "kind": "offline",
        "threshold": 10,
        "window_minutes": 15,
        "calm_minutes": 2,
        "severity": "warning",
        "is_enabled": "on",
        "follow_up_every_h": 24,
        **fields,
    }


def test_the_usual_rules_are_a_click_away(desk: Client) -> None:
    desk.post(RULES + "usual/", {"kind": "offline"})
    assert [rule.kind for rule in AlertRule.objects.all()] == ["offline"]
    page = desk.get(RULES).content.decode()
    assert 'value="flapping"' in page
    assert 'name="kind" value="offline"' not in page
    desk.post(RULES + "usual/", {"kind": list(AlertKind.values)})
    assert AlertRule.objects.count() == len(AlertKind)
    assert "The usual rules" not in desk.get(RULES).content.decode()


def test_an_engineer_makes_changes_and_deletes_a_rule(desk: Client) -> None:
    desk.post(RULES + "add/", rule_form(emails="a@example.org,b@example.org"))
    rule = AlertRule.objects.get()
    assert (rule.name, rule.emails) == ("Mine", "a@example.org, b@example.org")
    desk.post(f"{RULES}{rule.pk}/", rule_form(name="Ours", threshold=20))
    rule.refresh_from_db()
    assert (rule.name, rule.threshold) == ("Ours", 20)
    row = page_lines(desk.get(RULES))[1]
    assert "Offline for more than 20 minutes." in row
    desk.post(f"{RULES}{rule.pk}/delete/")
    assert not AlertRule.objects.exists()


def test_a_webhooks_secret_is_needed_once_and_never_shown(desk: Client) -> None:
    url = "https://hooks.example.org/secret-path"
    refused = desk.post(RULES + "add/", rule_form(webhook_url=url))
    assert refused.status_code == 422
    desk.post(RULES + "add/", rule_form(webhook_url=url, secret=SECRET))
    rule = AlertRule.objects.get()
    kept = rule.webhook_secret
    assert SECRET not in kept
    assert SECRET not in desk.get(f"{RULES}{rule.pk}/").content.decode()
    desk.post(f"{RULES}{rule.pk}/", rule_form(webhook_url=url, name="Renamed"))
    rule.refresh_from_db()
    assert (rule.name, rule.webhook_secret) == ("Renamed", kept)
    assert "secret-path" not in desk.get(RULES).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"emails": "nobody"}, "Enter a valid email address"),
        ({"emails": ",".join(["a@example.org"] * 11)}, "at most 10"),
        ({"webhook_url": "ftp://example.org/x", "secret": SECRET}, "https://hooks.example.org"),
        ({"webhook_url": "https://a:b@example.org/", "secret": SECRET}, "Leave user and password"),
        ({"webhook_url": "https://example.org/", "secret": "short"}, "at least 16"),
        ({"threshold": 0}, "greater than or equal to 1"),
        ({"kind": "everything"}, "Select a valid choice"),
        ({"follow_up": "reboot"}, "There is nobody to ask"),
        ({"follow_up": "format-disk"}, "Select a valid choice"),
    ],
)
def test_what_a_rule_may_not_be(desk: Client, fields: dict[str, Any], sentence: str) -> None:
    answer = desk.post(RULES + "add/", rule_form(**fields))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_a_rule_may_follow_up_where_somebody_is_there_to_ask(desk: Client) -> None:
    desk.post(RULES + "add/", rule_form(kind="unanswered", threshold=3, follow_up="reboot"))
    assert AlertRule.objects.get().follow_up == "reboot"
    assert "Reboot, at most every 24 h" in desk.get(RULES).content.decode()


def test_people_of_one_organisation_make_rules_for_it_alone(client: Client) -> None:
    grid = OrganisationFactory()
    sign_in(client, role=Role.ENGINEER, organisation=grid)
    other = OrganisationFactory()
    client.post(RULES + "add/", rule_form(organisation=other.pk))
    assert AlertRule.objects.get().organisation == grid
    refused = client.post(RULES + "add/", rule_form(kind="deliveries", threshold=1))
    assert "about the portal itself" in refused.content.decode()
    everybodys = AlertRuleFactory(name="Everybody's", emails="boss@example.org")
    AlertRuleFactory(name="Theirs", organisation=other)
    assert column(client.get(RULES), "Name") == ["Everybody's", "Mine"]
    assert "boss@example.org" not in client.get(RULES).content.decode()
    for deed in ("", "delete/", "try/"):
        assert client.post(f"{RULES}{everybodys.pk}/{deed}").status_code == 403


def test_an_account_without_stations_has_nothing_to_watch(client: Client) -> None:
    sign_in(client, role=Role.ENGINEER, organisation=None, sees_all_organisations=False)
    AlertRuleFactory()
    assert page_lines(client.get(RULES)) == []
    assert client.get(RULES + "add/").status_code == 404
    assert client.post(RULES + "usual/", {"kind": "offline"}).status_code == 403


def test_open_alerts_of_a_rule_are_counted_and_linked(desk: Client) -> None:
    rule = AlertRuleFactory(name="Mine & yours")
    AlertFactory(rule=rule), AlertFactory(rule=rule, is_open=False)
    assert column(desk.get(RULES), "Open alerts") == ["1"]
    assert "?state=open&amp;rule=Mine+%26+yours" in desk.get(RULES).content.decode()


def test_a_test_is_sent_to_whom_a_rule_tells(desk: Client, settings: Settings) -> None:
    rule = AlertRuleFactory(emails="a@example.org")
    desk.post(f"{RULES}{rule.pk}/try/")
    assert AlertDelivery.objects.get().event == "test"
    mute = AlertRuleFactory()
    assert "tells nobody" in desk.post(f"{RULES}{mute.pk}/try/", follow=True).content.decode()


def test_what_was_given_up_is_seen_and_sent_again(desk: Client) -> None:
    dead = AlertDeliveryFactory(
        status=DeliveryStatus.DEAD, attempts=7, next_attempt_at=None, last_error="No <way>"
    )
    AlertDeliveryFactory(status=DeliveryStatus.SENT)
    header, row = page_lines(desk.get(NOTIFICATIONS + "?status=dead"))
    shown = dict(zip(header, row, strict=True))
    assert (shown["Status"], shown["What went wrong"]) == ("Given up", "No <way>")
    assert shown["To"] == "https://hooks.example.org/…"
    assert "No &lt;way&gt;" in desk.get(f"{NOTIFICATIONS}{dead.pk}/again/").content.decode()
    desk.post(f"{NOTIFICATIONS}{dead.pk}/again/")
    dead.refresh_from_db()
    assert (dead.status, dead.attempts) == (DeliveryStatus.WAITING, 0)
    again = desk.post(f"{NOTIFICATIONS}{dead.pk}/again/", follow=True).content.decode()
    assert "nothing to do" in again


def test_notifications_are_their_organisations_own(client: Client) -> None:
    grid = OrganisationFactory()
    sign_in(client, role=Role.ENGINEER, organisation=grid)
    AlertDeliveryFactory(rule__organisation=grid, subject="Ours")
    theirs = AlertDeliveryFactory(subject="Theirs")
    assert column(client.get(NOTIFICATIONS), "What") == ["Ours"]
    assert client.post(f"{NOTIFICATIONS}{theirs.pk}/again/").status_code == 404
