"""Rollouts: who gets an image and who does not, before it begins and when each one's turn comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, FirmwareImage, Station
from operations.services import batches, judging, pacing, rollouts
from operations.services.judging import Judgement, Reason
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import RunPhase, RunStatus
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

COMMAND = BY_SLUG["firmware-update"]


def image(**fields: Any) -> FirmwareImage:
    """For the stations that the factory makes, from somewhere else."""
    given = {"vendor": "ABB", "model": "Terra 54", "version": "2.0", "created_at": timezone.now()}
    url = "https://files.example/terra-2.0.bin"
    return FirmwareImage.objects.create(**{**given, "url": url, **fields})


def params(found: FirmwareImage, **more: Any) -> dict[str, Any]:
    """As the command's form makes them."""
    return {"image": found.pk, "version": found.version, **more}


def judge(found: FirmwareImage, *stations: Station, **more: Any) -> Judgement:
    return judging.judge(
        command=COMMAND,
        selection=Selection.of_pks(TargetKind.STATION, [station.pk for station in stations]),
        params=params(found, **more),
        user=None,
    )


def roll_out(found: FirmwareImage, terms: Terms | None = None, **more: Any) -> CommandBatch:
    return batches.submit(
        command=COMMAND,
        selection=Selection(TargetKind.STATION, Station.objects.all()),
        params=params(found, **more),
        user=None,
        terms=terms or Terms(),
    )


def advance(batch: CommandBatch) -> CommandBatch:
    pacing.advance(batch_pks=[batch.pk])
    batch.refresh_from_db()
    return batch


def run_of(batch: CommandBatch, station: Station) -> CommandRun:
    return batch.runs.get(station=station)


def reasons(judgement: Judgement) -> dict[Reason, list[Station]]:
    return {
        reason: [each.target.station for each in hindered]
        for reason, hindered in judgement.by_reason().items()
    }


# Before it begins


def test_each_that_gets_nothing_has_its_reason() -> None:
    found = image()
    good, offline = StationFactory(), StationFactory(connected=False)
    current = StationFactory(firmware_version="2.0")
    other = StationFactory(model="Terra 360")
    charging = StationFactory()
    part = ConnectorFactory(charger=ChargerFactory(station=charging))
    SessionFactory(connector=part)
    judgement = judge(found, good, offline, current, other, charging)
    assert [target.station for target in judgement.askable] == [good]
    assert reasons(judgement) == {
        Reason.OFFLINE: [offline],
        Reason.MODEL: [other],
        Reason.CURRENT: [current],
        Reason.SESSION: [charging],
    }
    said = {each.reason: each.sentence for each in judgement.hindered}
    assert said[Reason.CURRENT] == "It has 2.0 already."
    assert "Terra 360" in said[Reason.MODEL]


def test_an_image_of_another_organisation_goes_to_nobody_else() -> None:
    found = image(organisation=OrganisationFactory())
    own = StationFactory(organisation=found.organisation)
    judgement = judge(found, own, StationFactory())
    assert [target.station for target in judgement.askable] == [own]
    assert "another organisation" in judgement.hindered[0].sentence


def test_vendors_spell_themselves_as_they_like_and_unknown_stations_may_have_it() -> None:
    spelled, unknown = StationFactory(vendor="abb"), StationFactory(vendor="", model="")
    assert not judge(image(), spelled, unknown).hindered


def test_a_version_is_installed_again_where_that_is_wanted() -> None:
    current = StationFactory(firmware_version="2.0")
    assert judge(image(), current).hindered
    assert not judge(image(), current, anyway=True).hindered


def test_the_version_alone_says_who_has_it_where_no_image_was_chosen() -> None:
    current, behind = StationFactory(firmware_version="2.0"), StationFactory()
    judgement = judging.judge(
        command=COMMAND,
        selection=Selection.of_pks(TargetKind.STATION, [current.pk, behind.pk]),
        params={"location": "https://files.example/x.bin", "version": "2.0"},
        user=None,
    )
    assert [target.station for target in judgement.askable] == [behind]


