"""What is asked again and again."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import AuditEntry, BatchSchedule, CommandBatch, Connector
from operations.models.audit import ActorKind, Deed
from operations.services import schedules, spawning, sweeping
from operations.services.schedules import Plan
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import Role
from tests.domain.batching import connectors
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

# A Wednesday; noon in Ljubljana is 11:00 in UTC.
MORNING = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def plans(parts: list[Connector], **more: Any) -> BatchSchedule:
    defaults: dict[str, Any] = {
        "command": BY_SLUG["change-availability"],
        "selection": Selection.of_pks(TargetKind.CONNECTOR, [part.pk for part in parts]),
        "params": {"availability": "off"},
        "user": None,
    }
    when: dict[str, Any] = {"at": time(12), "time_zone": "Europe/Ljubljana"}
    when |= {name: more.pop(name) for name in Plan.__dataclass_fields__ if name in more}
    return schedules.create(**defaults | more, plan=Plan(**when))


def test_the_first_time_is_the_next_one_in_its_own_zone() -> None:
    assert plans(connectors(1)).next_at == datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
    assert plans(connectors(1), at=time(6)).next_at == datetime(2026, 3, 5, 5, 0, tzinfo=UTC)
    monday = plans(connectors(1), weekdays="0")
    assert monday.next_at == datetime(2026, 3, 9, 11, 0, tzinfo=UTC)
    assert plans(connectors(1), weekdays="2").next_at == datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def test_summer_time_changes_the_hour_in_utc_and_not_on_the_wall(
    clock: time_machine.Traveller,
) -> None:
    schedule = plans(connectors(1))
    clock.move_to(datetime(2026, 3, 29, 12, 0, tzinfo=UTC))
    assert schedules.next_time(schedule, timezone.now()) == datetime(2026, 3, 30, 10, 0, tzinfo=UTC)


def test_a_time_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="never be time"):
        plans(connectors(1), weekdays="9")
    with pytest.raises(ValueError, match="never be time"):
        plans(connectors(1), until=MORNING + timedelta(hours=1))
    with pytest.raises(ValueError, match="can only be asked of stations"):
        plans(connectors(1), command=BY_SLUG["unlock"], waits_for_offline_s=60)


def test_each_time_a_batch_is_made_once(clock: time_machine.Traveller) -> None:
    parts = connectors(2)
    terms = Terms(most_open=3, reason="Night")
    schedule = plans(parts, terms=terms, expires_after_s=600, waits_for_offline_s=300)
    sweeping.sweep()
    assert not CommandBatch.objects.exists()
    due = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
    clock.move_to(due + timedelta(seconds=1))
    sweeping.sweep()
    sweeping.sweep()
    batch = CommandBatch.objects.get()
    assert (batch.schedule, batch.size, batch.most_open) == (schedule, 2, 3)
    assert (batch.reason, batch.params) == ("Night", {"availability": "off"})
    assert batch.expires_at == due + timedelta(seconds=600)
    assert batch.waits_until == due + timedelta(seconds=300)
    schedule.refresh_from_db()
    assert schedule.next_at == due + timedelta(days=1)
    assert AuditEntry.objects.get(deed=Deed.ASKED).actor_kind == ActorKind.SCHEDULE


def test_after_its_end_it_makes_no_more(clock: time_machine.Traveller) -> None:
    schedule = plans(connectors(1), until=MORNING + timedelta(hours=6))
    clock.shift(6 * 3600)
    assert len(spawning.spawn_due(now=timezone.now())) == 1
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_a_time_that_was_missed_by_hours_is_left_out(clock: time_machine.Traveller) -> None:
    schedule = plans(connectors(1))
    clock.shift(8 * 3600)
    assert spawning.spawn_due(now=timezone.now()) == []
    schedule.refresh_from_db()
    assert schedule.next_at == datetime(2026, 3, 5, 11, 0, tzinfo=UTC)


def test_a_paused_schedule_makes_nothing_until_it_is_resumed(
    clock: time_machine.Traveller,
) -> None:
    schedule = plans(connectors(1))
    schedules.pause(schedule=schedule, user=None)
    clock.shift(6 * 3600)
    assert spawning.spawn_due(now=timezone.now()) == []
    schedules.resume(schedule=schedule, user=None)
    assert schedule.next_at == datetime(2026, 3, 5, 11, 0, tzinfo=UTC)
    schedules.delete(schedule=schedule, user=None)
    assert not BatchSchedule.objects.exists()
    deeds = set(AuditEntry.objects.values_list("deed", flat=True))
    assert {Deed.CREATED, Deed.PAUSED, Deed.RESUMED, Deed.DELETED} <= deeds


def test_who_may_not_ask_any_more_asks_nothing(clock: time_machine.Traveller) -> None:
    user = UserFactory()
    plans(connectors(1), user=user)
    user.role = Role.VIEWER
    user.save()
    clock.shift(6 * 3600)
    assert spawning.spawn_due(now=timezone.now()) == []
