"""Opens file links: who comes with which secret, and whether it still counts."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from operations.commands.base import Params
from operations.models import FileLink
from operations.services import files, transfers
from operations.statuses import RunStatus

# What a station does for a run may still be on its way when the run is over.
GRACE = timedelta(minutes=10)
# Ended by somebody's word, after which no other try is to come.
SETTLED = frozenset({RunStatus.DONE, RunStatus.REFUSED, RunStatus.CANCELLED, RunStatus.SUPERSEDED})


class UnknownLinkError(Exception):
    """Nobody was ever given this."""


class ExpiredLinkError(Exception):
    """It was given out, and its time is over."""

    def __init__(self, link: FileLink) -> None:
        super().__init__("This link has expired.")
        self.link = link


class WrongPasswordError(Exception):
    """The user exists, this is not its password."""

    def __init__(self, link: FileLink) -> None:
        super().__init__("Wrong password.")
        self.link = link


def by_token(token: str) -> FileLink:
    """The link of a path's secret."""
    return _valid(_links().filter(token_digest=transfers.digest(token)).first())


def by_login(username: str, password: str) -> FileLink:
    """The link of an FTP or SFTP user."""
    link = _links().filter(username=username[:16]).first()
    if link is not None and not hmac.compare_digest(link.token_digest, transfers.digest(password)):
        raise WrongPasswordError(link)
    return _valid(link)


def _links() -> QuerySet[FileLink]:
    return FileLink.objects.select_related("run", "image")


def _valid(link: FileLink | None) -> FileLink:
    if link is None:
        raise UnknownLinkError
    if ends_at(link) <= timezone.now():
        raise ExpiredLinkError(link)
    return link


def ends_at(link: FileLink) -> datetime:
    """Until when it opens, as far as its run has come."""
    run = link.run
    return _ends_at(link.expires_at, run.closed_at, run.status, run.params)


def _ends_at(
    expires_at: datetime, closed_at: datetime | None, status: str, params: Params
) -> datetime:
    """A link ends with its run, or before; tries that are still to come find it open."""
    if closed_at is None:
        return expires_at
    tries_s = 0
    if status not in SETTLED:
        tries_s = (params.get("retries") or 0) * (params.get("retry_interval_s") or 0)
    return min(expires_at, closed_at + GRACE + timedelta(seconds=tries_s))


# --- Many that fetch at once -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """The image that a link lets its station fetch, and whether it still does."""

    link_pk: int
    stored_name: str
    file_name: str
    size_bytes: int
    sha256: str
    created_at: datetime
    is_over: bool


_IMAGE = ("stored_name", "file_name", "size_bytes", "sha256", "created_at")
_RUN = ("expires_at", "run__closed_at", "run__status", "run__params")
_FACTS = ("token_digest", "pk", *(f"image__{name}" for name in _IMAGE), *_RUN)


def grants(tokens: Collection[str]) -> dict[str, Grant]:
    """Those of these secrets that lead to an image the store has; one query for all."""
    secrets = {transfers.digest(token): token for token in tokens}
    links = FileLink.objects.filter(token_digest__in=secrets).exclude(image__stored_name="")
    rows = links.exclude(image=None).order_by()
    now = timezone.now()
    found = {
        secrets[digest]: Grant(pk, name, called, size, sha256, at, is_over=_ends_at(*run) <= now)
        for digest, pk, name, called, size, sha256, at, *run in rows.values_list(*_FACTS)
    }
    names = {grant.stored_name for grant in found.values()}
    there = {name for name in names if files.path_of(name).is_file()}
    return {token: grant for token, grant in found.items() if grant.stored_name in there}
