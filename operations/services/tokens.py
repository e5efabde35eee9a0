"""Whether a token may charge."""

from collections.abc import Sequence

from django.utils import timezone

from operations.answers import TokenAnswer
from operations.events import TokenPresented, Told
from operations.models import Token
from operations.models.tokens import TokenStatus
from operations.services.live import Changes


def judge(*, identifier: str) -> TokenAnswer:
    """What we say of a token: unknown ones are Invalid (1.6 §4.1, 2.0.1 C01.FR.07)."""
    token = Token.objects.filter(identifier__iexact=identifier).first() if identifier else None
    if token is None:
        return TokenAnswer(TokenStatus.INVALID)
    if token.status == TokenStatus.ACCEPTED and token.expires_at is not None:
        if token.expires_at <= timezone.now():
            return TokenAnswer(TokenStatus.EXPIRED, token.expires_at)
        return TokenAnswer(TokenStatus.ACCEPTED, token.expires_at)
    return TokenAnswer(token.status, token.expires_at)


def record_presented(told: Sequence[Told], changes: Changes) -> list[TokenAnswer]:
    """Authorize (1.6 §4.1, 2.0.1 C01)."""
    return [judge(identifier=_token(item)) for item in told]


def _token(item: Told) -> str:
    assert isinstance(item.event, TokenPresented)  # noqa: S101
    return item.event.token
