"""Garbage of every kind into a socket: the right answer or close, and nobody else is hurt."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import ConnectionClosed

from operations.models import (
    Connection,
    Connector,
    OcppMessage,
    ProtocolFinding,
    Session,
    Station,
)
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import AnsweredWithErrorError, FakeStation
from tests.portal import Portal
from tests.services import wait_until

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
# Everything runs on a few threads of one process: what a neighbour may have to wait at most.
PROMPT_S = 1.0
NAMELESS = "-1"
FRAME, FORMAT = "frame", "format"
CODES = {
    V16: {FRAME: "FormationViolation", FORMAT: "FormationViolation"},
    V201: {FRAME: "RpcFrameworkError", FORMAT: "FormatViolation"},
    V21: {FRAME: "RpcFrameworkError", FORMAT: "FormatViolation"},
}
TOWER = "[" * 50_000

# A frame, and what it is answered: (id, code), or None for a proper answer. Under NAMELESS
# 1.6 has no answer at all.
GARBAGE: list[tuple[str | bytes, tuple[Any, str] | None]] = [
    ("", (NAMELESS, FRAME)),
    ("hello", (NAMELESS, FRAME)),
    ("null", (NAMELESS, FRAME)),
    ("{}", (NAMELESS, FRAME)),
    ("[]", (NAMELESS, FRAME)),
    ("[2]", (NAMELESS, FRAME)),
    ("[2,", (NAMELESS, FRAME)),
    ("\x00", (NAMELESS, FRAME)),
    (TOWER, (NAMELESS, FRAME)),
    ('["2","text-type","Heartbeat",{}]', ("text-type", FRAME)),
    ('[true,"true-type","Heartbeat",{}]', ("true-type", FRAME)),
    ('[2.0,"float-type","Heartbeat",{}]', ("float-type", FRAME)),
    ('[2,"two"]', ("two", FRAME)),
    ('[2,"three","Heartbeat"]', ("three", FRAME)),
    ('[2,"five","Heartbeat",{},{}]', ("five", FRAME)),
    ('[2,"half","Heartbeat",{"a":', ("half", FRAME)),
    ('[2,"twice","Heartbeat",{}][2,"twice","Heartbeat",{}]', ("twice", FRAME)),
    ('[2,null,"Heartbeat",{}]', (NAMELESS, FRAME)),
    ('[2,true,"Heartbeat",{}]', (NAMELESS, FRAME)),
    ('[2,{"id":1},"Heartbeat",{}]', (NAMELESS, FRAME)),
    ('[2,["id"],"Heartbeat",{}]', (NAMELESS, FRAME)),
    (f'[2,"{"x" * 300}","Heartbeat",{{}}]', (NAMELESS, FRAME)),
    ('[2,"number-action",5,{}]', ("number-action", FRAME)),
    ('[2,"list-payload","Heartbeat",[1]]', ("list-payload", FORMAT)),
    ('[2,"text-payload","Heartbeat","{}"]', ("text-payload", FORMAT)),
    ('[2,"unknown","MakeCoffee",{}]', ("unknown", "NotImplemented")),
    ('[2,"case","heartbeat",{}]', ("case", "NotImplemented")),
    ('[2,"path","../../etc/passwd",{}]', ("path", "NotImplemented")),
    ('[2,"nan","DataTransfer",{"vendorId":"v","data":NaN}]', ("nan", FRAME)),
    ('[2,"inf","DataTransfer",{"vendorId":"v","data":-Infinity}]', ("inf", FRAME)),
    ('[2,"1e999","DataTransfer",{"vendorId":"v","data":1e999}]', ("1e999", FRAME)),
    (f'[2,"digits","DataTransfer",{{"vendorId":{"9" * 5000}}}]', ("digits", FRAME)),
    (f'[2,"tower","DataTransfer",{{"vendorId":"v","data":{TOWER}', ("tower", FRAME)),
    (
        f'[2,"deep","DataTransfer",{{"vendorId":"v","data":{"[" * 99}{"]" * 99}}}]',
        ("deep", FORMAT),
    ),
    ('[2,"half-pair","DataTransfer",{"vendorId":"\\ud83d"}]', ("half-pair", FORMAT)),
    ('[2,"nul","DataTransfer",{"vendorId":"a\\u0000b"}]', None),
    ('[2,"\\u0000nul-id","Heartbeat",{}]', None),
    ('[2,"\\udc00half-id","Heartbeat",{}]', ("\udc00half-id", FORMAT)),
    ('[2,"","Heartbeat",{}]', None),
    ('[2,7,"Heartbeat",{}]', None),
    ('[2,-1.5,"Heartbeat",{}]', None),
    ('[2,"null-payload","Heartbeat",null]', None),
    ('[2,"php","Heartbeat",[]]', None),
    ('\ufeff[2,"bom","Heartbeat",{}]', (NAMELESS, FRAME)),
    (b'[2,"binary","Heartbeat",{}]', None),
    (b'[2,"latin-1","Heartbeat",{"a":"\xe4"}]', (NAMELESS, FRAME)),
    (b"", (NAMELESS, FRAME)),
]


@pytest.fixture(autouse=True)
def _nothing_breaks(portal: Portal, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Garbage is an everyday matter: none of it is worth an error in the log."""
    yield
    wait_until(lambda: not Connection.objects.filter(closed_at=None).exists(), what="all closed")
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [error.getMessage() for error in errors] == []


