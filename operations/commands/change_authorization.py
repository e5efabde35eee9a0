"""Change authorization: the seed's settings, whatever a station's version calls them."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import CommandForm, Params, Target
from operations.commands.change_settings import ChangeSettings
from operations.commands.setting_items import Item
from operations.known_settings.authorization import BY_FIELD, LIMITS, SWITCHES
from operations.models import AuthorizationProfile, Token
from operations.models.settings import Switch
from operations.models.tokens import PaymentKind
from operations.variables import Variable
from operations.versions import V16, V201, OcppVersion

SWITCH = [
    ("", gettext_lazy("Leave it as it is")),
    ("true", gettext_lazy("On")),
    ("false", gettext_lazy("Off")),
]
POLICIES = [
    ("", gettext_lazy("Leave it as it is")),
    *((name, name) for name in ("LRU", "LFU", "FIFO", "CUSTOM")),
]
MOST = 1_000_000_000
# What may be more than the station's own word; how it keeps its cache and list is not.
NUMBERS = (*LIMITS, BY_FIELD["cache_lifetime_s"], BY_FIELD["cache_policy"])


class ChangeAuthorizationForm(CommandForm):
    """On, off or left alone for each switch; the numbers are mostly the station's own."""

    follows_choices = False
    more = tuple(setting.field for setting in NUMBERS)

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        # The page behind the dialog has filters of the same names.
        super().__init__(*args, target=target, **{"auto_id": "ask_%s", **kwargs})
        profile = _profile(target)
        version = target.station.version
        for setting in (*SWITCHES, *NUMBERS):
            if version is not None and not _key(setting.field, version):
                continue
            self.fields[setting.field] = _field(setting.field, profile)
        if "cache_enabled" in self.fields:
            self.fields["cache_enabled"].help_text += f" {_caution(target)}"

    def clean(self) -> Params:
        """At least one must change."""
        cleaned: Params = super().clean() or self.cleaned_data
        if not self.errors and not self.params():
            self.add_error(None, _("Choose what to change."))
        return cleaned

    def params(self) -> Params:
        """Those that were chosen, as the wire spells values."""
        return {
            name: str(value) for name, value in self.cleaned_data.items() if value not in ("", None)
        }


def _caution(target: Target) -> str:
    """When a cache is proper: it authorises without asking whether there are funds."""
    caution = _("Proper only for post-paid customers, or where the network is unstable.")
    organisation = target.station.organisation_id
    if organisation is None:
        return caution
    theirs = Q(organisation=None) | Q(organisation=organisation)
    if not Token.objects.filter(theirs, payment=PaymentKind.PRE_PAID).exists():
        return caution
    warning = _("Pre-paid tokens may charge here, and a cache does not ask for their funds!")
    return f"{caution} {warning}"


def _profile(target: Target) -> AuthorizationProfile | None:
    if not target.station.pk:  # it stands for many
        return None
    return AuthorizationProfile.objects.filter(station=target.station).first()


def _field(name: str, profile: AuthorizationProfile | None) -> forms.Field:
    setting = BY_FIELD[name]
    words: dict[str, Any] = {
        "label": setting.label,
        "help_text": f"{setting.description} {_now(name, profile)}".strip(),
        "required": False,
    }
    if setting.is_switch:
        return forms.ChoiceField(choices=SWITCH, **words)
    if name == "cache_policy":
        return forms.ChoiceField(choices=POLICIES, **words)
    if setting.is_limit:
        words["help_text"] += " " + _("Most stations only report it, and refuse to change it.")
    return forms.IntegerField(min_value=0, max_value=MOST, **words)


def _now(name: str, profile: AuthorizationProfile | None) -> str:
    """What the station has."""
    value = getattr(profile, name) if profile else None
    if value in (None, "", Switch.UNKNOWN):
        return ""
    shown = Switch(value).label if BY_FIELD[name].is_switch else value
    return _("Now: %(value)s.") % {"value": shown}


def _key(name: str, version: OcppVersion) -> str:
    """What a version writes it to; a characteristic (2.x: maxLimit) can't be written."""
    setting = BY_FIELD[name]
    if setting.is_max_limit and version != V16:
        return ""
    return setting.key_of(version)


class ChangeAuthorization(ChangeSettings):
    """Switches how a station authorizes; each version has its own names for the same."""

    slug = "change-authorization"
    label = gettext_lazy("Change authorization")
    icon = "user-check"
    group = groups.AUTHORIZATION
    form = ChangeAuthorizationForm  # type: ignore[assignment]

    def items(self, version: OcppVersion, params: Params) -> list[Item]:
        """The settings by the version's names."""
        return [
            Item(Variable.of_key(_key(name, version)), str(value))
            for name, value in params.items()
            if name in BY_FIELD and _key(name, version)
        ]

    def all_items(self, params: Params) -> list[Item]:
        """In both families' names."""
        return [*self.items(V16, params), *self.items(V201, params)]

    def title(self, target: Target, params: Params) -> str:
        """Name the switch where it is one."""
        chosen = [name for name in BY_FIELD if params.get(name) not in (None, "")]
        if len(chosen) == 1 and BY_FIELD[chosen[0]].is_switch:
            words = {"setting": BY_FIELD[chosen[0]].label, "target": target.name}
            if params[chosen[0]] == "true":
                return _('Turn on "%(setting)s" of %(target)s') % words
            return _('Turn off "%(setting)s" of %(target)s') % words
        return _("Change how %(target)s authorizes") % {"target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What it is now stands beside each field."""
        return ()
