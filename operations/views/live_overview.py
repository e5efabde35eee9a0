"""What browsers' sockets are sent of the fleet as a whole: top bar, overview, map.

`fleet` is the top bar, `overview` and `history` the overview's figures and charts, `map` says that
the map's markers changed, `site:<pk>` is a row of the list beside it.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Final

from django.template.loader import render_to_string
from django.utils import timezone

from operations.models import Site, User
from operations.services import figures as counted
from operations.services import history
from operations.tables.audience import Audience
from operations.tables.sites import SiteTable
from operations.views import overview_story, site_map

KINDS: Final = ("site",)
FIGURES: Final = frozenset({"fleet", "overview", history.TOLD, "map"})
# Counted over the whole fleet: not with each change, but soon after.
SLOW: Final = FIGURES
BAR_FOLLOWS: Final = ("connectivity:", "alert:")
FOLLOWED: Final = (*BAR_FOLLOWS, "charger:", "station:", "session:", "run:")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys, asked: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if pks["site"]:
        sites = Site.objects.visible_to(user).filter(pk__in=pks["site"])
        for pk in sites.values_list("pk", flat=True):
            yield f"site:{pk}", ("map",)
    for figure in FIGURES.intersection(asked):
        yield figure, (figure,)


def told(changed: Set[str]) -> Set[str]:
    """The figures follow whatever they count."""
    found = set()
    if any(key.startswith(BAR_FOLLOWS) for key in changed):
        found.add("fleet")
    if any(key.startswith(FOLLOWED) for key in changed):
        found |= {"overview", "map"}
    return found


def figures(user: User, keys: Set[str], *, not_before: float) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the figures these keys ask for, counted after that time."""
    if "fleet" in keys:
        context = {"fleet": counted.bar(user, not_before=not_before)}
        yield "fleet", "fleet-connected", render_to_string("components/_fleet.html", context)
    parts = overview_story.fragments(user, not_before=not_before) if "overview" in keys else []
    for part in parts:
        yield "overview", part.dom_id, render_to_string(part.template, part.context)
    if history.TOLD in keys:
        part = overview_story.timeline(user, not_before=not_before)
        yield history.TOLD, part.dom_id, render_to_string(part.template, part.context)
    if "map" in keys:
        html = render_to_string("operations/map/_stamp.html", {"stamp": timezone.now()})
        yield "map", "map-stamp", html


def fragments(user: User, audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    if not pks["site"]:
        return
    sites = list(site_map.visible(user).filter(pk__in=pks["site"]))
    table = SiteTable(sites, audience=audience)
    table.learn(sites)
    for record, dom_id, html in table.live_cells():
        yield f"site:{record.pk}", dom_id, html
