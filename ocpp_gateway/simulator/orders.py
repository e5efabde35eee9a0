"""What a station is told to fetch or to bring, read from the requests of each version."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ocpp_gateway.simulator.frames import Payload

# Where nothing is said, a station tries as it likes (1.6 §6.19): this one so often.
USUAL_ATTEMPTS = 3
USUAL_INTERVAL_S = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how long to wait between two attempts."""

    attempts: int = USUAL_ATTEMPTS
    interval_s: float = USUAL_INTERVAL_S


@dataclass(frozen=True, slots=True)
class FirmwareOrder:
    """An update to fetch and to install; `is_signed` says which messages tell of it (1.6)."""

    location: str
    retrieve_at: datetime | None
    patience: Patience
    install_at: datetime | None = None
    request_id: int | None = None
    certificate: str = ""
    signature: str = ""
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class LogOrder:
    """A log to bring; `is_of_get_log` says which messages tell of it (1.6)."""

    location: str
    patience: Patience
    since: datetime | None = None
    until: datetime | None = None
    kind: str = "DiagnosticsLog"
    request_id: int | None = None
    is_of_get_log: bool = True


def patience_of(request: Payload) -> Patience:
    """`retries` is how often to try before giving up; none at all is still once."""
    retries, interval = request.get("retries"), request.get("retryInterval")
    return Patience(
        USUAL_ATTEMPTS if retries is None else max(1, int(retries)),
        USUAL_INTERVAL_S if interval is None else float(interval),
    )


def plain_firmware(request: Payload) -> FirmwareOrder:
    """UpdateFirmware of 1.6 (§5.19)."""
    return FirmwareOrder(
        location=request["location"],
        retrieve_at=_time(request["retrieveDate"]),
        patience=patience_of(request),
    )


def firmware(request: Payload, *, is_signed: bool) -> FirmwareOrder:
    """SignedUpdateFirmware of 1.6's security extension, UpdateFirmware of 2.x (L01)."""
    told = request["firmware"]
    return FirmwareOrder(
        location=told["location"],
        retrieve_at=_time(told["retrieveDateTime"]),
        patience=patience_of(request),
        install_at=_time(told.get("installDateTime")),
        request_id=int(request["requestId"]),
        certificate=told.get("signingCertificate", ""),
        signature=told.get("signature", ""),
        is_signed=is_signed,
    )


def diagnostics(request: Payload) -> LogOrder:
    """GetDiagnostics of 1.6 (§5.9)."""
    return LogOrder(
        location=request["location"],
        patience=patience_of(request),
        since=_time(request.get("startTime")),
        until=_time(request.get("stopTime")),
        is_of_get_log=False,
    )


def log(request: Payload) -> LogOrder:
    """GetLog of 1.6's security extension and of 2.x (N01)."""
    told = request["log"]
    return LogOrder(
        location=told["remoteLocation"],
        patience=patience_of(request),
        since=_time(told.get("oldestTimestamp")),
        until=_time(told.get("latestTimestamp")),
        kind=request["logType"],
        request_id=int(request["requestId"]),
    )


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
