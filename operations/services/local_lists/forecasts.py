"""What sending would do, before it is done: the changes and messages of one station or of many."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.commands.send_local_list import DIFFERENTIAL, FULL
from operations.models import LocalList, StationList
from operations.models.local_lists import ListState
from operations.services import rows
from operations.services.local_lists import jobs, revisions, states, words
from operations.services.local_lists.planning import Changes, Limits

NEVER = {ListState.DISABLED, ListState.UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go to one station."""

    copy: StationList
    changes: Changes | None  # none: nothing can be sent
    is_full: bool
    messages: int
    why_not: str = ""  # or why a differential can't be

    @property
    def skipped(self) -> int:
        """How many identifiers the station's version of OCPP can't carry."""
        desired = self.copy.local_list.revision if self.copy.local_list else None
        return desired.size - desired.size_for(self.copy.station.protocol) if desired else 0


def plan(copy: StationList, mode: str) -> Plan:
    """For a copy with its station, list and revisions (jobs.RELATED)."""
    desired = copy.local_list.revision if copy.local_list else None
    if desired is None:
        return Plan(copy, None, is_full=False, messages=0, why_not=_("No list is assigned."))
    if copy.standing in NEVER:
        is_off = copy.standing == ListState.DISABLED
        why = words.disabled() if is_off else words.no_list()
        return Plan(copy, None, is_full=False, messages=0, why_not=why)
    if states.is_too_long(copy, desired):
        why = _("The list has %(size)d identifiers, the station takes %(most)d.")
        numbers = {"size": desired.size_for(copy.station.protocol), "most": copy.most_entries}
        return Plan(copy, None, is_full=False, messages=0, why_not=why % numbers)
    why_not = jobs.why_not_differential(copy, copy.station.protocol)
    if mode == DIFFERENTIAL and why_not:
        return Plan(copy, None, is_full=False, messages=0, why_not=why_not)
    is_full = mode == FULL or bool(why_not) or copy.revision is None
    base = "" if is_full or copy.revision is None else copy.revision.digest
    changes = revisions.changes_between(copy.station.protocol, base, desired.digest)
    limits = Limits(copy.most_at_once, copy.most_bytes)
    messages = len(changes.ends(limits)) if is_full or changes.size else 0
    return Plan(copy, changes, is_full, messages, "" if mode == FULL else why_not)


def plans(station_pks: Collection[int], mode: str) -> Iterator[Plan]:
    """For many: those whose changes are the same one after the other."""
    pks = sorted(station_pks)
    for start in range(0, len(pks), rows.CHUNK):
        copies = StationList.objects.filter(station__in=pks[start : start + rows.CHUNK])
        ordered = copies.select_related(*jobs.RELATED).order_by(
            "local_list__revision", "revision", "station__protocol", "pk"
        )
        for copy in ordered:
            yield plan(copy, mode)


def freshen(station_pks: Collection[int]) -> None:
    """Make the lists of these stations anew where their tokens have changed."""
    copies = StationList.objects.filter(station__in=station_pks)
    stale = LocalList.objects.stale().filter(pk__in=copies.values("local_list"))
    for local_list in stale.order_by("pk"):
        revisions.refresh(local_list)


def sentences(station_pks: Collection[int], mode: str) -> list[str]:
    """The same in words, for the form and the preview of a request."""
    freshen(station_pks)
    tally = Counter[str]()
    found = [each for each in plans(station_pks, mode) if each.copy.local_list is not None]
    for each in found:
        _count(tally, each)
    tally["none"] = len(station_pks) - len(found)
    said = list(_of_one(found[0])) if len(station_pks) == 1 and found else list(_of_many(tally))
    if tally["skipped"]:
        said.append(
            ngettext(
                "%(count)d identifier is skipped where OCPP 1.6 or 2.0.1 can't carry it.",
                "%(count)d identifiers are skipped where OCPP 1.6 or 2.0.1 can't carry them.",
                tally["skipped"],
            )
            % {"count": tally["skipped"]}
        )
    return said


def _count(tally: Counter[str], plan: Plan) -> None:
    if plan.changes is None:
        tally["refused"] += 1
        return
    kind = "full" if plan.is_full else "differential" if plan.changes.size else "in_step"
    tally[kind] += 1
    tally["skipped"] = max(tally["skipped"], plan.skipped)
    for name in ("added", "changed", "removed"):
        tally[name] += len(getattr(plan.changes, name))
    tally["messages"] += plan.messages


def _of_one(plan: Plan) -> Iterator[str]:
    if plan.changes is None:
        yield plan.why_not
    elif plan.is_full:
        if plan.why_not:
            yield plan.why_not
        yield _("The whole list: %(size)d identifiers in %(messages)s.") % {
            "size": plan.changes.size,
            "messages": words.messages_in_words(plan.messages),
        }
    elif not plan.changes.size:
        yield _("Nothing has changed: the station is in step as far as is known.")
    else:
        yield _("%(added)d added, %(changed)d changed, %(removed)d removed: %(messages)s.") % {
            "added": len(plan.changes.added),
            "changed": len(plan.changes.changed),
            "removed": len(plan.changes.removed),
            "messages": words.messages_in_words(plan.messages),
        }
    if plan.copy.most_per_message is None and plan.copy.standing not in NEVER:
        yield _("How much it takes at once is read before anything is sent.")


def _of_many(tally: Counter[str]) -> Iterator[str]:
    yield from (
        sentence % {"count": tally[name]} for name, sentence in _words(tally) if tally[name]
    )
    if tally["messages"]:
        yield _(
            "In all %(added)d identifiers added, %(changed)d changed, %(removed)d removed, "
            "in %(messages)s."
        ) % {
            **{name: tally[name] for name in ("added", "changed", "removed")},
            "messages": words.messages_in_words(tally["messages"]),
        }


def _words(tally: Counter[str]) -> Iterator[tuple[str, str]]:
    yield (
        "full",
        ngettext(
            "%(count)d station gets the whole list.",
            "%(count)d stations get the whole list.",
            tally["full"],
        ),
    )
    yield (
        "differential",
        ngettext(
            "%(count)d station gets only changes.",
            "%(count)d stations get only changes.",
            tally["differential"],
        ),
    )
    yield (
        "in_step",
        ngettext(
            "%(count)d station is in step: nothing is sent to it.",
            "%(count)d stations are in step: nothing is sent to them.",
            tally["in_step"],
        ),
    )
    yield (
        "refused",
        ngettext(
            "%(count)d station can't be sent it: its page says why.",
            "%(count)d stations can't be sent it: their pages say why.",
            tally["refused"],
        ),
    )
    yield (
        "none",
        ngettext(
            "%(count)d station has no list assigned.",
            "%(count)d stations have no list assigned.",
            tally["none"],
        ),
    )
