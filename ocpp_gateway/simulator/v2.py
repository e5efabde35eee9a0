"""What an OCPP 2.0.1 or 2.1 station sends."""

from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Message, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.orders import FirmwareOrder, LogOrder
from ocpp_gateway.simulator.sessions import Session, measure
from ocpp_gateway.simulator.signatures import signing_request
from ocpp_gateway.simulator.tokens import TokenInfo, info_v2

if TYPE_CHECKING:
    from ocpp_gateway.simulator.behaviours import Quirks
    from ocpp_gateway.simulator.settings import Setting
    from ocpp_gateway.simulator.station import SimulatedStation

# ConnectorStatusEnumType knows no more than these; what goes on inside is the session's business.
WORDS = {
    "Available": "Available",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
    "Reserved": "Reserved",
}
TRIGGERS = {
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "ImmediateReset": "ResetCommand",
    "DeAuthorized": "Deauthorized",
}
REPORT_PART = 10


class MessagesV2:
    """Builds the calls of OCPP 2.0.1, which 2.1 keeps."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._event_id = 0

    def boot(self, reason: str) -> Message:
        station = self._station
        return Message(
            "BootNotification",
            {
                "reason": reason,
                "chargingStation": {
                    "vendorName": station.profile.vendor,
                    "model": station.profile.model[:20],
                    "serialNumber": station.serial_number,
                    "firmwareVersion": station.firmware,
                },
            },
        )

    def heartbeat(self) -> Message:
        return Message("Heartbeat", {})

    def word(self, state: str) -> str:
        return WORDS.get(state, "Occupied")

    def station_status(self) -> Message | None:
        """2.x has a status for connectors only."""
        return None

    def status(self, connector: Connector, state: str) -> Message:
        if self._station.quirks.notifies_events:
            return self.event(connector, state)
        return Message(
            "StatusNotification",
            {
                "timestamp": self._station.stamp(),
                "connectorStatus": self.word(state),
                "evseId": connector.charger,
                "connectorId": connector.number,
            },
        )

    def event(self, connector: Connector, state: str) -> Message:
        """The status as an event of the device model (2.1 G01 prefers it)."""
        self._event_id += 1
        at = self._station.stamp()
        event = {
            "eventId": self._event_id,
            "timestamp": at,
            "trigger": "Delta",
            "actualValue": self.word(state),
            "eventNotificationType": "HardWiredNotification",
            "component": {
                "name": "Connector",
                "evse": {"id": connector.charger, "connectorId": connector.number},
            },
            "variable": {"name": "AvailabilityState"},
        }
        return Message("NotifyEvent", {"generatedAt": at, "seqNo": 0, "eventData": [event]})

    def authorize(self, token: str) -> Message:
        return Message("Authorize", {"idToken": _id_token(token)})

    def token_info(self, answer: Payload) -> TokenInfo | None:
        return info_v2(answer["idTokenInfo"]) if "idTokenInfo" in answer else None

    def started(self, connector: Connector) -> Message:
        session = _session_of(connector)
        trigger = "Authorized" if session.remote_start_id is None else "RemoteStart"
        info: Payload = {"chargingState": "Charging"}
        if session.remote_start_id is not None:
            info["remoteStartId"] = session.remote_start_id
        payload = self._transaction("Started", trigger, connector, info)
        # The start is told again, with the same number, until it is answered (E04).
        payload |= {"seqNo": 0, "timestamp": self._station.stamp(session.started_at)}
        return Message("TransactionEvent", payload | {"idToken": _id_token(session.token)})

    def learn(self, session: Session, answer: Payload) -> None:
        """The transaction's id is ours: the answer adds nothing but the token's status."""

    def completed(self, message: Message, session: Session) -> Message:
        """Nothing was missing."""
        return message

    def metered(self, connector: Connector) -> Message:
        if connector.session is None:
            payload = {"evseId": connector.charger, "meterValue": [self._reading(connector)]}
            return Message("MeterValues", payload)
        state = "SuspendedEVSE" if connector.session.is_suspended else "Charging"
        return self._event("Updated", "MeterValuePeriodic", connector, {"chargingState": state})

    def ended(self, connector: Connector, reason: str) -> Message:
        info = {"stoppedReason": reason, "chargingState": "EVConnected"}
        return self._event("Ended", TRIGGERS.get(reason, "AbnormalCondition"), connector, info)

    def updated(self, connector: Connector) -> Message:
        """What a TriggerMessage for TransactionEvent asks for (F06)."""
        return self._event("Updated", "Trigger", connector, {"chargingState": "Charging"})

    def log_status(self, status: str, order: LogOrder | None = None) -> Message:
        """Where an upload is (N01); Idle belongs to none."""
        return Message("LogStatusNotification", {"status": status} | _of(order))

    def firmware_status(self, status: str, order: FirmwareOrder | None = None) -> Message:
        """Where an update is (L01); Idle belongs to none."""
        return Message("FirmwareStatusNotification", {"status": status} | _of(order))

    def sign_certificate(self) -> Message:
        """A new key of the station to be certified (A02)."""
        csr = signing_request(self._station.serial_number)
        kind = "ChargingStationCertificate"
        return Message("SignCertificate", {"csr": csr, "certificateType": kind})

    def report(self, request_id: int, settings: "list[Setting]") -> list[Message]:
        """The device model in parts (B07)."""
        starts = range(0, max(1, len(settings)), REPORT_PART)
        return [
            Message(
                "NotifyReport",
                {
                    "requestId": request_id,
                    "generatedAt": self._station.stamp(),
                    "seqNo": number,
                    "tbc": start != starts[-1],
                }
                | self._report_data(settings[start : start + REPORT_PART]),
            )
            for number, start in enumerate(starts)
        ]

    def _report_data(self, settings: "list[Setting]") -> Payload:
        quirks = self._station.quirks
        return {"reportData": [_reported(each, quirks) for each in settings]} if settings else {}

    def _event(self, kind: str, trigger: str, connector: Connector, info: Payload) -> Message:
        payload = self._transaction(kind, trigger, connector, info)
        payload["meterValue"] = [self._reading(connector)]
        return Message("TransactionEvent", payload)

    def _transaction(self, kind: str, trigger: str, at: Connector, info: Payload) -> Payload:
        session = _session_of(at)
        return {
            "eventType": kind,
            "timestamp": self._station.stamp(),
            "triggerReason": trigger,
            "seqNo": session.next_seq_no() if kind != "Started" else 0,
            "transactionInfo": {"transactionId": session.transaction, **info},
            "evse": {"id": at.charger, "connectorId": at.number},
            # E04, E08: what happened without a connection says so.
            **({} if self._station.is_connected else {"offline": True}),
        }

    def _reading(self, connector: Connector) -> Payload:
        station = self._station
        values = []
        for sample in measure(connector.energy_wh, station.power_of(connector), station.rng):
            value = {
                "value": sample.value,
                "context": "Sample.Periodic",
                "measurand": sample.measurand,
                "unitOfMeasure": {"unit": sample.unit},
            }
            values.append(value | ({"phase": sample.phase} if sample.phase else {}))
        return {"timestamp": station.stamp(), "sampledValue": values}


class MessagesV21(MessagesV2):
    """2.1: models that follow it report status by NotifyEvent, StatusNotification being old."""

    def status(self, connector: Connector, state: str) -> Message:
        if self._station.profile.notifies_events:
            return self.event(connector, state)
        return super().status(connector, state)


def address(setting: "Setting") -> Payload:
    """The component and variable a setting is known by."""
    component: Payload = {"name": setting.component}
    if setting.charger is not None:
        component["evse"] = {"id": setting.charger}
        if setting.connector is not None:
            component["evse"]["connectorId"] = setting.connector
    variable = {"name": setting.name}
    if setting.instance is not None:
        variable["instance"] = setting.instance
    return {"component": component, "variable": variable}


def _reported(setting: "Setting", quirks: "Quirks") -> Payload:
    attribute: Payload = {"type": "Actual", "mutability": "ReadWrite"}
    if setting.is_writeonly:
        attribute["mutability"] = "WriteOnly"
    else:
        attribute["value"] = setting.in_use if quirks.shows_old_until_reboot else setting.value
        if setting.is_readonly != quirks.wrong_readonly:
            attribute["mutability"] = "ReadOnly"
    return {
        **address(setting),
        "variableAttribute": [attribute],
        "variableCharacteristics": _characteristics(setting),
    }


def _characteristics(setting: "Setting") -> Payload:
    told = {
        "unit": setting.unit or None,
        "maxLimit": setting.max_limit,
        "valuesList": ",".join(setting.choices) or None,
    }
    known = {name: value for name, value in told.items() if value is not None}
    return {"dataType": setting.kind, "supportsMonitoring": False} | known


def _of(order: LogOrder | FirmwareOrder | None) -> Payload:
    return {} if order is None else {"requestId": order.request_id}


def _id_token(token: str) -> Payload:
    return {"idToken": token, "type": "ISO14443"}


def _session_of(connector: Connector) -> Session:
    if connector.session is None:
        raise LookupError(f"no session on connector {connector.charger}/{connector.number}")
    return connector.session
