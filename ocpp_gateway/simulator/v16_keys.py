"""The configuration keys a simulated OCPP 1.6 station has (§9)."""

from collections.abc import Iterable

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.hardware import Hardware
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.settings import Rule, Rules, Setting, Settings

MOST_KEYS = 50

RULES: Rules = {
    Rule.OFFLINE: ("", "LocalAuthorizeOffline"),
    Rule.PRE_AUTHORIZE: ("", "LocalPreAuthorize"),
    Rule.UNKNOWN_OFFLINE: ("", "AllowOfflineTxForUnknownId"),
    Rule.REMOTE_START: ("", "AuthorizeRemoteTxRequests"),
    Rule.STOP_ON_INVALID: ("", "StopTransactionOnInvalidId"),
    Rule.LIST: ("", "LocalAuthListEnabled"),
    Rule.LIST_MAX: ("", "LocalAuthListMaxLength"),
    Rule.LIST_ITEMS: ("", "SendLocalListMaxLength"),
    Rule.CACHE: ("", "AuthorizationCacheEnabled"),
}


def settings_v16(hardware: Hardware, profile: Profile, quirks: Quirks) -> Settings:
    """All keys; what an optional feature needs is there only with it."""
    return Settings(
        [
            *_switches(profile),
            *_numbers(),
            *_texts(),
            *_lists(profile, quirks),
            *_facts(hardware, profile),
        ],
        RULES,
    )


def _switches(profile: Profile) -> Iterable[Setting]:
    if profile.has_unknown_offline:
        yield Setting("AllowOfflineTxForUnknownId", "false", "boolean")
    if profile.has_cache:
        yield Setting("AuthorizationCacheEnabled", "true", "boolean")
    for name, on in (
        ("LocalAuthorizeOffline", "true"),
        ("LocalPreAuthorize", "false"),
        ("StopTransactionOnEVSideDisconnect", "true"),
        ("StopTransactionOnInvalidId", "true"),
        ("UnlockConnectorOnEVSideDisconnect", "true"),
    ):
        yield Setting(name, on, "boolean")
    # §9.1.2: readable or writable, at the station's choice.
    is_fixed = not profile.remote_rule_is_writable
    yield Setting("AuthorizeRemoteTxRequests", "false", "boolean", is_readonly=is_fixed)


def _numbers() -> Iterable[Setting]:
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


def _texts() -> Iterable[Setting]:
    yield Setting("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import")
    yield Setting("AuthorizationKey", "", is_writeonly=True, max_limit=40)


def _lists(profile: Profile, quirks: Quirks) -> Iterable[Setting]:
    if not profile.has_list:
        return
    yield Setting("LocalAuthListEnabled", "true", "boolean")
    if not quirks.tells_list_limits:
        return
    yield Setting("LocalAuthListMaxLength", str(profile.list_max), "integer", is_readonly=True)
    yield Setting("SendLocalListMaxLength", str(profile.list_items), "integer", is_readonly=True)


def _facts(hardware: Hardware, profile: Profile) -> Iterable[Setting]:
    features = ["Core", "FirmwareManagement", "LocalAuthListManagement", "RemoteTrigger"]
    if not profile.has_list:
        features.remove("LocalAuthListManagement")
    for name, fact in (
        ("ConnectorPhaseRotation", "NotApplicable"),
        ("GetConfigurationMaxKeys", str(MOST_KEYS)),
        ("NumberOfConnectors", str(len(hardware.connectors))),
        ("SupportedFileTransferProtocols", "FTP,FTPS,HTTP,HTTPS,SFTP"),
        ("SupportedFeatureProfiles", ",".join(features)),
    ):
        yield Setting(name, fact, is_readonly=True)
