"""Celery's tasks: each calls a service, nothing else."""

from celery import shared_task

from operations.services import sweeping


@shared_task
def sweep() -> None:
    """Each second: deadlines, lost announcements, dead nodes."""
    sweeping.sweep()
