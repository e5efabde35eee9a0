"""Who of many can be asked something now, and why the others can't. Writes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Command, Params, Target
from operations.models import CommandRun, User
from operations.services import known_refusals, rollouts, rows, runs
from operations.services.known_refusals import Refusals
from operations.services.rollouts import Firmware
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import Registration, RunStatus

# What a builder asks for that is only known when a run is sent.
UNKNOWN_YET = {"request_id": 0, "location": "https://portal.invalid/"}


class Reason(models.TextChoices):
    """Why something can't be asked of one of many."""

    OFFLINE = "offline", gettext_lazy("Not connected")
    CLOSED = "closed", gettext_lazy("Closed")
    UNSUPPORTED = "unsupported", gettext_lazy("Not supported")
    LOCKED = "locked", gettext_lazy("Switched off, or read-only")
    REJECTED = "rejected", gettext_lazy("Registered as rejected")
    MODEL = "model", gettext_lazy("Of another model")
    CURRENT = "current", gettext_lazy("Has this version already")
    SESSION = "session", gettext_lazy("A session is running")
    OPEN = "open", gettext_lazy("The same request is still open")
    FORBIDDEN = "forbidden", gettext_lazy("Not yours to ask")


@dataclass(frozen=True, slots=True)
class Hindered:
    """One of many that can't be asked, and how its run ends."""

    target: Target
    reason: Reason
    status: RunStatus
    sentence: str


@dataclass(slots=True)
class Judgement:
    """What would become of each."""

    askable: list[Target] = field(default_factory=list)
    # Of these: offline now, and asked when they connect.
    waiting: list[Target] = field(default_factory=list)
    hindered: list[Hindered] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many were chosen."""
        return len(self.askable) + len(self.hindered)

    def by_reason(self) -> dict[Reason, list[Hindered]]:
        """Those that can't be asked, in the order of the reasons."""
        found: dict[Reason, list[Hindered]] = defaultdict(list)
        for each in self.hindered:
            found[each.reason].append(each)
        return {reason: found[reason] for reason in Reason if reason in found}


@dataclass(frozen=True, slots=True)
class _Question:
    command: Command
    params: Params
    user: User | None
    terms: Terms
    firmware: Firmware | None
    # What stations told before, by their keys.
    refusals: Refusals = field(default_factory=dict)


def judge(
    *,
    command: Command,
    selection: Selection,
    params: Params,
    user: User | None,
    terms: Terms | None = None,
) -> Judgement:
    """Look at each; a handful of queries, however many there are."""
    given = rollouts.firmware_of(command, params)
    chosen = selection.load()
    told = known_refusals.of(command, params, [target.station for target in chosen])
    question = _Question(command, params, user, terms or Terms(), given, told)
    taken = _already_asked(command, {target.station.pk for target in chosen})
    judgement = Judgement()
    for target in chosen:
        hindered = _hindrance(question, target, taken)
        if hindered is None:
            judgement.askable.append(target)
        elif hindered.reason == Reason.OFFLINE and question.terms.waits_until is not None:
            judgement.askable.append(target)
            judgement.waiting.append(target)
        else:
            judgement.hindered.append(hindered)
    return judgement


Parts = tuple[int, int | None, int | None]


def _already_asked(command: Command, station_pks: set[int]) -> dict[Parts, int]:
    """The open runs of this command, by what they are aimed at."""
    taken: dict[Parts, int] = {}
    pks = sorted(station_pks)
    for start in range(0, len(pks), rows.CHUNK):
        found: QuerySet[CommandRun] = CommandRun.objects.open().filter(
            station_id__in=pks[start : start + rows.CHUNK], command=command.slug
        )
        for pk, *parts in found.values_list("pk", "station_id", "charger_id", "connector_id"):
            taken[(parts[0], parts[1], parts[2])] = pk
    return taken


def parts_of(target: Target) -> Parts:
    """The keys of what a run is aimed at."""
    return (
        target.station.pk,
        target.charger.pk if target.charger else None,
        target.connector.pk if target.connector else None,
    )


