"""What conformance tests share: stations at work, and an operator who sends custom messages."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from asgiref.sync import sync_to_async

from operations.models import CommandRun, Station
from operations.services import stations
from operations.statuses import Registration
from operations.versions import OcppVersion
from tests.e2e import samples
from tests.e2e.asking import asks, becomes
from tests.factories import TokenFactory
from tests.fake_station import TOKEN, Call, FakeStation
from tests.portal import Portal

Payload = dict[str, Any]
IDENTITY = "CP-1"
PASSWORD = "s3cret-enough-16"


@dataclass(frozen=True)
class Asked:
    """A call of ours, what the station answers, and what it says after that."""

    action: str
    payload: Payload
    answer: Payload
    then: tuple[tuple[str, Payload], ...] = ()


@dataclass(frozen=True)
class Case:
    """Calls of ours that make a certification case, or exchanges that are none by id."""

    name: str
    asked: tuple[Asked, ...]
    has_id: bool = True


def case(number: str, *asked: Asked) -> Case:
    return Case(number, asked)


def exchange(name: str, *asked: Asked) -> Case:
    """What some cases are made of whose own steps are not known to us."""
    return Case(name, asked, has_id=False)


def each(cases: Iterable[Case], version: OcppVersion) -> list[ParameterSet]:
    """Parameters that carry their certification id, as test id and as mark."""
    return [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.octt(one.name, version=version.name)] if one.has_id else [],
        )
        for one in cases
    ]


@asynccontextmanager
async def connected(
    portal: Portal,
    version: OcppVersion,
    *,
    password: str | None = None,
    registration: Registration = Registration.ACCEPTED,
) -> AsyncIterator[FakeStation]:
    """A station on its socket, not booted."""
    await sync_to_async(stations.create_station)(
        identity=IDENTITY, password=password, registration=registration
    )
    async with FakeStation(
        portal.stations_url, IDENTITY, version=version, password=password
    ) as station:
        yield station


@asynccontextmanager
async def working(portal: Portal, version: OcppVersion) -> AsyncIterator[FakeStation]:
    """A station that is accepted, with one free connector and a token that may charge."""
    await sync_to_async(TokenFactory)(identifier=TOKEN)
    async with connected(portal, version) as station:
        assert (await station.boots())["status"] == "Accepted"
        await station.reports_status(1, "Available")
        yield station


async def sends(station: FakeStation, action: str, payload: Payload) -> tuple[CommandRun, Call]:
    """The operator sends a custom message; it arrives as it was typed."""
    run = await asks(IDENTITY, "custom-message", action=action, payload=payload, send_anyway=False)
    assert run.status == "queued", run.summary
    call = await station.expects(action)
    assert call.payload == payload
    return run, call


async def exchanges(station: FakeStation, asked: Asked) -> CommandRun:
    """The operator asks, the station answers; the answer is kept and what follows taken."""
    assert samples.answer_is_valid(station.version, asked.action, asked.answer), asked.answer
    run, call = await sends(station, asked.action, asked.payload)
    await station.answers(call, asked.answer)
    await becomes(run, "done")
    assert run.answers == [{"action": asked.action, "payload": asked.answer}]
    for action, payload in asked.then:
        answer = await station.calls(action, payload)
        assert samples.answer_is_valid(station.version, action, answer)
    return run


async def station_row() -> Station:
    return await Station.objects.aget(identity=IDENTITY)
