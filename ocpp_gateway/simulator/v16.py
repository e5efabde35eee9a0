"""What an OCPP 1.6 station sends."""

from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Message, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.sessions import Session, measure

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation


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

    def is_authorized(self, answer: Payload) -> bool:
        return bool(answer.get("idTagInfo", {}).get("status", "Accepted") == "Accepted")

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

    def learn(self, connector: Connector, answer: Payload) -> None:
        _session_of(connector).transaction_id = answer.get("transactionId")

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

    def diagnostics_status(self) -> Message:
        """Idle: nothing is running (§4.4)."""
        return Message("DiagnosticsStatusNotification", {"status": "Idle"})

    def firmware_status(self) -> Message:
        """Idle: nothing is running (§4.5)."""
        return Message("FirmwareStatusNotification", {"status": "Idle"})

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


def _session_of(connector: Connector) -> Session:
    if connector.session is None:
        raise LookupError(f"no session on connector {connector.flat}")
    return connector.session
