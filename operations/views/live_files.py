"""What browsers' sockets are sent of files: rows of received files, runs' files, downloads.

`file:<pk>` is a row of the diagnostic logs, `files:<run's pk>` the files of a run's page, and
`image:<pk>` how far stations are with an image of the firmware library.
"""

from collections.abc import Iterator, Mapping, Set

from django.template.loader import render_to_string

from operations.models import CommandRun, FirmwareImage, ReceivedFile, User
from operations.tables.audience import Audience
from operations.tables.diagnostic_logs import ReceivedFileTable
from operations.views import diagnostic_logs, firmware
from operations.views.run_story import Fragment

KINDS = ("file", "files", "image")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it; one query a kind."""
    if pks["file"]:
        files = ReceivedFile.objects.visible_to(user).filter(pk__in=pks["file"])
        for pk in files.values_list("pk", flat=True):
            yield f"file:{pk}", (f"file:{pk}",)
    if pks["files"]:
        runs = CommandRun.objects.visible_to(user).filter(pk__in=pks["files"])
        for pk in runs.values_list("pk", flat=True):
            yield f"files:{pk}", (f"run:{pk}",)
    if pks["image"]:
        images = FirmwareImage.objects.visible_to(user).filter(pk__in=pks["image"])
        for pk in images.values_list("pk", flat=True):
            yield f"image:{pk}", (f"image:{pk}",)


def fragments(user: User, audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    if pks["file"]:
        found = ReceivedFile.objects.select_related("station").filter(pk__in=pks["file"])
        for record, dom_id, html in ReceivedFileTable(found, audience=audience).live_cells():
            yield f"file:{record.pk}", dom_id, html
    for pk in pks["files"]:
        yield from _parts(f"files:{pk}", diagnostic_logs.run_fragments(pk))
    for pk in pks["image"]:
        yield from _parts(f"image:{pk}", firmware.fragments(pk, user))


def _parts(key: str, parts: list[Fragment]) -> Iterator[tuple[str, str, str]]:
    for part in parts:
        yield key, part.dom_id, render_to_string(part.template, part.context)
