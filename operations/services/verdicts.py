"""What stations' answers to a run's calls mean, one by one and together."""

from typing import Any

from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands.base import UNSUPPORTED_CODES, Command, Outcome
from operations.models import CommandRun
from operations.statuses import RunStatus


def combined(run: CommandRun) -> Outcome:
    """What all answers so far come to."""
    command = BY_SLUG[run.command]
    return command.combine([of_answer(command, answer) for answer in run.answers])


def of_answer(command: Command, answer: dict[str, Any]) -> Outcome:
    """What one answer means; errors mean the same for every command."""
    if "error" not in answer:
        return command.outcome(answer["action"], answer.get("payload") or {})
    said = {"error": f"{answer['error']} {answer.get('description', '')}".rstrip()}
    if answer["error"] in UNSUPPORTED_CODES:
        return Outcome(
            RunStatus.UNSUPPORTED,
            _("The station does not support this: %(error)s") % said,
        )
    return Outcome(RunStatus.FAILED, _("The station reported an error: %(error)s") % said)
