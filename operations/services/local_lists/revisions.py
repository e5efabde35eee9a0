"""What lists hold: made of tokens, kept once for all stations, made anew when tokens change."""

import hashlib
import json
import zlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from operations.commands import local_lists
from operations.commands.local_lists import Entry
from operations.models import ListContents, ListRevision, LocalList, StationList, Token
from operations.models.local_lists import ListSource
from operations.models.tokens import TokenStatus
from operations.services import rows
from operations.services.local_lists import planning, states
from operations.services.local_lists.planning import Changes
from operations.statuses import OPEN_STATUSES

# Revisions never change: those used last are kept ready, few, for they may be long.
KEPT_READY = 4
# How long a revision stays that nobody has any more.
KEPT = timedelta(days=2)


def tokens_of(local_list: LocalList) -> QuerySet[Token]:
    """The tokens that belong into it, whatever they may."""
    if local_list.source == ListSource.CHOSEN:
        return local_list.tokens.all()
    everywhere = Q(organisation=None)
    tokens = Token.objects.filter(
        everywhere | Q(organisation=local_list.organisation_id)
        if local_list.organisation_id
        else everywhere
    )
    if local_list.source == ListSource.GROUP:
        of_group = Q(group__iexact=local_list.group) | Q(identifier__iexact=local_list.group)
        return tokens.filter(of_group)
    return tokens


def tokens_changed(token_pks: Collection[int] | None = None) -> None:
    """Tokens were added, changed or deleted: which lists are concerned is found out later.

    Called in the transaction of the change. The lists are made anew by the next sweep, or when
    somebody needs one.
    """
    LocalList.objects.filter(stale_at=None).update(stale_at=timezone.now())


def refresh(local_list: LocalList) -> ListRevision:
    """Make the list's revision anew, if it is stale; its stations' states follow."""
    with transaction.atomic():
        locked = LocalList.objects.select_for_update(of=("self",)).get(pk=local_list.pk)
        revision = locked.revision
        now = timezone.now()
        expired = locked.next_expiry_at is not None and locked.next_expiry_at <= now
        if revision is None or locked.stale_at is not None or expired:
            revision = _make_anew(locked, now)
    local_list.revision, local_list.stale_at = revision, None
    return revision


def _make_anew(local_list: LocalList, now: datetime) -> ListRevision:
    entries, expiries = _entries(local_list, now)
    revision = keep(entries)
    has_changed = revision.pk != local_list.revision_id
    local_list.revision, local_list.stale_at = revision, None
    local_list.next_expiry_at = min(expiries, default=None)
    local_list.changed_at = now if has_changed else local_list.changed_at
    local_list.save(update_fields=["revision", "stale_at", "next_expiry_at", "changed_at"])
    if has_changed:
        states.refresh(StationList.objects.filter(local_list=local_list))
    return revision


def _entries(local_list: LocalList, now: datetime) -> tuple[list[Entry], list[datetime]]:
    """The list's entries, and when the next of them expire."""
    names = ("identifier", "type", "status", "expires_at", "group")
    found = list(tokens_of(local_list).order_by().values_list(*names))
    refused = _refused_groups({group.lower() for *_rest, group in found if group}, now)
    entries, expiries = [], []
    for identifier, kind, status, expires_at, group in found:
        if group.lower() in refused and status == TokenStatus.ACCEPTED:
            status = TokenStatus.BLOCKED  # noqa: PLW2901
        standing = _standing(status, expires_at, now)
        if standing != TokenStatus.ACCEPTED and not local_list.holds_refused:
            continue
        if standing == TokenStatus.ACCEPTED and expires_at is not None:
            expiries.append(expires_at)
        entries.append(Entry(identifier, kind, str(standing), _stamp(expires_at), group))
    return sorted(entries, key=lambda entry: entry.identifier.lower()), expiries


def _standing(status: str, expires_at: datetime | None, now: datetime) -> str:
    is_over = expires_at is not None and expires_at <= now
    return TokenStatus.EXPIRED if status == TokenStatus.ACCEPTED and is_over else status


def _refused_groups(groups: Collection[str], now: datetime) -> set[str]:
    """The groups whose own token may not charge: their members may not either."""
    refused = set()
    names, ordered = ("identifier", "status", "expires_at"), sorted(groups)
    for start in range(0, len(ordered), rows.CHUNK):
        own = Token.objects.annotate(key=Lower("identifier")).filter(
            key__in=ordered[start : start + rows.CHUNK]
        )
        for identifier, status, expires_at in own.order_by().values_list(*names):
            if _standing(status, expires_at, now) != TokenStatus.ACCEPTED:
                refused.add(identifier.lower())
    return refused


def _stamp(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def keep(entries: Sequence[Entry]) -> ListRevision:
    """The revision with these entries; there is one of each."""
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    sizes = {
        protocol: sum(local_lists.carries(protocol, entry) for entry in entries)
        for protocol in local_lists.LONGEST
    }
    digest = hashlib.sha256(text).hexdigest()
    revision, is_new = ListRevision.objects.get_or_create(
        digest=digest,
        defaults={"size": len(entries), "sizes": sizes, "created_at": timezone.now()},
    )
    if is_new:
        ListContents.objects.create(revision=revision, packed=zlib.compress(text, 6))
    return revision


@lru_cache(maxsize=KEPT_READY)
def entries_of(digest: str) -> tuple[Entry, ...]:
    """What a revision holds, in order."""
    contents = ListContents.objects.get(revision__digest=digest)
    return tuple(Entry(*entry) for entry in json.loads(zlib.decompress(bytes(contents.packed))))


@lru_cache(maxsize=KEPT_READY)
def changes_between(protocol: str, base: str, digest: str) -> Changes:
    """What leads from one revision to another, in one version of OCPP; shared by all stations.

    From nothing where `base` is empty: a full update.
    """
    after = entries_of(digest)
    if not base:
        return planning.whole(protocol, after)
    return planning.changes(protocol, entries_of(base), after)


def prune() -> int:
    """Forget the revisions that no list and no station has any more; not those of yesterday.

    A late answer may still say that a station took one of them.
    """
    copies = StationList.objects.filter(Q(revision=OuterRef("pk")) | Q(base=OuterRef("pk")))
    lists = LocalList.objects.filter(revision=OuterRef("pk"))
    unused = ListRevision.objects.filter(
        ~Exists(lists), ~Exists(copies), created_at__lt=timezone.now() - KEPT
    )
    gone = [revision.pk for revision in unused]
    if gone:
        in_jobs = StationList.objects.filter(run__status__in=OPEN_STATUSES)
        jobs = list(in_jobs.values_list("job", flat=True))
        taken = {job.get(name) for job in jobs for name in ("revision", "base")}
        gone = [pk for pk in gone if pk not in taken]
        ListRevision.objects.filter(pk__in=gone).delete()
    return len(gone)
