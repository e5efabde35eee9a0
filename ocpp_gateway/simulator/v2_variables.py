"""The variables a simulated OCPP 2.x station has (2.0.1 part 2, appendix 3)."""

from collections.abc import Iterable

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.hardware import Hardware
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.settings import Rule, Rules, Setting, Settings
from ocpp_gateway.simulator.tokens import CACHE_BYTES, POLICIES

LIST, CACHE, AUTH = "LocalAuthListCtrlr", "AuthCacheCtrlr", "AuthCtrlr"
LOCK = "ConnectorPlugRetentionLock"
MOST_ITEMS, MOST_BYTES, LIST_BYTES = 20, 8192, 20_000

RULES: Rules = {
    Rule.AUTHORIZE: (AUTH, "Enabled"),
    Rule.OFFLINE: (AUTH, "LocalAuthorizeOffline"),
    Rule.PRE_AUTHORIZE: (AUTH, "LocalPreAuthorize"),
    Rule.UNKNOWN_OFFLINE: (AUTH, "OfflineTxForUnknownIdEnabled"),
    Rule.REMOTE_START: (AUTH, "AuthorizeRemoteStart"),
    Rule.STOP_ON_INVALID: ("TxCtrlr", "StopTxOnInvalidId"),
    Rule.LIST: (LIST, "Enabled"),
    # The most it can hold is no value of its own: it is a characteristic of Entries.
    Rule.LIST_MAX: (LIST, "Entries"),
    Rule.LIST_ENTRIES: (LIST, "Entries"),
    Rule.LIST_ITEMS: (LIST, "ItemsPerMessage"),
    Rule.LIST_BYTES: (LIST, "BytesPerMessage"),
    Rule.LIST_EXPIRY: (LIST, "SupportsExpiryDateTime"),
    Rule.LIST_IS_FINAL: (LIST, "DisablePostAuthorize"),
    Rule.CACHE: (CACHE, "Enabled"),
    Rule.CACHE_LIFETIME_S: (CACHE, "LifeTime"),
    Rule.CACHE_POLICY: (CACHE, "Policy"),
    Rule.CACHE_STORAGE: (CACHE, "Storage"),
    Rule.CACHE_IS_FINAL: (CACHE, "DisablePostAuthorize"),
}
# As older EVerest stations call them.
OLD_NAMES = {
    name: (LIST, f"{name[1]}SendLocalList")
    for name in (RULES[Rule.LIST_ITEMS], RULES[Rule.LIST_BYTES])
}


def settings_v201(hardware: Hardware, profile: Profile, quirks: Quirks) -> Settings:
    """All variables; those of an optional feature are there only with it."""
    return _settings(
        [
            *_rights(profile),
            *(_list(profile, quirks) if profile.has_list else ()),
            *(_cache() if profile.has_cache else ()),
            *_communication(),
            *_limits(),
            *_components(hardware, profile),
        ],
        quirks,
    )


def settings_v21(hardware: Hardware, profile: Profile, quirks: Quirks) -> Settings:
    """2.1 says whether the list minds the dates in it."""
    settings = settings_v201(hardware, profile, quirks).all
    if profile.has_list:
        settings.append(_fact(LIST, "SupportsExpiryDateTime", "true", "boolean"))
    return _settings(settings, quirks)


def _settings(settings: Iterable[Setting], quirks: Quirks) -> Settings:
    if not quirks.has_old_list_names:
        return Settings(settings, RULES)
    return Settings(settings, {rule: OLD_NAMES.get(name, name) for rule, name in RULES.items()})


def _rights(profile: Profile) -> Iterable[Setting]:
    for name, on in (
        ("Enabled", "true"),
        ("LocalAuthorizeOffline", "true"),
        ("LocalPreAuthorize", "false"),
    ):
        yield _switch(AUTH, name, on)
    if profile.has_unknown_offline:
        yield _switch(AUTH, "OfflineTxForUnknownIdEnabled", "false")
    remote = _switch(AUTH, "AuthorizeRemoteStart", "false")
    remote.is_readonly = not profile.remote_rule_is_writable
    yield remote
    yield _switch("TxCtrlr", "StopTxOnInvalidId", "true")


def _list(profile: Profile, quirks: Quirks) -> Iterable[Setting]:
    yield _fact(LIST, "Available", "true", "boolean")
    yield _switch(LIST, "Enabled", "true")
    yield _switch(LIST, "DisablePostAuthorize", "false")
    entries = _fact(LIST, "Entries", "0")
    if quirks.tells_list_limits:
        items, size = (OLD_NAMES[name] if quirks.has_old_list_names else name for name in OLD_NAMES)
        yield _fact(*items, str(profile.list_items))
        yield _fact(*size, str(LIST_BYTES))
    entries.max_limit = profile.list_max
    yield entries


def _cache() -> Iterable[Setting]:
    yield _fact(CACHE, "Available", "true", "boolean")
    yield _switch(CACHE, "Enabled", "true")
    yield _switch(CACHE, "DisablePostAuthorize", "false")
    yield Setting("LifeTime", "86400", "integer", component=CACHE, unit="s")
    yield Setting("Policy", POLICIES[0], "OptionList", component=CACHE, choices=POLICIES)
    storage = _fact(CACHE, "Storage", "0")
    storage.max_limit, storage.unit = CACHE_BYTES, "B"
    yield storage


def _communication() -> Iterable[Setting]:
    for component, name, number in (
        ("OCPPCommCtrlr", "HeartbeatInterval", "300"),
        ("SampledDataCtrlr", "TxUpdatedInterval", "10"),
    ):
        yield Setting(name, number, "integer", component=component, unit="s")
    yield Setting(
        "WebSocketPingInterval",
        "0",
        "integer",
        component="OCPPCommCtrlr",
        needs_reboot=True,
        unit="s",
    )
    yield Setting(
        "BasicAuthPassword", "", is_writeonly=True, component="SecurityCtrlr", max_limit=40
    )
    yield _fact("OCPPCommCtrlr", "FileTransferProtocols", "FTP,FTPS,HTTP,HTTPS,SFTP", "string")


def _limits() -> Iterable[Setting]:
    for action in ("SetVariables", "GetVariables", "GetReport"):
        for name, most in (("ItemsPerMessage", MOST_ITEMS), ("BytesPerMessage", MOST_BYTES)):
            limit = _fact("DeviceDataCtrlr", name, str(most))
            limit.instance = action
            yield limit


def _components(hardware: Hardware, profile: Profile) -> Iterable[Setting]:
    for name, fact in (("Model", profile.model), ("VendorName", profile.vendor)):
        yield _fact("ChargingStation", name, fact, "string")
    for charger in hardware.chargers:
        power = _fact("EVSE", "Power", str(int(profile.power_w)))
        power.charger, power.unit = charger, "W"
        yield power
    if not profile.has_lock:
        return
    for connector in hardware.connectors:
        yield Setting(
            "Active",
            "false",
            "boolean",
            component=LOCK,
            charger=connector.charger,
            connector=connector.number,
            is_readonly=not profile.lock_is_writable,
        )


def _switch(component: str, name: str, value: str) -> Setting:
    return Setting(name, value, "boolean", component=component)


def _fact(component: str, name: str, value: str, kind: str = "integer") -> Setting:
    return Setting(name, value, kind, component=component, is_readonly=True)
