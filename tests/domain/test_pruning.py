"""Old messages go by age and by number, a little at a time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations import tasks
from operations.models import MeterReading, OcppMessage
from operations.services import chunks, pruning
from tests.factories import MessageFactory, StationFactory

pytestmark = pytest.mark.django_db


def messages_of(*days: float) -> None:
    """Messages, so many days old."""
    station, now = StationFactory(), timezone.now()
    for age in days:
        called_at = now - timedelta(days=age)
        MessageFactory(station=station, action=f"{age:g}", called_at=called_at)


def left() -> list[str]:
    return list(OcppMessage.objects.order_by("pk").values_list("action", flat=True))


def test_messages_go_when_they_are_old(settings: Settings) -> None:
    settings.EVCHARGE_MESSAGES_DAYS = 30
    messages_of(50, 31, 29, 0)
    assert pruning.prune() is False
    assert left() == ["29", "0"]


def test_their_keys_do_not_tell_how_old_they_are(settings: Settings) -> None:
    settings.EVCHARGE_MESSAGES_DAYS = 30
    # Written in another order than they were made: by a clock set back, or from a file.
    messages_of(0, 50, 5, 40, 10)
    pruning.prune()
    assert left() == ["0", "5", "10"]


def test_all_may_be_old() -> None:
    messages_of(50, 40)
    assert pruning.prune() is False
    assert left() == []
    assert pruning.prune() is False


def test_the_newest_stay_when_there_are_too_many(settings: Settings) -> None:
    settings.EVCHARGE_MESSAGES_MAX = 2
    messages_of(4, 3, 2, 1)
    pruning.prune()
    assert left() == ["2", "1"]


def test_messages_go_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "FIRST_CHUNK", 2)
    monkeypatch.setattr(chunks, "MOST_CHUNK", 2)
    monkeypatch.setattr(chunks, "LEAST_CHUNK", 2)
    messages_of(50, 49, 48, 47, 46, 1)
    with CaptureQueriesContext(connection) as queries:
        pruning.prune()
    deletions = [query for query in queries if query["sql"].startswith("DELETE")]
    assert len(deletions) == 3
    assert left() == ["1"]


def test_a_run_that_takes_long_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "BUDGET_S", -1.0)
    messages_of(50, 49, 1)
    assert pruning.prune() is True
    assert left() == ["50", "49", "1"]
    asked_again = []
    monkeypatch.setattr(tasks.prune, "delay", lambda: asked_again.append(1))
    tasks.prune()
    assert asked_again == [1]


def test_readings_go_in_the_order_they_came(settings: Settings) -> None:
    settings.EVCHARGE_READINGS_DAYS = 365
    station, now = StationFactory(), timezone.now()
    # Some stations' clocks stand in 2099 or 1971.
    days = [800, 500, -27_000, 400, 390, 1, 0, 20_000, 0, 0]
    for number, age in enumerate(days):
        MeterReading.objects.create(
            station=station, connector_number=number, at=now - timedelta(days=age), samples=[]
        )
    assert pruning.prune() is False
    left = MeterReading.objects.order_by("pk").values_list("connector_number", flat=True)
    assert list(left) == [5, 6, 7, 8, 9]


def test_single_clocks_of_long_ago_take_no_new_readings_along() -> None:
    station, now = StationFactory(), timezone.now()
    for age in (0, 20_000, 0, 0, 20_000, 0):
        MeterReading.objects.create(
            station=station, connector_number=1, at=now - timedelta(days=age), samples=[]
        )
    pruning.prune()
    assert MeterReading.objects.count() == 6
