"""A well-behaved simulated station, the fleet it belongs to, and the command that runs it."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ocpp_gateway.simulator.fleet import Fleet, mixed_specs
from ocpp_gateway.simulator.profiles import PROFILES
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.simulated import ID, QUICK, station_at
from tests.gateway.toy_central_system import ToyCentralSystem, schema


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_every_model_boots_reports_and_charges_by_the_schemas(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    specs = mixed_specs(len(PROFILES), [version], sessions_per_hour=60_000)
    fleet = Fleet(strict.url, specs, rate=1000, pace=QUICK)
    await fleet.start()
    ended = "StopTransaction" if version is V16 else "TransactionEvent"
    fields = {} if version is V16 else {"eventType": "Ended"}
    await strict.hears(ended, **fields)
    await strict.until(lambda: len(strict.said("BootNotification")) == len(specs))
    assert fleet.count().accepted == len(specs)
    for spec in specs:
        connectors = sum(spec.profile.layout) + (1 if version is V16 else 0)
        frames = [frame for frame in strict.frames if frame.identity == spec.identity]
        statuses = [f for f in frames if f.action in ("StatusNotification", "NotifyEvent")]
        assert frames[0].action == "BootNotification"
        assert len(statuses) >= connectors
    await fleet.stop()


async def test_meter_values_hold_ten_sampled_values(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16, "charging"):
        reading = (await strict.hears("MeterValues"))["meterValue"][0]
        assert len(reading["sampledValue"]) == 10


async def test_a_session_in_2x_counts_its_events_from_zero(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging"):
        await strict.until(lambda: len(strict.said("TransactionEvent")) > 3)
        events = strict.said("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert events[0]["eventType"] == "Started"


async def test_2_1_reports_by_notify_event_where_the_model_does(strict: ToyCentralSystem) -> None:
    kempower = next(profile for profile in PROFILES if profile.notifies_events)
    async with station_at(strict, V21, profile=kempower):
        event = (await strict.hears("NotifyEvent"))["eventData"][0]
        assert (event["variable"]["name"], event["actualValue"]) == (
            "AvailabilityState",
            "Available",
        )


async def test_a_pending_station_asks_again_after_the_interval() -> None:
    pending = {"BootNotification": {"status": "Pending", "interval": 0.05}}
    async with ToyCentralSystem.running(answers=pending) as system, station_at(system, V16):
        await system.until(lambda: len(system.said("BootNotification")) == 2)
        assert not system.said("StatusNotification")
        system.answers["BootNotification"] = {"status": "Accepted", "interval": 300}
        await system.hears("StatusNotification", connectorId=2)


async def test_heartbeats_keep_the_interval_of_the_boot() -> None:
    async with ToyCentralSystem.running(interval=0.05) as system, station_at(system, V16):
        await system.until(lambda: len(system.said("Heartbeat")) > 2)


async def test_the_password_goes_into_the_handshake(system: ToyCentralSystem) -> None:
    async with station_at(system, V16, password="s3cret"):
        await system.hears("BootNotification")
        request = system.sockets[0][1].request
        assert request
        assert request.headers["Authorization"] == "Basic U0lNLTAwMDE6czNjcmV0"


async def test_a_station_comes_back_when_the_central_system_closes(
    strict: ToyCentralSystem,
) -> None:
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        await strict.sockets[0][1].close(1001)
        await strict.until(lambda: len(strict.said("BootNotification")) == 2)


async def test_a_fleet_remembers_what_its_stations_heard(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16) as station:
        await strict.hears("StatusNotification")
        await strict.ask(ID, "ClearCache", {})
        assert [call.action for call in station.calls] == ["ClearCache"]
        assert (station.tally.heard.total(), station.tally.answered) == (1, 1)


async def test_a_fleet_starts_at_its_rate(system: ToyCentralSystem) -> None:
    fleet = Fleet(system.url, mixed_specs(5, [V16]), rate=50, pace=QUICK)
    began = time.monotonic()
    await fleet.start()
    assert time.monotonic() - began >= 4 / 50
    await fleet.stop()


async def test_a_fleet_runs_until_cancelled(system: ToyCentralSystem) -> None:
    running = asyncio.create_task(Fleet(system.url, mixed_specs(3, VERSIONS)).run())
    await system.until(lambda: len(system.said("BootNotification")) == 3)
    running.cancel()
    await system.until(lambda: len(system.closed) == 3)
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_station_keeps_trying_until_it_is_admitted() -> None:
    async with ToyCentralSystem.running(refuses_first=3) as system, station_at(system, V16) as it:
        await system.hears("BootNotification")
        assert (it.tally.failed_connects, it.tally.connected) == (3, 1)


async def test_frames_that_are_no_json_do_it_no_harm(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16):
        await strict.hears("StatusNotification")
        for frame in ("not json", "[]", "{}", '[3,"unknown",{}]', "[2]"):
            await strict.sockets[0][1].send(frame)
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}


async def test_a_refused_call_does_not_stop_a_station(strict: ToyCentralSystem) -> None:
    strict.errors["StatusNotification"] = "InternalError"
    async with station_at(strict, V16) as station:
        await strict.hears("StatusNotification", connectorId=2)
        assert await strict.ask(ID, "ClearCache", {}) == {"status": "Accepted"}
        assert station.tally.refused == 3


def test_simulate_reports_and_stops_on_a_signal() -> None:
    command = [sys.executable, "-m", "django", "simulate", "--count=2", "--url=ws://127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        assert "2 stations connect to ws://127.0.0.1:9" in process.stdout.readline()
        process.terminate()
        assert "0/2 connected" in process.stdout.read()
    assert process.returncode == 0


def test_the_same_seed_gives_the_same_fleet() -> None:
    one, other = (mixed_specs(48, VERSIONS, seed=3) for _ in range(2))
    assert one == other
    assert {spec.version for spec in one} == set(VERSIONS)
    assert {(spec.version, spec.profile) for spec in one} == {
        (version, profile) for version in VERSIONS for profile in PROFILES
    }


def test_the_simulator_knows_neither_django_nor_the_gateway() -> None:
    code = (
        "import sys, ocpp_gateway.simulator.fleet\n"
        "strange = [m for m in sys.modules if m.split('.')[0] in ('django', 'evcharge')"
        " or m.startswith('ocpp_gateway.') and not m.startswith('ocpp_gateway.simulator')]\n"
        "sys.exit(str(strange) if strange else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"behaviour": ["lazy"]}, "There is no behaviour “lazy”"),
        ({"behaviour": ["late-answers=soon"]}, "takes a number, not “soon”"),
        ({"behaviour": ["silent=3"]}, "takes no value"),
        ({"url": "http://localhost"}, "--url is a WebSocket address"),
        ({"count": 0}, "--count is at least 1"),
        ({"rate": 0.0}, "--rate is more than 0"),
        ({"activity": -1.0}, "0 or more"),
        ({"version": "1.5"}, "invalid choice"),
    ],
)
def test_simulate_says_what_is_wrong_with_its_arguments(
    options: dict[str, Any], sentence: str
) -> None:
    arguments = [
        f"--{name}={value[0] if isinstance(value, list) else value}"
        for name, value in options.items()
    ]
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate", *arguments)


def test_the_schemas_of_the_toy_are_the_official_ones() -> None:
    assert not schema("v16", "Heartbeat", "Request").is_valid({"surprise": 1})
