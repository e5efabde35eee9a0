"""What an OCPP 1.6 station sends."""

from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Message, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.orders import FirmwareOrder, LogOrder
from ocpp_gateway.simulator.sessions import Session, measure
from ocpp_gateway.simulator.signatures import signing_request
from ocpp_gateway.simulator.tokens import TokenInfo, info_v16

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

# The words of OCPP 1.6 itself (§7.18, §7.22); its security extension has those of 2.0.1.
PLAIN_FIRMWARE_STATUSES = frozenset(
    {
        "Downloaded",
        "DownloadFailed",
        "Downloading",
        "Idle",
        "InstallationFailed",
        "Installed",
        "Installing",
    }
)
PLAIN_LOG_STATUSES = frozenset({"Idle", "Uploaded", "Uploading"})


class MessagesV16:
    """Builds the calls of OCPP 1.6 §4."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station

    def boot(self, reason: str) -> Message:
        """1.6 §4.2: no reason is told."""
        station = self._station
        return Message(
            "BootNotification",
            {
                "chargePointVendor": station.profile.vendor[:20],
                "chargePointModel": station.profile.model[:20],
                "chargePointSerialNumber": station.serial_number,
                "firmwareVersion": station.firmware,
            },
        )

    def heartbeat(self) -> Message:
        return Message("Heartbeat", {})

    def word(self, state: str) -> str:
        return state

    def station_status(self) -> Message:
        """1.6 §4.9: connector 0 is the station itself."""
        return self._status(0, self._station.hardware.state)

    def status(self, connector: Connector, state: str) -> Message:
        return self._status(connector.flat, state)

    def authorize(self, token: str) -> Message:
        return Message("Authorize", {"idTag": token})

    def token_info(self, answer: Payload) -> TokenInfo | None:
        return info_v16(answer["idTagInfo"]) if "idTagInfo" in answer else None

    def started(self, connector: Connector) -> Message:
        session = _session_of(connector)
        return Message(
            "StartTransaction",
            {
                "connectorId": connector.flat,
                "idTag": session.token,
                "meterStart": int(session.meter_start_wh),
                "timestamp": self._station.stamp(session.started_at),
            },
        )

    def learn(self, session: Session, answer: Payload) -> None:
        session.transaction_id = answer.get("transactionId", session.transaction_id)

    def completed(self, message: Message, session: Session) -> Message:
        """The number of a session that began offline is known once its start is answered."""
        if message.action != "StopTransaction":
            return message
        number = {"transactionId": session.transaction_id or 0}
        return Message(message.action, message.payload | number)

    def metered(self, connector: Connector) -> Message:
        payload = {"connectorId": connector.flat, "meterValue": [self._reading(connector)]}
        if connector.session and connector.session.transaction_id is not None:
            payload["transactionId"] = connector.session.transaction_id
        return Message("MeterValues", payload)

    def ended(self, connector: Connector, reason: str) -> Message:
        session = _session_of(connector)
        return Message(
            "StopTransaction",
            {
                "transactionId": session.transaction_id or 0,
                "idTag": session.token,
                "meterStop": int(connector.energy_wh),
                "timestamp": self._station.stamp(),
                "reason": reason,
            },
        )

    def firmware_status(self, status: str, order: FirmwareOrder | None = None) -> Message | None:
        """§4.5, or the security extension's; the plain one has no words for some steps."""
        if order is not None and order.is_signed:
            return self.signed_firmware_status(status, order.request_id)
        if status not in PLAIN_FIRMWARE_STATUSES:
            return None
        return Message("FirmwareStatusNotification", {"status": status})

    def signed_firmware_status(self, status: str, request_id: int | None = None) -> Message:
        """Security whitepaper §4.3."""
        return Message("SignedFirmwareStatusNotification", {"status": status} | _of(request_id))

    def log_status(self, status: str, order: LogOrder | None = None) -> Message | None:
        """§4.4, or the security extension's; neither has a word for a cancelled upload."""
        if status == "AcceptedCanceled":
            return None
        if order is not None and order.is_of_get_log:
            return self.upload_status(status, order.request_id)
        plain = status if status in PLAIN_LOG_STATUSES else "UploadFailed"
        return Message("DiagnosticsStatusNotification", {"status": plain})

    def upload_status(self, status: str, request_id: int | None = None) -> Message:
        """Security whitepaper §4.1."""
        return Message("LogStatusNotification", {"status": status} | _of(request_id))

    def sign_certificate(self) -> Message:
        """Security whitepaper A02."""
        return Message("SignCertificate", {"csr": signing_request(self._station.serial_number)})

    def _status(self, connector_id: int, state: str) -> Message:
        payload = {
            "connectorId": connector_id,
            "errorCode": "GroundFailure" if state == "Faulted" else "NoError",
            "status": state,
            "timestamp": self._station.stamp(),
        }
        return Message("StatusNotification", payload)

    def _reading(self, connector: Connector) -> Payload:
        station = self._station
        values = []
        for sample in measure(connector.energy_wh, station.power_of(connector), station.rng):
            value = {
                "value": str(sample.value),
                "context": "Sample.Periodic",
                "measurand": sample.measurand,
                "unit": sample.unit,
            }
            values.append(value | ({"phase": sample.phase} if sample.phase else {}))
        return {"timestamp": station.stamp(), "sampledValue": values}


def _of(request_id: int | None) -> Payload:
    return {} if request_id is None else {"requestId": request_id}


def _session_of(connector: Connector) -> Session:
    if connector.session is None:
        raise LookupError(f"no session on connector {connector.flat}")
    return connector.session
