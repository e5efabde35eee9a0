"""The ill-behaved simulated stations do what their behaviours say."""

import time

import pytest

from ocpp_gateway.simulator.behaviours import BEHAVIOURS, Quirks, quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.specs import StationSpec
from operations.versions import V16, V201, VERSIONS, OcppVersion
from tests.gateway.simulated import DOUBLE, ID, QUICK, off, station_at, status_of
from tests.gateway.toy_central_system import CALLERROR, ToyCentralSystem


async def test_late_answers_are_late(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "late-answers=0.2"):
        await system.hears("StatusNotification")
        began = time.monotonic()
        assert await system.ask(ID, "ClearCache", {}) == {"status": "Accepted"}
        assert time.monotonic() - began >= 0.2


async def test_a_silent_station_lives_but_never_answers() -> None:
    async with ToyCentralSystem.running(interval=0.02) as system, station_at(system, V16, "silent"):
        await system.hears("StatusNotification")
        unique_id = await system.tell(ID, "ClearCache", {})
        mark = len(system.frames)
        await system.until(lambda: len(system.said("Heartbeat", since=mark)) > 3)
        assert not system.answers_to(unique_id)


async def test_a_station_can_answer_everything_with_an_error(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "callerror=SecurityError"):
        await system.hears("StatusNotification")
        assert await system.ask(ID, "ClearCache", {}) == "SecurityError"
        assert system.frames[-1].kind == CALLERROR


async def test_answers_come_twice(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "answers-twice"):
        await system.hears("StatusNotification")
        unique_id = await system.tell(ID, "ClearCache", {})
        await system.until(lambda: len(system.answers_to(unique_id)) == 2)


async def test_the_status_can_come_before_the_answer(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "status-before-answer"):
        await system.hears("StatusNotification", connectorId=2)
        mark = len(system.frames)
        await system.ask(ID, "ChangeAvailability", off(V16, 1))
        assert [frame.action for frame in system.frames[mark:]] == [
            "StatusNotification",
            "ChangeAvailability",
        ]


@pytest.mark.parametrize("behaviour", ["no-status", "ignores"])
async def test_no_status_follows(behaviour: str) -> None:
    async with (
        ToyCentralSystem.running(interval=0.02) as system,
        station_at(system, V201, behaviour),
    ):
        await system.hears("StatusNotification", evseId=2)
        assert await system.ask(ID, "ChangeAvailability", off(V201, 1)) == {"status": "Accepted"}
        mark = len(system.frames)
        await system.until(lambda: len(system.said("Heartbeat", since=mark)) > 3)
        assert not system.said("StatusNotification", connectorStatus="Unavailable")


async def test_flickering_stations_say_available_first(system: ToyCentralSystem) -> None:
    async with station_at(system, V201, "flickers"):
        await system.hears("StatusNotification", evseId=2)
        mark = len(system.frames)
        await system.ask(ID, "ChangeAvailability", off(V201, 1))
        await system.hears("StatusNotification", connectorStatus="Unavailable")
        said = system.said("StatusNotification", since=mark)
        assert [each["connectorStatus"] for each in said] == ["Available", "Unavailable"]


async def test_a_second_socket_leaves_the_first_open(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "second-socket=0.1"):
        await system.until(lambda: len(system.said("BootNotification")) == 2)
        assert len(system.sockets) == 2
        assert not system.closed


async def test_flapping_stations_drop_the_line(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "flapping=0.05"):
        await system.until(lambda: len(system.sockets) > 2)
        assert system.closed[0] == (ID, 1006)


async def test_a_station_can_drop_the_line_instead_of_answering(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "drops-on-call"):
        await system.hears("StatusNotification")
        unique_id = await system.tell(ID, "ClearCache", {})
        await system.until(lambda: system.closed)
        assert not system.answers_to(unique_id)


async def test_a_reset_can_go_unanswered(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "reset-without-answer"):
        await system.hears("StatusNotification")
        unique_id = await system.tell(ID, "Reset", {"type": "Soft"})
        await system.until(lambda: len(system.said("BootNotification")) == 2)
        assert not system.answers_to(unique_id)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_rejecting_stations_refuse_what_can_be_refused(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "rejects"):
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "ChangeAvailability", off(version, 1)) == {"status": "Rejected"}
        unlock = {"connectorId": 1} if version is V16 else {"evseId": 1, "connectorId": 1}
        assert await strict.ask(ID, "UnlockConnector", unlock) == {"status": "UnlockFailed"}


