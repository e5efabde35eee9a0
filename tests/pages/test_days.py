"""A day that is typed is one of the reader's zone, and counts as a whole."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.filters.runs import RunFilterSet
from operations.models import CommandRun
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def found(**typed: str) -> set[int]:
    data: Any = {"asker": "any", **typed}
    filterset = RunFilterSet(data, queryset=CommandRun.objects.all())
    assert filterset.form.is_valid()
    return {run.pk for run in filterset.qs}


def test_a_day_begins_and_ends_at_the_readers_midnight() -> None:
    # In Ljubljana 2 June is from 22:00 UTC on the day before until 22:00.
    evening, morning, night = (
        RunFactory(created_at=datetime(2026, 6, day, hour, tzinfo=UTC)).pk
        for day, hour in ((1, 21), (1, 22), (2, 22))
    )
    with timezone.override(ZoneInfo("Europe/Ljubljana")):
        assert found(since="2026-06-02") == {morning, night}
        assert found(until="2026-06-02") == {evening, morning}
        assert found(since="2026-06-02", until="2026-06-02") == {morning}
    assert found(since="2026-06-02", until="2026-06-02") == {night}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_no_day_there_is_breaks_the_page(zone: str) -> None:
    run = RunFactory().pk
    with timezone.override(ZoneInfo(zone)):
        assert found(since="0001-01-01", until="9999-12-31") == {run}
        assert found(since="9999-12-31") == set()


def test_a_day_is_looked_for_as_a_time_which_has_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        found(since="2026-06-02")
    assert "cast" not in queries[0]["sql"].lower()
    assert "AT TIME ZONE" not in queries[0]["sql"]
