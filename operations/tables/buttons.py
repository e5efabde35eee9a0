"""The commands' buttons of a row: every command that fits the target, on or off with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from operations.commands import COMMANDS
from operations.commands.base import Command, Target, TargetKind, Text
from operations.models import Charger, Connector, Station
from operations.services import runs
from operations.statuses import Role
from operations.tables.links import path
from operations.tables.patterns import fill

# A command's colour, as components/_icon_button.html calls it; others are quiet.
TONES = {"danger": "red"}


@dataclass(frozen=True, slots=True)
class Button:
    """What components/_icon_button.html takes."""

    id: str
    label: Text
    icon: str
    url: str
    tone: str
    reason: str


def buttons_of(target: Target, role: Role, *, place: str = "") -> Iterator[Button]:
    """Buttons for one target, in the order of the list of commands; asks no database.

    The rest stands behind the last of them. `place` tells apart the same target's buttons in
    two places of one page.
    """
    for command in _prime(target.kind):
        yield button_of(command, target, role, place=place)
    part, kind = _part(target), target.kind.value
    yield Button(
        id=f"{place}{kind}-{part.pk}-more",
        label=_("More…"),
        icon="ellipsis",
        url=path(f"more-{kind}", part.pk),
        tone="",
        reason="",  # part of it only leads to pages: it says itself what one may ask
    )


@cache
def _prime(kind: TargetKind) -> tuple[Command, ...]:
    """Those with a button of their own."""
    return tuple(each for each in COMMANDS if kind in each.targets and not each.group)


def button_of(command: Command, target: Target, role: Role, *, place: str = "") -> Button:
    """One command's button for one target."""
    part, kind = _part(target), target.kind.value
    return Button(
        id=f"{place}{kind}-{part.pk}-ask-{command.slug}",
        label=command.label,
        icon=command.icon,
        url=path(f"ask-{kind}", part.pk, command.slug),
        tone=TONES.get(command.tone, ""),
        reason=why_not(command, target, role),
    )


def _part(target: Target) -> Station | Charger | Connector:
    return target.connector or target.charger or target.station


def _lacks(role: Role, needed: Role) -> str:
    return _("your role is %(role)s; it takes at least %(needed)s.") % {
        "role": role.word.lower(),
        "needed": needed.word.lower(),
    }


def why_not(command: Command, target: Target, role: Role) -> str:
    """Why this role can't ask this now; empty when it can."""
    if not role.includes(command.permission):
        return _lacks(role, Role(command.permission))
    obstacle = runs.obstacle(command=command, target=target)
    return obstacle.sentence if obstacle else ""


def render(buttons: Iterator[Button]) -> SafeString:
    """The buttons as HTML."""
    return SafeString(
        "".join(
            fill(
                "components/_icon_button.html",
                id=button.id,
                label=button.label,
                icon=button.icon,
                url=button.url,
                tone=button.tone,
                reason=button.reason,
            )
            for button in buttons
        )
    )
