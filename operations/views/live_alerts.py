"""What browsers' sockets are sent of alerts: rows and pages, and the figures in menu and list.

`alert:<pk>` is a row or a page; `alerts` is the menu's figure, `alert-counts` those of the list.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Final

from django.template.loader import render_to_string

from operations.models import Alert, User
from operations.tables.alerts import AlertTable
from operations.tables.audience import Audience
from operations.views import alert_story

KINDS: Final = ("alert",)
FIGURES: Final = frozenset({"alerts", "alert-counts"})

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys, asked: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if pks["alert"]:
        found = Alert.objects.visible_to(user).filter(pk__in=pks["alert"])
        for pk in found.values_list("pk", flat=True):
            yield f"alert:{pk}", (f"alert:{pk}",)
    for figure in FIGURES.intersection(asked):
        yield figure, (figure,)


def told(changed: Set[str]) -> Set[str]:
    """The figures follow every alert."""
    return FIGURES if any(key.startswith("alert:") for key in changed) else frozenset()


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    found = alert_story.of_pks(pks["alert"])
    for record, dom_id, html in AlertTable(found, audience=audience).live_cells():
        yield f"alert:{record.pk}", dom_id, html
    for alert in found:
        for part in alert_story.fragments(alert):
            html = render_to_string(part.template, part.context)
            yield f"alert:{alert.pk}", part.dom_id, html


def figures(user: User, keys: Set[str]) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the figures these keys ask for."""
    if not keys & FIGURES:
        return
    tally = alert_story.tally(user)
    if "alerts" in keys:
        html = render_to_string("operations/alerts/_menu_count.html", tally)
        yield "alerts", "menu-alerts", html
    if "alert-counts" in keys:
        context = {"counts": alert_story.counts(tally), "counts_live": "alert-counts"}
        yield (
            "alert-counts",
            "page-counts",
            render_to_string("components/_page_counts.html", context),
        )
