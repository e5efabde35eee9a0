"""The form of changed settings: a field for each that was chosen, and lines typed by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import known_settings, masking, schemas, variables
from operations.commands import setting_items
from operations.commands.base import CommandForm, Params, Target
from operations.known_settings import KnownSetting
from operations.models import StationSetting
from operations.variables import Variable
from operations.versions import V16, V201, OcppVersion

MOST_SETTINGS = 100  # of one form
LONGEST_VALUE = 2500  # OCPP 2.1; the station's version is checked against its schema
SWITCH = [("true", gettext_lazy("On")), ("false", gettext_lazy("Off"))]


class LinesField(forms.CharField):
    """Settings typed by hand, one on a line: HeartbeatInterval = 60."""

    widget = forms.Textarea(
        attrs={"rows": 4, "spellcheck": "false", "placeholder": "HeartbeatInterval = 60"}
    )

    def prepare_value(self, value: Any) -> Any:
        """What a run asked for, as lines again."""
        if isinstance(value, list):
            return "\n".join(f"{asked['key']} = {asked['value']}" for asked in value)
        return value

    def clean(self, value: Any) -> list[dict[str, str]]:
        """Each with its key and value. Raises ValidationError, naming the line."""
        text = super().clean(self.prepare_value(value))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_SETTINGS:
            raise ValidationError(_("Give at most %(most)d.") % {"most": MOST_SETTINGS})
        return [_parsed(line) for line in lines]


def _parsed(line: str) -> dict[str, str]:
    key, equals, value = (part.strip() for part in line.partition("="))
    words = {"line": line[:60]}
    try:
        variable = Variable.of_key(key)
    except ValueError:
        equals = ""
    if not equals:
        sentence = _('"%(line)s" is not like HeartbeatInterval = 60 or AuthCtrlr.Enabled = true.')
        raise ValidationError(sentence % words)
    if masking.SECRET.search(variable.name) or masking.is_masked(value):
        sentence = _("%(key)s is a password: change it from the station's settings, by itself.")
        raise ValidationError(sentence % {"key": key[:60]})
    return {"key": variable.key, "value": value}


class ChangeSettingsForm(CommandForm):
    """The chosen settings, each with what it is now; and any other one, typed by hand."""

    # Values may be passwords: they are not for the URL that a refresh asks for.
    follows_choices = False
    more: tuple[str, ...] = ()

    keys = forms.CharField(widget=forms.HiddenInput, required=False)
    settings = LinesField(
        label=gettext_lazy("Set any key by hand"),
        required=False,
        help_text=gettext_lazy(
            "One on a line: HeartbeatInterval = 60 in OCPP 1.6, AuthCtrlr.Enabled = true in 2.x. "
            "Also keys that the station hides. Each station takes those of its own version."
        ),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        given = self.data.get("keys") if self.is_bound else self.initial.get("keys")
        self.chosen = _variables(given)
        if self.chosen:
            self.more = ("settings",)
        told = _told(target, self.chosen)
        for place, variable in enumerate(self.chosen):
            field = _field(target.station.version, variable, told.get(variable.key))
            self.fields[_name(place)] = field
        self.told = told
        self.order_fields(["keys", *(_name(place) for place in range(len(self.chosen)))])

    def clean(self) -> Params:
        """Something must be different, and the station's version must have words for it."""
        cleaned: Params = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        cleaned["settings"] = [*self._changed(cleaned), *cleaned["settings"]]
        if not cleaned["settings"]:
            self.add_error(None, _("Nothing is different from what the station has now."))
        self._check_words(cleaned)
        return cleaned

    def _changed(self, cleaned: Params) -> Iterator[dict[str, str]]:
        """Those whose value is another one; a password left empty stays."""
        for place, variable in enumerate(self.chosen):
            value = cleaned[_name(place)]
            told = self.told.get(variable.key)
            if masking.SECRET.search(variable.name):
                is_other = bool(value)
            else:
                is_other = told is None or value != told.value
            if is_other:
                yield {"key": variable.key, "value": value}

    def _check_words(self, cleaned: Params) -> None:
        """What OCPP does not take is said here, not after sending."""
        version = self.target.station.version
        items = [] if version is None else setting_items.items_of(version, cleaned)
        if version is None or not cleaned["settings"]:
            return
        if not items:
            none = _("OCPP %(version)s calls its settings otherwise: %(example)s.")
            example = "HeartbeatInterval" if version == V16 else "AuthCtrlr.Enabled"
            self.add_error("settings", none % {"version": version, "example": example})
        for request in setting_items.writes(version, self.target, items, {}):
            for fault in schemas.faults(version, request.action, request.payload)[:5]:
                words = {"version": version, "fault": fault}
                sentence = _("OCPP %(version)s does not take this: %(fault)s.")
                self.add_error(None, sentence % words)

    def params(self) -> Params:
        """The settings alone."""
        return {"settings": self.cleaned_data["settings"]}

    @classmethod
    def differences(cls, target: Target, values: Params) -> tuple[str, ...]:
        """What stands in the form beside what the station has: "HeartbeatInterval: 300 → 60"."""
        found = _variables(values.get("keys"))
        told = _told(target, found)
        return tuple(_differences(found, told, values))


