"""The demo's tokens: what its drivers charge with, some of which may not."""

from datetime import timedelta

from django.utils import timezone

from ocpp_gateway.simulator.drivers import TOKENS
from operations.models import Station, Token
from operations.models.tokens import PaymentKind, RejectionReason, TokenStatus
from operations.services import rejected_tokens

# Of the drivers' cards the last one was never told to anybody; those before may not charge.
UNKNOWN, BLOCKED, EXPIRED = -1, -2, -3
PRE_PAID = range(6, 10)


def create() -> None:
    """A row for each card but one."""
    made = [Token(identifier=token) for token in TOKENS]
    for number, token in enumerate(made):
        token.holder = f"Driver {number + 1}"
        if number in PRE_PAID:
            token.payment, token.most_sessions = PaymentKind.PRE_PAID, 1
    made[BLOCKED].status = TokenStatus.BLOCKED
    made[EXPIRED].expires_at = timezone.now() - timedelta(days=3)
    Token.objects.bulk_create(made[:UNKNOWN])
    _reject()


def _reject() -> None:
    """Somebody was at the first stations already, and went away again."""
    now = timezone.now()
    reasons = RejectionReason.UNKNOWN, RejectionReason.BLOCKED, RejectionReason.EXPIRED
    presented = zip((UNKNOWN, BLOCKED, EXPIRED), reasons, strict=True)
    stations = Station.objects.order_by("pk").values_list("pk", flat=True)
    for station_pk, (number, reason) in zip(stations[:3], presented, strict=True):
        for minutes in (7, 6, 2):
            rejected_tokens.note(
                station_pk=station_pk,
                token=TOKENS[number],
                kind="",
                reason=reason,
                at=now - timedelta(minutes=minutes),
            )
