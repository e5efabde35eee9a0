"""Local lists that follow their tokens and their sites by themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.models import CommandBatch, ListRevision, LocalList, Station
from operations.models.local_lists import ListState
from operations.services.local_lists import assigning, revisions, syncing, tending
from tests.domain.listing import (
    Sending,
    changed,
    confirmed,
    copy_of,
    listed_station,
    one_more,
    sending,
    tokens,
)
from tests.factories import SiteFactory, StationFactory

pytestmark = pytest.mark.django_db


# By itself


def test_a_list_that_syncs_is_sent_when_tokens_change_and_when_a_station_comes_back() -> None:
    station, local_list = listed_station(2, syncs=True)
    runs_of = station.runs.filter(command="send-local-list")
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1, "one sending at a time, and no second one at once"
    talk = Sending(runs_of.get())
    talk.is_looked_at()
    talk.says()
    station.connected_at = None
    station.save()
    tokens(1, local_list.organisation, first=9)
    changed(local_list)
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1
    station.connected_at = timezone.now()
    station.save()
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 2


def test_a_list_does_not_send_itself_unless_wanted() -> None:
    station, _local_list = listed_station(2)
    syncing.keep_up(now=timezone.now() + timedelta(hours=2))
    assert not station.runs.exists()


def test_many_stations_are_synced_as_one_batch() -> None:
    station, local_list = listed_station(2, syncs=True)
    others = [StationFactory(organisation=station.organisation).pk for _each in range(2)]
    assigning.assign(local_list=local_list, station_pks=others)
    syncing.keep_up(now=timezone.now())
    batch = CommandBatch.objects.get()
    assert (batch.command, batch.size) == ("send-local-list", 3)


def test_stations_take_over_the_list_of_their_site() -> None:
    station, local_list = listed_station(1)
    site = SiteFactory(organisation=station.organisation)
    follower = StationFactory(organisation=station.organisation, site=site)
    other = LocalList.objects.create(organisation=station.organisation, name="Of the site")
    assigning.save(local_list=other, sites=[site], tokens=[])
    assert copy_of(follower).local_list == other
    Station.objects.filter(pk=station.pk).update(site=site)
    tending.tend()
    assert copy_of(station).local_list == local_list, "its own list stays"
    assigning.assign(local_list=None, station_pks=[station.pk])
    assert copy_of(station).local_list == other
    Station.objects.filter(pk=follower.pk).update(site=None)
    tending.tend()
    assert copy_of(follower).state == ListState.UNASSIGNED


def test_what_no_list_holds_any_more_is_forgotten() -> None:
    station, local_list = confirmed()
    one_more(local_list)
    one_more(local_list, "ZZNEW")
    assert ListRevision.objects.count() == 3
    assert revisions.prune() == 0, "a late answer may be about one of them"
    ListRevision.objects.update(created_at=timezone.now() - revisions.KEPT)
    tending.tend()
    # What the station holds, and what it is to hold.
    assert ListRevision.objects.count() == 2
    assert sending(station, "differential", held=1).says()["updateType"] == "Differential"


def test_tokens_of_a_busy_hour_make_one_revision() -> None:
    _station, local_list = listed_station(1)
    tokens(3, local_list.organisation, first=5)
    revisions.tokens_changed()
    syncing.keep_up(now=timezone.now())
    assert ListRevision.objects.count() == 1, "not before it is quiet"
    syncing.keep_up(now=timezone.now() + syncing.QUIET)
    assert ListRevision.objects.count() == 2
    local_list.refresh_from_db()
    assert local_list.revision is not None
    assert local_list.revision.size == 4
