"""Celery's tasks: each calls a service, nothing else."""

from celery import shared_task

from operations.services import pruning, sweeping


@shared_task
def sweep() -> None:
    """Each second: deadlines, lost announcements, dead nodes."""
    sweeping.sweep()


@shared_task
def prune() -> None:
    """Each minute: old messages; again at once while more are due, so that sweeps come between."""
    if pruning.prune():
        prune.delay()
