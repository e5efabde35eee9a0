"""Takes in the files that stations send, whatever they are called and however they break off.

A `Reception` is one file on its way. Its bytes are written wherever its server likes; what does
queries is named so, and belongs in a thread.
"""

import errno
import logging
import mimetypes
import time
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.events import FileReceived
from operations.models import FileLink, ReceivedFile
from operations.models.audit import Deed
from operations.services import auditing, files, progress
from operations.services.live import Changes, publishing
from operations.statuses import FileState

logger = logging.getLogger(__name__)

# One run's station may try again and again, but not fill the table.
MOST_FILES_PER_LINK = 100
REPORT_S = 2.0
# A file of which nothing came for this long, in a process that may be gone, is not coming.
SILENT_S = 900

# What a name may not hold: separators (the last part counts), what steers terminals and readers.
_SEPARATORS = str.maketrans("\\", "/")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class RefusedError(OSError):
    """A file is not taken, and why; `status` is HTTP's word for it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(errno.EDQUOT, sentence)
        self.status = status
        self.sentence = sentence


class Reception:
    """One file on its way to us."""

    def __init__(self, row: ReceivedFile, allowance_bytes: int) -> None:
        self.row = row
        self._incoming = files.Incoming()
        self._allowance_bytes = allowance_bytes
        self._reported_at = time.monotonic()

    @property
    def size_bytes(self) -> int:
        """How much has come."""
        return self._incoming.size_bytes

    @property
    def is_open(self) -> bool:
        """Whether it has no end yet."""
        return self._incoming.is_open

    def write(self, chunk: bytes) -> None:
        """Add to its end; raises RefusedError when it gets too large."""
        self.write_at(self._incoming.size_bytes, chunk)

    def write_at(self, offset: int, chunk: bytes) -> None:
        """Put a piece where it belongs; raises RefusedError when it gets too large."""
        if offset + len(chunk) > self._allowance_bytes:
            raise _too_large(self._allowance_bytes)
        self._incoming.write_at(offset, chunk)

    @property
    def is_report_due(self) -> bool:
        """Whether it is time to say how far it is."""
        return time.monotonic() - self._reported_at >= REPORT_S

    def report(self) -> None:
        """Note how far it is, and look whether there still is room: queries."""
        self._reported_at = time.monotonic()
        self._save(size_bytes=self.size_bytes, heard_at=timezone.now())
        others = _used_bytes(besides=self.row.pk)
        self._allowance_bytes = min(
            settings.EVCHARGE_FILES_MOST_BYTES,
            max(settings.EVCHARGE_FILES_QUOTA_BYTES - others, self.size_bytes),
        )

    def complete(self) -> None:
        """All of it is here: queries."""
        self._keep(FileState.COMPLETE, "")
        evidence = FileReceived(self.row.original_name, self.row.size_bytes)
        progress.follow_run(run_pk=self.row.run_id, event=evidence)

    def break_off(self) -> None:
        """The station stopped in the middle; what came is kept: queries."""
        if self.size_bytes:
            self._keep(FileState.PARTIAL, _("The station stopped before the end."))
        else:
            self.refuse(_("The station sent nothing."), state=FileState.PARTIAL)

    def refuse(self, why: str, *, state: FileState = FileState.REFUSED) -> None:
        """None of it is kept: queries."""
        size_bytes = self.size_bytes
        self._incoming.discard()
        self._save(state=state, why=why[:200], size_bytes=size_bytes, received_at=timezone.now())

    def rename(self, name: str) -> None:
        """Some stations send under a passing name, and rename it when it is whole: queries."""
        self._save(original_name=clean_name(name), content_type=_content_type(name))

    def _keep(self, state: FileState, why: str) -> None:
        stored = self._incoming.keep()
        self._save(
            state=state,
            why=why[:200],
            stored_name=stored.name,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            received_at=timezone.now(),
        )

    def _save(self, **fields: str | int | datetime) -> None:
        with publishing() as changes:
            for name, value in fields.items():
                setattr(self.row, name, value)
            if ReceivedFile.objects.filter(pk=self.row.pk).update(**fields):
                _tell(self.row, changes)
                return
        # Its run was deleted meanwhile.
        files.delete(self.row.stored_name)


def begin(
    *,
    link: FileLink,
    name: str,
    protocol: str,
    remote_address: str,
    announced_bytes: int | None = None,
    node: str = "",
) -> Reception:
    """Note that a station begins to send; raises RefusedError, noted too, when it shall not.

    `node` is the server process that takes it.
    """
    if not link.is_upload:
        raise RefusedError(405, "Nothing can be sent here.")
    if link.received_files.count() >= MOST_FILES_PER_LINK:
        raise RefusedError(429, "Too many files were sent here.")
    row = _note(link, name, protocol, remote_address, node=node)
    most = settings.EVCHARGE_FILES_MOST_BYTES
    room = settings.EVCHARGE_FILES_QUOTA_BYTES - _used_bytes(besides=row.pk)
    reception = Reception(row, min(most, room))
    refusal = None
    if announced_bytes is not None and announced_bytes > most:
        refusal = _too_large(most)
    elif room <= 0 or (announced_bytes or 0) > room:
        refusal = RefusedError(507, "There is no room left for received files.")
    if refusal is not None:
        reception.refuse(refusal.sentence)
        raise refusal
    return reception


def note_refusal(*, link: FileLink, why: str, protocol: str, remote_address: str) -> None:
    """Show on the run that its station came, and was not let in."""
    logger.warning(
        "a station was not let in to send a file",
        extra={"run": link.run_id, "why": why, "from": remote_address},
    )
    if link.is_upload and link.received_files.count() < MOST_FILES_PER_LINK:
        _note(link, "", protocol, remote_address, state=FileState.REFUSED, why=why)


def clean_name(name: str) -> str:
    """What a station calls its file, as a name: no folders, nothing invisible."""
    last = name.translate(_SEPARATORS).rstrip("/").rpartition("/")[2]
    return "".join("�" if unicodedata.category(c) in _HIDDEN else c for c in last)[:255]


def close_silent() -> None:
    """Let go of files whose server died while they came."""
    before = timezone.now() - timedelta(seconds=SILENT_S)
    for row in coming().filter(heard_at__lt=before)[:100]:
        _let_go(row)


def close_of_node(*, node: str) -> None:
    """Let go of the files a server process was taking when it died."""
    for row in coming().filter(node=node):
        _let_go(row)


def coming() -> QuerySet[ReceivedFile]:
    """The files that are on their way to us."""
    return ReceivedFile.objects.filter(state=FileState.RECEIVING)


def _let_go(row: ReceivedFile) -> None:
    with publishing() as changes:
        row.state, row.why = FileState.PARTIAL, _("The portal stopped before the end.")
        row.received_at = timezone.now()
        row.save(update_fields=["state", "why", "received_at"])
        _tell(row, changes)


def delete(*, file: ReceivedFile) -> None:
    """Forget a received file, and its bytes."""
    with publishing() as changes:
        ReceivedFile.objects.filter(pk=file.pk).delete()
        _tell(file, changes)
    files.delete(file.stored_name)


def delete_by_hand(*, file: ReceivedFile) -> None:
    """The same where somebody wanted it so: the audit log says who."""
    with transaction.atomic():
        auditing.note(Deed.DELETED, file)
        delete(file=file)


def room() -> tuple[int, int]:
    """How many bytes of received files there are, and how many there may be."""
    return _used_bytes(), settings.EVCHARGE_FILES_QUOTA_BYTES


def _note(  # noqa: PLR0913
    link: FileLink,
    name: str,
    protocol: str,
    remote_address: str,
    *,
    state: FileState = FileState.RECEIVING,
    why: str = "",
    node: str = "",
) -> ReceivedFile:
    now = timezone.now()
    with publishing() as changes:
        row = ReceivedFile.objects.create(
            run=link.run,
            link=link,
            station_id=link.run.station_id,
            kind=str(link.run.params.get("kind", ""))[:30],
            original_name=clean_name(name),
            content_type=_content_type(name),
            protocol=protocol,
            remote_address=remote_address[:45],
            node=node,
            state=state,
            why=why[:200],
            started_at=now,
            heard_at=now,
            received_at=None if state == FileState.RECEIVING else now,
            expires_at=now + timedelta(days=settings.EVCHARGE_FILES_DAYS),
        )
        _tell(row, changes)
    return row


def _tell(row: ReceivedFile, changes: Changes) -> None:
    changes.add("run", row.run_id)
    changes.add("file", row.pk)


def _content_type(name: str) -> str:
    """A guess by the name, for people; it decides nothing."""
    kind, encoding = mimetypes.guess_type(clean_name(name))
    return f"application/{encoding}" if encoding else (kind or "")[:100]


def _used_bytes(*, besides: int = 0) -> int:
    """What is in the store or on its way into it."""
    counted = ReceivedFile.objects.exclude(state=FileState.REFUSED).exclude(pk=besides)
    return int(counted.aggregate(sum=Sum("size_bytes"))["sum"] or 0)


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, f"The file is too large: at most {most} bytes are taken.")
