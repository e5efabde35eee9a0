"""A run as people read it, and the fragments of it that live pushes put in place.

`fragments` is for the browsers' hub: it knows no user, so nothing in it depends on one. Times
are in the active time zone: render inside `timezone.override(user.time_zone)`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.forms import Field
from django.utils import timezone
from django.utils.choices import flatten_choices
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from operations import masking
from operations.commands import BY_SLUG
from operations.commands.base import Params, Target, Text
from operations.commands.spans import duration
from operations.models import CommandRun, OcppMessage, RunTransition
from operations.services import runs
from operations.statuses import RunStatus
from operations.tables.runs import title
from operations.views import run_phases, run_results
from operations.views.conversations import Exchange, exchanges

# One template each: operations/runs/_<name>.html, whose element has the id run-<pk>-<name>.
FRAGMENTS = (
    "badge",
    "line",
    "truth",
    "progress",
    "result",
    "timeline",
    "frames",
    "facts",
    "actions",
)


class Fragment(NamedTuple):
    """An element of a page: its id, and what renders it."""

    dom_id: str
    template: str
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One transition, with how long after the question it came."""

    status: RunStatus
    at: datetime
    cause: str
    delay: str
    word: str = ""  # the phase, where there is one


def of_pks(pks: Iterable[int]) -> list[CommandRun]:
    """Runs with all that their stories need."""
    related = ("station", "charger", "connector", "created_by")
    wanted = CommandRun.objects.filter(pk__in=pks).select_related(*related)
    return list(wanted.prefetch_related("transitions", "messages"))


def fragments(run: CommandRun) -> list[Fragment]:
    """All of a run that changes while one looks at it; pages have some of these ids."""
    context = tell(run)
    return [
        Fragment(f"run-{run.pk}-{name}", f"operations/runs/_{name}.html", context)
        for name in FRAGMENTS
    ]


def notice(run: CommandRun) -> dict[str, Any]:
    """As much of the story as a notice takes: of a run that was asked for just now."""
    transitions = list(run.transitions.all()) if run.attempts else []
    return {
        "run": run,
        "key": str(run.pk),
        "title": title(run),
        "icon": icon(run),
        "line": line(run, transitions),
    }


def tell(run: CommandRun) -> dict[str, Any]:
    """The story as templates take it. Two queries, none for runs of `of_pks`."""
    transitions = list(run.transitions.all())
    # Ordered here: an ordered queryset would pass by what was prefetched.
    messages = sorted(run.messages.all(), key=lambda message: message.pk)
    return {
        "run": run,
        "key": str(run.pk),
        "title": title(run),
        "label": label(run),
        "icon": icon(run),
        "truth": truth(run),
        "line": line(run, transitions),
        "progress": run_phases.draw(run, transitions),
        **run_results.tell(run),
        "steps": steps(run, transitions),
        "exchanges": conversation(messages),
        "facts": facts(run, transitions),
        "is_cancellable": run.command in BY_SLUG and runs.is_cancellable(run),
    }


def label(run: CommandRun) -> Text:
    """The command's name."""
    command = BY_SLUG.get(run.command)
    return command.label if command else run.command


def icon(run: CommandRun) -> str:
    """The command's icon."""
    command = BY_SLUG.get(run.command)
    return command.icon if command else "circle-question"


def truth(run: CommandRun) -> str:
    """The whole story in a line: "Done after 1.4 s: Connector 2 of Quay 1-A is now Available."."""
    words = {"status": run.get_status_display(), "summary": run.summary}
    if run.closed_at is None or run.closed_at == run.created_at:
        return _("%(status)s: %(summary)s") % words
    words["after"] = duration(milliseconds(run.closed_at - run.created_at))
    return _("%(status)s after %(after)s: %(summary)s") % words


def line(run: CommandRun, transitions: list[RunTransition]) -> str:
    """The run's way in a few words: "Sent · Accepted · Done ✓ 1.4 s"."""
    # Queued is no news once the run is further.
    path = [step.get_phase_display() or step.get_to_status_display() for step in transitions[1:]]
    # A late answer may have been noted where the run stayed as it was.
    path = [word for word, _same in groupby(path)][-4:] or [run.get_status_display()]
    if run.state.is_open:
        return " · ".join([*path, "…"])
    sign = "✓" if run.state == RunStatus.DONE else "✕"
    ended_at = run.closed_at or run.created_at
    took = duration(milliseconds(ended_at - run.created_at)) if len(transitions) > 1 else ""
    return f"{' · '.join(path)} {sign} {took}".rstrip()


