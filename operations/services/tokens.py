"""Tokens: whether one may charge, and every change of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations.answers import TokenAnswer
from operations.events import TokenPresented, Told
from operations.models import Token
from operations.models.audit import Deed
from operations.models.tokens import RejectionReason, TokenStatus, standing_of
from operations.services import auditing, local_lists, rejected_tokens, standings
from operations.services.live import Changes
from operations.services.standings import Standing

CONCURRENT = "ConcurrentTx"
REASONS = {
    TokenStatus.BLOCKED: RejectionReason.BLOCKED,
    TokenStatus.EXPIRED: RejectionReason.EXPIRED,
    TokenStatus.INVALID: RejectionReason.INVALID,
}


class Moment(Enum):
    """When a token is presented: a rule about sessions is about their beginning alone."""

    ASKING = "asking"  # Authorize: to begin a session, or to end one
    BEGINNING = "beginning"  # with the session's first message, which may come again
    JOINING = "joining"  # in a session that began without a token
    ENDING = "ending"


# --- Judging -----------------------------------------------------------------------------------


def judge(
    *,
    identifier: str,
    station_pk: int,
    moment: Moment = Moment.ASKING,
    session_pk: int | None = None,
    kind: str = "",
) -> TokenAnswer:
    """What we say of a token: unknown ones are Invalid (1.6 §4.1, 2.0.1 C01.FR.07).

    `session_pk` is the session it is presented for. Who is refused appears among the rejected.
    """
    found = standings.find(
        identifier=identifier,
        station_pk=station_pk,
        session_pk=session_pk,
        is_first=moment == Moment.BEGINNING,
    )
    status, reason = _verdict(found, moment)
    if reason is not None and identifier and moment != Moment.ENDING:
        rejected_tokens.note(
            station_pk=station_pk, token=identifier, kind=kind, reason=reason, at=timezone.now()
        )
    if found is None or not found.is_of_here:
        return TokenAnswer(status)
    return TokenAnswer(status, _expiry(found, status), found.group)


def _verdict(found: Standing | None, moment: Moment) -> tuple[str, RejectionReason | None]:
    """What to answer, and why where that is no."""
    if found is None:
        return TokenStatus.INVALID, RejectionReason.UNKNOWN
    if not found.is_of_here:
        return TokenStatus.INVALID, RejectionReason.ELSEWHERE
    own = standing_of(found.status, found.expires_at)
    if own != TokenStatus.ACCEPTED:
        return own, REASONS[own]
    if found.group_status is not None:
        groups = standing_of(found.group_status, found.group_expires_at)
        if groups != TokenStatus.ACCEPTED:
            return groups, RejectionReason.GROUP
    if found.is_at_its_limit and _may_not_begin(found, moment):
        return CONCURRENT, RejectionReason.CONCURRENT
    return own, None


def _may_not_begin(found: Standing, moment: Moment) -> bool:
    """Who asks where one of its sessions runs, or one of its group may, has come to end it.

    ConcurrentTx is about sessions that begin (1.6 §7.2, 2.0.1 AuthorizationStatusEnumType).
    """
    if moment == Moment.ASKING:
        return not (found.runs_here or found.group)
    return moment != Moment.ENDING


def _expiry(found: Standing, status: str) -> datetime | None:
    """When the station shall forget it: what it accepted, after the site's time at the latest."""
    times = [found.expires_at, found.group_expires_at]
    if settings.EVCHARGE_TOKEN_CACHE_S and status == TokenStatus.ACCEPTED:
        times.append(timezone.now() + timedelta(seconds=settings.EVCHARGE_TOKEN_CACHE_S))
    return min((at for at in times if at is not None), default=None)


def record_presented(told: Sequence[Told], changes: Changes) -> list[TokenAnswer]:
    """Authorize (1.6 §4.1, 2.0.1 C01)."""
    return [_record_presented(item) for item in told]


def _record_presented(item: Told) -> TokenAnswer:
    event = item.event
    assert isinstance(event, TokenPresented)  # noqa: S101
    return judge(identifier=event.token, station_pk=item.station_id, kind=event.token_type)


# --- Changing ----------------------------------------------------------------------------------


@transaction.atomic
def save(*, token: Token) -> None:
    """Keep a new token, or what was changed of one."""
    before = auditing.stored(token)
    token.save()
    changes = auditing.difference(before, token)
    if before is None or changes:
        auditing.note(Deed.CHANGED if before else Deed.CREATED, token, changes=changes)
        rejected_tokens.forget(keys=[token.identifier.lower()])
        local_lists.tokens_changed([token.pk])


def set_status(*, token: Token, status: TokenStatus) -> None:
    """Block it, or accept it again."""
    token.status = status
    save(token=token)


@transaction.atomic
def delete(*, token: Token) -> None:
    """Forget it: nobody charges with it any more. Sessions keep its identifier."""
    auditing.note(Deed.DELETED, token, changes=auditing.difference(token, None))
    local_lists.tokens_changed([token.pk])
    token.delete()
