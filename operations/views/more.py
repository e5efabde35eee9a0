"""What else can be asked of a target: the commands behind "More…", under their headings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG, COMMANDS, groups
from operations.commands.base import Command, Target, Text
from operations.statuses import Role
from operations.tables.audience import Audience
from operations.tables.buttons import Button, button_of
from operations.views.ask import OfCharger, OfConnector, OfStation, OfTarget, describe
from operations.views.requests import PortalRequest


class Group(NamedTuple):
    """A heading, and the buttons below it."""

    heading: Text
    buttons: list[Button]


class Link(NamedTuple):
    """A page about the target."""

    label: Text
    icon: str
    url: str


class Preset(NamedTuple):
    """A command under another name: its form begins filled in."""

    name: str
    heading: Text
    label: Text
    icon: str
    slug: str
    filled_in: dict[str, str]


PRESETS = (
    Preset(
        "security-log",
        groups.REPORTS,
        gettext_lazy("Security log"),
        "shield-halved",
        "diagnostic-request",
        {"kind": "security"},
    ),
)


class More(OfTarget):
    """The commands that have no button of their own, as a dialog or on a page.

    Viewers see it, too: its links only lead to pages, and it says what others may ask.
    """

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Those the station's OCPP version knows; the others by name."""
        target = self.find_target(request.user, pk)
        told = tell(target, Audience.of(request.user).role)
        is_page = not request.htmx
        ask = _("Ask %(target)s") % {"target": target.name}
        context = {
            **told,
            "title": ask if told["may_ask"] else target.name,
            "description": describe(target),
            "icon": "ellipsis",
            "cancel_url": reverse("station-detail", args=[target.station.pk]),
            "as_page": is_page,
            "links": links(target),
            "identity": target.station.identity,
        }
        template = "more.html" if is_page else "_more.html"
        return render(request, f"operations/ask/{template}", context)


def links(target: Target) -> list[Link]:
    """Where more is to be read about the target's station."""
    station = urlencode({"station": target.station.identity})
    return [
        Link(_("Open"), "server", reverse("station-detail", args=[target.station.pk])),
        Link(_("Its requests"), "paper-plane", f"{reverse('run-list')}?{station}"),
        Link(_("Its messages"), "comments", f"{reverse('message-list')}?{station}"),
        Link(_("Its sessions"), "bolt", f"{reverse('session-list')}?{station}"),
    ]


def tell(target: Target, role: Role) -> dict[str, Any]:
    """The groups, the one reason why nothing can be asked, and what the version lacks."""
    fitting = [each for each in COMMANDS if each.group and target.kind in each.targets]
    known = [each for each in fitting if _is_known(each, target)]
    filled = [Group(heading, _buttons(heading, known, target, role)) for heading in groups.GROUPS]
    return {
        "groups": [group for group in filled if group.buttons],
        "may_ask": role.includes(Role.OPERATOR),
        "hindrance": _hindrance(filled, role),
        "version": target.station.version,
        "lacking": [each.label for each in fitting if each not in known],
    }


def _hindrance(groups: Sequence[Group], role: Role) -> str:
    """The one reason why nothing can be asked, if it is one."""
    if not role.includes(Role.OPERATOR):
        return _(
            "Your role is %(role)s: you may look, but asking takes at least the role operator."
        ) % {"role": role.word.lower()}
    reasons = {button.reason for group in groups for button in group.buttons}
    return next(iter(reasons)) if len(reasons) == 1 else ""


def _buttons(heading: Text, known: Sequence[Command], target: Target, role: Role) -> list[Button]:
    commands = [command for command in known if command.group == heading]
    presets = [preset for preset in PRESETS if preset.heading == heading]
    return [
        *(button_of(command, target, role, place="more-") for command in commands),
        *(_preset_button(preset, target, role) for preset in presets if _fits(preset, target)),
    ]


def _fits(preset: Preset, target: Target) -> bool:
    command = BY_SLUG[preset.slug]
    return target.kind in command.targets and _is_known(command, target)


def _preset_button(preset: Preset, target: Target, role: Role) -> Button:
    button = button_of(BY_SLUG[preset.slug], target, role, place=f"more-{preset.name}-")
    url = f"{button.url}?{urlencode(preset.filled_in)}"
    return replace(button, label=preset.label, icon=preset.icon, url=url)


def _is_known(command: Command, target: Target) -> bool:
    version = target.station.version
    return version is None or command.supports(version)


class MoreOfStation(OfStation, More):
    """Of a whole station."""


class MoreOfCharger(OfCharger, More):
    """Of one charger."""


class MoreOfConnector(OfConnector, More):
    """Of one connector."""