@pytest.mark.parametrize(
    ("behaviour", "ending"), [("naive-times", "00"), ("offset-times", "+03"), ("normal", "Z")]
)
async def test_times_are_written_in_several_ways(
    system: ToyCentralSystem, behaviour: str, ending: str
) -> None:
    async with station_at(system, V16, behaviour):
        timestamp = (await system.hears("StatusNotification"))["timestamp"]
        assert timestamp.endswith(ending) or (ending == "00" and timestamp[-1].isdigit())


async def test_a_clock_can_stand_in_1970(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "epoch-clock"):
        status = await system.hears("StatusNotification")
        assert status["timestamp"].startswith("1970-01-01T")


async def test_payloads_can_be_off_in_every_way_at_once(system: ToyCentralSystem) -> None:
    async with station_at(
        system, V16, "float-ints", "extra-keys", "bare-items", "numeric-ids", "charging"
    ):
        status = await system.hears("StatusNotification", connectorId=1)
        assert isinstance(status["connectorId"], float)
        assert status["vendorNote"]
        assert isinstance((await system.hears("MeterValues"))["meterValue"], dict)
        assert isinstance(system.frames[0].unique_id, int)


async def test_numbers_can_be_text(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "text-numbers"):
        await system.hears("StatusNotification", connectorId="1")


async def test_a_station_need_not_boot(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "no-boot"):
        await system.hears("StatusNotification", connectorId=2)
        assert not system.said("BootNotification")


async def test_a_station_can_boot_only_when_it_starts(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "boots-once"):
        await system.hears("StatusNotification", connectorId=2)
        await system.sockets[0][1].close(1001)
        await system.until(lambda: len(system.said("StatusNotification", connectorId=2)) == 2)
        assert len(system.said("BootNotification")) == 1


async def test_a_status_can_come_before_the_boot(system: ToyCentralSystem) -> None:
    async with station_at(system, V201, "status-before-boot"):
        await system.hears("BootNotification")
        assert system.frames[0].action == "StatusNotification"


async def test_a_boot_trigger_can_strike_a_station_dumb(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "silent-to-boot-trigger"):
        await system.hears("StatusNotification")
        unique_id = await system.tell(
            ID, "TriggerMessage", {"requestedMessage": "BootNotification"}
        )
        await system.ask(ID, "ClearCache", {})
        assert not system.answers_to(unique_id)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_scene_can_have_a_faulted_connector(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "faulted"):
        await strict.hears("StatusNotification", **status_of(version, 1, "Faulted"))
        await strict.hears("StatusNotification", **status_of(version, 2, "Available"))


async def test_status_can_come_for_the_station_alone(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, "station-status-only"):
        await system.hears("StatusNotification", connectorId=0)
        await system.ask(ID, "ChangeAvailability", off(V16, None))
        await system.hears("StatusNotification", connectorId=0, status="Unavailable")
        assert {each["connectorId"] for each in system.said("StatusNotification")} == {0}


async def test_an_offline_station_never_connects(system: ToyCentralSystem) -> None:
    specs = [
        StationSpec("OFF", V16, DOUBLE, quirks=quirks_of(["offline"])),
        StationSpec("ON", V16, DOUBLE),
    ]
    fleet = Fleet(system.url, specs, pace=QUICK)
    await fleet.start()
    await system.hears("StatusNotification", connectorId=2)
    assert [identity for identity, _ in system.sockets] == ["ON"]
    assert fleet.count().connected == 1
    await fleet.stop()


@pytest.mark.parametrize("behaviour", [each.name for each in BEHAVIOURS])
def test_every_behaviour_but_the_normal_changes_something(behaviour: str) -> None:
    assert (quirks_of([behaviour]) == Quirks()) == (behaviour == "normal")


def test_behaviours_add_up() -> None:
    quirks = quirks_of(["late-answers=7", "no-status", "callerror=GenericError"])
    assert quirks == Quirks(answer_delay_s=7, reports_changes=False, error_code="GenericError")