def _hindrance(question: _Question, target: Target, taken: dict[Parts, int]) -> Hindered | None:
    if not _is_theirs(question.user, target):
        return Hindered(target, Reason.FORBIDDEN, RunStatus.REFUSED, _("Not yours to ask."))
    obstacle = runs.obstacle(command=question.command, target=target)
    if obstacle is not None:
        reason = _reason(target, obstacle.status)
        return Hindered(target, reason, obstacle.status, obstacle.sentence)
    objection = _objection(question, target)
    if objection is not None:
        return Hindered(target, Reason.UNSUPPORTED, RunStatus.UNSUPPORTED, objection)
    told = question.refusals.get(target.station.pk)
    if told is not None:
        is_locked = told.status == RunStatus.REFUSED
        reason = Reason.LOCKED if is_locked else Reason.UNSUPPORTED
        return Hindered(target, reason, told.status, told.sentence)
    open_run = taken.get(parts_of(target))
    if open_run is not None:
        sentence = _("Request %(run)s for the same is still open.") % {"run": open_run}
        return Hindered(target, Reason.OPEN, RunStatus.REFUSED, sentence)
    return _hindrance_now(question, target)


def _hindrance_now(question: _Question, target: Target) -> Hindered | None:
    """What may have changed when a run's turn comes, perhaps days later."""
    misfit = _misfit(question, target)
    if misfit is not None:
        return misfit
    if target.sessions and not question.terms.asks_during_sessions:
        warnings = question.command.warnings(target, question.params)
        if warnings:
            sentence = _("%(warning)s Not asked while it runs.") % {"warning": warnings[0]}
            return Hindered(target, Reason.SESSION, RunStatus.REFUSED, sentence)
    return None


def _misfit(question: _Question, target: Target) -> Hindered | None:
    """Why the firmware given is not for this station, or no news to it."""
    given, station = question.firmware, target.station
    if given is None:
        return None
    wrong = given.wrong_for(station)
    if wrong is not None:
        return Hindered(target, Reason.MODEL, RunStatus.UNSUPPORTED, wrong)
    if given.is_on(station) and not question.params.get("anyway"):
        sentence = _("It has %(version)s already.") % {"version": given.version}
        return Hindered(target, Reason.CURRENT, RunStatus.CANCELLED, sentence)
    return None


def hindrances(
    *, command: Command, params: Params, targets: Sequence[Target], terms: Terms
) -> list[Hindered | None]:
    """Why each of a batch's targets can't be asked any more, now that its turn has come.

    Whether stations are connected and willing is not looked at: that a batch may wait for.
    """
    question = _Question(command, params, None, terms, rollouts.firmware_of(command, params))
    return [_hindrance_now(question, target) for target in targets]


def _is_theirs(user: User | None, target: Target) -> bool:
    """As ScopedQuerySet.visible_to has it, for one that is loaded already."""
    if user is None or user.sees_whole_network:
        return True
    organisation = user.organisation_id
    return organisation is not None and target.station.organisation_id == organisation


def _reason(target: Target, status: RunStatus) -> Reason:
    if target.is_closed:
        return Reason.CLOSED
    if status == RunStatus.NOT_CONNECTED:
        return Reason.OFFLINE
    if target.station.registration == Registration.REJECTED and status == RunStatus.REFUSED:
        return Reason.REJECTED
    return Reason.UNSUPPORTED


def _objection(question: _Question, target: Target) -> str | None:
    """Why just these choices can't be asked of just this target."""
    if _has_words(question, target):
        return question.command.objection(target, question.params)
    return _("OCPP %(version)s has no words for these choices.") % {
        "version": target.station.protocol
    }


def _has_words(question: _Question, target: Target) -> bool:
    """Whether the station's version can say these params: a form knows one version's choices."""
    version = target.station.version
    if version is None:
        return False
    try:
        return bool(question.command.requests(version, target, {**UNKNOWN_YET, **question.params}))
    except (LookupError, TypeError, ValueError):
        return False
