"""The scriptable station of the tests does what its sentences say."""

import json
from collections.abc import AsyncIterator

import pytest

from operations.versions import V16, VERSIONS, OcppVersion
from tests.fake_station import AnsweredWithErrorError, FakeStation
from tests.gateway.toy_central_system import CALLERROR, ToyCentralSystem


@pytest.fixture
async def system() -> AsyncIterator[ToyCentralSystem]:
    async with ToyCentralSystem.running() as system:
        yield system
    assert not system.violations


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_its_sentences_are_valid(system: ToyCentralSystem, version: OcppVersion) -> None:
    async with FakeStation(system.url, "CP 1", version=version, password="x") as station:
        assert (await station.boots())["status"] == "Accepted"
        await station.beats()
        for status in ("Available", "Preparing", "Charging", "Faulted"):
            await station.reports_status(1, status)
        session = await station.starts_session(connector=1)
        await station.meters(session)
        await station.stops_session(session)
        if version is not V16:
            await station.notifies_status(1, "Charging")
    assert {identity for identity, _ in system.sockets} == {"CP 1"}


async def test_it_answers_what_it_expects(system: ToyCentralSystem) -> None:
    async with FakeStation(system.url, "CP1") as station:
        await station.boots()
        first = await system.tell("CP1", "ClearCache", {})
        second = await system.tell("CP1", "Reset", {"type": "Soft"})
        reset = await station.expects("Reset")
        await station.answers(reset, status="Accepted")
        await station.answers_error(await station.expects("ClearCache"), "NotSupported")
        await system.until(lambda: system.answers_to(first))
        assert system.answers_to(second)[0].payload == {"status": "Accepted"}
        assert system.answers_to(first)[0].kind == CALLERROR


async def test_it_says_what_it_got_instead(system: ToyCentralSystem) -> None:
    async with FakeStation(system.url, "CP1") as station:
        await station.boots()
        await system.tell("CP1", "ClearCache", {})
        with pytest.raises(AssertionError, match=r"expected a Reset.*ClearCache"):
            await station.expects("Reset", within=0.1)
        with pytest.raises(AssertionError, match="ClearCache"):
            await station.hears_nothing(within=0.05)
        await station.expects("ClearCache")
        await station.hears_nothing(within=0.05)


async def test_it_sees_raw_frames_and_errors(system: ToyCentralSystem) -> None:
    async with FakeStation(system.url, "CP1") as station:
        await station.sends_raw('[2,"raw","Heartbeat",{}]')
        assert json.loads(await station.receives()) == [3, "raw", {}]
        await system.tell("CP1", "ClearCache", {})
        await station.stays_silent(0.1)
        assert json.loads(await station.receives())[2] == "ClearCache"
        with pytest.raises(AssertionError, match="heard nothing"):
            await station.receives(within=0.05)
    error = AnsweredWithErrorError("NotSupported", "no", {})
    assert (error.code, str(error)) == ("NotSupported", "NotSupported: no")


async def test_it_drops_the_line_without_goodbye(system: ToyCentralSystem) -> None:
    async with FakeStation(system.url, "CP1") as station:
        await station.boots()
        await station.drops()
        await system.until(lambda: system.closed == [("CP1", 1006)])


async def test_it_tells_why_it_was_closed(system: ToyCentralSystem) -> None:
    async with FakeStation(system.url, "CP1") as station:
        await station.boots()
        with pytest.raises(AssertionError, match="still connected"):
            await station.is_closed(within=0.05)
        await system.sockets[0][1].close(4001, "replaced")
        assert await station.is_closed() == (4001, "replaced")
