"""Sockets come and go: the newest owns its station, and dead processes own nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.models import CommandRun, Connection, Node, Station
from operations.services import connections, sweeping
from operations.services.connections import Closing, Opened, Opening, Seen
from operations.services.live import switchboard
from operations.statuses import Registration, RunStatus
from operations.versions import V16, V201
from tests.factories import ChargerFactory, ConnectorFactory, RunFactory, StationFactory

pytestmark = pytest.mark.django_db

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What sockets were told."""
    heard: Told = []
    monkeypatch.setattr(switchboard, "tell", lambda name, message: heard.append((name, message)))
    return heard


@pytest.fixture
def station() -> Station:
    station: Station = StationFactory(connected=False, protocol="")
    return station


def opens(station: Station, *, channel: str = "ch", node: str = "node-1") -> Opened:
    opening = Opening(station.pk, V201, node, channel, "::1")
    return connections.open_connections([opening])[0]


def closes(opened: Opened, *, code: int | None = 1000) -> None:
    connections.close_connections([Closing(opened.connection_pk, code, "bye")])


def test_an_open_socket_makes_the_station_connected(station: Station, told: Told) -> None:
    opened = opens(station)
    station.refresh_from_db()
    assert station.is_connected
    assert (station.protocol, station.epoch) == ("2.0.1", 1)
    assert (opened.epoch, opened.registration) == (1, Registration.ACCEPTED)
    assert not opened.has_booted_before
    assert connections.channel_name_of(station_pk=station.pk) == "ch"
    assert told == []


def test_a_closed_socket_makes_it_offline_and_says_why(station: Station) -> None:
    closes(opens(station), code=1006)
    station.refresh_from_db()
    assert not station.is_connected
    assert station.disconnected_at is not None
    connection = Connection.objects.get()
    assert (connection.close_code, connection.close_reason) == (1006, "bye")
    assert connections.channel_name_of(station_pk=station.pk) is None


