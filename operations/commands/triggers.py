"""THE table of messages a station can be asked for, in the words of each OCPP version."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operations.versions import V16, V21, OcppVersion

# Charger (EVSE) and connector a message speaks of, None for what it leaves open.
Place = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Trigger:
    """One message: what each version's request calls it, and by which message it arrives.

    `extended` is its name in 1.6's ExtendedTriggerMessage; an empty name means that the version
    has no such trigger. `is_of_each`: 2.x asks for it connector by connector (F06.FR.13).
    """

    key: str
    label: str | Promise
    arrives: tuple[str, ...]
    v16: str = ""
    extended: str = ""
    v2: str = ""
    is_new_in_v21: bool = False
    is_of_connector: bool = False
    is_of_each: bool = False

    def is_in(self, version: OcppVersion) -> bool:
        """Whether stations of this version can be asked for it."""
        if version.lineage[-1] == V16:
            return bool(self.v16 or self.extended)
        return bool(self.v2) and (version is V21 or not self.is_new_in_v21)


def _everywhere(
    action: str,
    label: Promise,
    *others: str,
    is_of_connector: bool = False,
    is_of_each: bool = False,
) -> Trigger:
    """A message that all requests call by its own name; `others` may come in its stead."""
    return Trigger(
        re.sub(r"(?<!^)(?=[A-Z])", "-", action).lower(),
        label,
        (action, *others),
        v16=action,
        extended=action,
        v2=action,
        is_of_connector=is_of_connector,
        is_of_each=is_of_each,
    )


USUAL = (
    _everywhere("BootNotification", _("Boot notification")),
    Trigger(
        "diagnostics-status-notification",
        _("Diagnostics status notification"),
        ("DiagnosticsStatusNotification", "LogStatusNotification"),
        v16="DiagnosticsStatusNotification",
        extended="LogStatusNotification",
        v2="LogStatusNotification",
    ),
    _everywhere(
        "FirmwareStatusNotification",
        _("Firmware status notification"),
        "SignedFirmwareStatusNotification",
    ),
    _everywhere("Heartbeat", _("Heartbeat")),
    _everywhere("MeterValues", _("Meter values"), is_of_connector=True),
    # What follows 2.1 reports by NotifyEvent, StatusNotification being old there (G01).
    _everywhere(
        "StatusNotification",
        _("Status notification"),
        "NotifyEvent",
        is_of_connector=True,
        is_of_each=True,
    ),
)
CUSTOM = Trigger("custom", _("Custom trigger"), (), v2="CustomTrigger", is_new_in_v21=True)
RARE = (
    Trigger(
        "log-status-notification",
        _("Log status notification (security extension)"),
        ("LogStatusNotification",),
        extended="LogStatusNotification",
    ),
    Trigger(
        "transaction-event",
        _("Transaction event"),
        ("TransactionEvent",),
        v2="TransactionEvent",
        is_of_connector=True,
    ),
    Trigger(
        "sign-certificate",
        _("Certificate of the station to sign"),
        ("SignCertificate",),
        extended="SignChargePointCertificate",
        v2="SignChargingStationCertificate",
    ),
    Trigger(
        "sign-v2g-certificate",
        _("V2G certificate to sign"),
        ("SignCertificate",),
        v2="SignV2GCertificate",
    ),
    Trigger(
        "sign-v2g20-certificate",
        _("V2G certificate of ISO 15118-20 to sign"),
        ("SignCertificate",),
        v2="SignV2G20Certificate",
        is_new_in_v21=True,
    ),
    Trigger(
        "sign-combined-certificate",
        _("Combined certificate to sign"),
        ("SignCertificate",),
        v2="SignCombinedCertificate",
    ),
    Trigger(
        "publish-firmware-status-notification",
        _("Published firmware's status notification"),
        ("PublishFirmwareStatusNotification",),
        v2="PublishFirmwareStatusNotification",
    ),
    CUSTOM,
)
BY_KEY = {trigger.key: trigger for trigger in (*USUAL, *RARE)}


def of_version(version: OcppVersion) -> tuple[Trigger, ...]:
    """What stations of this version can be asked for."""
    return tuple(trigger for trigger in BY_KEY.values() if trigger.is_in(version))


def choices(version: OcppVersion | None) -> list[tuple[Any, Any]]:
    """For a form: the usual ones, and what else the version has behind “More”."""
    rare = [(each.key, each.label) for each in RARE if version is not None and each.is_in(version)]
    usual: list[tuple[Any, Any]] = [(each.key, each.label) for each in USUAL]
    return [*usual, (_("More"), rare)] if rare else usual


def places_of(call: str) -> list[Place]:
    """The places a logged call speaks of; of any, where it says none or is cut short."""
    try:
        payload = json.loads(call)[3]
        return list(_places(payload))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        return [(None, None)]


def _places(payload: dict[str, Any]) -> Iterator[Place]:
    """1.6: connectorId; 2.x: evseId or evse, or the evse of each event that tells a status."""
    if "eventData" in payload:
        for event in payload["eventData"]:
            if event["variable"]["name"] == "AvailabilityState":
                yield _evse(event["component"].get("evse") or {})
    elif "evse" in payload:
        yield _evse(payload["evse"])
    else:
        yield _number(payload.get("evseId")), _number(payload.get("connectorId"))


def _evse(evse: dict[str, Any]) -> Place:
    return _number(evse.get("id")), _number(evse.get("connectorId"))


def _number(value: Any) -> int | None:
    """Some stations send numbers as text."""
    return None if value is None else int(value)
