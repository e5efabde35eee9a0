"""An alert as people read it, and the fragments of it that live pushes put in place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from operations.models import Alert, User
from operations.models.alerts import Severity
from operations.services import delivering
from operations.tables import cells
from operations.tables.alerts import severity_badge, state_look
from operations.views.run_story import Fragment, moment

RELATED = ("rule", "station", "acknowledged_by", "follow_up_run")
MOST_DELIVERIES = 20
WORST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def of_pks(pks: Iterable[int]) -> list[Alert]:
    """Alerts with all that their rows and pages name."""
    return list(Alert.objects.select_related(*RELATED).filter(pk__in=pks)) if pks else []


def of_stations(pks: Iterable[int]) -> Mapping[int, list[Alert]]:
    """What is open of these stations, the worst first; one query."""
    found: dict[int, list[Alert]] = defaultdict(list)
    if pks:
        alerts = Alert.objects.open().filter(station__in=pks).select_related(*RELATED)
        for alert in sorted(alerts, key=lambda each: (WORST.index(each.severity_look), each.since)):
            if alert.station_id is not None:
                found[alert.station_id].append(alert)
    return found


def news(user: User, pk: int) -> dict[str, Any]:
    """How many have opened since this one, the newest that a list knew."""
    opened = Alert.objects.visible_to(user).open().filter(pk__gt=pk)
    return {"newest": pk, "number": opened.count()}


def newest(user: User) -> int:
    """The newest alert there is now; 0 for none."""
    found = Alert.objects.visible_to(user).order_by("-pk").values_list("pk", flat=True).first()
    return found or 0


def tell(alert: Alert) -> dict[str, Any]:
    """All about one alert."""
    return {
        "alert": alert,
        "look": state_look(alert),
        "facts": facts(alert),
        "deliveries": [
            {"delivery": each, "to": delivering.shown_address(each)}
            for each in alert.deliveries.order_by("-pk")[:MOST_DELIVERIES]
        ],
    }


def fragments(alert: Alert) -> list[Fragment]:
    """What of the page changes while one looks at it."""
    return [Fragment(f"alert-{alert.pk}-story", "operations/alerts/_story.html", tell(alert))]


def facts(alert: Alert) -> list[dict[str, Any]]:
    """What was found, when, and who knows."""
    by = alert.acknowledged_by
    return [
        {"label": _("Station"), "value": alert.station and cells.station_link(alert.station)},
        {"label": _("Rule"), "value": _rule(alert)},
        {"label": _("Severity"), "value": severity_badge(alert.severity)},
        {"label": _("Since"), "value": moment(alert.since)},
        {"label": _("Opened"), "value": moment(alert.opened_at)},
        {"label": _("Closed"), "value": alert.closed_at and moment(alert.closed_at)},
        {"label": _("Times it came back"), "value": alert.count - 1 or ""},
        {"label": _("Looked after by"), "value": by.get_username() if by else ""},
        {
            "label": _("Looked after since"),
            "value": alert.acknowledged_at and moment(alert.acknowledged_at),
        },
        {"label": _("Note"), "value": alert.note},
        {
            "label": _("Follow-up"),
            "value": alert.follow_up_run and cells.run_link(alert.follow_up_run),
        },
    ]


def _rule(alert: Alert) -> str:
    url = f"{reverse('alert-rule-list')}?{urlencode({'name': alert.rule.name})}"
    return format_html('<a href="{}">{}</a>', url, alert.rule.name)


def tally(user: User) -> dict[str, int]:
    """How many open alerts they see, and how many of those nobody looks after; one query."""
    return (
        Alert.objects.visible_to(user)
        .open()
        .aggregate(open=Count("pk"), unseen=Count("pk", Q(acknowledged_at=None)))
    )


def counts(figures: dict[str, int]) -> list[dict[str, Any]]:
    """The figures beside the list's title."""
    unseen, url = figures["unseen"], reverse("alert-list")
    return [
        {"value": figures["open"], "label": _("open"), "url": f"{url}?state=open"},
        {
            "value": unseen,
            "label": _("waiting for someone"),
            "tone": "red" if unseen else "",
            "url": f"{url}?state=unseen",
        },
    ]
