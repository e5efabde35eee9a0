"""Keeps what stations tell beside statuses and sessions: events, reports, faults in speech."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from operations import masking
from operations.events import (
    FirmwareStatusReported,
    LogStatusReported,
    MessageHeard,
    ReportPartReceived,
    SecurityEventReported,
    Told,
)
from operations.models import ProtocolFinding, Station, StationEvent, StationReport
from operations.services import abilities, components, settings
from operations.services.live import Changes
from operations.services.local_lists import hearing

# A fault the station repeats for ever is one row; so many different ones a station may have.
MOST_FINDINGS = 500


def record_events(told: Sequence[Told], changes: Changes) -> list[None]:
    """One line of the station's diary for each."""
    StationEvent.objects.bulk_create(_event(item) for item in told)
    for item in told:
        changes.add("station", item.station_id)
    return [None] * len(told)


def _event(item: Told) -> StationEvent:
    kind, title, details, at = _in_words(item)
    return StationEvent(
        station_id=item.station_id,
        kind=kind,
        title=title[:100],
        details=masking.payload(details),
        at=at or item.heard_at,
        heard_at=item.heard_at,
    )


def _in_words(item: Told) -> tuple[str, str, dict[str, Any], datetime | None]:
    kinds = StationEvent.Kind
    match item.event:
        case SecurityEventReported(type=title, at=at, tech_info=info):
            return kinds.SECURITY, title, {"techInfo": info} if info else {}, at
        case FirmwareStatusReported(status=status, request_id=request_id):
            return kinds.FIRMWARE, status, _numbered(request_id), None
        case LogStatusReported(status=status, request_id=request_id):
            return kinds.LOG, status, _numbered(request_id), None
        case MessageHeard(action=action, payload=payload):
            return kinds.MESSAGE, action, payload, None
    raise TypeError(f"{type(item.event).__name__} is no line of a diary")


def _numbered(request_id: int | None) -> dict[str, Any]:
    return {} if request_id is None else {"requestId": request_id}


def record_report_parts(told: Sequence[Told], changes: Changes) -> list[None]:
    """Put reports together, in whatever order their parts come."""
    for item in told:
        event = item.event
        assert isinstance(event, ReportPartReceived)  # noqa: S101
        report = _add_part(item, event)
        if event.kind == "NotifyReport":
            settings.learn_report(
                station_pk=item.station_id,
                request_id=event.request_id,
                data=event.data,
                at=item.heard_at,
                began_at=report.started_at if report.is_complete else None,
            )
            changes.add("settings", item.station_id)
            abilities.learn_from_report(station_pk=item.station_id, data=event.data)
            hearing.take_report(station_pk=item.station_id, data=event.data)
        for part in event.parts:
            components.record_components([Told(item.station_id, part, item.heard_at)], changes)
    return [None] * len(told)


def _add_part(item: Told, event: ReportPartReceived) -> StationReport:
    """A part that comes again replaces itself; part 0 of a complete report begins a new one.

    Parts without numbers are counted as they come.
    """
    report = (
        StationReport.objects.filter(
            station_id=item.station_id, kind=event.kind, request_id=event.request_id
        )
        .order_by("-pk")
        .first()
    )
    if report is None or (report.is_complete and not event.seq_no):
        report = StationReport(
            station_id=item.station_id,
            kind=event.kind,
            request_id=event.request_id,
            started_at=item.heard_at,
        )
    number = len(report.parts) if event.seq_no is None else event.seq_no
    report.parts[str(number)] = masking.payload(event.data)
    if event.is_last:
        report.last_seq_no = number
    report.is_complete = report.last_seq_no is not None and all(
        str(number) in report.parts for number in range(report.last_seq_no + 1)
    )
    report.updated_at = item.heard_at
    report.save()
    return report


@dataclass(frozen=True, slots=True)
class Fault:
    """What makes a finding the same one again."""

    station_id: int
    kind: str
    action: str
    path: str


@dataclass(slots=True)
class Tally:
    """How often a fault was found since it was last written, and what is wrong."""

    detail: str
    count: int
    last_at: datetime


def record_findings(*, found: Mapping[Fault, Tally]) -> None:
    """Count faults, a row each; gathered by the caller, for some stations repeat them for ever."""
    stations = {fault.station_id for fault in found}
    # One that was deleted a moment ago must not cost the others their findings.
    known = set(Station.objects.filter(pk__in=stations).values_list("pk", flat=True))
    for fault, tally in found.items():
        if fault.station_id not in known:
            continue
        same = ProtocolFinding.objects.filter(
            station_id=fault.station_id, kind=fault.kind, action=fault.action, path=fault.path
        )
        if same.update(count=F("count") + tally.count, last_at=tally.last_at, detail=tally.detail):
            continue
        if ProtocolFinding.objects.filter(station_id=fault.station_id).count() < MOST_FINDINGS:
            ProtocolFinding.objects.create(
                station_id=fault.station_id,
                kind=fault.kind,
                action=fault.action,
                path=fault.path,
                detail=tally.detail,
                count=tally.count,
                first_at=tally.last_at,
                last_at=tally.last_at,
            )