@asynccontextmanager
async def connected(
    portal: Portal, version: OcppVersion = V16, identity: str = "CP-1"
) -> AsyncIterator[FakeStation]:
    await sync_to_async(StationFactory)(identity=identity, connected=False)
    async with FakeStation(portal.stations_url, identity, version=version) as station:
        await station.boots()
        yield station


async def is_prompt(neighbour: FakeStation) -> bool:
    """Whether a message that is written to the database is answered soon."""
    began = time.monotonic()
    await neighbour.reports_status(1, "Available")
    return time.monotonic() - began < PROMPT_S


def outcome(frame: list[Any]) -> tuple[Any, str] | None:
    return (frame[1], frame[2]) if frame[0] == 4 else None


def by_the_book(
    version: OcppVersion, expected: tuple[Any, str] | None
) -> list[tuple[Any, str] | None]:
    """What GARBAGE says, in the words of the version."""
    if expected is None:
        return [None]
    unique_id, code = expected
    if version is V16 and unique_id == NAMELESS:
        return []
    return [(unique_id, CODES[version].get(code, code))]


@VERSIONS
async def test_each_piece_of_garbage_gets_its_answer(portal: Portal, version: OcppVersion) -> None:
    wanted, got = {}, {}
    async with connected(portal, version) as station:
        for number, (raw, expected) in enumerate(GARBAGE):
            await station.sends_raw(raw)
            # Through the database, as the slowest of them.
            await station.sends_raw(f'[2,"mark-{number}","DataTransfer",{{"vendorId":"v"}}]')
            answers: list[list[Any]] = []
            while not answers or answers[-1][1] != f"mark-{number}":
                answers.append(json.loads(await station.receives()))
            got[raw[:60]] = [outcome(answer) for answer in answers[:-1]]
            wanted[raw[:60]] = by_the_book(version, expected)
    assert got == wanted
    refused = len([expected for _, expected in GARBAGE if expected is not None])
    await eventually(lambda: OcppMessage.objects.exclude(error_code="").count() == refused)
    findings = ProtocolFinding.objects.all()
    codes = {CODES[version].get(expected[1], expected[1]) for _, expected in GARBAGE if expected}
    await eventually(lambda: codes <= set(findings.values_list("kind", flat=True)))
    # Each piece, its mark, and the boot.
    assert await OcppMessage.objects.acount() == 2 * len(GARBAGE) + 1


@VERSIONS
async def test_unknown_message_types(portal: Portal, version: OcppVersion) -> None:
    async with connected(portal, version) as station:
        await station.sends_raw('[9,"nine","Heartbeat",{}]')
        if version is not V16:  # which has no code for it and wants it ignored (OCPP-J §4.1.3)
            answer = json.loads(await station.receives())
            assert answer[:3] == [4, "nine", "MessageTypeNotSupported"]
        # Answers nobody asked for are never answered, whatever they hold.
        for frame in ('[3,"a",{}]', "[3]", '[4,"b"]', '[4,"c","X","",{},1]', "[3,null,{}]", "[4]"):
            await station.sends_raw(frame)
        await station.beats()
        if version is V16 or version is V201:
            await station.hears_nothing()


