"""Account > What roles may do: read off the commands and the pages themselves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _
from django.views import View

from operations import context_processors
from operations.commands import COMMANDS
from operations.statuses import Role
from operations.views.requests import PortalRequest

Named = dict[str, type[View]]


@dataclass(frozen=True)
class Ability:
    """Something that can be done, and who may."""

    words: str
    marks: list[bool]  # of each role, in their order


@dataclass(frozen=True)
class Section:
    """Abilities of one kind."""

    title: str
    abilities: list[Ability]


class Roles(View):
    """The page itself; for everybody, so that people know whom to ask."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """All roles, with one's own marked."""
        named = dict(_named(get_resolver().url_patterns))
        sections = [_pages(named), *_commands(), *_deeds(named), _administration()]
        mine = Role.ADMIN if request.user.is_superuser else Role(request.user.role)
        context = {
            "roles": [(role.word, _words(role), role == mine) for role in Role],
            "sections": [section for section in sections if section.abilities],
        }
        return render(request, "operations/account/roles.html", context)


def _words(role: Role) -> str:
    return str(role.label).partition(":")[2].strip()


def _ability(words: Any, needed: Role) -> Ability:
    return Ability(str(words), [role.includes(needed) for role in Role])


def _named(patterns: list[Any]) -> Iterator[tuple[str, type[View]]]:
    """The pages, by the names of their addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace is None:
            yield from _named(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            view_class = getattr(pattern.callback, "view_class", None)
            if view_class is not None:
                yield pattern.name, view_class


def _pages(named: Named) -> Section:
    """Who may open what the menu leads to."""
    entries = [*context_processors.MENU, context_processors.ALERTS, context_processors.AUDIT]
    abilities = [
        _ability(label, getattr(named[url_name], "role", Role.VIEWER))
        for label, _icon, url_name, _prefix in entries
        if url_name in named
    ]
    return Section(_("Look at"), abilities)


def _commands() -> Iterator[Section]:
    """Who may ask what of stations."""
    for role in Role:
        mine = [command for command in COMMANDS if Role(command.permission) == role]
        if mine:
            title = _("Ask stations, from %(role)s on") % {"role": role.word.lower()}
            yield Section(title, [_ability(command.label, role) for command in mine])


def _deeds(named: Named) -> Iterator[Section]:
    """Who may change what is kept in the portal: the buttons of its pages that ask first."""
    by_page: dict[str, dict[str, Role]] = defaultdict(dict)
    for url_name, view_class in named.items():
        label, role = getattr(view_class, "label", None), getattr(view_class, "role", None)
        page = _page_of(url_name)
        if label and role and page:
            by_page[page].setdefault(str(label), Role(role))
    abilities = [
        _ability(f"{page}: {label}", role)
        for page, deeds in by_page.items()
        for label, role in deeds.items()
    ]
    yield Section(_("Change what the portal keeps"), abilities)


def _page_of(url_name: str) -> str:
    """What the menu calls the page that an address belongs to."""
    for label, _icon, _list, prefix in (*context_processors.MENU, context_processors.ALERTS):
        if url_name.startswith(prefix):
            return str(label)
    return ""


def _administration() -> Section:
    words = _("Organisations, people, sites, stations' passwords (for all organisations only)")
    return Section(_("Administration"), [_ability(words, Role.ADMIN)])
