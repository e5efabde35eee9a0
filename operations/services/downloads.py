"""Notes how far stations are with fetching their firmware."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from operations.models import CommandRun, Download, FileLink
from operations.services import rows
from operations.services.live import Changes, publishing
from operations.statuses import RunPhase

# Who says that it is there, says that it has all of the image.
FETCHED = frozenset(
    {
        RunPhase.DOWNLOADED,
        RunPhase.SIGNATURE_VERIFIED,
        RunPhase.INSTALL_SCHEDULED,
        RunPhase.INSTALLING,
        RunPhase.INSTALL_REBOOTING,
        RunPhase.INSTALLED,
        RunPhase.INVALID_SIGNATURE,
        RunPhase.INSTALL_VERIFICATION_FAILED,
        RunPhase.INSTALLATION_FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an image, or for a part of it."""

    protocol: str
    remote_address: str
    range: str = ""
    is_handed_over: bool = False


@dataclass(slots=True)
class Progress:
    """What was asked for and sent since it was last noted."""

    sent_bytes: int = 0
    reached_bytes: int = 0
    requests: int = 0
    last: Asked | None = None
    # At least so much the station has by now: it asked for what comes after.
    least_bytes: int = 0

    def ask(self, asked: Asked, *, has_bytes: int = 0) -> None:
        """A request; `has_bytes` where it goes on after what the station has."""
        self.requests += 1
        self.last = asked
        self.go_on(has_bytes)

    def go_on(self, has_bytes: int) -> None:
        """The station wants what comes after so many bytes, which were not all noted, perhaps.

        What a process had sent in its last second it could not note when it was killed.
        """
        self.least_bytes = max(self.least_bytes, has_bytes)
        self.reached_bytes = max(self.reached_bytes, has_bytes)

    def send(self, size_bytes: int, *, until: int) -> None:
        """A piece was sent, up to this byte of the file."""
        self.sent_bytes += size_bytes
        self.least_bytes += size_bytes
        self.reached_bytes = max(self.reached_bytes, until)

    def put_before(self, earlier: "Progress") -> None:
        """Count what came before this too."""
        self.least_bytes = max(self.least_bytes, earlier.least_bytes + self.sent_bytes)
        self.sent_bytes += earlier.sent_bytes
        self.requests += earlier.requests
        self.reached_bytes = max(self.reached_bytes, earlier.reached_bytes)
        self.last = self.last or earlier.last


def note(*, progress: Mapping[int, Progress]) -> None:
    """Add what was asked for and sent, by the links' keys; all in one transaction."""
    now = timezone.now()
    with publishing() as changes:
        # Who notes something of a link holds it: another process may serve it too.
        held = FileLink.objects.select_for_update(of=("self",)).filter(pk__in=progress)
        links = held.exclude(image=None).select_related("run", "image").order_by("pk")
        downloads = Download.objects.filter(link__in=progress).select_related("link__run")
        known = {row.link_id: row for row in downloads}
        new: list[Download] = []
        old: list[Download] = []
        for link in links:
            row = known.get(link.pk)
            (new if row is None else old).append(_added(row or _row(link), progress[link.pk], now))
            changes.add("run", link.run_id)
            changes.add("image", link.image_id or 0)
        rows.insert(Download, new)
        rows.update(Download, old, _NOTED)


_ASKED = ["protocol", "remote_address", "last_range", "is_handed_over"]
_NOTED = [*_ASKED, "sent_bytes", "reached_bytes", "requests", "last_at", "finished_at"]


def _row(link: FileLink) -> Download:
    assert link.image is not None  # noqa: S101
    now = timezone.now()
    return Download(
        link=link,
        image=link.image,
        station_id=link.run.station_id,
        size_bytes=link.image.size_bytes or 0,
        started_at=now,
        last_at=now,
    )


def _added(row: Download, progress: Progress, now: datetime) -> Download:
    row.requests += progress.requests
    row.sent_bytes = max(row.sent_bytes + progress.sent_bytes, progress.least_bytes)
    row.reached_bytes = max(row.reached_bytes, progress.reached_bytes)
    row.last_at = now
    asked = progress.last
    if asked is not None:
        row.protocol, row.remote_address = asked.protocol, asked.remote_address[:45]
        row.last_range, row.is_handed_over = asked.range[:50], asked.is_handed_over
    if row.finished_at is None and _is_whole(row):
        row.finished_at = now
    return row


def _is_whole(row: Download) -> bool:
    """All of it was sent; or its last byte was, and the station says that it has the rest."""
    if row.percent == 100 and not row.is_handed_over:
        return True
    is_at_its_end = row.is_handed_over or row.reached_bytes == row.size_bytes
    return is_at_its_end and row.link.run.phase in FETCHED


def finish(*, run: CommandRun, at: datetime, changes: Changes) -> None:
    """The run's station says how far it is: it may have all of its image."""
    if run.phase not in FETCHED:
        return
    unfinished = Download.objects.filter(link__run=run, finished_at=None)
    is_at_its_end = Q(is_handed_over=True) | Q(reached_bytes=F("size_bytes"))
    if unfinished.filter(is_at_its_end).update(finished_at=at):
        changes.add("run", run.pk)
