"""Unlock, Lock and Reboot: what is sent, what is warned of, and what confirms it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.models import Connector
from operations.services import targets
from operations.statuses import LockStatus, RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.wiring import connector_of, wire
from tests.factories import SessionFactory, StationFactory

pytestmark = pytest.mark.django_db

unlock, lock, reboot = (BY_SLUG[slug] for slug in ("unlock", "lock", "reboot"))


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
