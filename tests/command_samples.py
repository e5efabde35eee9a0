"""What the forms of commands may be filled in with: at least one filling of each."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "04A2B3C4"
LATER = "2100-03-01T12:00"
TARIFF = '{"tariffId": "T-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.4}]}}'
MD5 = "0123456789abcdef0123456789ABCDEF"
CERTIFICATE_HASH = {
    "algorithm": "SHA256",
    "issuer_name": "a1b2",
    "issuer_key": "c3d4",
    "serial": "1234",
}
PERIODS = "00:00 32\n07:00 16.1 3\n19:30 6"


def certificate() -> str:
    """A certificate made on the spot, as PEM text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test root")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATE = certificate()
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "read-settings": [{"what": "all"}, {"what": "authorization"}],
    "change-settings": [{"settings": "HeartbeatInterval = 60\nAuthCtrlr.Enabled = true"}],
    "change-authorization": [{"cache_enabled": "false"}, {"local_pre_authorize": "true"}],
    "start-session": [{"token": TOKEN}],
    "stop-session": [{}],
    "reserve": [{"token": TOKEN, "until": LATER}],
    "cancel-reservation": [{"reservation": "12"}],
    "get-transaction-status": [{}, {"transaction": "T-1"}],
    "set-charging-profile": [
        {"purpose": "TxDefaultProfile", "kind": "Absolute", "unit": "A", "periods": "00:00 16"},
        {
            "purpose": "TxDefaultProfile",
            "kind": "Daily",
            "unit": "W",
            "periods": PERIODS,
            "stack_level": "3",
            "number": "7",
            "starts": "2026-03-01T00:00",
            "duration_s": "86400",
            "valid_from": "2026-03-01T00:00",
            "valid_to": LATER,
            "least": "6",
        },
        {"purpose": "TxDefaultProfile", "kind": "Relative", "unit": "A", "periods": "0 16 1"},
    ],
    "clear-charging-profile": [
        {},
        {"number": "7"},
        {"purpose": "TxDefaultProfile", "stack_level": "0"},
    ],
    "get-charging-profiles": [
        {},
        {"purpose": "TxDefaultProfile", "stack_level": "0", "numbers": "7, 8"},
    ],
    "get-composite-schedule": [{"duration_s": "3600"}, {"duration_s": "86400", "unit": "W"}],
    "use-priority-charging": [{}, {"activate": "on"}],
    "update-dynamic-schedule": [
        {"number": "7", "limit": "16"},
        {"number": "7", "discharge_limit": "-5", "setpoint": "0"},
    ],
    "send-local-list": [{"mode": "needed"}, {"mode": "full"}, {"mode": "differential"}],
    "get-local-list-version": [{}],
    "clear-cache": [{}],
    "customer-information": [
        {"report": "on", "token": TOKEN, "token_type": "ISO14443"},
        {"report": "on", "clear": "on", "customer": "C-1"},
    ],
    "get-base-report": [
        {"base": "FullInventory"},
        {"base": "ConfigurationInventory"},
        {"base": "SummaryInventory"},
    ],
    "get-report": [
        {},
        {"criteria": ["Problem"], "component": "Connector", "variable": "AvailabilityState"},
        {"component": "Connector", "evse": "1", "connector": "1"},
    ],
    "get-monitoring": [{}, {"criteria": ["DeltaMonitoring"], "component": "EVSE"}],
    "set-monitoring": [
        {
            "component": "EVSE",
            "variable": "Power",
            "kind": "UpperThreshold",
            "value": "11000",
            "severity": "0",
        }
    ],
    "clear-monitoring": [{"numbers": "1, 2"}],
    "set-monitoring-base": [{"base": "All"}],
    "set-monitoring-level": [{"severity": "0"}, {"severity": "9"}],
    "get-event-streams": [{}],
    "adjust-event-stream": [{"number": "1", "interval_s": "60"}, {"number": "1", "values": "5"}],
    "set-display-message": [
        {"text": "Back at noon", "priority": "NormalCycle", "format": "UTF8"},
        {
            "text": "Volta já",
            "priority": "AlwaysFront",
            "format": "HTML",
            "language": "pt-BR",
            "state": "Idle",
            "shown_from": "2026-03-01T00:00",
            "shown_until": LATER,
            "transaction": "T-1",
            "number": "3",
        },
    ],
    "get-display-messages": [{}, {"numbers": "3", "priority": "InFront", "state": "Idle"}],
    "clear-display-message": [{"number": "3"}],
    "update-cost": [{"cost": "3.5"}],
    "get-tariffs": [{}],
    "set-default-tariff": [{"tariff": TARIFF}],
    "clear-tariffs": [{}, {"tariffs": "T-1, T-2"}],
    "change-session-tariff": [{"tariff": TARIFF}],
    "install-certificate": [{"kind": "ManufacturerRootCertificate", "certificate": CERTIFICATE}],
    "list-certificates": [{"kind": "ManufacturerRootCertificate"}, {}],
    "delete-certificate": [CERTIFICATE_HASH],
    "send-certificate": [{"kind": "ChargingStationCertificate", "chain": CERTIFICATE}],
    "set-network-profile": [
        {
            "slot": "1",
            "url": "wss://central.example.org/ocpp",
            "version": "OCPP16",
            "interface": "Wired0",
            "security_profile": "2",
            "timeout_s": "30",
        },
        {
            "slot": "2",
            "url": "wss://central.example.org/ocpp",
            "version": "OCPP16",
            "interface": "Wireless0",
            "security_profile": "1",
            "timeout_s": "30",
            "apn": "iot.example",
            "apn_user": "station",
            "apn_password": "secret",
        },
    ],
    "publish-firmware": [
        {"location": "https://files.example.org/firmware.bin", "checksum": MD5},
        {
            "location": "ftp://files.example.org/firmware.bin",
            "checksum": MD5,
            "retries": "0",
            "retry_interval_s": "60",
        },
    ],
    "unpublish-firmware": [{"checksum": MD5}],
    "set-der-control": [
        {
            "kind": "Gradients",
            "control": "C-1",
            "figures": '{"gradient": {"priority": 0, "gradient": 10, "softGradient": 10}}',
        }
    ],
    "get-der-control": [{}, {"kind": "VoltVar", "control": "C-1"}],
    "clear-der-control": [{}, {"kind": "VoltVar", "control": "C-1", "is_default": "on"}],
    "allow-energy-transfer": [{"modes": ["AC_three_phase", "DC"]}],
    "send-afrr-signal": [{"signal": "-3", "at": LATER}],
    "swap-battery": [{"token": TOKEN}],
    "data-transfer": [
        {"vendor": "org.example"},
        {"vendor": "org.example", "message": "Ping", "content": "x"},
    ],
}
