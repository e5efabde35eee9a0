"""One sending of a list to one station: what to send next, and how it ends.

The run asks for the station's version and limits first, then sends one piece after the other.
What the station has confirmed is kept with each answer (hearing.py); this only reads it.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from django.utils import timezone
from django.utils.translation import gettext as _

from operations.commands.base import UNSUPPORTED_CODES, Outcome, Params
from operations.commands.send_local_list import DIFFERENTIAL, FULL
from operations.models import CommandRun, ListRevision, StationList
from operations.models.local_lists import least
from operations.services.local_lists import revisions, states, words
from operations.services.local_lists.planning import Changes, Limits
from operations.statuses import RunStatus

RELATED = ("station", "local_list__revision", "revision", "base")


@dataclass(frozen=True, slots=True)
class Job:
    """Where a sending is: kept as JSON with the station's copy."""

    revision: int
    digest: str
    protocol: str
    # What the changes are from; none: the whole list.
    base: int | None = None
    base_digest: str = ""
    accepted: int = 0  # so many items are confirmed
    asked: int = 0  # … and so many will be when what was sent last is answered
    version: int = 0  # of what was sent last
    messages: int = 0  # accepted ones
    most: int | None = None  # so many at once, found out by halving
    is_second_try: bool = False  # the whole list again, after changes were not taken

    @classmethod
    def of(cls, copy: StationList) -> Self | None:
        """The copy's job, None where there never was one."""
        return cls(**copy.job) if copy.job else None

    @property
    def is_full(self) -> bool:
        """Whether it puts the whole list in the place of what is there."""
        return self.base is None

    @property
    def changes(self) -> Changes:
        """All it is to send."""
        return revisions.changes_between(self.protocol, self.base_digest, self.digest)

    @property
    def is_first(self) -> bool:
        """Whether what was sent last is the message of a full update that is one."""
        return self.is_full and self.accepted == 0

    def again_in_full(self, *, most: int | None) -> "Job":
        """The same from the beginning: the whole list."""
        return replace(
            self,
            base=None,
            base_digest="",
            accepted=0,
            asked=0,
            messages=0,
            most=most,
            is_second_try=True,
        )


def prepare(run: CommandRun) -> Params | Outcome:
    """The next piece of a run that sends a list, or how it ends."""
    last = run.answers[-1]
    copy = copy_of(run.station_id)
    if run.status != RunStatus.SENT:
        return _late(run, copy)
    if last["action"] != "SendLocalList":
        return _begin(run, copy)
    job = Job.of(copy)
    if job is None or copy.run_id != run.pk:
        return Outcome(RunStatus.FAILED, _("The station was given another list meanwhile."))
    return _go_on(copy, job, last)


def copy_of(station_pk: int) -> StationList:
    """The station's copy, locked; made where there is none."""
    StationList.objects.get_or_create(station_id=station_pk)
    locked = StationList.objects.select_for_update(of=("self",)).select_related(*RELATED)
    return locked.get(station_id=station_pk)


def _begin(run: CommandRun, copy: StationList) -> Params | Outcome:
    """The station has told what it holds and takes: see whether to send, and what."""
    hindrance = _hindrance(run, copy)
    if hindrance is not None:
        return hindrance
    assert copy.local_list is not None  # noqa: S101
    desired = revisions.refresh(copy.local_list)
    if states.is_too_long(copy, desired):
        return _too_long(copy, desired)
    mode = run.params.get("mode", FULL)
    why_not = why_not_differential(copy, run.protocol)
    if mode == DIFFERENTIAL and why_not:
        return Outcome(RunStatus.REFUSED, why_not)
    job = Job(revision=desired.pk, digest=desired.digest, protocol=run.protocol)
    if mode != FULL and not why_not and copy.revision is not None:
        job = replace(job, base=copy.revision.pk, base_digest=copy.revision.digest)
        if job.changes.size == 0:
            return _nothing_to_send(copy, desired)
    copy.run = run
    return _send(copy, replace(job, most=copy.most_taken), "")


def _hindrance(run: CommandRun, copy: StationList) -> Outcome | None:
    looked = next(each for each in run.answers if each["action"] == "GetLocalListVersion")
    if looked.get("error") in UNSUPPORTED_CODES or copy.is_supported is False:
        return Outcome(RunStatus.UNSUPPORTED, words.no_list())
    if copy.is_enabled is False:
        return Outcome(RunStatus.REFUSED, words.disabled())
    if copy.reported_version == -1:
        return Outcome(RunStatus.UNSUPPORTED, _("The station says it has no local list (-1)."))
    if copy.local_list is None:
        return Outcome(RunStatus.REFUSED, _("No list is assigned to the station."))
    other = copy.run
    if other is not None and other.pk != run.pk and other.status == RunStatus.SENT:
        sentence = _("Request %(run)s is sending a list to this station.") % {"run": other.pk}
        return Outcome(RunStatus.REFUSED, sentence)
    return None


def _too_long(copy: StationList, desired: ListRevision) -> Outcome:
    sentence = _("The list has %(size)d identifiers, the station takes %(most)d. Nothing was sent.")
    numbers = {"size": desired.size_for(copy.station.protocol), "most": copy.most_entries}
    return Outcome(RunStatus.REFUSED, sentence % numbers)


def why_not_differential(copy: StationList, protocol: str) -> str:
    """Why changes alone would not do; empty when they would."""
    if copy.revision_id is None:
        return _("Nothing was sent yet: send the list in full.")
    if copy.is_in_doubt:
        return _("Whether the last message was applied is not known: get the version first.")
    if copy.applied is not None:
        return _("The list is only partly applied: send it in full.")
    if copy.protocol != protocol:
        return _("The station speaks another version of OCPP now: send the list in full.")
    if copy.reported_version not in {None, copy.version}:
        return _(
            "The station holds version %(reported)d, not %(confirmed)d: somebody else changed it. "
            "Send the list in full."
        ) % {"reported": copy.reported_version, "confirmed": copy.version}
    return ""


