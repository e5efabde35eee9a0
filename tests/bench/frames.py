"""What simulated stations send, as bytes that are ready for the socket. Knows no Django."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

PASSWORD = "0123456789abcdef0123"
TOKEN = "04A2B3C4D5E6F7"
MASK = b"\x5a\xa5\x3c\xc3"
POOL = 256  # more than the answers a server remembers to notice repeats

HANDSHAKE = (
    "GET /ocpp/{identity} HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\n"
    "Authorization: Basic {credentials}\r\n\r\n"
)


def identity(number: int) -> str:
    return f"BENCH-{number:07}"


def handshake(number: int, port: int) -> bytes:
    name = identity(number)
    credentials = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    return HANDSHAKE.format(identity=name, port=port, credentials=credentials).encode()


def masked(payload: bytes, opcode: int = 1) -> bytes:
    """A client's frame (RFC 6455 §5.2), whole."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    else:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2)
    key = (MASK * (size // 4 + 1))[:size]
    body = int.from_bytes(payload) ^ int.from_bytes(key)
    return head + MASK + body.to_bytes(size)


def call(unique_id: str, action: str, payload: dict[str, Any]) -> bytes:
    return json.dumps([2, unique_id, action, payload], separators=(",", ":")).encode()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def heartbeat(number: int) -> bytes:
    return call(f"heartbeat-{number}", "Heartbeat", {})


def status(number: int, connector: int = 1) -> bytes:
    """Each differs from the one before, so that each is news to be stored."""
    payload = {
        "connectorId": connector,
        "errorCode": "NoError",
        "status": "Preparing" if number % 2 else "Available",
        "timestamp": now(),
    }
    return call(f"status-{number}", "StatusNotification", payload)


def turned(number: int, connector: int, status: str) -> bytes:
    """What follows an availability change."""
    payload = {
        "connectorId": connector,
        "errorCode": "NoError",
        "status": status,
        "timestamp": now(),
    }
    return call(f"turned-{number}", "StatusNotification", payload)


def meters(number: int, transaction_id: int | None = None) -> bytes:
    payload = {
        "connectorId": 1,
        **({} if transaction_id is None else {"transactionId": transaction_id}),
        "meterValue": [{"timestamp": now(), "sampledValue": _samples(number)}],
    }
    return call(f"meters-{number}", "MeterValues", payload)


def _samples(number: int) -> list[dict[str, str]]:
    """Ten values, as a three-phase charger sends them."""
    common = {"context": "Sample.Periodic", "format": "Raw", "location": "Outlet"}
    energy = {"measurand": "Energy.Active.Import.Register", "unit": "Wh"}
    power = {"measurand": "Power.Active.Import", "unit": "W"}
    by_phase = [
        {"value": value, **common, "phase": phase, "measurand": measurand, "unit": unit}
        for measurand, unit, value in (("Current.Import", "A", "15.9"), ("Voltage", "V", "230.4"))
        for phase in ("L1", "L2", "L3")
    ]
    return [
        {"value": str(1000 + number), **common, **energy},
        {"value": "11003.4", **common, **power},
        *by_phase,
        {"value": "55", **common, "measurand": "SoC", "unit": "Percent"},
        {"value": "31.5", **common, "measurand": "Temperature", "unit": "Celsius"},
    ]


def firmware(number: int, status: str) -> bytes:
    return call(f"firmware-{number}", "FirmwareStatusNotification", {"status": status})


def boot() -> bytes:
    payload = {
        "chargePointVendor": "Bench",
        "chargePointModel": "Double",
        "chargePointSerialNumber": "SN-1",
        "firmwareVersion": "1.0.0",
    }
    return call("boot-1", "BootNotification", payload)


def arrival() -> list[bytes]:
    """What a station says when it comes (back): boot and two statuses."""
    return [masked(text) for text in (boot(), status(0, connector=0), status(0))]


def authorize(number: int) -> bytes:
    return call(f"authorize-{number}", "Authorize", {"idTag": TOKEN})


def start(number: int) -> bytes:
    payload = {"connectorId": 1, "idTag": TOKEN, "meterStart": number, "timestamp": now()}
    return call(f"start-{number}", "StartTransaction", payload)


def stop(number: int, transaction_id: int) -> bytes:
    payload = {
        "transactionId": transaction_id,
        "idTag": TOKEN,
        "meterStop": number + 10_000,
        "timestamp": now(),
        "reason": "Local",
    }
    return call(f"stop-{number}", "StopTransaction", payload)


POOLS = {"heartbeat": heartbeat, "status": status, "meters": meters}


def pool(kind: str) -> list[bytes]:
    """Frames of one kind that differ in their ids."""
    return [masked(POOLS[kind](number)) for number in range(POOL)]
