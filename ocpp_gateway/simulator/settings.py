"""The settings a simulated station keeps: configuration keys (1.6), variables (2.x)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ocpp_gateway.simulator.hardware import Hardware
from ocpp_gateway.simulator.profiles import Profile


@dataclass(slots=True)
class Setting:
    """One key, or one component's variable; `charger` and `connector` say whose."""

    name: str
    value: str
    kind: str = "string"
    is_readonly: bool = False
    is_writeonly: bool = False
    needs_reboot: bool = False
    component: str = ""
    instance: str | None = None
    charger: int | None = None
    connector: int | None = None
    max_limit: int | None = None

    def write(self, text: str) -> str:
        """Take a new value; the answer is the status both protocol families use."""
        if self.is_readonly or not self._accepts(text):
            return "Rejected"
        self.value = text
        return "RebootRequired" if self.needs_reboot else "Accepted"

    def _accepts(self, text: str) -> bool:
        if self.kind == "boolean":
            return text.lower() in ("true", "false")
        if self.kind == "integer":
            return text.isdecimal() and (self.max_limit is None or int(text) <= self.max_limit)
        return len(text) <= (self.max_limit or 500)


def keys(hardware: Hardware) -> dict[str, Setting]:
    """The configuration keys of an OCPP 1.6 station (§9)."""
    return {setting.name: setting for setting in _keys(hardware)}


def _keys(hardware: Hardware) -> Iterable[Setting]:
    for name, on in (
        ("LocalAuthorizeOffline", "true"),
        ("LocalPreAuthorize", "false"),
        ("LocalAuthListEnabled", "true"),
        ("AllowOfflineTxForUnknownId", "false"),
        ("AuthorizationCacheEnabled", "true"),
        ("AuthorizeRemoteTxRequests", "false"),
        ("StopTransactionOnEVSideDisconnect", "true"),
        ("StopTransactionOnInvalidId", "true"),
        ("UnlockConnectorOnEVSideDisconnect", "true"),
    ):
        yield Setting(name, on, "boolean")
    for name, number in (
        ("ClockAlignedDataInterval", "0"),
        ("ConnectionTimeOut", "60"),
        ("HeartbeatInterval", "300"),
        ("MeterValueSampleInterval", "10"),
        ("ResetRetries", "1"),
        ("TransactionMessageAttempts", "3"),
        ("TransactionMessageRetryInterval", "60"),
    ):
        yield Setting(name, number, "integer")
    yield Setting("WebSocketPingInterval", "0", "integer", needs_reboot=True)
    yield Setting("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import")
    yield Setting("AuthorizationKey", "", is_writeonly=True, max_limit=40)
    for name, fact in (
        ("ConnectorPhaseRotation", "NotApplicable"),
        ("GetConfigurationMaxKeys", "50"),
        ("LocalAuthListMaxLength", "100"),
        ("SendLocalListMaxLength", "10"),
        ("NumberOfConnectors", str(len(hardware.connectors))),
        ("SupportedFeatureProfiles", "Core,LocalAuthListManagement,RemoteTrigger"),
    ):
        yield Setting(name, fact, is_readonly=True)


def variables(hardware: Hardware, profile: Profile) -> list[Setting]:
    """The variables of an OCPP 2.x station (2.0.1 part 2, appendix 3)."""
    return [*_controllers(), *_components(hardware, profile)]


def _controllers() -> Iterable[Setting]:
    for component, name, on in (
        ("AuthCtrlr", "Enabled", "true"),
        ("AuthCtrlr", "LocalAuthorizeOffline", "true"),
        ("AuthCtrlr", "LocalPreAuthorize", "false"),
        ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "false"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "false"),
        ("AuthCacheCtrlr", "Enabled", "true"),
        ("LocalAuthListCtrlr", "Enabled", "true"),
        ("TxCtrlr", "StopTxOnInvalidId", "true"),
    ):
        yield Setting(name, on, "boolean", component=component)
    for component, name, number in (
        ("OCPPCommCtrlr", "HeartbeatInterval", "300"),
        ("SampledDataCtrlr", "TxUpdatedInterval", "10"),
        ("AuthCacheCtrlr", "LifeTime", "86400"),
    ):
        yield Setting(name, number, "integer", component=component)
    yield Setting(
        "WebSocketPingInterval", "0", "integer", component="OCPPCommCtrlr", needs_reboot=True
    )
    yield Setting(
        "BasicAuthPassword", "", is_writeonly=True, component="SecurityCtrlr", max_limit=40
    )
    for component, name, instance, fact in (
        ("LocalAuthListCtrlr", "ItemsPerMessage", None, "10"),
        ("LocalAuthListCtrlr", "BytesPerMessage", None, "20000"),
        ("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables", "20"),
        ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables", "20"),
        ("DeviceDataCtrlr", "ItemsPerMessage", "GetReport", "20"),
    ):
        yield Setting(
            name, fact, "integer", component=component, instance=instance, is_readonly=True
        )
    yield Setting(
        "Entries", "0", "integer", component="LocalAuthListCtrlr", is_readonly=True, max_limit=100
    )
    yield Setting("FileTransferProtocols", "HTTP,FTP", component="OCPPCommCtrlr", is_readonly=True)


def _components(hardware: Hardware, profile: Profile) -> Iterable[Setting]:
    for name, fact in (("Model", profile.model), ("VendorName", profile.vendor)):
        yield Setting(name, fact, component="ChargingStation", is_readonly=True)
    for charger in hardware.chargers:
        yield Setting(
            "Power",
            str(int(profile.power_w)),
            "integer",
            component="EVSE",
            charger=charger,
            is_readonly=True,
        )
    if not profile.has_lock:
        return
    for connector in hardware.connectors:
        yield Setting(
            "Active",
            "false",
            "boolean",
            component="ConnectorPlugRetentionLock",
            charger=connector.charger,
            connector=connector.number,
            is_readonly=not profile.lock_is_writable,
        )
