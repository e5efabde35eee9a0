"""Batches over a few connectors, looked at without a pacer."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, Connector
from operations.services import batches, pacing
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import RunStatus
from tests.factories import ConnectorFactory, StationFactory


def connectors(count: int, **station: Any) -> list[Connector]:
    """Connectors, each of a connected station of its own."""
    return [ConnectorFactory(charger__station=StationFactory(**station)) for _ in range(count)]


def asks_all(
    parts: list[Any],
    slug: str = "change-availability",
    *,
    terms: Terms | None = None,
    user: Any = None,
    **params: Any,
) -> CommandBatch:
    """Submit a batch as a page would."""
    kind = TargetKind(parts[0]._meta.model_name)
    if slug == "change-availability":
        params = {"availability": "off", **params}
    return batches.submit(
        command=BY_SLUG[slug],
        selection=Selection.of_pks(kind, [part.pk for part in parts]),
        params=params,
        user=user,
        terms=terms,
    )


def advance(batch: CommandBatch, *, after: float = 0) -> CommandBatch:
    """A look at the batch, so many seconds from now."""
    pacing.advance(batch_pks=[batch.pk], now=timezone.now() + timedelta(seconds=after))
    batch.refresh_from_db()
    return batch


def released(batch: CommandBatch) -> list[int]:
    """The connectors whose runs are open."""
    open_runs = batch.runs.filter(released_at__isnull=False, closed_at=None).order_by("pk")
    return [run.connector_id for run in open_runs if run.connector_id]


def close(batch: CommandBatch, count: int = 1, status: RunStatus = RunStatus.DONE) -> None:
    """The first open ones end."""
    first = batch.runs.filter(released_at__isnull=False, closed_at=None).order_by("pk")[:count]
    CommandRun.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(
        status=status, closed_at=timezone.now()
    )
