"""A station that says and does exactly what a test tells it to, over a real WebSocket.

    async with FakeStation(url, "CP-1", version=V16) as station:
        await station.boots()
        reset = await station.expects("Reset")
        await station.answers(reset, status="Accepted")
        await station.drops()

It shares no code with the gateway or the simulator, and answers nothing by itself.
"""

import asyncio
import base64
import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from operations.versions import V16, OcppVersion

DEADLINE_S = 20.0
CALL, CALLRESULT, CALLERROR = 2, 3, 4
TOKEN = "04A1B2C3D4"
# OCPP 2.x says Occupied for everything a plugged-in vehicle does.
V2_WORDS = {"Available", "Unavailable", "Faulted", "Reserved"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call the central system made."""

    unique_id: str
    action: str
    payload: dict[str, Any]


class AnsweredWithErrorError(Exception):
    """The central system answered a call of ours with CALLERROR."""

    def __init__(self, code: str, description: str, details: object) -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description, self.details = code, description, details


class FakeStation:
    """One station on one socket at a time; a refused handshake raises InvalidStatus."""

    def __init__(
        self,
        url: str,
        identity: str,
        *,
        version: OcppVersion = V16,
        password: str | bytes | None = None,
        subprotocols: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.identity, self.version = identity, version
        self.url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self.subprotocols = [version.subprotocol] if subprotocols is None else subprotocols
        self.headers = dict(headers or {})
        if password is not None:
            secret = password.encode() if isinstance(password, str) else password
            credentials = base64.b64encode(identity.encode() + b":" + secret).decode()
            self.headers["Authorization"] = f"Basic {credentials}"
        self._ids = (f"{identity[:20]}-{number}" for number in itertools.count(1))
        # Frames heard while looking for another one, in the order they came.
        self._unread: list[str | bytes] = []
        self._seq_nos: dict[str, itertools.count[int]] = {}
        self._socket: ClientConnection | None = None

    # -- the socket ----------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.connects()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket:
            self._socket.transport.abort()
            await self._socket.wait_closed()

    @property
    def socket(self) -> ClientConnection:
        assert self._socket, f"{self.identity} has not connected"
        return self._socket

    async def connects(self) -> None:
        """Open a (new) socket; the one before is left as it is."""
        self._unread.clear()
        self._socket = await connect(
            self.url,
            subprotocols=[Subprotocol(name) for name in self.subprotocols] or None,
            additional_headers=self.headers,
            open_timeout=DEADLINE_S,
            close_timeout=1,
            compression=None,
            ping_interval=None,
            max_queue=None,
            proxy=None,
        )

    async def closes(self, code: int = 1000, reason: str = "") -> None:
        await self.socket.close(code, reason)

    async def drops(self) -> None:
        """The line is cut: no close frame."""
        self.socket.transport.abort()
        await self.socket.wait_closed()

    async def is_closed(self, within: float = DEADLINE_S) -> tuple[int | None, str | None]:
        """Wait until the central system closes; code and reason it gave."""
        try:
            async with asyncio.timeout(within):
                await self.socket.wait_closed()
        except TimeoutError:
            raise AssertionError(f"{self.identity} is still connected after {within} s") from None
        return self.socket.close_code, self.socket.close_reason

    # -- frames --------------------------------------------------------------------------------

    async def sends_raw(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def receives(self, within: float = DEADLINE_S) -> str | bytes:
        """The next frame, whatever it is."""
        if self._unread:
            return self._unread.pop(0)
        try:
            async with asyncio.timeout(within):
                return await self.socket.recv()
        except TimeoutError:
            raise AssertionError(f"{self.identity} heard nothing within {within} s") from None

    async def hears_nothing(self, within: float = 0.3) -> None:
        """Nothing is waiting and nothing comes; a closed socket is silent too."""
        assert not self._unread, f"{self.identity} heard {self._unread}"
        await self.stays_silent(within)
        assert not self._unread, f"{self.identity} heard {self._unread}"

    async def stays_silent(self, seconds: float = 0.3) -> None:
        """Let so much time pass and answer nothing; what comes is kept for later."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._unread.append(await self.socket.recv())
        except (TimeoutError, ConnectionClosed):
            pass

    # -- their calls ---------------------------------------------------------------------------

    async def expects(self, action: str, within: float = DEADLINE_S) -> Call:
        """The central system's next call of this action; other frames stay unread."""

        def is_wanted(frame: Any) -> bool:
            return bool(frame[0] == CALL and frame[2] == action)

        _, unique_id, action, payload = await self._pick(is_wanted, f"a {action}", within)
        return Call(unique_id, action, payload)

    async def answers(self, call: Call, payload: dict[str, Any] | None = None, **more: Any) -> None:
        await self._sends([CALLRESULT, call.unique_id, (payload or {}) | more])

    async def answers_error(self, call: Call, code: str, description: str = "") -> None:
        await self._sends([CALLERROR, call.unique_id, code, description, {}])

    # -- our calls -----------------------------------------------------------------------------

    async def calls(
        self, action: str, payload: dict[str, Any], *, unique_id: str | None = None
    ) -> dict[str, Any]:
        """Make a call; the answer's payload, or AnsweredWithErrorError."""
        own_id = unique_id or next(self._ids)
        await self._sends([CALL, own_id, action, payload])

        def is_answer(frame: Any) -> bool:
            return frame[0] in (CALLRESULT, CALLERROR) and frame[1] == own_id

        frame = await self._pick(is_answer, f"an answer to {action}", DEADLINE_S)
        if frame[0] == CALLERROR:
            raise AnsweredWithErrorError(*frame[2:5])
        answer: dict[str, Any] = frame[2]
        return answer

    async def boots(self, **overrides: Any) -> dict[str, Any]:
        """Send BootNotification; overrides are its fields (2.x: of chargingStation, or reason)."""
        if self.version is V16:
            own = {
                "chargePointVendor": "Alfen",
                "chargePointModel": "Eve Double",
                "chargePointSerialNumber": "SN0001",
                "firmwareVersion": "6.4.0",
            }
            return await self.calls("BootNotification", own | overrides)
        reason = overrides.pop("reason", "PowerUp")
        own = {
            "vendorName": "Alfen",
            "model": "Eve Double",
            "serialNumber": "SN0001",
            "firmwareVersion": "6.4.0",
        }
        payload = {"reason": reason, "chargingStation": own | overrides}
        return await self.calls("BootNotification", payload)

    async def beats(self) -> dict[str, Any]:
        return await self.calls("Heartbeat", {})

    async def reports_status(
        self,
        connector: int = 1,
        status: str = "Available",
        evse: int | None = None,
        **overrides: Any,
    ) -> dict[str, Any]:
        """StatusNotification; in 2.x the words of 1.6 are translated and evse is 1 if not given."""
        payload: dict[str, Any] = {"connectorId": connector, "timestamp": now()}
        if self.version is V16:
            error = "GroundFailure" if status == "Faulted" else "NoError"
            payload |= {"status": status, "errorCode": error}
        else:
            word = status if status in V2_WORDS else "Occupied"
            payload |= {"connectorStatus": word, "evseId": evse or 1}
        return await self.calls("StatusNotification", payload | overrides)

    async def notifies_status(
        self, connector: int = 1, status: str = "Available", evse: int = 1
    ) -> dict[str, Any]:
        """The status as an event of the device model (2.x NotifyEvent)."""
        at = now()
        event = {
            "eventId": 1,
            "timestamp": at,
            "trigger": "Delta",
            "actualValue": status if status in V2_WORDS else "Occupied",
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": evse, "connectorId": connector}},
            "variable": {"name": "AvailabilityState"},
        }
        payload = {"generatedAt": at, "seqNo": 0, "eventData": [event]}
        return await self.calls("NotifyEvent", payload)

    async def starts_session(
        self,
        connector: int = 1,
        *,
        token: str = TOKEN,
        evse: int = 1,
        transaction: str = "T-1",
        **overrides: Any,
    ) -> int | str:
        """The session's id: in 1.6 the one the central system hands out, in 2.x `transaction`."""
        if self.version is V16:
            payload = {
                "connectorId": connector,
                "idTag": token,
                "meterStart": 0,
                "timestamp": now(),
            }
            started = await self.calls("StartTransaction", payload | overrides)
            transaction_id: int = started["transactionId"]
            return transaction_id
        self._seq_nos[transaction] = itertools.count()
        more = {
            "evse": {"id": evse, "connectorId": connector},
            "idToken": {"idToken": token, "type": "ISO14443"},
        }
        await self._tells("Started", "Authorized", transaction, **(more | overrides))
        return transaction

    async def meters(
        self, session: int | str, energy_wh: float = 1000.0, connector: int = 1, **overrides: Any
    ) -> dict[str, Any]:
        """MeterValues in 1.6, TransactionEvent Updated in 2.x."""
        if self.version is V16:
            payload = {
                "connectorId": connector,
                "transactionId": session,
                "meterValue": [_reading_v16(energy_wh)],
            }
            return await self.calls("MeterValues", payload | overrides)
        more = {"meterValue": [_reading_v2(energy_wh)]}
        return await self._tells(
            "Updated", "MeterValuePeriodic", str(session), **(more | overrides)
        )

    async def stops_session(
        self, session: int | str, *, energy_wh: float = 2000.0, reason: str = "Local", **more: Any
    ) -> dict[str, Any]:
        """StopTransaction in 1.6, TransactionEvent Ended in 2.x."""
        if self.version is V16:
            payload = {
                "transactionId": session,
                "meterStop": int(energy_wh),
                "timestamp": now(),
                "reason": reason,
            }
            return await self.calls("StopTransaction", payload | more)
        info = {"chargingState": "EVConnected", "stoppedReason": reason}
        values = {"meterValue": [_reading_v2(energy_wh)]}
        return await self._tells(
            "Ended", "StopAuthorized", str(session), info=info, **(values | more)
        )

    # -- inside --------------------------------------------------------------------------------

    async def _tells(
        self,
        kind: str,
        trigger: str,
        transaction: str,
        *,
        info: dict[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        payload = {
            "eventType": kind,
            "timestamp": now(),
            "triggerReason": trigger,
            "seqNo": next(self._seq_nos.setdefault(transaction, itertools.count())),
            "transactionInfo": {
                "transactionId": transaction,
                **(info or {"chargingState": "Charging"}),
            },
        }
        return await self.calls("TransactionEvent", payload | more)

    async def _sends(self, frame: list[Any]) -> None:
        await self.socket.send(json.dumps(frame))

    async def _pick(self, is_wanted: Any, what: str, within: float) -> list[Any]:
        """The first frame that is wanted, unread or yet to come; the rest stays unread."""
        for number, raw in enumerate(self._unread):
            if is_wanted(frame := json.loads(raw)):
                del self._unread[number]
                return list(frame)
        try:
            async with asyncio.timeout(within):
                while True:
                    raw = await self.socket.recv()
                    if is_wanted(frame := json.loads(raw)):
                        return list(frame)
                    self._unread.append(raw)
        except (TimeoutError, ConnectionClosed) as error:
            got = ", ".join(str(raw) for raw in self._unread) or "nothing"
            why = f"within {within} s" if isinstance(error, TimeoutError) else f"before {error}"
            raise AssertionError(f"{self.identity} expected {what} {why}, but got {got}") from None


def now() -> str:
    """The time as stations write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reading_v16(energy_wh: float) -> dict[str, Any]:
    value = {"value": str(energy_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
    return {"timestamp": now(), "sampledValue": [value]}


def _reading_v2(energy_wh: float) -> dict[str, Any]:
    value = {
        "value": energy_wh,
        "measurand": "Energy.Active.Import.Register",
        "unitOfMeasure": {"unit": "Wh"},
    }
    return {"timestamp": now(), "sampledValue": [value]}