@VERSIONS
async def test_numbers_no_column_can_hold_are_refused(portal: Portal, version: OcppVersion) -> None:
    codes = {}
    async with connected(portal, version) as station:
        for connector in (-1, 2**31, 2**63 - 1, 2**64):
            with pytest.raises(AnsweredWithErrorError) as caught:
                await station.reports_status(connector, "Available")
            codes[connector] = caught.value.code
    assert set(codes.values()) == {"PropertyConstraintViolation"}, codes
    assert not await Connector.objects.aexists()


async def test_a_message_of_20_mib_closes_the_socket_with_1009(portal: Portal) -> None:
    async with connected(portal, identity="CP-2") as neighbour, connected(portal) as station:
        with suppress(ConnectionClosed):
            await station.sends_raw("x" * 20 * 2**20)
        assert (await station.is_closed())[0] == 1009
        assert await is_prompt(neighbour)
        await eventually(lambda: not Station.objects.get(identity="CP-1").is_connected)
    connection = await Connection.objects.aget(station__identity="CP-1")
    assert connection.close_code in (1006, 1009)


async def test_a_message_that_is_too_large_for_ocpp_is_refused_under_its_id(
    portal: Portal,
) -> None:
    async with connected(portal, identity="CP-2") as neighbour, connected(portal) as station:
        data = "x" * (1024 * 1024 - 20)
        with pytest.raises(AnsweredWithErrorError) as caught:
            await station.calls("DataTransfer", {"vendorId": "v", "data": data})
        assert caught.value.code == "FormationViolation"
        assert await is_prompt(neighbour)
        await station.beats()
    row = await OcppMessage.objects.exclude(error_code="").aget()
    assert len(row.call) < 30_000


