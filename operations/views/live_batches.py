"""What browsers' sockets are sent of batches: their rows, and how far one on its own page is.

`batch:<pk>` is a row of the list, `progress:<pk>` the story of a batch's page.
"""

from collections.abc import Iterator, Mapping, Set

from django.template.loader import render_to_string

from operations.models import CommandBatch, User
from operations.tables.audience import Audience
from operations.tables.batches import BatchTable
from operations.views import batch_story

KINDS = ("batch", "progress")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told key that touches it."""
    asked = pks["batch"] | pks["progress"]
    if not asked:
        return
    batches = CommandBatch.objects.visible_to(user).filter(pk__in=asked)
    for pk in batches.values_list("pk", flat=True):
        for kind in KINDS:
            if pk in pks[kind]:
                yield f"{kind}:{pk}", (f"batch:{pk}",)


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    asked = pks["batch"] | pks["progress"]
    if not asked:
        return
    found = batch_story.of_pks(asked)
    rows = [batch for batch in found if batch.pk in pks["batch"]]
    if rows:
        table = BatchTable(rows, audience=audience)
        table.learn(rows)
        for record, dom_id, html in table.live_cells():
            yield f"batch:{record.pk}", dom_id, html
    for batch in found:
        if batch.pk in pks["progress"]:
            for part in batch_story.fragments(batch):
                html = render_to_string(part.template, part.context)
                yield f"progress:{batch.pk}", part.dom_id, html