def _differences(
    found: Sequence[Variable], told: Mapping[str, StationSetting], values: Params
) -> Iterator[str]:
    for place, variable in enumerate(found):
        was, value = told.get(variable.key), values.get(_name(place))
        if was is None or not value or was.is_secret or variables.is_same(was.value, str(value)):
            continue
        yield f"{variable.key}: {was.value or '—'} → {value}"


def _name(place: int) -> str:
    return f"value_{place}"


def _variables(keys: Any) -> list[Variable]:
    """The settings chosen; what is no key is left out."""
    found: dict[str, Variable] = {}
    for text in str(keys or "").splitlines()[:MOST_SETTINGS]:
        try:
            variable = Variable.of_key(text.strip())
        except ValueError:
            continue
        found[variable.key] = variable
    return list(found.values())


def _told(target: Target, chosen: Sequence[Variable]) -> dict[str, StationSetting]:
    """What the station said of them."""
    if not chosen or not target.station.pk:  # it may stand for many
        return {}
    keys = [variable.key for variable in chosen]
    rows = StationSetting.objects.filter(
        station=target.station, key__in=keys, attribute=variables.ACTUAL
    )
    return {row.key: row for row in rows}


def _field(
    version: OcppVersion | None, variable: Variable, told: StationSetting | None
) -> forms.Field:
    """A field that fits, with what is known of the setting and what it is now."""
    known = known_settings.find(version or V201, variable)
    words: dict[str, Any] = {
        "label": variable.key,
        "help_text": _help(known, told),
        "required": False,
    }
    if masking.SECRET.search(variable.name):
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(max_length=LONGEST_VALUE, widget=widget, **words)
    now = told.value if told else ""
    choices = _choices(known, told)
    if choices and (not now or now.lower() in dict(choices) or now in dict(choices)):
        now = now.lower() if now.lower() in dict(choices) else now
        if not now:
            choices = [("", "—"), *choices]
        return forms.ChoiceField(choices=choices, initial=now, **words)
    return forms.CharField(max_length=LONGEST_VALUE, initial=now, strip=False, **words)


def _choices(known: KnownSetting | None, told: StationSetting | None) -> list[tuple[str, Any]]:
    """What it may be: the station's own word first."""
    data_type = (told.data_type if told else "") or (known.data_type if known else "")
    if data_type == "boolean":
        return list(SWITCH)
    values = told.values_list.split(",") if told and told.values_list else []
    if not values and known and data_type in ("option", "OptionList", "integer"):
        values = list(known.values)
    is_one_of = data_type in ("option", "OptionList", "integer")
    return [(value.strip(), value.strip()) for value in values] if is_one_of else []


def _help(known: KnownSetting | None, told: StationSetting | None) -> str:
    """What it is for, what it may be, and what it is now."""
    parts = [_(known.description)] if known else []
    unit = (told.unit if told else "") or (known.unit if known else "")
    if told is not None and told.is_secret:
        parts.append(_("It can be set, never read."))
    elif told is not None and told.read_at is not None:
        parts.append(_("Now: %(value)s.") % {"value": f"{told.value or '—'} {unit}".strip()})
    if told is not None and told.is_read_only:
        parts.append(_("The station says that it can't be changed."))
    if told is not None and told.max_limit is not None:
        parts.append(_("At most %(limit)g.") % {"limit": told.max_limit})
    if told is not None and told.min_limit is not None:
        parts.append(_("At least %(limit)g.") % {"limit": told.min_limit})
    values = (told.values_list if told else "") or ", ".join(known.values if known else ())
    if values:
        parts.append(_("One of: %(values)s.") % {"values": values[:300]})
    return " ".join(parts)