# Opcodes and lengths by RFC 6455 §5.2; clients mask, here with zeros.
BROKEN_FRAMES = [
    pytest.param(b"\x81\xfe\x10\x00\0\0\0\0[2,", None, id="half a frame"),
    pytest.param(b"\x81", None, id="half a header"),
    pytest.param(b"\x01\x83\0\0\0\0[2,", None, id="half a message"),
    pytest.param(b"\x81\x02[]", 1002, id="not masked"),
    pytest.param(b"\x83\x80\0\0\0\0", 1002, id="reserved opcode"),
    pytest.param(b"\xc1\x82\0\0\0\0[]", 1002, id="compressed without agreement"),
    pytest.param(b"\x80\x82\0\0\0\0[]", 1002, id="continues nothing"),
    pytest.param(b"\x81\x82\0\0\0\0\xc3\x28", 1007, id="text that is not UTF-8"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", 1002, id="HTTP"),
]


@pytest.mark.parametrize(("data", "code"), BROKEN_FRAMES)
async def test_what_is_no_websocket_frame_ends_the_socket(
    portal: Portal, data: bytes, code: int | None
) -> None:
    async with connected(portal) as station:
        station.socket.transport.write(data)
        if code is None:
            await station.drops()
        else:
            assert (await station.is_closed())[0] in (code, 1006)
        await eventually(lambda: not Station.objects.get().is_connected)
        await station.connects()
        await station.boots()


async def test_thousands_of_answers_nobody_asked_for(portal: Portal) -> None:
    async with connected(portal, identity="CP-2") as neighbour, connected(portal) as station:
        run = await asks("CP-1", "reboot", mode="idle")
        reset = await station.expects("Reset")
        for number in range(1_000):
            await station.sends_raw(f'[3,"stray-{number}",{{"status":"Accepted"}}]')
        assert await is_prompt(neighbour)
        await station.answers(reset, status="Rejected")
        await becomes(run, "refused")
        await station.hears_nothing()
    # They are kept as far as they are worth it.
    assert await OcppMessage.objects.filter(unique_id__startswith="stray").acount() <= 100


async def test_a_flood_from_one_that_does_not_read_its_answers(portal: Portal) -> None:
    calls = [
        f'[2,"{number}","Heartbeat",{{}}]'
        if number % 3
        else f'[2,"{number}","StatusNotification",'
        '{"connectorId":1,"status":"Available","errorCode":"NoError"}]'
        for number in range(900)
    ]
    async with connected(portal, identity="CP-2") as neighbour, connected(portal) as station:
        station.socket.transport.pause_reading()

        async def floods() -> None:
            for call in calls:
                await station.sends_raw(call)

        flood = asyncio.create_task(floods())
        for _ in range(10):
            assert await is_prompt(neighbour)
        station.socket.transport.resume_reading()
        answers = [json.loads(await station.receives(within=20)) for _ in calls]
        await flood
        assert {answer[0] for answer in answers} == {3}
        assert {answer[1] for answer in answers} == {str(number) for number in range(len(calls))}
        await station.beats()


async def test_two_sockets_fighting_for_one_identity(portal: Portal) -> None:
    async with connected(portal, identity="CP-2") as neighbour, connected(portal) as first:
        fighters = [first]
        for _ in range(50):
            fighter = FakeStation(portal.stations_url, "CP-1")
            await fighter.connects()
            assert (await fighters[-1].is_closed())[0] == 4001
            fighters.append(fighter)
            await fighter.boots()
        assert await is_prompt(neighbour)
        last = fighters[-1]
        run = await asks("CP-1", "reboot", mode="idle")
        await last.answers(await last.expects("Reset"), status="Rejected")
        await becomes(run, "refused")
        await last.closes()
    await eventually(lambda: not Station.objects.get(identity="CP-1").is_connected)
    rows = Connection.objects.filter(station__identity="CP-1").order_by("epoch")
    epochs = [row.epoch async for row in rows]
    assert epochs == list(range(1, 52))
    assert not await rows.filter(closed_at=None).aexists()


async def test_many_sockets_at_once_for_one_identity(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    fighters = [FakeStation(portal.stations_url, "CP-1") for _ in range(20)]
    await asyncio.gather(*(fighter.connects() for fighter in fighters))
    closed = asyncio.gather(*(fighter.socket.wait_closed() for fighter in fighters[:-1]))

    def alive() -> list[FakeStation]:
        return [fighter for fighter in fighters if fighter.socket.close_code is None]

    await eventually(lambda: len(alive()) == 1)
    (winner,) = alive()
    assert {fighter.socket.close_code for fighter in fighters} == {4001, None}
    await winner.boots()
    run = await asks("CP-1", "reboot", mode="idle")
    await winner.expects("Reset")
    await winner.drops()
    await becomes(run, "in-progress")
    closed.cancel()


async def test_a_replaced_socket_says_nothing_any_more(portal: Portal) -> None:
    async with connected(portal) as old:
        old.socket.transport.pause_reading()  # it does not hear that it is replaced
        async with FakeStation(portal.stations_url, "CP-1") as new:
            await new.boots()
            await new.reports_status(1, "Charging")
            await old.sends_raw(
                '[2,"late","StatusNotification",'
                '{"connectorId":1,"status":"Faulted","errorCode":"NoError"}]'
            )
            await new.hears_nothing()
            connector = await Connector.objects.aget()
            assert connector.charging_status == "Charging"


async def test_a_station_that_answers_everything_twice(portal: Portal) -> None:
    async with connected(portal) as station:
        await station.reports_status(1, "Available")
        for _ in range(3):
            run = await asks("CP-1", "unlock", connector=1)
            call = await station.expects("UnlockConnector")
            await station.answers(call, status="Unlocked")
            await station.answers(call, status="UnlockFailed")
            await becomes(run, "done")
        refused = await asks("CP-1", "reboot", mode="idle")
        reset = await station.expects("Reset")
        await station.answers_error(reset, "InternalError", "first")
        await station.answers(reset, status="Accepted")
        await becomes(refused, "failed")
        await station.hears_nothing()
    assert len(refused.answers) == 1


async def test_a_station_that_calls_twice_is_answered_alike_and_does_it_once(
    portal: Portal,
) -> None:
    async with connected(portal) as station:
        start = (
            '[2,"same","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":0,'
            '"timestamp":"2026-11-23T10:00:00Z"}]'
        )
        await station.sends_raw(start)
        first = await station.receives()
        await station.sends_raw(start)
        assert await station.receives() == first
    assert await Session.objects.acount() == 1


async def test_a_clock_of_1970(portal: Portal) -> None:
    async with connected(portal) as station:
        for said in ("1970-01-01T00:00:13Z", "0001-01-01T00:00:00+03:00", "1970-01-01 00:00", ""):
            await station.reports_status(1, "Available", timestamp=said)
        session = await station.starts_session(1, timestamp="1970-01-01T00:00:13Z")
        await station.meters(session)
        await station.stops_session(session, timestamp="1970-01-01T00:20:13Z")
    row = await Session.objects.aget()
    assert row.started_at.year > 2020
    assert row.ended_at is not None
    assert row.ended_at >= row.started_at
    connector = await Connector.objects.aget()
    assert connector.status_at is not None
    assert connector.status_at.year > 2020
