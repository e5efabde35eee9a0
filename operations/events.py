"""What stations tell us, in the portal's words, whatever OCPP version they speak.

Times are aware UTC; units stand in the names. `evse_id` is None in OCPP 1.6, which numbers
connectors through the whole station; there connector 0 is the station itself (§4.9).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from operations.statuses import ChargingStatus


@dataclass(frozen=True, slots=True)
class StationBooted:
    """BootNotification (1.6 §4.2, 2.0.1 B01)."""

    vendor: str
    model: str
    serial_number: str = ""
    charger_serial_number: str = ""
    firmware_version: str = ""
    iccid: str = ""
    imsi: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HeartbeatHeard:
    """Heartbeat (1.6 §4.6, 2.0.1 G02)."""


@dataclass(frozen=True, slots=True)
class ConnectorStatusReported:
    """StatusNotification of a connector, or NotifyEvent of Connector.AvailabilityState."""

    connector_id: int
    status: ChargingStatus
    at: datetime
    evse_id: int | None = None
    is_occupied: bool = False  # 2.x says only Occupied; the session knows what that means
    error_code: str = ""
    info: str = ""
    vendor_error_code: str = ""


@dataclass(frozen=True, slots=True)
class StationStatusReported:
    """StatusNotification of connector 0 (1.6), NotifyEvent of ChargingStation (2.x)."""

    status: ChargingStatus
    at: datetime
    error_code: str = ""
    info: str = ""


@dataclass(frozen=True, slots=True)
class ChargerStatusReported:
    """NotifyEvent of EVSE.AvailabilityState (2.x)."""

    evse_id: int
    status: ChargingStatus
    at: datetime
    is_occupied: bool = False


@dataclass(frozen=True, slots=True)
class LockReported:
    """What NotifyEvent or NotifyReport say of ConnectorPlugRetentionLock; None is not said."""

    connector_id: int
    evse_id: int | None = None
    is_locked: bool | None = None
    is_writable: bool | None = None
    has_problem: bool | None = None


@dataclass(frozen=True, slots=True)
class ConnectorKnown:
    """A station says that it has this connector (NotifyReport; 1.6 NumberOfConnectors)."""

    connector_id: int
    evse_id: int | None = None


@dataclass(frozen=True, slots=True)
class ComponentsReported:
    """One NotifyEvent or NotifyReport, taken apart into what the portal keeps."""

    parts: tuple[
        ConnectorStatusReported | StationStatusReported | ChargerStatusReported | LockReported, ...
    ]


@dataclass(frozen=True, slots=True)
class TokenPresented:
    """Authorize (1.6 §4.1, 2.0.1 C01)."""

    token: str
    token_type: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The sampled values one meter gave at one time, as the wire spells them."""

    at: datetime
    samples: tuple[dict[str, Any], ...]
    energy_wh: float | None = None
    power_w: float | None = None
    soc_percent: float | None = None


@dataclass(frozen=True, slots=True)
class MetersRead:
    """MeterValues (1.6 §4.7, 2.0.1 J01)."""

    connector_id: int
    evse_id: int | None
    transaction_id: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """StartTransaction (1.6 §4.8)."""

    connector_id: int
    token: str
    at: datetime
    meter_start_wh: float


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """StopTransaction (1.6 §4.10)."""

    transaction_id: str
    at: datetime
    meter_stop_wh: float
    reason: str = ""
    token: str = ""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """TransactionEvent (2.0.1 E01 to E15); `kind` is Started, Updated or Ended."""

    kind: str
    transaction_id: str
    seq_no: int
    at: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    charging_state: str = ""
    token: str = ""
    token_type: str = ""
    stopped_reason: str = ""
    is_offline: bool = False
    remote_start_id: int | None = None
    readings: tuple[Reading, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FirmwareStatusReported:
    """FirmwareStatusNotification (1.6 §4.5, 2.0.1 L01), or the signed one of 1.6 security."""

    status: str
    request_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogStatusReported:
    """DiagnosticsStatusNotification (1.6 §4.4) or LogStatusNotification (2.0.1 N01)."""

    status: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileReceived:
    """A file a run asked for came in whole. Told by the portal's own receiver, not by OCPP."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SecurityEventReported:
    """SecurityEventNotification (1.6 security whitepaper §4.2, 2.0.1 A04)."""

    type: str
    at: datetime
    tech_info: str = ""


@dataclass(frozen=True, slots=True)
class ReportPartReceived:
    """One part of a report that comes in several messages (2.0.1 B07, N02, N09, O03, K09)."""

    kind: str  # the OCPP message's name
    request_id: int
    seq_no: int | None  # None: these parts are not numbered, each is the next one
    is_last: bool
    data: Any
    parts: tuple[LockReported | ConnectorKnown, ...] = ()  # what it tells of connectors


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """Any other valid message: known by its OCPP name, kept as it came."""

    action: str
    payload: dict[str, Any] = field(default_factory=dict)

    @property
    def request_id(self) -> int | None:
        """The request it speaks of, where it names one."""
        number = self.payload.get("requestId")
        return number if isinstance(number, int) else None


Event = (
    StationBooted
    | HeartbeatHeard
    | ConnectorStatusReported
    | StationStatusReported
    | ChargerStatusReported
    | LockReported
    | ConnectorKnown
    | ComponentsReported
    | TokenPresented
    | MetersRead
    | SessionStarted
    | SessionStopped
    | SessionChanged
    | FirmwareStatusReported
    | LogStatusReported
    | SecurityEventReported
    | ReportPartReceived
    | MessageHeard
)


# What may show how far a run is: what stations tell, and what the portal itself sees.
Evidence = Event | FileReceived


@dataclass(frozen=True, slots=True)
class Told:
    """An event with who told it and when we heard it."""

    station_id: int
    event: Event
    heard_at: datetime
