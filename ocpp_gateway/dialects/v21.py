"""OCPP 2.1: only what it adds to 2.0.1."""

from datetime import datetime

from ocpp_gateway.dialects import v201
from ocpp_gateway.dialects.base import (
    Dialect,
    Handler,
    Payload,
    heard,
    now_on_the_wire,
    with_nothing,
)
from operations.answers import Answer
from operations.events import MessageHeard, ReportPartReceived
from operations.versions import V21


def vat_number(payload: Payload, _at: datetime) -> MessageHeard:
    """VatNumberValidation (C25)."""
    return MessageHeard("VatNumberValidation", payload)


def vat_number_answer(_answer: Answer, payload: Payload) -> Payload:
    """Nobody here knows VAT numbers."""
    return {"vatNumber": payload["vatNumber"], "status": "Rejected"}


def der_control(payload: Payload, _at: datetime) -> ReportPartReceived:
    """ReportDERControl (R04): controls of several kinds, each under its own key."""
    data = {key: value for key, value in payload.items() if key not in {"requestId", "tbc"}}
    return v201.report_part("ReportDERControl", payload, data)


def chain_status(payload: Payload, _at: datetime) -> MessageHeard:
    """GetCertificateChainStatus (M06)."""
    return MessageHeard("GetCertificateChainStatus", payload)


def chain_status_answer(_answer: Answer, payload: Payload) -> Payload:
    """Unknown for each certificate asked about: we ask no certificate authority yet."""
    return {
        "certificateStatus": [
            {
                "certificateHashData": request["certificateHashData"],
                "source": request["source"],
                "status": "Unknown",
                "nextUpdate": now_on_the_wire(),
            }
            for request in payload["certificateStatusRequests"]
        ]
    }


DIALECT = Dialect(
    V21,
    {
        **v201.DIALECT.handlers,
        "BatterySwap": heard("BatterySwap"),
        "ClosePeriodicEventStream": heard("ClosePeriodicEventStream"),
        "GetCertificateChainStatus": Handler(chain_status, chain_status_answer),
        "NotifyDERAlarm": heard("NotifyDERAlarm"),
        "NotifyDERStartStop": heard("NotifyDERStartStop"),
        "NotifyPeriodicEventStream": heard("NotifyPeriodicEventStream"),
        "NotifyPriorityCharging": heard("NotifyPriorityCharging"),
        "NotifySettlement": heard("NotifySettlement"),
        "NotifyWebPaymentStarted": heard("NotifyWebPaymentStarted"),
        "OpenPeriodicEventStream": heard("OpenPeriodicEventStream", status="Rejected"),
        "PullDynamicScheduleUpdate": heard("PullDynamicScheduleUpdate", status="Rejected"),
        "ReportDERControl": Handler(der_control, with_nothing),
        "VatNumberValidation": Handler(vat_number, vat_number_answer),
    },
)
