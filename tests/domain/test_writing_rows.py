"""Many rows are written at once, whatever they hold and however the database does it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import DataError, connection

from operations.models import CommandRun, OcppMessage, RunTransition, Station
from operations.services import arrays, rows
from operations.services.messages import Exchange
from operations.statuses import RunStatus
from tests.domain.asked import ask
from tests.factories import ConnectorFactory, StationFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)
HOSTILE = ['{"a": "b\\\\"}', "NULL", "", "a,b", "'; --", "\\", "%s", "ü€🔌", "line\nbreak\t", '"']


def exchange(station: Station, text: str) -> Exchange:
    return Exchange(
        station_id=station.pk,
        connection_id=None,
        is_from_station=True,
        action="Heartbeat",
        unique_id="1",
        call=text,
        called_at=AT,
        answer=text,
    )


def test_texts_stay_what_they_are() -> None:
    station = StationFactory()
    rows.insert(OcppMessage, [exchange(station, text) for text in HOSTILE])
    kept = OcppMessage.objects.order_by("pk").values_list("call", "answer", "answered_at")
    assert list(kept) == [(text, text, None) for text in HOSTILE]


def test_objects_stay_what_they_are() -> None:
    runs = [ask(ConnectorFactory(), "unlock") for _ in HOSTILE]
    for run, text in zip(runs, HOSTILE, strict=True):
        run.params = {"text": text, "none": None, "list": [1, 2.5, True]}
    rows.update(CommandRun, runs, ["params"])
    kept = CommandRun.objects.in_bulk([run.pk for run in runs])
    assert [kept[run.pk].params for run in runs] == [run.params for run in runs]


def test_each_row_gets_its_own_values() -> None:
    """Also where statuses come as words and as members, times in several zones or not at all."""
    first, second, third = (ask(ConnectorFactory(), "unlock") for _ in range(3))
    second.status, second.sent_at, second.attempts = RunStatus.SENT, AT, 1
    east = timezone(timedelta(hours=5))
    third.status, third.sent_at, third.waits_for_station = "failed", AT.astimezone(east), True
    names = ["status", "sent_at", "attempts", "waits_for_station"]
    rows.update(CommandRun, [third, first, second], names)
    kept = CommandRun.objects.order_by("pk").values_list(*names)
    assert list(kept) == [
        ("queued", None, 0, False),
        ("sent", AT, 1, False),
        ("failed", AT, 0, True),
    ]


@pytest.mark.parametrize(
    "at",
    [
        AT,
        AT.replace(microsecond=0),
        AT.replace(microsecond=7),
        AT.replace(year=999, month=1, day=2),
    ],
)
def test_times_are_written_as_django_writes_them(at: datetime) -> None:
    """Text that is compared: 12:30:00 and 12:30:00.000000 would be two times to SQLite."""
    ours, djangos = (ask(ConnectorFactory(), "unlock") for _ in range(2))
    ours.sent_at = djangos.sent_at = at
    rows.update(CommandRun, [ours], ["sent_at"])
    djangos.save(update_fields=["sent_at"])
    assert CommandRun.objects.filter(sent_at=at).count() == 2


@dataclass
class Named:
    pk: int
    name: str


def test_of_a_row_that_comes_twice_the_last_counts() -> None:
    station = StationFactory()
    rows.update(Station, [Named(station.pk, "first"), Named(station.pk, "last")], ["name"])
    station.refresh_from_db()
    assert station.name == "last"


def test_more_rows_than_one_statement_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MOST", 2)
    run = ask(ConnectorFactory(), "unlock")
    steps = [
        RunTransition(run=run, at=AT, to_status=RunStatus.QUEUED, cause=str(number))
        for number in range(5)
    ]
    rows.insert(RunTransition, steps)
    added = RunTransition.objects.filter(run=run, at=AT).order_by("pk")
    assert list(added.values_list("cause", flat=True)) == list("01234")
    for step, kept in zip(steps, added, strict=True):
        step.pk, step.cause = kept.pk, f"{step.cause}!"
    rows.update(RunTransition, steps, ["cause"])
    assert list(added.values_list("cause", flat=True)) == ["0!", "1!", "2!", "3!", "4!"]


def test_what_is_too_long_is_not_cut_in_silence() -> None:
    station: Any = StationFactory()
    station.name = "x" * 5_000
    if connection.vendor == "postgresql":
        with pytest.raises(DataError):
            rows.update(Station, [station], ["name"])
    else:
        rows.update(Station, [station], ["name"])
        station.refresh_from_db()
        assert len(station.name) == 5_000
