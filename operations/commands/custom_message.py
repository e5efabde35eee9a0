"""Custom message: any action OCPP lets the central system ask for, with a payload typed in."""

import json
import math
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import masking, ocpp_actions, schemas
from operations.commands import groups
from operations.commands.base import (
    Command,
    CommandForm,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.statuses import Role, RunStatus

LONGEST_PAYLOAD = 200_000  # characters; a whole local list of a thousand tokens fits
DEEPEST_PAYLOAD = 32  # levels, as many as stations may send us
MOST_FAULTS = 10  # shown at once

# PostgreSQL keeps neither, and no station can mean them.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class PayloadField(forms.CharField):
    """A JSON object, as text; shown indented when it comes as an object."""

    widget = forms.Textarea(attrs={"rows": 10, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """A payload that was sent before, or text as it was typed."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Payload:
        """The object. Raises ValidationError with where the text stops being JSON."""
        text = super().clean(value)
        try:
            payload = _JSON.decode(text)
        except json.JSONDecodeError as error:
            raise ValidationError(
                _("This is not JSON: line %(line)d, column %(column)d: %(what)s.")
                % {"line": error.lineno, "column": error.colno, "what": error.msg}
            ) from error
        except (ValueError, RecursionError) as error:
            raise ValidationError(
                _("This holds a number or a nesting that JSON messages can't carry.")
            ) from error
        if not isinstance(payload, dict):
            raise ValidationError(_("A payload is a JSON object: {…}."))
        _check_keepable(payload)
        return payload


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large to keep")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)


def _check_keepable(payload: Payload) -> None:
    """Refuse what no column can hold, and the mask of a secret that was sent before."""
    level: list[Any] = [payload]
    for _depth in range(DEEPEST_PAYLOAD):
        texts = [node for node in level if isinstance(node, str)]
        if any(_UNKEEPABLE.search(text) for text in texts):
            raise ValidationError(_("This holds a character that no message can carry."))
        if any(masking.MASK in text for text in texts):
            raise ValidationError(
                _("A secret is masked here (%(mask)s): type it again.") % {"mask": masking.MASK}
            )
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise ValidationError(_("This is nested deeper than %d levels.") % DEEPEST_PAYLOAD)


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [*node.keys(), *node.values()]
    return node if isinstance(node, list) else []


class CustomMessageForm(CommandForm):
    """The action, its payload, and whether it may break the schema."""

    # A payload is too long, and may be too secret, for the URL that a refresh asks for.
    follows_choices = False

    action = forms.ChoiceField(label=gettext_lazy("Action"))
    payload = PayloadField(
        label=gettext_lazy("Payload"),
        initial={},
        max_length=LONGEST_PAYLOAD,
        help_text=gettext_lazy("A JSON object, spelled as it goes on the wire (camelCase)."),
    )
    send_anyway = forms.BooleanField(
        label=gettext_lazy("Send it even if it breaks OCPP"),
        required=False,
        help_text=gettext_lazy("For tests. A station may do anything with such a message."),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        version = target.station.version
        actions = ocpp_actions.to_stations(version) if version else ()
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose an action")),
            *((name, name) for name in actions),
        ]

    def clean(self) -> Params:
        """The payload must fit the action's schema, or be meant not to."""
        cleaned: Params = super().clean() or self.cleaned_data
        version = self.target.station.version
        if version is None or "action" not in cleaned or "payload" not in cleaned:
            return cleaned
        faults = schemas.faults(version, cleaned["action"], cleaned["payload"])[:MOST_FAULTS]
        if faults and not cleaned["send_anyway"]:
            untold = _("Nothing was sent: this is not a %(action)s of OCPP %(version)s.") % {
                "action": cleaned["action"],
                "version": version,
            }
            advice = _("Correct it, or tick the box below to send it all the same.")
            self.add_error("payload", [untold, *(f"{fault}." for fault in faults), advice])
        return cleaned


class CustomMessage(Command):
    """Sends what an engineer typed, and keeps what the station answered as it came.

    Any answer ends the run: what it means is the engineer's to read. Also drives
    conformance kits (docs/conformance.md).
    """

    slug = "custom-message"
    label = gettext_lazy("Custom message")
    icon = "code"
    group = groups.CUSTOM
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = CustomMessageForm
    outcomes = {}

    def title(self, target: Target, params: Params) -> str:
        """Name the action, once there is one."""
        action = params.get("action")
        if not action:
            return _("Custom message to %(target)s") % {"target": target.name}
        return _("Send %(action)s to %(target)s") % {"action": action, "target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """The portal sends it as it is, and watches for nothing but the answer."""
        if params.get("send_anyway"):
            return (_("The payload will not be held back, even if it breaks OCPP."),)
        return ()

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """As it was typed."""
        may_break_schema = bool(params.get("send_anyway"))
        return (Request(params["action"], params["payload"], may_break_schema=may_break_schema),)

    request_v201 = request_v16

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """Whatever it is, it is the answer."""
        status = self.answer_status(action, payload)
        if not status:
            return Outcome(RunStatus.DONE, _("The station answered."))
        return Outcome(
            RunStatus.DONE, _("The station answered %(status)s.") % {"status": status[:50]}
        )
