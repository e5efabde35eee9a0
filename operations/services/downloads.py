"""Notes how far stations are with fetching their firmware."""

from dataclasses import dataclass

from django.utils import timezone

from operations.models import Download, FileLink
from operations.services.live import publishing


@dataclass(slots=True)
class Progress:
    """What was sent since it was last noted."""

    sent_bytes: int = 0
    reached_bytes: int = 0


def begin(
    *, link: FileLink, protocol: str, remote_address: str, requested: str, is_handed_over: bool
) -> Download:
    """Note a request for a part of the image, or for all of it."""
    assert link.image is not None  # noqa: S101
    now = timezone.now()
    with publishing() as changes:
        request = {
            "protocol": protocol,
            "remote_address": remote_address[:45],
            "last_range": requested[:50],
            "last_at": now,
            "is_handed_over": is_handed_over,
        }
        download, is_new = Download.objects.select_for_update().get_or_create(
            link=link,
            defaults={
                **request,
                "image": link.image,
                "station_id": link.run.station_id,
                "size_bytes": link.image.size_bytes or 0,
                "started_at": now,
                "requests": 1,
            },
        )
        if not is_new:
            for name, value in request.items():
                setattr(download, name, value)
            download.requests += 1
            download.save(update_fields=[*request, "requests"])
        changes.add("run", link.run_id)
        changes.add("image", download.image_id)
    return download


def note(*, progress: dict[int, Progress]) -> None:
    """Add what was sent to these downloads, all in one transaction."""
    now = timezone.now()
    with publishing() as changes:
        rows = Download.objects.select_for_update().select_related("link").in_bulk(progress)
        for pk, row in rows.items():
            row.sent_bytes += progress[pk].sent_bytes
            row.reached_bytes = max(row.reached_bytes, progress[pk].reached_bytes)
            row.last_at = now
            if row.finished_at is None and row.percent == 100:
                row.finished_at = now
            changes.add("run", row.link.run_id)
            changes.add("image", row.image_id)
        fields = ["sent_bytes", "reached_bytes", "last_at", "finished_at"]
        Download.objects.bulk_update(rows.values(), fields, batch_size=200)
