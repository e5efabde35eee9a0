"""The eight settings of Operations > Authorization, and what each OCPP version calls them.

Two further ones, of the authorization cache, only OCPP 2.x has. `field` is the place in a station's
AuthorizationProfile, and the name in the params of the command that changes them.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operations.variables import Variable
from operations.versions import OcppVersion


@dataclass(frozen=True, slots=True)
class AuthorizationSetting:
    """One of them. `keys` by the slug of a version: the first is written, the others only read."""

    field: str
    label: str | Promise
    description: str | Promise
    keys: dict[str, tuple[str, ...]]
    is_switch: bool = True
    # Only the station says: nobody writes a limit.
    is_limit: bool = False
    # The value stands in the characteristics' maxLimit, which no GetVariables tells.
    is_max_limit: bool = False
    # Whether a 1.6 station that has the profile may go without.
    is_optional: bool = False

    def key_of(self, version: OcppVersion) -> str:
        """What a version calls it; empty where it does not have it."""
        return next(iter(self.keys_of(version)), "")

    def keys_of(self, version: OcppVersion) -> tuple[str, ...]:
        """All the names it goes by."""
        found = (self.keys[older.slug] for older in version.lineage if older.slug in self.keys)
        return next(found, ())

    def variables(self, version: OcppVersion) -> list[Variable]:
        """The same, taken apart."""
        return [Variable.of_key(key) for key in self.keys_of(version)]


SETTINGS: tuple[AuthorizationSetting, ...] = (
    AuthorizationSetting(
        "local_authorize_offline",
        _("Local offline authorization"),
        _(
            "Controls whether the charger will authorize the user when they are offline by using "
            "the authorization cache and/or local authorization list."
        ),
        {"v16": ("LocalAuthorizeOffline",), "v201": ("AuthCtrlr.LocalAuthorizeOffline",)},
    ),
    AuthorizationSetting(
        "local_pre_authorize",
        _("Local pre-authorize"),
        _(
            "Controls whether the charger will use authorization cache and/or local authorization "
            "list to start a session without waiting for an authorization response from the "
            "central system. The central system can later deauthorize the user at session event "
            "exchange."
        ),
        {"v16": ("LocalPreAuthorize",), "v201": ("AuthCtrlr.LocalPreAuthorize",)},
    ),
    AuthorizationSetting(
        "list_enabled",
        _("Local auth list enabled"),
        _("Indicates whether the local authorization list is enabled on the charging station."),
        {"v16": ("LocalAuthListEnabled",), "v201": ("LocalAuthListCtrlr.Enabled",)},
    ),
    AuthorizationSetting(
        "send_list_max",
        _("Set local list max. length"),
        _(
            "Charging station’s maximum number of identifiers that can be sent in a single request "  # noqa: RUF001
            "to update the authorization list."
        ),
        {
            "v16": ("SendLocalListMaxLength",),
            # Older EVerest has the second name (libocpp 399).
            "v201": (
                "LocalAuthListCtrlr.ItemsPerMessage",
                "LocalAuthListCtrlr.ItemsPerMessageSendLocalList",
            ),
        },
        is_switch=False,
        is_limit=True,
    ),
    AuthorizationSetting(
        "list_max",
        _("Local auth list"),
        _(
            "Maximum number of identifiers that can be stored in the local authorization list of "
            "the charging station."
        ),
        {"v16": ("LocalAuthListMaxLength",), "v201": ("LocalAuthListCtrlr.Entries",)},
        is_switch=False,
        is_limit=True,
        is_max_limit=True,
    ),
    AuthorizationSetting(
        "unknown_offline",
        _("Allow offline session of unknown id"),
        _("Indicates whether the station supports the unknown-offline-authorization feature."),
        {
            "v16": ("AllowOfflineTxForUnknownId",),
            "v201": ("AuthCtrlr.OfflineTxForUnknownIdEnabled",),
        },
        is_optional=True,
    ),
    AuthorizationSetting(
        "cache_enabled",
        _("Authorization cache enabled"),
        _("Indicates whether the authorization cache is enabled on the charging station."),
        {"v16": ("AuthorizationCacheEnabled",), "v201": ("AuthCacheCtrlr.Enabled",)},
        is_optional=True,
    ),
    AuthorizationSetting(
        "authorize_remote_start",
        _("Authorize remote start"),
        _(
            "Indicates whether additional authorization at remote session start request is enabled "
            "on the charger. If enabled, the charger issues authorization when it receives the "
            "remote start request from mobile/web."
        ),
        {"v16": ("AuthorizeRemoteTxRequests",), "v201": ("AuthCtrlr.AuthorizeRemoteStart",)},
    ),
)

SWITCHES = tuple(setting for setting in SETTINGS if setting.is_switch)
LIMITS = tuple(setting for setting in SETTINGS if setting.is_limit)

# What else a station's profile holds; OCPP 1.6 has none of it.
FURTHER: tuple[AuthorizationSetting, ...] = (
    AuthorizationSetting(
        "cache_lifetime_s",
        _("Cache lifetime (s)"),
        _("How long an identifier stays in the authorization cache."),
        {"v201": ("AuthCacheCtrlr.LifeTime",)},
        is_switch=False,
    ),
    AuthorizationSetting(
        "cache_policy",
        _("Cache policy"),
        _("Which entry goes when the authorization cache is full."),
        {"v201": ("AuthCacheCtrlr.Policy",)},
        is_switch=False,
    ),
    AuthorizationSetting(
        "cache_storage_bytes",
        _("Cache storage (bytes)"),
        _("How much the authorization cache may take."),
        {"v201": ("AuthCacheCtrlr.Storage",)},
        is_switch=False,
        is_limit=True,
    ),
    AuthorizationSetting(
        "list_bytes_max",
        _("Bytes per message of the local list"),
        _("How large one request to update the local authorization list may be."),
        {
            "v201": (
                "LocalAuthListCtrlr.BytesPerMessage",
                "LocalAuthListCtrlr.BytesPerMessageSendLocalList",
            )
        },
        is_switch=False,
        is_limit=True,
    ),
)

# Whether the station has the part at all (2.x): a switch of what is not there is not supported.
AVAILABLE = {
    "list_enabled": "LocalAuthListCtrlr.Available",
    "cache_enabled": "AuthCacheCtrlr.Available",
}
BY_FIELD = {setting.field: setting for setting in (*SETTINGS, *FURTHER)}