def test_who_has_it_already_has_not_failed() -> None:
    current, failing = StationFactory(firmware_version="2.0"), StationFactory()
    batch = advance(roll_out(image()))
    assert run_of(batch, current).status == RunStatus.CANCELLED
    CommandRun.objects.filter(station=failing).update(
        status=RunStatus.FAILED, closed_at=timezone.now()
    )
    again = batches.retry_failed(batch=advance(batch), user=None)
    assert [run.station for run in again.runs.select_related("station")] == [failing]
    assert again.params == batch.params


# When each one's turn comes


def test_who_got_it_meanwhile_is_not_asked() -> None:
    first, second = StationFactory(), StationFactory()
    batch = advance(roll_out(image(), Terms(most_open=1)))
    Station.objects.filter(pk=second.pk).update(firmware_version="2.0")
    CommandRun.objects.filter(station=first).update(status=RunStatus.DONE, closed_at=timezone.now())
    batch = advance(advance(batch))
    run = run_of(batch, second)
    assert (run.status, run.summary) == (RunStatus.CANCELLED, "It has 2.0 already.")
    assert run.released_at is None


@pytest.mark.parametrize("asks_too", [False, True])
def test_who_charges_when_its_turn_comes_is_left_alone(asks_too: bool) -> None:
    part = ConnectorFactory()
    terms = Terms(starts_at=timezone.now() + timedelta(hours=1), asks_during_sessions=asks_too)
    batch = roll_out(image(), terms)
    SessionFactory(connector=part)
    CommandBatch.objects.update(starts_at=None)
    run = run_of(advance(batch), part.station)
    assert (run.released_at is not None) is asks_too
    assert run.status == (RunStatus.QUEUED if asks_too else RunStatus.REFUSED)


def test_an_offline_station_gets_it_when_it_connects() -> None:
    away = StationFactory(connected=False)
    batch = roll_out(image(), Terms(waits_until=timezone.now() + timedelta(days=1)))
    assert run_of(advance(batch), away).waits_for_station


def test_it_stops_when_too_many_fail() -> None:
    StationFactory.create_batch(20)
    batch = advance(roll_out(image(), Terms(most_open=10, stop_after_percent=20)))
    open_runs = batch.runs.filter(released_at__isnull=False).order_by("pk")
    failed = list(open_runs.values_list("pk", flat=True))[:3]
    now = timezone.now()
    open_runs.update(status=RunStatus.DONE, closed_at=now)
    CommandRun.objects.filter(pk__in=failed).update(status=RunStatus.FAILED)
    batch = advance(batch)
    assert batch.status == "stopped"
    assert "3 of 10" in batch.summary
    assert batch.runs.filter(status=RunStatus.CANCELLED).count() == 10


# How far all are


def test_open_runs_are_counted_by_phase() -> None:
    StationFactory.create_batch(4)
    batch = advance(roll_out(image()))
    pks = list(batch.runs.order_by("pk").values_list("pk", flat=True))
    phases = (RunPhase.INSTALLING, RunPhase.DOWNLOADING, RunPhase.DOWNLOADING)
    for pk, phase in zip(pks, phases, strict=False):
        CommandRun.objects.filter(pk=pk).update(status=RunStatus.IN_PROGRESS, phase=phase)
    CommandRun.objects.filter(pk=pks[3]).update(
        status=RunStatus.DONE, phase=RunPhase.INSTALLED, closed_at=timezone.now()
    )
    assert rollouts.phases(batch) == [(RunPhase.DOWNLOADING, 2), (RunPhase.INSTALLING, 1)]


def test_an_image_knows_its_rollouts_and_who_may_see_them() -> None:
    StationFactory()
    found, other = image(), image(version="3.0")
    batch = roll_out(found)
    roll_out(other)
    assert rollouts.of_image(found, UserFactory()) == [batch]
    assert rollouts.of_image(found, UserFactory(organisation=OrganisationFactory())) == []


def test_other_commands_are_about_no_firmware() -> None:
    assert rollouts.firmware_of(BY_SLUG["reboot"], {"image": 1}) is None


def test_judging_thousands_takes_a_handful_of_queries(django_assert_max_num_queries: Any) -> None:
    found = image()
    StationFactory.create_batch(30)
    with django_assert_max_num_queries(8):
        judge(found, *Station.objects.all())
