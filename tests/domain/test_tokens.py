"""Whether a token may charge."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.answers import TokenAnswer
from operations.events import TokenPresented
from operations.models.tokens import TokenStatus
from operations.services import tokens
from tests.domain.telling import tells
from tests.factories import StationFactory, TokenFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("identifier", ["", "unknown", "04A2B3C"])
def test_what_nobody_knows_is_invalid(identifier: str) -> None:
    TokenFactory(identifier="04A2B3C4")
    assert tokens.judge(identifier=identifier) == TokenAnswer("Invalid")


def test_a_tokens_case_does_not_matter() -> None:
    TokenFactory(identifier="04A2b3c4")
    answer = tells(StationFactory(), TokenPresented("04a2B3C4"))
    assert answer == TokenAnswer("Accepted")


def test_a_token_expires() -> None:
    yesterday, tomorrow = (timezone.now() + timedelta(days=days) for days in (-1, 1))
    TokenFactory(identifier="old", expires_at=yesterday)
    TokenFactory(identifier="new", expires_at=tomorrow)
    assert tokens.judge(identifier="old") == TokenAnswer("Expired", yesterday)
    assert tokens.judge(identifier="new") == TokenAnswer("Accepted", tomorrow)


@pytest.mark.parametrize("status", [TokenStatus.BLOCKED, TokenStatus.INVALID, TokenStatus.EXPIRED])
def test_a_token_that_may_not_charge_says_why(status: TokenStatus) -> None:
    TokenFactory(identifier="04A2", status=status)
    assert tokens.judge(identifier="04A2") == TokenAnswer(status)


def test_a_tokens_group_is_told() -> None:
    TokenFactory(identifier="04A2", group="FLEET-7")
    assert tokens.judge(identifier="04a2") == TokenAnswer("Accepted", group="FLEET-7")