def _nothing_to_send(copy: StationList, desired: ListRevision) -> Outcome:
    copy.revision = desired
    _save(copy)
    return Outcome(
        RunStatus.DONE,
        _("Nothing to send: the station is in step, version %(version)d.")
        % {"version": copy.version},
    )


def _send(copy: StationList, job: Job, why: str) -> Params:
    """Word the next piece, and keep what will be true when it is accepted."""
    limits = Limits(least(copy.most_per_message, job.most), copy.most_bytes)
    end = job.changes.next_end(job.accepted, limits)
    version = 1 + max(copy.version or 0, copy.reported_version or 0, job.version)
    job = replace(job, asked=end, version=version)
    copy.job = asdict(job)
    _save(copy)
    return {
        "piece": {
            "version": version,
            "update": "Full" if job.is_first else "Differential",
            "entries": job.changes.items[job.accepted : end],
            "sentence": f"{why} {_sending(job)}".strip(),
        }
    }


def _sending(job: Job) -> str:
    numbers = {
        "version": job.version,
        "start": min(job.accepted + 1, job.asked),
        "end": job.asked,
        "size": job.changes.size,
    }
    if job.is_full:
        sentence = _("Sending version %(version)d: identifiers %(start)d to %(end)d of %(size)d.")
    else:
        sentence = _("Sending version %(version)d: changes %(start)d to %(end)d of %(size)d.")
    return sentence % numbers


def _go_on(copy: StationList, job: Job, last: dict[str, Any]) -> Params | Outcome:
    """A piece was answered."""
    status = (last.get("payload") or {}).get("status", "")
    if status == "Accepted":
        is_whole = job.accepted >= job.changes.size
        return _finished(copy, job) if is_whole else _send(copy, job, "")
    if status == "NotSupported" or last.get("error") in UNSUPPORTED_CODES:
        return Outcome(RunStatus.UNSUPPORTED, _("The station does not take local lists."))
    said = status or f"{last.get('error', '')} {last.get('description', '')}".strip()
    why = _("The station answered %(said)s.") % {"said": said[:100]}
    taken = job.asked - job.accepted
    if not job.is_first and not job.is_second_try:
        return _send(
            copy,
            job.again_in_full(most=job.most),
            _("%(why)s Sending the whole list instead.") % {"why": why},
        )
    if job.is_first and taken > 1 and status != "VersionMismatch":
        return _send(copy, replace(job, most=taken // 2), f"{why} {_with_fewer(copy, taken)}")
    return Outcome(RunStatus.FAILED, f"{why} {words.remark_on(copy)}".strip())


def _with_fewer(copy: StationList, taken: int) -> str:
    """Some say nothing of how many they take at once, and some take fewer than they say."""
    told, most = copy.most_per_message, taken // 2
    if told is None or told < taken:
        return _("Trying with %(most)d at once.") % {"most": most}
    sentence = _("It says it takes %(told)d at once, but not so many: trying with %(most)d.")
    return sentence % {"told": told, "most": most}


def _finished(copy: StationList, job: Job) -> Outcome:
    skipped = _skipped(job)
    sentence = _(
        "The station confirmed version %(version)d: %(size)d identifiers, by %(messages)s."
    ) % {
        "version": job.version,
        "size": ListRevision.objects.get(pk=job.revision).size - skipped,
        "messages": words.messages_in_words(job.messages),
    }
    if skipped:
        sentence += " " + _("%(skipped)d can't be said in OCPP %(protocol)s.") % {
            "skipped": skipped,
            "protocol": job.protocol,
        }
    return Outcome(RunStatus.DONE, sentence)


def _skipped(job: Job) -> int:
    revision = ListRevision.objects.get(pk=job.revision)
    return revision.size - revision.size_for(job.protocol)


def _late(run: CommandRun, copy: StationList) -> Outcome:
    """An answer that comes when the run is over counts, but nothing more is sent."""
    job = Job.of(copy)
    if job is None or copy.run_id != run.pk:
        return Outcome(RunStatus.FAILED, _("The list was not sent."))
    if not copy.is_in_doubt and copy.applied is None and copy.version == job.version:
        return _finished(copy, job)
    return Outcome(RunStatus.FAILED, words.remark_on(copy))


def give_up(run: CommandRun) -> str:
    """No answer comes: whether the last piece was applied is not known. What to say of it."""
    copy = copy_of(run.station_id)
    if copy.run_id != run.pk or Job.of(copy) is None:
        return ""
    copy.is_in_doubt = True
    _save(copy)
    return words.remark_on(copy)


def tell_version(run: CommandRun) -> Outcome:
    """What a station's answer to GetLocalListVersion means (1.6 §5.10, 2.0.1 D02)."""
    looked = next(each for each in run.answers if each["action"] == "GetLocalListVersion")
    if "error" in looked:
        known = looked["error"] in UNSUPPORTED_CODES
        return Outcome(
            RunStatus.UNSUPPORTED if known else RunStatus.FAILED,
            _("The station answered %(code)s %(description)s")
            % {"code": looked["error"], "description": looked.get("description", "")},
        )
    return Outcome(RunStatus.DONE, words.in_words(copy_of(run.station_id)))


def _save(copy: StationList) -> None:
    states.settle(copy, timezone.now())
    copy.save()
