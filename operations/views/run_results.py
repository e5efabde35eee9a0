"""What a run brought: a report, a schedule to be drawn, or an answer worth reading."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from operations import masking
from operations.commands import BY_SLUG, schedules
from operations.commands.base import Command
from operations.commands.get_composite_schedule import GetCompositeSchedule
from operations.commands.reports import ReportCommand
from operations.commands.schedules import Drawing
from operations.commands.set_charging_profile import SetChargingProfile
from operations.models import CommandRun, StationReport

MOST_ROWS = 200
LONGEST_VALUE = 1_000
# Said elsewhere on the page.
KNOWN = frozenset({"status", "customData"})


def tell(run: CommandRun) -> dict[str, Any]:
    """For operations/runs/_result.html; a query only where a report is expected."""
    command = BY_SLUG.get(run.command)
    if command is None:
        return {"report": None, "drawings": [], "answer_facts": []}
    return {
        "report": report_of(run, command),
        "drawings": list(drawings(run, command)),
        "answer_facts": answer_facts(run) if command.shows_answer else [],
    }


def report_of(run: CommandRun, command: Command) -> StationReport | None:
    """The report that came under the run's number, so far as it came."""
    if not isinstance(command, ReportCommand) or run.sent_at is None:
        return None
    reports = StationReport.objects.filter(
        station_id=run.station_id, kind=command.report, request_id=run.pk
    )
    return reports.defer("parts").order_by("-pk").first()


def drawings(run: CommandRun, command: Command) -> Iterator[tuple[str, Drawing]]:
    """The schedule that was asked for, or those the station answered."""
    if isinstance(command, SetChargingProfile):
        asked = _drawn(run.params.get("periods"), run.params.get("unit"), run.params)
        if asked is not None:
            yield _("Limit from the start of the schedule"), asked
    if isinstance(command, GetCompositeSchedule):
        for answer in run.answers:
            payload = answer.get("payload") or {}
            schedule = payload.get("schedule") or payload.get("chargingSchedule")
            schedule = schedule if isinstance(schedule, dict) else {}
            drawing = _drawn(
                schedule.get("chargingSchedulePeriod"), schedule.get("chargingRateUnit"), schedule
            )
            if drawing is not None:
                start = schedule.get("scheduleStart") or payload.get("scheduleStart")
                yield _("Limit from %(start)s on") % {"start": _moment(start)}, drawing


def _moment(text: Any) -> str:
    """A time as a station writes it, in the reader's zone if it can be read."""
    try:
        at = parse_datetime(str(text))
    except ValueError:
        at = None
    if at is None:
        return str(text or _("now"))[:40]
    return date_format(timezone.localtime(at) if timezone.is_aware(at) else at, "j M, H:i")


def _drawn(periods: Any, unit: Any, schedule: dict[str, Any]) -> Drawing | None:
    duration = schedule.get("duration_s") or schedule.get("duration")
    is_sane = isinstance(duration, int) and 0 < duration <= schedules.LONGEST_S
    return schedules.draw(
        schedules.readable(periods),
        "W" if unit == "W" else "A",
        duration_s=duration if is_sane else None,
    )


def answer_facts(run: CommandRun) -> list[dict[str, Any]]:
    """The last answer's fields, each by its path."""
    payload = (run.last_answer or {}).get("payload")
    if not isinstance(payload, dict):
        return []
    fields = {key: value for key, value in payload.items() if key not in KNOWN}
    rows = list(_flat("", masking.payload(fields)))[:MOST_ROWS]
    return [{"label": path, "value": value[:LONGEST_VALUE]} for path, value in rows]


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list) and value:
        for number, item in enumerate(value, start=1):
            yield from _flat(f"{path} {number}", item)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
