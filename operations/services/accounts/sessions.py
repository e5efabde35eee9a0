"""The browsers people are signed in with: listed for them, ended when they say so."""

import time
from collections.abc import Set
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session as StoredSession
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from operations.models import User, UserSession
from operations.models.audit import Deed
from operations.services import auditing, live
from operations.services.accounts import throttling

SEEN = "seen"  # in the session: when it was last written down
OWN = "signed-in-browser"  # in the session: its row's key
SEEN_EVERY_S = 300  # who works all day writes this once in five minutes, not with each page
PRUNE_CHUNK = 500
PERSON = "person:"  # no key that pages watch


def began(*, request: HttpRequest, user: User) -> None:
    """Somebody signed in: from now on this browser is on their list."""
    session = request.session
    if session.session_key is None:
        return
    now = timezone.now()
    row, _is_new = UserSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "began_at": now,
            "last_seen_at": now,
            "address": throttling.address_of(request) or "",
            "browser": request.META.get("HTTP_USER_AGENT", "")[:300],
        },
    )
    session[OWN], session[SEEN] = row.pk, int(now.timestamp())


def seen(*, request: HttpRequest) -> None:
    """A page was asked for; written down every few minutes."""
    if time.time() - request.session.get(SEEN, 0) < SEEN_EVERY_S:
        return
    if not _write_down(request):
        began(request=request, user=request.user)  # type: ignore[arg-type]
    request.session[SEEN] = int(time.time())


def renewed(*, request: HttpRequest) -> None:
    """The session got another key, as it does with a new password."""
    _write_down(request)


def _write_down(request: HttpRequest) -> bool:
    own = UserSession.objects.filter(pk=request.session.get(OWN, 0), user=request.user.pk)
    return bool(
        own.update(
            session_key=request.session.session_key or "",
            last_seen_at=timezone.now(),
            address=throttling.address_of(request) or "",
        )
    )


def of(user: User) -> QuerySet[UserSession]:
    """Where somebody is signed in, newest first."""
    return UserSession.objects.filter(
        user=user, last_seen_at__gt=timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    )


def end(*, sessions: QuerySet[UserSession], user: User) -> int:
    """Sign these of somebody's browsers out, sockets too; returns how many."""
    with live.publishing() as changes:
        rows = list(sessions.filter(user=user).select_for_update())
        for row in rows:
            _store(row.session_key).delete()
        UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
        if rows:
            auditing.note(Deed.SESSIONS_ENDED, user, detail=str(len(rows)))
            changes.add("person", user.pk)
    return len(rows)


def end_all(*, user: User, but: HttpRequest | None = None) -> int:
    """Sign somebody out everywhere, or everywhere but here."""
    sessions = UserSession.objects.filter(user=user)
    if but is not None:
        sessions = sessions.exclude(session_key=but.session.session_key)
    return end(sessions=sessions, user=user)


def ended(*, request: HttpRequest, user: User) -> None:
    """Somebody signed out; what this browser has open in other tabs hears of it."""
    with live.publishing() as changes:
        UserSession.objects.filter(session_key=request.session.session_key or "").delete()
        changes.add("person", user.pk)


def tell(*, user: User) -> None:
    """What somebody may do has changed: their open pages are looked at again."""
    with live.publishing() as changes:
        changes.add("person", user.pk)


def people(told: Set[str]) -> set[int]:
    """Whose sockets are to be looked at again, of all that was told."""
    return {int(key.removeprefix(PERSON)) for key in told if key.startswith(PERSON)}


def _store(key: str) -> SessionBase:
    engine: Any = import_module(settings.SESSION_ENGINE)
    store: SessionBase = engine.SessionStore(key)
    return store


def prune() -> None:
    """Forget what has expired, a little at a time."""
    now = timezone.now()
    expired = StoredSession.objects.filter(expire_date__lt=now).order_by("expire_date")
    keys = list(expired.values_list("session_key", flat=True)[:PRUNE_CHUNK])
    StoredSession.objects.filter(session_key__in=keys).delete()
    limit = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    old = UserSession.objects.filter(last_seen_at__lt=limit).order_by("last_seen_at")
    UserSession.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PRUNE_CHUNK])).delete()
