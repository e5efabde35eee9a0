"""What browsers' sockets are sent of alerts: rows and pages, and the figures in menu and list.

`alert:<pk>` is a row or a page; `station-alerts:<pk>` what a station's pages say of it; `alerts` is
the menu's figure, `alert-counts` those of the list; `alert-news:<pk>` tells of later ones.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from django.template.loader import render_to_string

from operations.models import Alert, Station, User
from operations.tables.alerts import AlertTable
from operations.tables.audience import Audience
from operations.views import alert_story
from operations.views.overview_needs import causes_of

KINDS: Final = ("alert", "station-alerts", "alert-news")
NEWS: Final = "alert-news"
FIGURES: Final = frozenset({"alerts", "alert-counts"})

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys, asked: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if pks["alert"]:
        found = Alert.objects.visible_to(user).filter(pk__in=pks["alert"])
        for pk in found.values_list("pk", flat=True):
            yield f"alert:{pk}", (f"alert:{pk}",)
    stations = Station.objects.visible_to(user).filter(pk__in=pks["station-alerts"])
    # A connector's fault is told of its charger.
    for pk, charger in stations.values_list("pk", "chargers"):
        yield f"station-alerts:{pk}", (f"station-alerts:{pk}", f"charger:{charger}")
    for pk in pks[NEWS]:
        yield f"{NEWS}:{pk}", (NEWS,)
    for figure in FIGURES.intersection(asked):
        yield figure, (figure,)


def told(changed: Set[str]) -> Set[str]:
    """The figures follow every alert."""
    is_of_alerts = any(key.startswith("alert:") for key in changed)
    return FIGURES | {NEWS} if is_of_alerts else frozenset()


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    if pks["alert"]:
        yield from _rows(alert_story.of_pks(pks["alert"]), audience)
    if pks["station-alerts"]:
        yield from _of_stations(pks["station-alerts"])


def _rows(found: Sequence[Alert], audience: Audience) -> Iterator[tuple[str, str, str]]:
    for record, dom_id, html in AlertTable(found, audience=audience).live_cells():
        yield f"alert:{record.pk}", dom_id, html
    for alert in found:
        for part in alert_story.fragments(alert):
            html = render_to_string(part.template, part.context)
            yield f"alert:{alert.pk}", part.dom_id, html


def _of_stations(pks: Set[int]) -> Iterator[tuple[str, str, str]]:
    of_stations = alert_story.of_stations(pks)
    for pk, causes in causes_of(Station.objects.filter(pk__in=pks), of_stations).items():
        context = {"station_pk": pk, "alerts": of_stations[pk], "causes": causes}
        html = render_to_string("operations/station/_alerts.html", context)
        yield f"station-alerts:{pk}", f"station-{pk}-alerts", html


def news(user: User, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the word that more have opened than a list shows."""
    for pk in pks[NEWS]:
        html = render_to_string("operations/alerts/_news.html", alert_story.news(user, pk))
        yield f"{NEWS}:{pk}", "alert-news", html


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
