"""Brings stations to what their templates say: on demand, and when they connect."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands.base import Params, TargetKind
from operations.models import (
    CommandRun,
    ConfigurationTemplate,
    SettingDrift,
    Station,
    StationSetting,
    TemplateVisit,
    User,
)
from operations.models.templates import DriftState
from operations.services import auditing, batches, desired, runs, targets, templates
from operations.services import drift as drift_service
from operations.services.desired import Wishes
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import OPEN_STATUSES, Registration

WAITS = timedelta(days=1)  # for stations that are offline when somebody applies
FEW = 3  # stations that are asked singly: a batch of them would only be in the way
MOST_VISITS = 1_000  # begun in one look
# A station that has just connected boots first; one that flaps need not be read each time.
SETTLING = timedelta(seconds=10)
VISITS_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ask:
    """A setting that one station should be given."""

    station_pk: int
    key: str
    value: str
    batch_size: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The same settings for several stations: one batch."""

    params: Params
    station_pks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was asked."""

    stations: int
    runs: tuple[CommandRun, ...] = ()
    batch_pks: tuple[int, ...] = ()


def applicable(drift: QuerySet[SettingDrift]) -> QuerySet[SettingDrift]:
    """What can be asked for at all: not what the station says can't be changed."""
    return drift.exclude(state=DriftState.READ_ONLY)


def steps(asks: Iterable[Ask]) -> list[Step]:
    """Stations that need the same settings together; most first."""
    wanted: dict[int, list[Ask]] = defaultdict(list)
    for ask in asks:
        wanted[ask.station_pk].append(ask)
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for station, mine in wanted.items():
        settings = sorted((ask.key, ask.value) for ask in mine)
        size = min((ask.batch_size for ask in mine if ask.batch_size), default=None)
        groups[(*settings, size)].append(station)
    found = [Step(_params(*key), tuple(pks)) for key, pks in groups.items()]
    return sorted(found, key=lambda step: -len(step.station_pks))


def _params(*parts: Any) -> Params:
    *settings, size = parts
    params: Params = {"settings": [{"key": key, "value": value} for key, value in settings]}
    return {**params, "most_items": size} if size is not None else params


def asks_of(drift: QuerySet[SettingDrift]) -> list[Ask]:
    """What these deviations ask for."""
    rows = applicable(drift).order_by()
    facts = rows.values_list("station_id", "key", "desired", "template__batch_size")
    return [Ask(*fact) for fact in facts]


def asks_of_template(
    template: ConfigurationTemplate, stations: Sequence[Station], wishes: Wishes
) -> list[Ask]:
    """What a template would change at these stations, whether it is in force or not."""
    found = []
    for start in range(0, len(stations), drift_service.CHUNK):
        chunk = stations[start : start + drift_service.CHUNK]
        for pk, standing in drift_service.standings(chunk, wishes).items():
            found += [
                Ask(pk, each.key, each.desired, template.batch_size)
                for each in standing.deviations
                if each.template_pk == template.pk and each.state != DriftState.READ_ONLY
            ]
    return found


def apply(*, asks: Iterable[Ask], user: User | None, reason: str = "") -> Applied:
    """Ask for these settings; stations that are offline are asked if they come within a day."""
    waits_until = timezone.now() + WAITS if user is not None else None
    terms = Terms(reason=reason, waits_until=waits_until)
    return _ask("change-settings", steps(asks), user, terms)


def read(*, wanted: Mapping[int, Iterable[str]], user: User | None, reason: str = "") -> Applied:
    """Ask stations for these settings, by station: what was never asked for can't be compared."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for station, keys in wanted.items():
        if keys:
            groups[tuple(sorted(keys))].append(station)
    todo = [Step({"keys": list(keys)}, tuple(pks)) for keys, pks in groups.items()]
    return _ask("read-settings", todo, user, Terms(reason=reason))


def _ask(slug: str, todo: list[Step], user: User | None, terms: Terms) -> Applied:
    """Few stations that are there are asked at once, the others in batches."""
    command = BY_SLUG[slug]
    asked, made = [], []
    for step in todo:
        found = list(Station.objects.filter(pk__in=step.station_pks)) if _is_few(step) else []
        if found and all(station.is_connected for station in found):
            options = runs.Options(reason=terms.reason)
            asked += [
                runs.submit(
                    command=command,
                    target=targets.of_station(station),
                    params=step.params,
                    user=user,
                    options=options,
                )
                for station in found
            ]
            continue
        selection = Selection.of_pks(TargetKind.STATION, step.station_pks)
        batch = batches.submit(
            command=command, selection=selection, params=step.params, user=user, terms=terms
        )
        made.append(batch.pk)
    stations = sum(len(step.station_pks) for step in todo)
    return Applied(stations, tuple(asked), tuple(made))


def _is_few(step: Step) -> bool:
    return len(step.station_pks) <= FEW


# --- When a station connects ---------------------------------------------------------------------


def visit() -> None:
    """Read what stations that have connected since should have; apply it once it was read."""
    now = timezone.now()
    with auditing.acting(auditing.schedule(_("Configuration templates"))):
        finish_visits(now)
        begin_visits(now)


def begin_visits(now: datetime) -> None:
    """Read the templates' settings of stations whose connection is new."""
    wishes = Wishes([each for each in desired.wishes(now).templates if each.applies_on_connect])
    if not wishes.templates:
        return
    fitting = reduce(or_, (templates.fitting(template) for template in wishes.templates))
    due = Q(template_visit=None) | (
        ~Q(template_visit__epoch=F("epoch")) & Q(template_visit__asked_at__lt=now - VISITS_EVERY)
    )
    found = Station.objects.filter(
        due,
        fitting,
        connected_at__lte=now - SETTLING,
        registration=Registration.ACCEPTED,
    ).exclude(protocol="")
    stations = list(found.order_by("pk")[:MOST_VISITS])
    if not stations:
        return
    parts = desired.parts_of(stations) if wishes.has_bound else {}
    wanted = {each.pk: wishes.of(each, parts.get(each.pk, ())) for each in stations}
    with transaction.atomic():
        TemplateVisit.objects.bulk_create(
            [TemplateVisit(station=each, epoch=each.epoch, asked_at=now) for each in stations],
            update_conflicts=True,
            unique_fields=["station"],
            update_fields=["epoch", "asked_at", "is_reading"],
        )
        read(wanted=wanted, user=None, reason=_("To compare it with its templates"))


def finish_visits(now: datetime) -> None:
    """Apply to stations that have told by now; those that did not tell are left alone."""
    reading = CommandRun.objects.filter(
        station=OuterRef("station"), command="read-settings", status__in=OPEN_STATUSES
    )
    over = TemplateVisit.objects.filter(~Exists(reading), is_reading=True)
    told = StationSetting.objects.filter(
        station=OuterRef("station"), read_at__gte=OuterRef("asked_at")
    )
    visits = list(over.annotate(has_told=Exists(told)).order_by("pk")[:MOST_VISITS])
    if not visits:
        return
    with transaction.atomic():
        TemplateVisit.objects.filter(pk__in=[each.pk for each in visits]).update(is_reading=False)
        drift = SettingDrift.objects.filter(
            station__in=[each.station_id for each in visits if each.has_told],
            state=DriftState.DIFFERS,
            template__applies_on_connect=True,
        )
        apply(asks=asks_of(drift), user=None, reason=_("Its templates apply when it connects"))
