"""Stations: who they are, how they prove it, and what they say of themselves."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from operations.events import StationBooted
from operations.models import Charger, Station
from operations.services import stations
from operations.statuses import OperationalStatus, Registration
from tests.domain.telling import NOON, after, tells
from tests.factories import ChargerFactory, OrganisationFactory, StationFactory

pytestmark = pytest.mark.django_db


def test_a_boot_notes_who_the_station_says_it_is() -> None:
    station = StationFactory(vendor="", model="", serial_number="", firmware_version="")
    boot = StationBooted("ABB", "Terra", "SN-1", "", "1.2", "8938", "2934", "PowerUp")
    tells(station, boot, at=NOON)
    station.refresh_from_db()
    assert (station.vendor, station.model, station.serial_number) == ("ABB", "Terra", "SN-1")
    assert (station.firmware_version, station.iccid, station.imsi) == ("1.2", "8938", "2934")
    assert (station.booted_at, station.boot_reason) == (NOON, "PowerUp")


def test_what_a_boot_does_not_say_it_does_not_change() -> None:
    station = StationFactory(serial_number="SN-1", firmware_version="1.2", boot_reason="PowerUp")
    tells(station, StationBooted("ABB", "Terra"))
    station.refresh_from_db()
    assert (station.serial_number, station.firmware_version) == ("SN-1", "1.2")
    assert station.boot_reason == ""


def test_what_is_too_long_to_keep_is_cut() -> None:
    station = StationFactory()
    tells(station, StationBooted("v" * 99, "m" * 99, iccid="8" * 99, reason="r" * 99))
    station.refresh_from_db()
    assert (len(station.vendor), len(station.model), len(station.iccid)) == (50, 50, 20)


def test_chargers_follow_their_station_unless_they_have_values_of_their_own() -> None:
    station = StationFactory(vendor="ABB", model="Terra", serial_number="SN-1")
    ChargerFactory(station=station, number=1)
    ChargerFactory(station=station, number=2, vendor="", model="", serial_number="")
    ChargerFactory(station=station, number=3, vendor="Kempower", model="S", serial_number="K-1")
    other = ChargerFactory(vendor="ABB")
    tells(station, StationBooted("Alpitronic", "HYC", "H-1"))
    chargers = Charger.objects.filter(station=station).order_by("number")
    assert list(chargers.values_list("vendor", "model", "serial_number")) == [
        ("Alpitronic", "HYC", "H-1"),
        ("Alpitronic", "HYC", "H-1"),
        ("Kempower", "S", "K-1"),
    ]
    other.refresh_from_db()
    assert other.vendor == "ABB"


def test_a_boot_is_answered_with_the_registration_and_how_often_to_call(
    settings: Settings,
) -> None:
    settings.EVCHARGE_HEARTBEAT_S = 123
    answer = tells(StationFactory(), StationBooted("A", "B"))
    assert (answer.registration, answer.interval_s) == (Registration.ACCEPTED, 123)
    waiting = StationFactory(registration=Registration.PENDING)
    answer = tells(waiting, StationBooted("A", "B"))
    assert (answer.registration, answer.interval_s) == (Registration.PENDING, 60)


def test_an_approved_station_is_accepted_at_its_next_boot() -> None:
    station = StationFactory(registration=Registration.PENDING, organisation=None)
    organisation = OrganisationFactory()
    stations.approve(station=station, organisation=organisation)
    assert tells(station, StationBooted("A", "B"), at=after(60)).registration == "Accepted"
    station.refresh_from_db()
    assert station.organisation == organisation


def test_approving_without_an_organisation_keeps_the_stations() -> None:
    station = StationFactory(registration=Registration.PENDING)
    stations.approve(station=station, organisation=None)
    assert station.organisation is not None


def test_only_a_digest_of_the_password_is_kept() -> None:
    station = stations.create_station(identity="CP-1", password="s3cret")
    kept = Station.objects.get().password_digest
    assert len(kept) == 64
    assert "s3cret" not in kept
    assert stations.accepts_password(station=station, password=b"s3cret")
    assert not stations.accepts_password(station=station, password=b"s3cret ")
    assert not stations.accepts_password(station=station, password=None)


def test_the_digest_hangs_on_the_servers_key(settings: Settings) -> None:
    before = stations.digest(b"s3cret")
    settings.SECRET_KEY = "another-key"
    assert stations.digest(b"s3cret") != before


def test_a_generated_password_fits_ocpp_1_6_and_is_new_each_time() -> None:
    passwords = {stations.generate_password() for _ in range(20)}
    assert {len(password) for password in passwords} == {20}
    assert len(passwords) == 20


def test_a_station_is_called_by_its_identity_until_it_has_a_name() -> None:
    assert stations.create_station(identity="CP-1").name == "CP-1"
    assert stations.create_station(identity="CP-2", name="Quay").name == "Quay"


@pytest.mark.parametrize("identity", ["CP-1", "", " CP-2", "a\x00b", "x" * 49])
def test_an_identity_must_be_one_and_be_free(identity: str) -> None:
    StationFactory(identity="CP-1")
    with pytest.raises(ValidationError):
        stations.create_station(identity=identity)


def test_a_closed_station_is_discarded() -> None:
    assert stations.is_closed(StationFactory(operational_status=OperationalStatus.CLOSED))
    assert not stations.is_closed(StationFactory())


def test_a_station_can_be_put_back_into_quarantine() -> None:
    station = StationFactory()
    stations.quarantine(station=station, why="strange")
    assert tells(station, StationBooted("A", "B")).registration == Registration.PENDING


def test_only_a_station_nobody_owns_can_be_forgotten() -> None:
    owned, stray = StationFactory(), StationFactory(organisation=None)
    with pytest.raises(ValueError, match="belongs to an organisation"):
        stations.forget(station=owned, why="")
    stations.forget(station=stray, why="spam")
    assert list(Station.objects.all()) == [owned]


def test_a_station_that_ignores_being_asked_to_boot_is_remembered() -> None:
    station = StationFactory()
    stations.note_ignored_boot_trigger(station_pk=station.pk)
    station.refresh_from_db()
    assert station.ignores_boot_trigger