def steps(run: CommandRun, transitions: list[RunTransition]) -> list[Step]:
    """The transitions, each with its distance from the question."""
    return [
        Step(
            status=RunStatus(transition.to_status),
            at=transition.at,
            cause=transition.cause,
            word=transition.get_phase_display(),
            delay=f"+{duration(milliseconds(transition.at - run.created_at))}" if number else "",
        )
        for number, transition in enumerate(transitions)
    ]


def conversation(messages: list[OcppMessage]) -> list[Exchange]:
    """The frames that went to and fro, oldest first."""
    return exchanges(messages)


def facts(run: CommandRun, transitions: list[RunTransition]) -> list[dict[str, Any]]:
    """What came of it, in figures."""
    plan = _plan(run)
    return [
        *([{"label": _("Plan"), "value": plan}] if plan else []),
        {"label": _("Sent"), "value": _sent(run)},
        {"label": _("Answer"), "value": _answers(run)},
        {"label": _("Answered within"), "value": duration(run.latency_ms)},
        {"label": _("Observed effect"), "value": _effect(run, transitions)},
    ]


def _plan(run: CommandRun) -> str:
    """What comes next, by itself."""
    if run.state != RunStatus.QUEUED:
        return ""
    if run.waits_for_station:
        return _("Asked when the station next connects.")
    if run.is_held:
        return _("Waits for its turn in the batch.")
    if run.next_attempt_at is not None:
        at = timezone.localtime(run.next_attempt_at)
        return _("Next try %(at)s") % {"at": at.strftime("%H:%M:%S")}
    return ""


def _sent(run: CommandRun) -> str:
    if not run.attempts:
        return _("Not yet") if run.state.is_open else _("Never")
    if run.max_attempts == 1:
        return _("Once")
    return _("%(done)d of at most %(most)d times") % {
        "done": run.attempts,
        "most": run.max_attempts,
    }


def _answers(run: CommandRun) -> str:
    """The statuses or error codes that came back."""
    command = BY_SLUG.get(run.command)
    words = []
    for answer in run.answers:
        if "error" in answer:
            words.append(str(answer["error"]))
        elif command is not None:
            words.append(command.answer_status(answer["action"], answer.get("payload") or {}))
    return ", ".join(word for word in words if word)


def _effect(run: CommandRun, transitions: list[RunTransition]) -> str:
    command = BY_SLUG.get(run.command)
    seen = next((step for step in transitions if step.to_status == RunStatus.DONE), None)
    if seen is not None:
        return seen.cause
    if command is not None and not command.awaits:
        return _("What the station answers is the effect.")
    return _("Not seen yet.") if run.state.is_open else _("None was seen.")


def parameters(run: CommandRun) -> list[dict[str, Any]]:
    """What was asked for, field by field in the form's words, secrets masked."""
    target = Target(station=run.station, charger=run.charger, connector=run.connector)
    return parameters_of(run.command, run.params, target)


def parameters_of(slug: str, params: Params, target: Target) -> list[dict[str, Any]]:
    """The same of what is asked of many."""
    command = BY_SLUG.get(slug)
    fields = command.form(target=target).fields if command else {}
    return [
        {
            "label": (fields[name].label if name in fields else None) or name,
            "value": _in_words(value, fields.get(name)),
        }
        for name, value in masking.payload(params).items()
    ]


def _in_words(value: Any, field: Field | None) -> str:
    """As the form shows it: a choice's word, a list as it is typed."""
    choices: Iterable[tuple[Any, Any]] = flatten_choices(getattr(field, "choices", ()))
    for key, word in choices:
        if key == value:
            return str(word)
    if value is None:
        return ""
    typed = field.prepare_value(value) if field else value
    if isinstance(typed, str):
        return typed
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def milliseconds(span: timedelta) -> int:
    """A span in whole milliseconds; clocks of two servers may differ a little."""
    return max(round(span.total_seconds() * 1000), 0)


def moment(at: datetime) -> str:
    """A point in time to the millisecond, in the reader's zone."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'j M Y, H:i:s')}.{local.microsecond // 1000:03}"
