"""What else stations tell: their diary, reports in parts, faults in their speech."""

from itertools import permutations
from typing import Any

import pytest

from operations.events import (
    FirmwareStatusReported,
    LockReported,
    LogStatusReported,
    MessageHeard,
    ReportPartReceived,
    SecurityEventReported,
)
from operations.models import Connector, ProtocolFinding, Station, StationEvent, StationReport
from operations.services import told
from operations.services.told import Fault, Tally
from tests.domain.telling import NOON, after, tells
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def station() -> Station:
    station: Station = StationFactory(protocol="2.0.1")
    return station


def test_events_are_lines_of_the_stations_diary(station: Station) -> None:
    tells(
        station,
        SecurityEventReported("TamperDetection", NOON, "lid"),
        SecurityEventReported("StartupOfTheDevice", NOON),
        FirmwareStatusReported("Installing", 7),
        LogStatusReported("Uploading"),
        MessageHeard("DataTransfer", {"data": "ftp://user:s3cret@host"}),
        at=after(60),
    )
    lines = StationEvent.objects.order_by("pk").values_list("kind", "title", "details")
    assert list(lines)[:4] == [
        ("security", "TamperDetection", {"techInfo": "lid"}),
        ("security", "StartupOfTheDevice", {}),
        ("firmware", "Installing", {"requestId": 7}),
        ("log", "Uploading", {}),
    ]
    assert [event.at for event in StationEvent.objects.order_by("pk")] == [
        NOON,
        NOON,
        after(60),
        after(60),
        after(60),
    ]
    last = StationEvent.objects.first()
    assert last is not None
    assert "s3cret" not in str(last.details)


def part(seq_no: int, data: Any, *, is_last: bool = False, **more: Any) -> ReportPartReceived:
    return ReportPartReceived("NotifyReport", 7, seq_no, is_last=is_last, data=data, **more)


PARTS = (part(0, ["a"]), part(1, ["b"]), part(2, ["c"], is_last=True))


@pytest.mark.parametrize("order", list(permutations(PARTS)))
def test_a_report_is_complete_when_all_its_parts_have_come(
    station: Station, order: tuple[ReportPartReceived, ...]
) -> None:
    tells(station, *order[:2])
    assert not StationReport.objects.get().is_complete
    tells(station, order[2])
    report = StationReport.objects.get()
    assert report.is_complete
    assert report.parts == {"0": ["a"], "1": ["b"], "2": ["c"]}


def test_a_part_that_comes_again_replaces_itself_and_part_0_begins_anew(station: Station) -> None:
    tells(station, PARTS[0], part(0, ["A"]), *PARTS[1:])
    assert StationReport.objects.get().parts["0"] == ["A"]
    tells(station, PARTS[0])
    assert StationReport.objects.count() == 2


def test_a_report_tells_of_locks_too(station: Station) -> None:
    tells(station, part(0, [], parts=(LockReported(1, 1, is_writable=True),)))
    assert Connector.objects.get().lock_is_writable


def test_a_fault_is_one_row_however_often_it_is_made(station: Station) -> None:
    fault = Fault(station.pk, "extra-key", "Authorize", "idTag")
    told.record_findings(found={fault: Tally("has keys that are not allowed here", 2, NOON)})
    told.record_findings(found={fault: Tally("has keys that are not allowed here", 3, after(60))})
    finding = ProtocolFinding.objects.get()
    assert (finding.count, finding.first_at, finding.last_at) == (5, NOON, after(60))


def test_a_station_has_only_so_many_faults(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "MOST_FINDINGS", 2)
    for number in range(3):
        fault = Fault(station.pk, f"kind-{number}", "", "")
        told.record_findings(found={fault: Tally("", 1, NOON)})
    assert ProtocolFinding.objects.count() == 2


def test_a_deleted_stations_faults_cost_the_others_nothing(station: Station) -> None:
    faults = [Fault(pk, "kind", "", "") for pk in (station.pk + 1, station.pk)]
    told.record_findings(found={fault: Tally("", 1, NOON) for fault in faults})
    assert ProtocolFinding.objects.get().station == station
