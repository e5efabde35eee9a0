"""The audit log: who changed what, noted in the transaction that changes it.

Who acts is set at the door (the middleware, a management command, a schedule, a rule); services
say `auditing.note(...)` and need not pass it on.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Field, Model
from django.utils import timezone

from operations import masking
from operations.models import AuditEntry, Organisation, User
from operations.models.audit import ActorKind, Deed
from operations.services import rows

MOST_TEXT = 200  # characters of a value; the log says what changed, it is no backup
MOST_FAILURES = 20  # failed sign-ins noted a minute from one address: a flood is no history
# What changes by itself, or says nothing.
UNTOLD = frozenset({"id", "last_login", "created_at", "evaluated_at", "fits_v16"})
EMPTY = (None, "")
# Fields whose values nobody may read, beside those that masking knows.
SECRETS = ("secret", "sealed")

Changes = dict[str, list[Any]]  # by field: before, after


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does it, and from where."""

    kind: ActorKind
    who: str = ""
    user_pk: int | None = None
    address: str = ""


PORTAL = Actor(ActorKind.PORTAL)
_actor: ContextVar[Actor] = ContextVar("actor", default=PORTAL)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """What happens inside is this actor's doing."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> Actor:
    """Who acts now; the portal itself where nobody said."""
    return _actor.get()


def person(user: Any, *, address: str = "") -> Actor:
    """Somebody's browser; the user may be a stranger still."""
    who = user.get_username() if user.is_authenticated else ""
    return Actor(ActorKind.PERSON, who=who, user_pk=user.pk, address=address[:64])


def shell() -> Actor:
    """Somebody with a shell on the server, by the name the system knows them under."""
    try:
        return Actor(ActorKind.SHELL, who=getpass.getuser())
    except (KeyError, OSError):
        return Actor(ActorKind.SHELL)


def schedule(name: str) -> Actor:
    """Something that was planned, by the plan's name."""
    return Actor(ActorKind.SCHEDULE, who=name)


def rule(name: str) -> Actor:
    """An alert rule that follows up."""
    return Actor(ActorKind.RULE, who=name)


def note(
    deed: Deed,
    target: Model | None = None,
    *,
    changes: Changes | None = None,
    detail: str = "",
    name: str = "",
) -> AuditEntry:
    """Add an entry; call it inside the transaction of the change, while the target still is.

    `changes` come from `difference` or are given by hand; secrets are masked either way. `name`
    is for targets that are no row, or that are called otherwise.
    """
    who = actor()
    entry = AuditEntry(
        at=timezone.now(),
        actor_kind=who.kind,
        who=who.who[:150],
        user_id=who.user_pk,
        address=who.address,
        deed=deed,
        target_kind=(target._meta.model_name or "") if target else "",
        target_pk=target.pk if target and isinstance(target.pk, int) else None,
        target_name=_line(name or (str(target) if target else ""))[:200],
        organisation_id=_organisation_of(target),
        changes=_masked(changes or {}),
        detail=_line(masking.text(detail))[:500],
    )
    rows.add(entry)
    return entry


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "�").split())


def _organisation_of(target: Model | None) -> int | None:
    """Whose people may read it: the owner of the thing, or of the station it belongs to."""
    if target is None or isinstance(target, Organisation):
        return target.pk if target else None
    if hasattr(target, "organisation_id"):
        owner: int | None = target.organisation_id
        return owner
    station = getattr(target, "station", None)
    return station.organisation_id if station is not None else None


def stored(target: Model) -> Model | None:
    """The row as the database has it now: what `difference` takes as before."""
    return type(target)._default_manager.filter(pk=target.pk).first() if target.pk else None


def difference(before: Model | None, after: Model | None) -> Changes:
    """What differs between two states of a row, by field; None: it was not, or is no more."""
    row = after or before
    if row is None:
        return {}
    changes = {}
    for field in row._meta.concrete_fields:
        old, new = _value(before, field), _value(after, field)
        is_still_empty = old in EMPTY and new in EMPTY
        if field.name not in UNTOLD and old != new and not is_still_empty:
            changes[field.name] = [old, new]
    return changes


def _value(row: Model | None, field: "Field[Any, Any]") -> Any:
    if row is None:
        return None
    if field.is_relation:
        related = getattr(row, field.name, None)
        return None if related is None else str(related)
    return field.value_from_object(row)


def _masked(changes: Changes) -> Changes:
    """As plain JSON; of a secret only that it changed."""
    return {name: [_shown(name, old), _shown(name, new)] for name, (old, new) in changes.items()}


def _shown(name: str, value: Any) -> Any:
    if value is None:
        return None
    is_secret = masking.SECRET.search(name) or any(word in name for word in SECRETS)
    if value != "" and is_secret:
        return masking.MASK
    if isinstance(value, bool | int | float):
        return value
    value = masking.payload(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return _line(text)[:MOST_TEXT]


def note_failed_sign_in(*, name: str, address: str) -> None:
    """Somebody gave a wrong password; no more of it than can be read."""
    now = timezone.now()
    recent = AuditEntry.objects.filter(
        deed=Deed.SIGN_IN_FAILED, at__gte=now - timedelta(minutes=1), address=address[:64]
    )
    if recent[:MOST_FAILURES].count() >= MOST_FAILURES:
        return
    name = _line(name)[:150]
    known = User.objects.filter(username=name).first()
    with acting(Actor(ActorKind.PERSON, who=name, address=address[:64])):
        note(Deed.SIGN_IN_FAILED, known, name=name)
