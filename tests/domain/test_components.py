"""What stations say of their parts: discovery, statuses, aggregates, locks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.events import (
    ChargerStatusReported,
    ComponentsReported,
    ConnectorKnown,
    ConnectorStatusReported,
    LockReported,
)
from operations.models import Charger, Connector, Station
from operations.services import components
from operations.services.live import publishing
from operations.services.parts import TooManyPartsError
from operations.statuses import ChargingStatus, LockStatus, OperationalStatus
from tests.domain.telling import (
    NOON,
    after,
    changed,
    reports_occupied,
    reports_status,
    shown,
    tells,
)
from tests.factories import ChargerFactory, ConnectorFactory, SessionFactory, StationFactory

pytestmark = pytest.mark.django_db

AVAILABLE = ChargingStatus.AVAILABLE
CHARGING = ChargingStatus.CHARGING
FAULTED = ChargingStatus.FAULTED
FINISHING = ChargingStatus.FINISHING
PREPARING = ChargingStatus.PREPARING
RESERVED = ChargingStatus.RESERVED
UNAVAILABLE = ChargingStatus.UNAVAILABLE
OPERATIVE, INOPERATIVE = OperationalStatus.OPERATIVE, OperationalStatus.INOPERATIVE
CLOSED = OperationalStatus.CLOSED


@pytest.fixture
def station() -> Station:
    station: Station = StationFactory(name="Quay 1", operational_status=INOPERATIVE)
    return station


@pytest.fixture
def modern() -> Station:
    """A station of OCPP 2.x with one EVSE of one connector."""
    station: Station = StationFactory(name="Quay 2", protocol="2.0.1")
    tells(station, evse_status(AVAILABLE))
    return station


def evse_status(
    status: ChargingStatus, *, evse_id: int = 1, occupied: bool = False
) -> ChargerStatusReported:
    return ChargerStatusReported(evse_id, status, NOON, is_occupied=occupied)


def broad(part: Station | Charger | Connector) -> str:
    part.refresh_from_db()
    return part.operational_status


# What is written


def test_only_what_differs_is_written(station: Station) -> None:
    """Each column that is written has its indexes written too, and undoes what others write."""
    reports_status(station, 1, CHARGING)
    with CaptureQueriesContext(connection) as asked:
        reports_status(station, 1, CHARGING)
    written = [each["sql"] for each in asked if "UPDATE " in each["sql"]]
    assert len(written) == 1
    assert "status_heard_at" in written[0]
    assert "charging_status" not in written[0]


def test_a_charger_that_follows_an_edit_by_hand_shows_since_when_it_was_heard(
    station: Station,
) -> None:
    reports_status(station, 1, CHARGING, at=NOON)
    reports_status(station, 2, AVAILABLE, at=after(300))
    Connector.objects.filter(number=1).update(operational_status=CLOSED)
    with publishing() as changes:
        components.refresh_statuses(station, changes)
    charger = Charger.objects.get()
    assert (charger.charging_status, charger.status_at) == (AVAILABLE, after(300))


# Discovery


def test_a_1_6_stations_connectors_become_one_chargers(station: Station) -> None:
    reports_status(station, 2, AVAILABLE)
    reports_status(station, 1, CHARGING)
    charger = Charger.objects.get()
    assert (charger.number, charger.name) == (1, "Quay 1")
    assert (charger.vendor, charger.model) == (station.vendor, station.model)
    assert [each.number for each in charger.connectors.all()] == [1, 2]


def test_a_2_x_stations_evses_become_chargers_that_number_their_connectors() -> None:
    station = StationFactory(name="Quay 2", protocol="2.1")
    for evse_id in (1, 2):
        tells(station, ConnectorStatusReported(1, AVAILABLE, NOON, evse_id=evse_id))
    assert [(each.number, each.name) for each in Charger.objects.order_by("number")] == [
        (1, "Quay 2-1"),
        (2, "Quay 2-2"),
    ]
    assert [each.number for each in Connector.objects.all()] == [1, 1]


def test_a_1_6_connector_is_found_in_whatever_charger_it_was_put(station: Station) -> None:
    reports_status(station, 1, AVAILABLE)
    right = ChargerFactory(station=station, number=2)
    ConnectorFactory(charger=right, number=2, charging_status=AVAILABLE)
    reports_status(station, 2, FAULTED)
    assert shown(station, charger=2, number=2) == FAULTED
    assert Connector.objects.count() == 2


def learn(station: Station, keys: object) -> list[int]:
    components.learn_from_configuration(station_id=station.pk, answer={"configurationKey": keys})
    return list(Connector.objects.order_by("number").values_list("number", flat=True))


def test_a_configuration_tells_how_many_connectors_there_are(station: Station) -> None:
    reports_status(station, 1, CHARGING)
    assert learn(station, [{"key": "NumberOfConnectors", "value": "3"}]) == [1, 2, 3]
    assert shown(station) == CHARGING
    assert learn(station, [{"key": "NumberOfConnectors", "value": "9" * 30}])[-1] < 1000


@pytest.mark.parametrize(
    "keys",
    [
        None,
        [],
        "NumberOfConnectors",
        ["NumberOfConnectors"],
        [{"key": "NumberOfConnectors"}],
        [{"key": "NumberOfConnectors", "value": "-2"}],
        [{"key": "HeartbeatInterval", "value": "60"}],
    ],
)
def test_a_configuration_that_does_not_tell_changes_nothing(station: Station, keys: object) -> None:
    assert learn(station, keys) == []


def test_a_connector_that_is_only_known_has_no_status(station: Station) -> None:
    tells(station, ComponentsReported((ConnectorKnown(2, 1),)))
    connector = Connector.objects.get()
    assert (connector.charger.number, connector.number) == (1, 2)
    assert (connector.charging_status, connector.operational_status) == ("", INOPERATIVE)


# Aggregates


@pytest.mark.parametrize(
    ("statuses", "alive"),
    [
        ([FAULTED, UNAVAILABLE], UNAVAILABLE),
        ([UNAVAILABLE, AVAILABLE, FAULTED], AVAILABLE),
        ([AVAILABLE, RESERVED], RESERVED),
        ([RESERVED, PREPARING], PREPARING),
        ([PREPARING, FINISHING], FINISHING),
        ([FINISHING, ChargingStatus.SUSPENDED_EV], ChargingStatus.SUSPENDED_EV),
        (
            [ChargingStatus.SUSPENDED_EV, ChargingStatus.SUSPENDED_EVSE],
            ChargingStatus.SUSPENDED_EVSE,
        ),
        ([ChargingStatus.SUSPENDED_EVSE, CHARGING], CHARGING),
    ],
)
def test_a_charger_shows_the_most_alive_of_its_connectors(
    station: Station, statuses: list[ChargingStatus], alive: ChargingStatus
) -> None:
    for number, status in enumerate(statuses, start=1):
        reports_status(station, number, status)
    assert Charger.objects.get().charging_status == alive


def test_one_working_connector_makes_charger_and_station_operative(station: Station) -> None:
    reports_status(station, 1, FAULTED)
    charger = Charger.objects.get()
    assert [broad(charger), broad(station)] == [INOPERATIVE, INOPERATIVE]
    reports_status(station, 2, PREPARING)
    assert [broad(charger), broad(station)] == [OPERATIVE, OPERATIVE]
    reports_status(station, 2, UNAVAILABLE)
    assert [broad(charger), broad(station)] == [INOPERATIVE, INOPERATIVE]


@pytest.mark.parametrize("main", [UNAVAILABLE, FAULTED])
def test_connector_0_takes_everything_down_and_up_again(
    station: Station, main: ChargingStatus
) -> None:
    reports_status(station, 1, AVAILABLE)
    connector, charger = Connector.objects.get(), Charger.objects.get()
    reports_status(station, 0, main)
    assert [broad(connector), broad(charger), broad(station)] == [INOPERATIVE] * 3
    assert connector.charging_status == AVAILABLE, "connector 0 says nothing of the others'"
    reports_status(station, 0, AVAILABLE)
    assert [broad(connector), broad(charger), broad(station)] == [OPERATIVE] * 3


def test_what_is_closed_stays_closed(station: Station) -> None:
    reports_status(station, 1, AVAILABLE)
    reports_status(station, 2, CHARGING)
    Connector.objects.filter(number=2).update(operational_status=CLOSED)
    with publishing() as changes:
        components.refresh_statuses(station, changes)
    charger = Charger.objects.get()
    assert charger.charging_status == AVAILABLE, "a discarded connector shows on nobody"
    Charger.objects.update(operational_status=CLOSED)
    Station.objects.update(operational_status=CLOSED)
    for number in (0, 1, 2):
        reports_status(station, number, AVAILABLE)
    assert [broad(charger), broad(station)] == [CLOSED, CLOSED]
    assert broad(Connector.objects.get(number=2)) == CLOSED
    assert broad(Connector.objects.get(number=1)) == OPERATIVE


def test_the_time_of_a_status_is_when_it_became_that(station: Station) -> None:
    reports_status(station, 1, AVAILABLE, at=NOON)
    reports_status(station, 1, AVAILABLE, at=after(60))
    connector, charger = Connector.objects.get(), Charger.objects.get()
    assert (connector.status_at, connector.status_heard_at) == (NOON, after(60))
    # Connector 0 changes whether it works, not what its connectors last said.
    reports_status(station, 0, UNAVAILABLE, at=after(90))
    charger.refresh_from_db()
    assert (charger.operational_status, charger.status_at) == (INOPERATIVE, NOON)
    reports_status(station, 1, CHARGING, at=after(120))
    charger.refresh_from_db()
    assert charger.status_at == after(120)


def test_browsers_hear_which_charger_changed(
    station: Station,
) -> None:
    reports_status(station, 1, AVAILABLE)
    charger = Charger.objects.get()
    with publishing() as changes:
        event = ConnectorStatusReported(1, CHARGING, NOON)
        components.record_components([components.Told(station.pk, event, NOON)], changes)
    assert f"charger:{charger.pk}" in changes.keys


def test_a_fault_is_kept_until_the_next_status(station: Station) -> None:
    fault = ConnectorStatusReported(
        1, FAULTED, NOON, error_code="GroundFailure", info="RCD", vendor_error_code="E17"
    )
    tells(station, fault)
    connector = Connector.objects.get()
    assert (connector.error_code, connector.error_info, connector.vendor_error_code) == (
        "GroundFailure",
        "RCD",
        "E17",
    )
    reports_status(station, 1, AVAILABLE)
    connector.refresh_from_db()
    assert (connector.error_code, connector.error_info, connector.vendor_error_code) == ("",) * 3


def test_the_stations_own_fault_is_kept_in_words(station: Station) -> None:
    event = components.StationStatusReported(FAULTED, NOON, error_code="OtherError", info="Door")
    tells(station, event)
    station.refresh_from_db()
    assert (station.main_status, station.main_error) == (FAULTED, "OtherError: Door")


# What Occupied means


def test_occupied_means_what_the_session_says(modern: Station) -> None:
    tells(modern, changed("Started", 0, evse_id=1, connector_id=1, charging_state="Charging"))
    assert shown(modern) == CHARGING
    reports_occupied(modern)
    assert shown(modern) == CHARGING


def test_occupied_without_a_session_means_preparing(modern: Station) -> None:
    reports_occupied(modern)
    assert shown(modern) == PREPARING


def test_occupied_after_a_session_still_means_finishing(modern: Station) -> None:
    tells(modern, changed("Started", 0, evse_id=1, connector_id=1, charging_state="Charging"))
    tells(modern, changed("Ended", 1))
    assert shown(modern) == FINISHING
    reports_occupied(modern)
    assert shown(modern) == FINISHING


def test_connected_is_before_charging_or_after_it(modern: Station) -> None:
    tells(modern, changed("Started", 0, evse_id=1, connector_id=1, charging_state="EVConnected"))
    assert shown(modern) == PREPARING
    tells(modern, changed("Updated", 1, charging_state="SuspendedEV"))
    tells(modern, changed("Updated", 2, charging_state="EVConnected"))
    assert shown(modern) == FINISHING
    reports_occupied(modern)
    assert shown(modern) == FINISHING


def test_occupied_is_explained_by_the_newest_session(modern: Station) -> None:
    connector = Connector.objects.get()
    SessionFactory(connector=connector, started_at=after(60), charging_state="SuspendedEVSE")
    SessionFactory(connector=connector, started_at=NOON, charging_state="Charging")
    reports_occupied(modern)
    assert shown(modern) == ChargingStatus.SUSPENDED_EVSE


def test_an_evse_speaks_for_its_connectors(modern: Station) -> None:
    tells(modern, evse_status(UNAVAILABLE))
    assert shown(modern) == UNAVAILABLE
    tells(modern, evse_status(PREPARING, occupied=True))
    assert shown(modern) == PREPARING


def test_an_occupied_evse_does_not_say_which_of_its_connectors_is(modern: Station) -> None:
    tells(modern, ConnectorStatusReported(2, AVAILABLE, NOON, evse_id=1))
    reports_occupied(modern)
    tells(modern, evse_status(PREPARING, occupied=True))
    assert [shown(modern, number=1), shown(modern, number=2)] == [PREPARING, AVAILABLE]
    tells(modern, evse_status(UNAVAILABLE))
    assert [shown(modern, number=1), shown(modern, number=2)] == [UNAVAILABLE, UNAVAILABLE]


# Locks


def test_a_locks_state_is_known_from_what_is_said_of_it(modern: Station) -> None:
    connector = Connector.objects.get()
    assert (connector.lock_status, connector.lock_is_writable) == (LockStatus.UNKNOWN, False)
    tells(modern, ComponentsReported((LockReported(1, 1, is_locked=True, is_writable=True),)))
    connector.refresh_from_db()
    assert (connector.lock_status, connector.lock_is_writable) == (LockStatus.LOCKED, True)
    tells(modern, LockReported(1, 1, is_locked=False))
    connector.refresh_from_db()
    assert (connector.lock_status, connector.lock_is_writable) == (LockStatus.UNLOCKED, True)


def test_a_locks_problem_stays_until_the_station_says_it_is_over(modern: Station) -> None:
    tells(modern, LockReported(1, 1, has_problem=True))
    # 2.x statuses carry no error codes, so they take none back.
    reports_occupied(modern)
    assert Connector.objects.get().error_code == "ConnectorLockFailure"
    tells(modern, LockReported(1, 1, has_problem=False))
    assert Connector.objects.get().error_code == ""


def test_a_station_with_numbers_out_of_hand_stops_growing(station: Station) -> None:
    for number in range(1, 201):
        reports_status(station, number, AVAILABLE)
    with pytest.raises(TooManyPartsError):
        reports_status(station, 201, AVAILABLE)
    assert station.connectors.count() == 200
