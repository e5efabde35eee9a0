"""Celery's tasks: each calls a service, nothing else."""

from celery import shared_task

from operations.services import (
    alerts,
    applying,
    delivering,
    drift,
    history,
    pacing,
    pruning,
    sweeping,
    token_imports,
)
from operations.services.accounts import mailing, sessions
from operations.services.local_lists import tending


@shared_task
def sweep() -> None:
    """Each second: deadlines, lost announcements, dead nodes."""
    sweeping.sweep()


@shared_task
def prune() -> None:
    """Each minute: what is too old, lost wake-ups; again at once while more is due."""
    pacing.wake_connected()
    token_imports.prune()
    sessions.prune()
    for import_pk in token_imports.unfinished():
        check_tokens.delay(import_pk)
    tending.tend()
    if pruning.prune():
        prune.delay()


@shared_task
def watch() -> None:
    """Each quarter of a minute: what alert rules look for."""
    alerts.watch()


@shared_task
def take_minute() -> None:
    """Each minute: how the fleet is."""
    history.take_minute()
    history.prune()


@shared_task
def deliver() -> None:
    """Every few seconds: notifications that are due."""
    delivering.deliver_due()


@shared_task
def check_tokens(import_pk: int) -> None:
    """A file of tokens was uploaded; again at once while rows are left to be checked."""
    if token_imports.check(import_pk=import_pk):
        check_tokens.delay(import_pk)


@shared_task
def compare() -> None:
    """Every few seconds: stations' settings with their templates'."""
    drift.catch_up()
    applying.visit()


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def send_mail(subject: str, body: str, to: list[str]) -> None:
    """A letter about somebody's account."""
    mailing.send(subject=subject, body=body, to=to)
