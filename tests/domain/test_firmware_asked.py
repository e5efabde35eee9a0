"""A firmware update on its way out: the message each version has, and the form."""

from typing import Any

import pytest
from django.utils import timezone

from operations.commands.fields import wire_time
from operations.models import OcppMessage, Station
from operations.services import outcomes, targets
from operations.statuses import RunStatus
from operations.versions import V16, V201, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh
from tests.domain.updating import LOCATION, asked, boots, image, later, update
from tests.factories import OrganisationFactory, StationFactory

pytestmark = pytest.mark.django_db
SIGNED = {"signature": "c2lnbmVk", "signing_certificate": "-----BEGIN CERTIFICATE-----"}


@pytest.fixture
def station() -> Station:
    """A connected 1.6 station that told its firmware."""
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


# What goes on the wire


def wire(version: OcppVersion, station: Station, **params: Any) -> tuple[str, dict[str, Any]]:
    told = {"location": LOCATION, "request_id": 7, **params}
    (request,) = update.requests(version, targets.of_station(station), told)
    return request.action, request.payload


def test_1_6_says_what_the_plain_message_can(station: Station) -> None:
    more = {"retrieve_at": "2030-03-01T12:00:00Z", "retries": 0, "retry_interval_s": 60}
    assert wire(V16, station, **more) == (
        "UpdateFirmware",
        {
            "location": LOCATION,
            "retrieveDate": "2030-03-01T12:00:00Z",
            "retries": 0,
            "retryInterval": 60,
        },
    )


def test_no_time_to_retrieve_is_now(station: Station) -> None:
    _action, payload = wire(V16, station)
    assert wire_time(later(seconds=-10)) <= payload["retrieveDate"] <= wire_time(later(seconds=10))


@pytest.mark.parametrize(
    ("version", "action"), [(V16, "SignedUpdateFirmware"), (V201, "UpdateFirmware")]
)
def test_signed_updates_carry_certificate_and_times(
    station: Station, version: OcppVersion, action: str
) -> None:
    times = {"retrieve_at": "2030-03-01T12:00:00Z", "install_at": "2030-03-02T03:00:00Z"}
    assert wire(version, station, **times, **SIGNED) == (
        action,
        {
            "requestId": 7,
            "firmware": {
                "location": LOCATION,
                "retrieveDateTime": "2030-03-01T12:00:00Z",
                "installDateTime": "2030-03-02T03:00:00Z",
                "signingCertificate": SIGNED["signing_certificate"],
                "signature": SIGNED["signature"],
            },
        },
    )


def test_what_a_station_refused_is_not_sent_again_until_its_firmware_changes(
    station: Station,
) -> None:
    run = ask(station, "firmware-update", location=LOCATION)
    claim(run, connect(station))
    message = OcppMessage.objects.get(run=run)
    outcomes.record_answer(
        unique_id=message.unique_id,
        station_pk=station.pk,
        frame="[4]",
        answer={"error": "NotSupported"},
        answered_at=timezone.now(),
    )
    assert fresh(run).status == RunStatus.UNSUPPORTED
    station.refresh_from_db()
    assert wire(V16, station, **SIGNED)[0] == "SignedUpdateFirmware"
    assert wire(V16, station)[0] == "SignedUpdateFirmware"
    assert "refused the plain message" in str(update.warnings(targets.of_station(station), {}))
    assert wire(V16, station, message="plain")[0] == "UpdateFirmware"
    boots(station, "6.5.0")
    station.refresh_from_db()
    assert wire(V16, station)[0] == "UpdateFirmware"


def test_a_station_without_the_security_extension_is_sent_the_plain_message(
    station: Station,
) -> None:
    station.refused_actions = {"SignedUpdateFirmware": station.firmware_version}
    assert wire(V16, station, **SIGNED)[0] == "UpdateFirmware"


def test_a_nudge_speaks_as_the_update_did(station: Station) -> None:
    target, wanted = targets.of_station(station), {"requestedMessage": "FirmwareStatusNotification"}
    for version, params, action in (
        (V16, {}, "TriggerMessage"),
        (V16, SIGNED, "ExtendedTriggerMessage"),
        (V201, SIGNED, "TriggerMessage"),
    ):
        (request,) = update.nudge(version, target, params)
        assert (request.action, request.payload) == (action, wanted)


# The form


def form(station: Station, **data: str) -> Any:
    filled = update.form({"location": LOCATION, **data}, target=targets.of_station(station))
    filled.is_valid()
    return filled


def faults(station: Station, **data: str) -> str:
    return str(form(station, **data).errors)


def test_what_a_station_cannot_do_is_said_before_it_is_asked(station: Station) -> None:
    assert "can&#x27;t say when to install" in faults(station, install_at="2030-03-01T12:00")
    station.refused_actions = {"UpdateFirmware": station.firmware_version}
    assert "must be signed" in faults(station)
    assert faults(station, message="plain") == ""
    station.refused_actions = {}
    station.file_protocols = "HTTP,HTTPS"
    assert "transfers files by HTTP,HTTPS only" in faults(station)
    assert faults(station, anyway="on") == ""


def test_signed_updates_carry_shorter_locations_than_plain_ones(station: Station) -> None:
    target = targets.of_station(station)
    long = {"location": f"ftp://files.example.org/{'x' * 600}"}
    assert update.objection(target, long) is None
    assert "512 characters" in str(update.objection(target, {**long, **SIGNED}))


def test_2_x_can_say_when_to_install(station: Station) -> None:
    station.protocol = "2.0.1"
    assert faults(station, install_at="2030-03-01T12:00") == ""


def test_times_come_in_order(station: Station) -> None:
    station.protocol = "2.0.1"
    assert "before it is retrieved" in faults(
        station, retrieve_at="2030-03-02T12:00", install_at="2030-03-01T12:00"
    )
    assert "before it is retrieved" in faults(station, install_at="2020-03-01T12:00")


def test_times_are_typed_in_the_users_zone_and_sent_in_utc(station: Station) -> None:
    with timezone.override("Europe/Ljubljana"):
        params = form(station, retrieve_at="2030-03-01T12:00").params()
    assert params == {"location": LOCATION, "retrieve_at": "2030-03-01T11:00:00Z"}


def test_one_source_and_a_whole_signature(station: Station) -> None:
    assert "one of the two" in faults(station, location="")
    assert "needs its certificate" in faults(station, signature="c2ln")


def test_an_image_of_the_library_fits_the_station(station: Station) -> None:
    Station.objects.update(vendor="ALFEN", model="Eve")
    station.refresh_from_db()
    fitting = image(signature="c2ln", organisation=station.organisation)
    others = [
        image(model="Twin"),
        image(is_retired=True),
        image(organisation=OrganisationFactory()),
    ]
    assert form(station, location="", image=str(fitting.pk)).params() == {
        "image": fitting.pk,
        "version": "6.5.0",
        "signature": "c2ln",
    }
    unknown = StationFactory(vendor="", model="", organisation=station.organisation)
    assert not faults(unknown, location="", image=str(others[0].pk))
    for other in others:
        assert "image" in faults(station, location="", image=str(other.pk))
    assert "one of the two" in faults(station, image=str(fitting.pk))
    title = update.title(targets.of_station(station), {"version": "6.5.0"})
    assert title == f"Update {station.name} to firmware 6.5.0"


def test_a_second_plain_update_needs_to_be_meant(station: Station) -> None:
    asked(station)
    assert "An update is under way" in faults(station)
    assert faults(station, anyway="on") == ""
    station.protocol = "2.0.1"
    assert faults(station) == ""
