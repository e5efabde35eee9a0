"""What commands put on the wire, what they make of answers, and what they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ocpp_gateway.schemas import check_request
from operations.commands import BY_SLUG, COMMANDS
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    SCHEDULED,
    Command,
    CommandForm,
    Outcome,
    Target,
)
from operations.models import Charger, Connector
from operations.services import targets
from operations.statuses import ChargingStatus, LockStatus, OperationalStatus, RunStatus
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.factories import ChargerFactory, ConnectorFactory, SessionFactory, StationFactory

pytestmark = pytest.mark.django_db

change, unlock, lock, reboot = (
    BY_SLUG[slug] for slug in ("change-availability", "unlock", "lock", "reboot")
)


def connector_of(version: OcppVersion, **more: Any) -> Connector:
    connector: Connector = ConnectorFactory(charger__station__protocol=version.name, **more)
    return connector


def wire(
    command: Command, version: OcppVersion, target: Target, **params: str
) -> list[tuple[str, Any]]:
    """What goes over the wire, which keeps to the schema."""
    requests = command.requests(version, target, params)
    for request in requests:
        assert check_request(version, request.action, request.payload) is None
    return [(request.action, request.payload) for request in requests]


# Whatever the command


def test_slugs_are_found() -> None:
    assert list(BY_SLUG) == [command.slug for command in COMMANDS]


def test_a_version_without_words_for_it_cannot_be_asked() -> None:
    assert not lock.supports(V16)
    assert lock.supports(V201)
    with pytest.raises(LookupError, match=r"lock has no request in OCPP 1\.6"):
        lock.requests(V16, targets.of_station(StationFactory()), {})


def test_the_worst_of_several_outcomes_counts() -> None:
    failed = Outcome(RunStatus.FAILED, "x")
    assert unlock.combine([ACCEPTED, SCHEDULED]) is SCHEDULED
    assert unlock.combine([ACCEPTED, REJECTED, SCHEDULED]) is REJECTED
    assert unlock.combine([REJECTED, failed]) is failed


def test_an_answer_ocpp_does_not_define_is_a_failure_that_says_so() -> None:
    assert unlock.outcome("UnlockConnector", {"status": "Perhaps"}).status == RunStatus.FAILED
    assert "Perhaps" in unlock.outcome("UnlockConnector", {"status": "Perhaps"}).sentence
    assert "—" in unlock.outcome("UnlockConnector", {}).sentence


def test_a_command_that_declares_nothing_more_warns_of_nothing() -> None:
    class Plain(Command):
        slug = "plain"
        label = "Plain"

        def title(self, target: Target, params: dict[str, Any]) -> str:
            return super().title(target, params)  # type: ignore[safe-super,no-any-return]

    plain, target = Plain(), targets.of_station(StationFactory())
    assert plain.initial(target) == {}
    assert plain.warnings(target, {}) == ()
    assert plain.obstacle(target) is None
    assert plain.confirmation(target, {}, None) is None
    assert plain.nudge(V16, target, {}) == ()
    assert plain.withdrawal({}) is None
    assert not any(plain.supports(version) for version in VERSIONS)


def test_a_form_gives_what_was_asked_as_plain_data() -> None:
    form = CommandForm({}, target=targets.of_station(StationFactory()))
    assert form.is_valid()
    assert form.params() == {}


# Targets


def test_a_target_is_called_by_its_most_specific_name() -> None:
    connector = ConnectorFactory(charger__name="quay 1-A", number=2)
    station = targets.of_station(connector.station)
    assert (station.kind.value, station.name) == ("station", connector.station.name)
    charger = targets.of_charger(connector.charger)
    assert (charger.kind.value, charger.sentence_name) == ("charger", "Quay 1-A")
    aimed = targets.of_connector(connector)
    assert (aimed.kind.value, aimed.sentence_name) == ("connector", "Connector 2 of quay 1-A")


@pytest.mark.parametrize("level", ["station", "charger", "connector"])
def test_a_part_of_something_closed_is_closed(level: str) -> None:
    connector = ConnectorFactory()
    assert not targets.of_connector(connector).is_closed
    part = {
        "station": connector.station,
        "charger": connector.charger,
        "connector": connector,
    }[level]
    part.operational_status = OperationalStatus.CLOSED
    assert targets.of_connector(connector).is_closed


def test_discarded_connectors_are_not_asked() -> None:
    working = ConnectorFactory(number=1)
    ConnectorFactory(charger=working.charger, number=2, operational_status=OperationalStatus.CLOSED)
    assert targets.of_charger(working.charger).connectors == (working,)
    assert targets.of_station(working.station).connectors == (working,)


# Availability


def test_1_6_asks_connector_0_only_for_the_whole_station() -> None:
    connector = connector_of(V16, number=1)
    charger = connector.charger
    ConnectorFactory(charger=charger, number=2)

    def asked(target: Target) -> list[int]:
        calls = wire(change, V16, target, availability="off")
        assert {payload["type"] for _action, payload in calls} == {"Inoperative"}
        return [payload["connectorId"] for _action, payload in calls]

    assert asked(targets.of_charger(charger)) == [0]
    assert asked(targets.of_connector(connector)) == [1]
    other = ChargerFactory(station=charger.station, number=2)
    ConnectorFactory(charger=other, number=3)
    assert asked(targets.of_charger(charger)) == [1, 2]
    assert asked(targets.of_charger(other)) == [3]


@pytest.mark.parametrize("version", [V201, V21])
def test_2_x_asks_the_evse_or_its_connector(version: OcppVersion) -> None:
    connector = connector_of(version, charger__number=2, number=1)
    assert wire(change, version, targets.of_charger(connector.charger), availability="on") == [
        ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2}})
    ]
    assert wire(change, version, targets.of_connector(connector), availability="off") == [
        (
            "ChangeAvailability",
            {"operationalStatus": "Inoperative", "evse": {"id": 2, "connectorId": 1}},
        )
    ]


def test_the_form_starts_with_the_opposite_of_how_it_is() -> None:
    connector = connector_of(V16)
    assert change.initial(targets.of_connector(connector)) == {"availability": "off"}
    connector.operational_status = OperationalStatus.INOPERATIVE
    assert change.initial(targets.of_connector(connector)) == {"availability": "on"}
    assert change.initial(targets.of_station(connector.station)) == {"availability": "on"}
    # What is faulted is Inoperative (OCPP 1.6 §7.7), and yet one wants it off.
    connector.charging_status = ChargingStatus.FAULTED
    assert change.initial(targets.of_connector(connector)) == {"availability": "off"}


def test_the_title_says_which_way() -> None:
    target = targets.of_charger(ChargerFactory(name="Quay"))
    assert change.title(target, {"availability": "on"}) == "Turn on Quay"
    assert change.title(target, {"availability": "off"}) == "Turn off Quay"
    assert change.title(target, {}) == "Turn Quay on or off"


def test_a_running_session_is_warned_of_before_turning_off() -> None:
    connector = connector_of(V16)
    SessionFactory(connector=connector, meter_start_wh=0, meter_last_wh=12_340)
    target = targets.of_connector(connector)
    (warning,) = change.warnings(target, {"availability": "off"})
    assert warning.startswith("A session is running: 12.3 kWh so far.")
    assert change.warnings(target, {"availability": "on"}) == ()


def test_a_session_without_a_meter_is_warned_of_too() -> None:
    connector = connector_of(V16)
    SessionFactory(connector=connector, meter_start_wh=None)
    (warning,) = unlock.warnings(targets.of_connector(connector), {})
    assert warning == "A session is running. Unlocking will end it."


def confirmed(target: Target, availability: str, *, since: bool = True) -> str | None:
    start = timezone.now() - timedelta(seconds=30) if since else None
    return change.confirmation(target, {"availability": availability}, start)


def test_availability_is_confirmed_by_the_class_of_every_connectors_status() -> None:
    first = connector_of(V16, number=1, charging_status=ChargingStatus.UNAVAILABLE)
    second = ConnectorFactory(
        charger=first.charger, number=2, charging_status=ChargingStatus.AVAILABLE
    )

    def target() -> Target:
        return targets.of_charger(Charger.objects.get())

    assert confirmed(target(), "off") is None
    second.charging_status = ChargingStatus.FAULTED
    second.save()
    assert confirmed(target(), "off") == f"{first.charger.name} is now Inoperative."
    Connector.objects.update(charging_status=ChargingStatus.PREPARING)
    assert confirmed(target(), "on") == f"{first.charger.name} is now Preparing."


def test_availability_is_not_confirmed_by_what_was_heard_before_or_never() -> None:
    old = timezone.now() - timedelta(hours=1)
    connector = connector_of(V16, status_heard_at=old)
    assert confirmed(targets.of_connector(connector), "on") is None
    assert confirmed(targets.of_connector(connector), "on", since=False) is not None
    connector.status_heard_at = None
    assert confirmed(targets.of_connector(connector), "on", since=False) is None
    connector.charging_status = ""
    assert confirmed(targets.of_connector(connector), "on", since=False) is None
    assert confirmed(targets.of_charger(ChargerFactory()), "on") is None


def test_some_stations_only_report_connector_0() -> None:
    # Grizzl-E, lbbrhzn 1623.
    connector = connector_of(V16, charging_status="")
    station = connector.station
    charger = connector.charger
    station.main_status, station.main_status_at = ChargingStatus.UNAVAILABLE, timezone.now()
    station.save()
    charger.refresh_from_db()
    assert confirmed(targets.of_charger(charger), "off") == f"{charger.name} is now Inoperative."
    assert confirmed(targets.of_charger(charger), "on") is None
    assert confirmed(targets.of_charger(charger), "off", since=False) is None
    station.main_status = ChargingStatus.AVAILABLE
    station.save()
    charger.refresh_from_db()
    assert confirmed(targets.of_charger(charger), "off") is None


def test_a_nudge_asks_each_connector_to_report() -> None:
    old, new = connector_of(V16, number=2), connector_of(V201, charger__number=3, number=1)
    requests = change.nudge(V16, targets.of_connector(old), {})
    assert [(each.action, each.payload) for each in requests] == [
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2})
    ]
    requests = change.nudge(V21, targets.of_connector(new), {})
    assert [each.payload for each in requests] == [
        {"requestedMessage": "StatusNotification", "evse": {"id": 3, "connectorId": 1}}
    ]
    for version, connector in ((V16, old), (V21, new)):
        for each in change.nudge(version, targets.of_connector(connector), {}):
            assert check_request(version, each.action, each.payload) is None


def test_a_scheduled_change_is_withdrawn_by_its_opposite() -> None:
    assert change.withdrawal({"availability": "off"}) == {"availability": "on"}


# Unlock and lock


def test_unlock_names_the_connector_as_the_version_does() -> None:
    old, new = connector_of(V16, number=2), connector_of(V201, charger__number=3, number=1)
    assert wire(unlock, V16, targets.of_connector(old)) == [("UnlockConnector", {"connectorId": 2})]
    assert wire(unlock, V21, targets.of_connector(new)) == [
        ("UnlockConnector", {"evseId": 3, "connectorId": 1})
    ]
    assert unlock.title(targets.of_connector(old), {}).startswith("Unlock connector 2 of")


def test_unlock_says_what_becomes_of_a_running_session() -> None:
    new = connector_of(V201)
    SessionFactory(connector=new)
    (warning,) = unlock.warnings(targets.of_connector(new), {})
    assert warning.endswith("The station will refuse while it runs.")


def test_lock_writes_the_lock_and_reads_it_back() -> None:
    connector = connector_of(V201, charger__number=3, number=1, lock_is_writable=True)
    target = targets.of_connector(connector)
    component = {"name": "ConnectorPlugRetentionLock", "evse": {"id": 3, "connectorId": 1}}
    place = {"component": component, "variable": {"name": "Active"}}
    assert wire(lock, V201, target) == [
        ("SetVariables", {"setVariableData": [{"attributeValue": "true", **place}]}),
        ("GetVariables", {"getVariableData": [place]}),
    ]
    assert lock.obstacle(target) is None
    assert lock.obstacle(targets.of_station(connector.station)) is None
    assert lock.title(target, {}).startswith("Lock connector 1 of")
    assert connector.lock_status == LockStatus.UNKNOWN


def locked(written: dict[str, str] | None, read: dict[str, str]) -> RunStatus:
    """What becomes of a lock that was written with one result and read with the other."""
    results = [] if written is None else [{"attributeStatus": "Accepted"} | written]
    asked = lock.outcome("SetVariables", {"setVariableResult": results})
    back = [{"attributeStatus": "Accepted"} | read]
    reading = lock.outcome("GetVariables", {"getVariableResult": back})
    return lock.combine([asked, reading]).status


def test_a_lock_is_done_only_when_it_reads_as_locked() -> None:
    assert locked({}, {"attributeValue": "True"}) == RunStatus.DONE
    assert locked({}, {"attributeValue": "false"}) == RunStatus.NOT_CONFIRMED
    assert locked({}, {"attributeStatus": "Rejected"}) == RunStatus.REFUSED


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Rejected", RunStatus.REFUSED),
        ("UnknownComponent", RunStatus.UNSUPPORTED),
        ("RebootRequired", RunStatus.NOT_CONFIRMED),
    ],
)
def test_a_lock_that_is_not_accepted_is_not_helped_by_its_reading(
    said: str, status: RunStatus
) -> None:
    assert locked({"attributeStatus": said}, {"attributeValue": "true"}) == status


def test_a_lock_answered_without_a_result_failed() -> None:
    assert locked(None, {"attributeValue": "true"}) == RunStatus.FAILED


@pytest.mark.parametrize("results", ["Accepted", {}, [None], ["Accepted"], None])
def test_a_lock_answered_with_nonsense_failed(results: Any) -> None:
    answer = {"setVariableResult": results}
    assert lock.outcome("SetVariables", answer).status == RunStatus.FAILED


# Reboot


@pytest.mark.parametrize(
    ("version", "mode", "type_"),
    [
        (V16, "idle", "Soft"),
        (V16, "now", "Hard"),
        (V201, "idle", "OnIdle"),
        (V201, "now", "Immediate"),
        (V21, "now", "Immediate"),
        (V21, "resume", "ImmediateAndResume"),
    ],
)
def test_reboot_has_each_versions_types(version: OcppVersion, mode: str, type_: str) -> None:
    station = StationFactory(protocol=version.name)
    assert wire(reboot, version, targets.of_station(station), mode=mode) == [
        ("Reset", {"type": type_})
    ]


@pytest.mark.parametrize(
    ("protocol", "modes"),
    [
        ("1.6", ["idle", "now"]),
        ("2.0.1", ["idle", "now"]),
        ("2.1", ["idle", "now", "resume"]),
        ("", ["idle", "now"]),
    ],
)
def test_reboots_form_offers_what_the_version_has(protocol: str, modes: list[str]) -> None:
    target = targets.of_station(StationFactory(protocol=protocol))
    form = reboot.form(target=target)
    assert [value for value, _label in form.fields["mode"].choices] == modes  # type: ignore[attr-defined]


def test_a_reboot_is_gentle_unless_asked_otherwise() -> None:
    target = targets.of_station(StationFactory())
    form = reboot.form({}, target=target)
    assert form.is_valid()
    assert form.params() == {"mode": "idle"}
    form = reboot.form({"mode": "now"}, target=target)
    assert form.is_valid()
    assert form.params() == {"mode": "now"}


def test_reboot_says_what_becomes_of_running_sessions() -> None:
    old, new = connector_of(V16), connector_of(V201)
    for connector in (old, new):
        SessionFactory(connector=connector)

    def warned(connector: Connector, mode: str) -> str:
        (warning,) = reboot.warnings(targets.of_station(connector.station), {"mode": mode})
        return warning

    assert warned(new, "idle").endswith("The reboot will wait for it to end.")
    assert warned(new, "now").endswith("Rebooting will end it.")
    assert warned(old, "idle").endswith("Rebooting will end it.")


def test_a_reboot_is_confirmed_by_a_boot_after_it() -> None:
    station = StationFactory(name="Quay", booted_at=None)
    asked_at = timezone.now()

    def seen(booted_s: float | None, *, since: Any = asked_at) -> str | None:
        if booted_s is not None:
            station.booted_at = asked_at + timedelta(seconds=booted_s)
        return reboot.confirmation(targets.of_station(station), {}, since)

    assert seen(None) is None
    assert seen(-1) is None
    assert seen(2.5) == "Quay booted 2.5 s after it was asked."
    assert seen(2.5, since=None) is None
    assert reboot.title(targets.of_station(station), {}) == "Reboot Quay"
