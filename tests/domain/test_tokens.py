"""Whether a token may charge, who was refused, and every change of one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.answers import SessionAnswer, TokenAnswer
from operations.events import SessionStarted, SessionStopped, TokenPresented
from operations.models import AuditEntry, RejectedToken, Session, Station, Token
from operations.models.audit import Deed
from operations.models.tokens import RejectionReason, TokenStatus
from operations.services import pruning, rejected_tokens, tokens
from tests.domain.telling import NOON, changed, tells
from tests.factories import OrganisationFactory, SessionFactory, StationFactory, TokenFactory

pytestmark = pytest.mark.django_db


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def asked(identifier: str, station: Station | None = None) -> Any:
    """What Authorize is answered."""
    return tells(station or StationFactory(), TokenPresented(identifier, "ISO14443"))


def starts(station: Station, token: str, *, connector: int = 1) -> SessionAnswer:
    """What StartTransaction of OCPP 1.6 is answered."""
    answer = tells(station, SessionStarted(connector, token, timezone.now(), 0.0))
    assert isinstance(answer, SessionAnswer)
    return answer


def why(station: Station) -> list[tuple[str, str, int]]:
    """What was refused at a station: token, why, how often."""
    return list(
        RejectedToken.objects.filter(station=station)
        .order_by("pk")
        .values_list("token", "reason", "count")
    )


# --- One token ---------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["", "unknown", "04A2B3C"])
def test_what_nobody_knows_is_invalid(identifier: str) -> None:
    TokenFactory(identifier="04A2B3C4")
    assert asked(identifier) == TokenAnswer("Invalid")


def test_a_tokens_case_does_not_matter() -> None:
    TokenFactory(identifier="04A2b3c4")
    assert asked("04a2B3C4") == TokenAnswer("Accepted")


def test_a_token_expires() -> None:
    yesterday, tomorrow = in_days(-1), in_days(1)
    TokenFactory(identifier="old", expires_at=yesterday)
    TokenFactory(identifier="new", expires_at=tomorrow)
    assert asked("old") == TokenAnswer("Expired", yesterday)
    assert asked("new") == TokenAnswer("Accepted", tomorrow)


@pytest.mark.parametrize("status", [TokenStatus.BLOCKED, TokenStatus.INVALID, TokenStatus.EXPIRED])
def test_a_token_that_may_not_charge_says_why(status: TokenStatus) -> None:
    TokenFactory(identifier="04A2", status=status)
    assert asked("04A2") == TokenAnswer(status)


def test_a_tokens_group_is_told() -> None:
    TokenFactory(identifier="04A2", group="FLEET-7")
    assert asked("04a2") == TokenAnswer("Accepted", group="FLEET-7")


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"status": TokenStatus.BLOCKED}, "Blocked"),
        ({"expires_at": datetime.fromisoformat("2020-01-01T00:00:00Z")}, "Expired"),
        ({}, "Accepted"),
    ],
)
def test_who_belongs_to_a_group_that_may_not_charge_may_not_either(
    group: dict[str, Any], expected: str
) -> None:
    TokenFactory(identifier="fleet-7", **group)
    TokenFactory(identifier="04A2", group="FLEET-7")
    station = StationFactory()
    assert asked("04A2", station).status == expected
    assert why(station) == ([] if expected == "Accepted" else [("04A2", "group", 1)])


def test_a_token_charges_at_its_organisations_stations() -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    TokenFactory(identifier="04A2", organisation=ours, group="FLEET", expires_at=in_days(1))
    here, there = StationFactory(organisation=ours), StationFactory(organisation=theirs)
    assert asked("04A2", here).status == "Accepted"
    assert asked("04A2", there) == TokenAnswer("Invalid")  # and not a word more
    assert asked("04A2", StationFactory(organisation=None)) == TokenAnswer("Invalid")
    assert why(there) == [("04A2", "elsewhere", 1)]


# --- What stations remember --------------------------------------------------------------------


def test_stations_shall_forget_what_they_know_in_time(settings: Settings) -> None:
    settings.EVCHARGE_TOKEN_CACHE_S = 3600
    TokenFactory(identifier="always")
    TokenFactory(identifier="soon", expires_at=in_days(0.01))
    TokenFactory(identifier="blocked", status=TokenStatus.BLOCKED)
    in_an_hour = asked("always").expires_at - timezone.now()
    assert timedelta(seconds=3590) < in_an_hour <= timedelta(seconds=3600)
    assert asked("soon").expires_at == Token.objects.get(identifier="soon").expires_at
    assert asked("blocked").expires_at is None


def test_a_token_is_remembered_no_longer_than_its_group(settings: Settings) -> None:
    settings.EVCHARGE_TOKEN_CACHE_S = 10 * 24 * 3600
    group = TokenFactory(identifier="FLEET", expires_at=in_days(1))
    TokenFactory(identifier="04A2", group="FLEET", expires_at=in_days(2))
    assert asked("04A2").expires_at == group.expires_at


# --- Several sessions at once ------------------------------------------------------------------


def test_one_too_many_sessions_are_refused_where_they_begin() -> None:
    TokenFactory(identifier="04A2", most_sessions=1)
    first, second = StationFactory(), StationFactory()
    assert starts(first, "04A2").token == TokenAnswer("Accepted")
    assert starts(second, "04a2").token == TokenAnswer("ConcurrentTx")
    assert why(second) == [("04a2", RejectionReason.CONCURRENT, 1)]
    # StartTransaction is repeated until it is answered: its own session does not count.
    session = Session.objects.get(station=first)
    again = SessionStarted(1, "04A2", session.started_at, 0.0)
    assert tells(first, again).token == TokenAnswer("Accepted")


def test_a_session_that_ended_is_no_longer_counted() -> None:
    TokenFactory(identifier="04A2", most_sessions=1)
    station = StationFactory()
    number = starts(station, "04A2").transaction_id
    tells(station, SessionStopped(number, timezone.now(), 10.0))
    assert starts(StationFactory(), "04A2").token == TokenAnswer("Accepted")


def test_a_session_nobody_ended_does_not_count_for_ever() -> None:
    TokenFactory(identifier="04A2", most_sessions=1)
    SessionFactory(token="04A2", started_at=in_days(-8))
    assert asked("04A2").status == "Accepted"
    SessionFactory(token="04A2", started_at=in_days(-6))
    assert asked("04A2").status == "ConcurrentTx"


def test_who_asks_where_a_session_runs_has_come_to_end_it() -> None:
    TokenFactory(identifier="04A2", most_sessions=1)
    session = SessionFactory(token="04a2")
    assert asked("04A2", session.station).status == "Accepted"
    assert asked("04A2").status == "ConcurrentTx"
    # One of a group may end what another of it began.
    Token.objects.update(group="FLEET")
    assert asked("04A2").status == "Accepted"


def test_the_site_has_a_rule_for_tokens_without_one(settings: Settings) -> None:
    settings.EVCHARGE_TOKEN_MOST_SESSIONS = 1
    for identifier, most in (("site", None), ("any", 0), ("two", 2)):
        TokenFactory(identifier=identifier, most_sessions=most)
        SessionFactory(token=identifier)
    answers = {name: asked(name).status for name in ("site", "any", "two")}
    assert answers == {"site": "ConcurrentTx", "any": "Accepted", "two": "Accepted"}


def test_ocpp_2_refuses_where_the_token_is_first_presented() -> None:
    TokenFactory(identifier="04A2", most_sessions=1)
    SessionFactory(token="04A2")
    station = StationFactory(protocol="2.0.1")
    begun = tells(station, changed("Started", 0, token="04A2"))
    assert begun.token == TokenAnswer("ConcurrentTx")
    plugged = StationFactory(protocol="2.0.1")
    assert tells(plugged, changed("Started", 0)).token is None
    assert tells(plugged, changed("Updated", 1, token="04A2")).token.status == "ConcurrentTx"
    # The same token again ends it; an end is never refused for others that run.
    assert tells(plugged, changed("Updated", 2, token="04A2")).token.status == "Accepted"
    assert tells(plugged, changed("Ended", 3, token="04A2")).token.status == "Accepted"


# --- One query ---------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [None, 3])
def test_judging_is_one_query_and_no_search(most: int | None) -> None:
    TokenFactory(identifier="FLEET")
    TokenFactory(identifier="04A2", group="FLEET", most_sessions=most)
    station = StationFactory()
    with CaptureQueriesContext(
        connection,
    ) as asked_of_it:
        answer = tokens.judge(identifier="04a2", station_pk=station.pk)
    assert answer.status == "Accepted"
    assert len(asked_of_it) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked_of_it[0]['sql']}")
            plan = [row[3] for row in cursor.fetchall()]
        assert not [step for step in plan if step.startswith("SCAN")], plan
        assert any("one_token_per_identifier" in step for step in plan), plan
        assert any("sessions_of_token" in step for step in plan), plan


# --- Who was refused ---------------------------------------------------------------------------


def test_refusals_are_counted_by_token_and_station() -> None:
    here, there = StationFactory(), StationFactory()
    for token in ("04A2", "04a2", "04B3"):
        asked(token, here)
    starts(there, "04A2")
    assert why(here) == [("04A2", "unknown", 2), ("04B3", "unknown", 1)]
    assert why(there) == [("04A2", "unknown", 1)]
    first = RejectedToken.objects.get(station=here, token="04A2")
    assert first.first_at < first.last_at
    assert first.type == "ISO14443"


def test_an_end_is_no_attempt_to_charge() -> None:
    session = SessionFactory()
    tells(
        session.station,
        SessionStopped(session.transaction_id, NOON, 10.0, token="stranger"),
    )
    assert not RejectedToken.objects.exists()


def test_a_station_that_makes_up_tokens_fills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected_tokens, "MOST_OF_STATION", 3)
    station, other = StationFactory(), StationFactory()
    asked("kept", other)
    for number in range(5):
        asked(f"made-up-{number}", station)
    assert [token for token, *_ in why(station)] == ["made-up-2", "made-up-3", "made-up-4"]
    assert [token for token, *_ in why(other)] == ["kept"]


def test_what_is_long_ago_is_forgotten() -> None:
    station = StationFactory()
    asked("old", station)
    RejectedToken.objects.update(last_at=timezone.now() - timedelta(days=91))
    asked("new", station)
    pruning.prune()
    assert [token for token, *_ in why(station)] == ["new"]


# --- Changing ----------------------------------------------------------------------------------


def test_a_token_that_is_added_is_no_longer_among_the_rejected() -> None:
    station = StationFactory()
    asked("04a2", station)
    asked("04B3", station)
    tokens.save(token=Token(identifier="04A2"))
    assert why(station) == [("04B3", "unknown", 1)]
    assert asked("04a2", station).status == "Accepted"


def test_every_change_is_in_the_audit_log() -> None:
    token = Token(identifier="04A2", organisation=OrganisationFactory())
    tokens.save(token=token)
    tokens.set_status(token=token, status=TokenStatus.BLOCKED)
    tokens.save(token=token)  # nothing is changed
    tokens.delete(token=token)
    entries = list(AuditEntry.objects.filter(target_kind="token").order_by("pk"))
    assert [entry.deed for entry in entries] == [Deed.CREATED, Deed.CHANGED, Deed.DELETED]
    assert entries[1].changes == {"status": ["Accepted", "Blocked"]}
    assert {entry.organisation_id for entry in entries} == {token.organisation_id}
    assert "fits_v16" not in entries[0].changes