def test_the_newest_socket_wins_and_the_old_one_is_told(
    station: Station, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        old, new = opens(station, channel="old"), opens(station, channel="new")
        assert told == [], "not before the station is the new one's"
    assert told == [("old", {"type": "station.replaced"})]
    assert new.epoch == old.epoch + 1
    assert connections.channel_name_of(station_pk=station.pk) == "new"
    assert Connection.objects.get(pk=old.connection_pk).closed_at is not None


def test_the_late_close_of_a_replaced_socket_changes_nothing(station: Station, told: Told) -> None:
    old = opens(station, channel="old")
    opens(station, channel="new")
    before = Connection.objects.get(pk=old.connection_pk)
    closes(old)
    station.refresh_from_db()
    assert station.is_connected
    after = Connection.objects.get(pk=old.connection_pk)
    assert (after.closed_at, after.close_reason) == (before.closed_at, before.close_reason)


def test_closing_twice_closes_once(station: Station) -> None:
    opened = opens(station)
    closes(opened, code=1000)
    closes(opened, code=1006)
    assert Connection.objects.get().close_code == 1000


def test_a_socket_learns_which_runs_still_wait_for_an_effect(station: Station) -> None:
    now = timezone.now()
    waiting = RunFactory(station=station, status=RunStatus.ACCEPTED, sent_at=now)
    lost = RunFactory(station=station, status=RunStatus.CONNECTION_LOST, sent_at=now, closed_at=now)
    RunFactory(station=station, status=RunStatus.DONE, sent_at=now, closed_at=now)
    RunFactory(station=station, status=RunStatus.TIMED_OUT, sent_at=None, closed_at=now)
    RunFactory(
        station=station,
        status=RunStatus.TIMED_OUT,
        sent_at=now,
        closed_at=now - timedelta(hours=2),
    )
    assert opens(station).watched == ((lost.pk, "reboot"), (waiting.pk, "reboot"))


def test_what_waits_in_the_queue_of_a_closed_socket_is_not_asked_later(station: Station) -> None:
    opened = opens(station)
    run = RunFactory(station=station)
    later = RunFactory(station=station, next_attempt_at=timezone.now())
    closes(opened)
    run.refresh_from_db()
    later.refresh_from_db()
    assert run.status == RunStatus.NOT_CONNECTED
    assert later.status == RunStatus.QUEUED, "a resend waits for the station to come back"


def test_who_was_heard_is_noted(station: Station) -> None:
    opened = opens(station)
    at = timezone.now() + timedelta(seconds=30)
    pong = at - timedelta(seconds=20)
    connections.touch(heard={opened.connection_pk: Seen(opened.connection_pk, at, pong)})
    station.refresh_from_db()
    assert station.last_seen_at == at
    connection = Connection.objects.get()
    assert (connection.last_seen_at, connection.last_pong_at) == (at, pong)


# Nodes


def test_a_node_that_does_not_renew_its_lease_loses_its_connections(station: Station) -> None:
    connections.start_node(name="alive", is_alone=False)
    connections.start_node(name="dead", is_alone=False)
    Node.objects.filter(name="dead").update(renewed_at=timezone.now() - timedelta(minutes=1))
    other = StationFactory(connected=False)
    opens(station, node="dead")
    opens(other, node="alive")
    connections.close_dead_nodes(now=timezone.now())
    station.refresh_from_db()
    other.refresh_from_db()
    assert not station.is_connected
    assert other.is_connected
    assert Connection.objects.get(station=station).close_reason == "The server process died."
    assert list(Node.objects.values_list("name", flat=True)) == ["alive"]


def test_a_node_taken_for_dead_comes_back_with_its_next_renewal() -> None:
    connections.renew_node(name="slow")
    connections.renew_node(name="slow")
    assert Node.objects.get().name == "slow"


def test_a_node_that_stops_closes_what_it_holds(station: Station) -> None:
    connections.start_node(name="node-1", is_alone=False)
    opens(station)
    connections.stop_node(name="node-1")
    assert Connection.objects.get().close_reason == "The server process stopped."
    assert not Node.objects.exists()


def test_a_lone_process_buries_its_predecessor_when_it_starts(station: Station) -> None:
    connections.start_node(name="killed", is_alone=True)
    opens(station, node="killed")
    run = RunFactory(station=station, status=RunStatus.SENT, connection=Connection.objects.get())
    connections.start_node(name="next", is_alone=True)
    station.refresh_from_db()
    assert not station.is_connected
    assert CommandRun.objects.get(pk=run.pk).status == RunStatus.IN_PROGRESS, "it may reboot"
    assert list(Node.objects.values_list("name", flat=True)) == ["next"]


def test_a_process_among_others_lets_them_live(station: Station) -> None:
    connections.start_node(name="one", is_alone=False)
    opens(station, node="one")
    connections.start_node(name="two", is_alone=False)
    station.refresh_from_db()
    assert station.is_connected


def test_a_connection_remembers_the_version_it_spoke(station: Station) -> None:
    closes(opens(station))
    connections.open_connections([Opening(station.pk, V16, "node-1", "c", "")])
    protocols = Connection.objects.order_by("pk").values_list("protocol", flat=True)
    assert list(protocols) == ["2.0.1", "1.6"]


def test_a_socket_whose_connection_is_closed_here_is_found(station: Station) -> None:
    # Its process was taken for dead, or the message that it was replaced got lost.
    old, new = opens(station), opens(station)
    heard = {each.connection_pk: Seen(each.connection_pk, timezone.now()) for each in (old, new)}
    assert connections.touch(heard=heard) == {old.connection_pk}


def test_a_station_can_be_disconnected(
    station: Station, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    assert not connections.disconnect(station=station, why="bye")
    opens(station)
    with django_capture_on_commit_callbacks(execute=True):
        assert connections.disconnect(station=station, why="bye")
    assert told == [("ch", {"type": "station.disconnect", "why": "bye"})]


def test_who_was_not_watching_may_not_judge_who_is_dead() -> None:
    now = timezone.now()
    assert not connections.keep_watch(now=now)
    for second in range(16):
        watched = connections.keep_watch(now=now + timedelta(seconds=second))
        assert not watched, "not before a whole lease is over"
    assert connections.keep_watch(now=now + timedelta(seconds=16))
    # The machine slept: nobody could renew.
    assert not connections.keep_watch(now=now + timedelta(hours=1))


def test_who_could_not_renew_because_nobody_could_is_not_dead() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Node.objects.create(name="asleep", started_at=long_ago, renewed_at=long_ago)
    Node.objects.create(name=connections.SWEEPER, started_at=long_ago, renewed_at=long_ago)
    sweeping.sweep()
    assert Node.objects.filter(name="asleep").exists()
    # Once the sweeper has watched for a whole lease, silence is death.
    watched = timezone.now() - connections.LEASE * 1.1
    Node.objects.filter(name=connections.SWEEPER).update(started_at=watched)
    sweeping.sweep()
    assert not Node.objects.filter(name="asleep").exists()


def test_what_a_dead_process_holds_is_closed_even_without_its_row(station: Station) -> None:
    opens(station)
    Node.objects.all().delete()
    connections.start_node(name="node-2", is_alone=True)
    assert not Connection.objects.filter(closed_at=None).exists()


def test_what_was_seen_before_the_socket_dropped_is_done(station: Station) -> None:
    now = timezone.now()
    opened = opens(station)
    connector = ConnectorFactory(
        charger=ChargerFactory(station=station),
        number=1,
        charging_status="Unavailable",
        status_heard_at=now,
    )
    run = RunFactory(
        command="change-availability",
        params={"availability": "off"},
        station=station,
        charger=connector.charger,
        connector=connector,
        status=RunStatus.SENT,
        sent_at=now - timedelta(seconds=1),
        connection_id=opened.connection_pk,
    )
    closes(opened)
    run.refresh_from_db()
    assert run.status == RunStatus.DONE
    assert "never answered" in run.summary


def test_sockets_that_close_together_take_only_their_own_stations_along(
    django_assert_max_num_queries: Any,
) -> None:
    stations = [StationFactory(connected=False) for _ in range(20)]
    opened = [opens(station) for station in stations]
    newer = opens(stations[0])
    lost = RunFactory(station=stations[1], connection_id=opened[1].connection_pk, status="sent")
    with django_assert_max_num_queries(30):
        connections.close_connections(
            [Closing(each.connection_pk, 1006, "gone") for each in opened]
        )
    still = Station.objects.filter(connected_at__isnull=False)
    assert [station.pk for station in still] == [stations[0].pk]
    assert Connection.objects.filter(closed_at=None).get().pk == newer.connection_pk
    lost.refresh_from_db()
    assert lost.status == RunStatus.IN_PROGRESS  # a reboot: whether it comes back tells
