"""Slows those who guess passwords: a name is locked for an address for a while."""

import ipaddress
from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.http import HttpRequest
from django.utils import timezone

from operations.models import User
from operations.models.audit import ActorKind, Deed
from operations.services import auditing


def address_of(request: HttpRequest) -> str | None:
    """The browser's address, as the server knows it; `serve --proxy-headers` believes a proxy."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR") or ""))
    except ValueError:
        return None


def locked_until(*, name: str, address: str | None) -> datetime | None:
    """From when on this name may be tried again from this address."""
    attempts = AccessAttempt.objects.filter(
        username=name, ip_address=address, attempt_time__gte=_threshold()
    )
    failures = sum(attempt.failures_since_start for attempt in attempts)
    if failures < settings.AXES_FAILURE_LIMIT:
        return None
    last: datetime = max(attempt.attempt_time for attempt in attempts)
    return last + settings.AXES_COOLOFF_TIME


def is_locked() -> Exists:
    """Whether a user is locked for some address now, for annotating users."""
    attempts = AccessAttempt.objects.order_by().filter(
        username=OuterRef("username"), attempt_time__gte=_threshold()
    )
    by_address = attempts.values("username", "ip_address").annotate(
        failures=Sum("failures_since_start")
    )
    return Exists(by_address.filter(failures__gte=settings.AXES_FAILURE_LIMIT))


def _threshold() -> datetime:
    return timezone.now() - settings.AXES_COOLOFF_TIME


@transaction.atomic
def unlock(*, user: User) -> bool:
    """Let somebody try again at once; whether they had to wait."""
    count, _by_model = AccessAttempt.objects.filter(username=user.get_username()).delete()
    if count:
        auditing.note(Deed.UNLOCKED, user)
    return bool(count)


def note_lock(*, name: str, address: str | None) -> None:
    """A name was tried too often from an address."""
    known = User.objects.filter(username=name).first()
    with auditing.acting(auditing.Actor(ActorKind.PERSON, who=name[:150], address=address or "")):
        auditing.note(Deed.LOCKED, known, name=name)
