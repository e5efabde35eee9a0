"""Whether a token may charge."""

from collections.abc import Sequence

from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from operations.answers import TokenAnswer
from operations.events import TokenPresented, Told
from operations.models import Token
from operations.models.tokens import TokenStatus
from operations.services.live import Changes


def judge(*, identifier: str) -> TokenAnswer:
    """What we say of a token: unknown ones are Invalid (1.6 §4.1, 2.0.1 C01.FR.07)."""
    token = find(identifier=identifier)
    if token is None:
        return TokenAnswer(TokenStatus.INVALID)
    status = token.status
    is_over = token.expires_at is not None and token.expires_at <= timezone.now()
    if status == TokenStatus.ACCEPTED and is_over:
        status = TokenStatus.EXPIRED
    return TokenAnswer(status, token.expires_at, token.group)


def find(*, identifier: str) -> Token | None:
    """The token, whatever the case of its letters; by the index that keeps them unique."""
    if not identifier:
        return None
    lowered = Token.objects.annotate(lowered=Lower("identifier"))
    return lowered.filter(lowered=Lower(Value(identifier))).first()


def record_presented(told: Sequence[Told], changes: Changes) -> list[TokenAnswer]:
    """Authorize (1.6 §4.1, 2.0.1 C01)."""
    return [judge(identifier=_token(item)) for item in told]


def _token(item: Told) -> str:
    assert isinstance(item.event, TokenPresented)  # noqa: S101
    return item.event.token
