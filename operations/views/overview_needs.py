"""Who needs someone first, as the overview tells it: why, since when, and what can be done."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from operations.commands.base import Target, Text
from operations.models import Alert, Station, User
from operations.models.alerts import Severity
from operations.services import needs
from operations.services.figures import FRESH_S, Figures
from operations.services.shared import counted_once, scope_of
from operations.statuses import Role
from operations.tables.alerts import why_not_acknowledge
from operations.tables.audience import Audience
from operations.tables.buttons import Button, buttons_of

MOST_NEEDY = 8
PLACE: Final = "needs-"  # tells the buttons' ids apart from those of other places


def link(url_name: str, **query: str) -> str:
    """A list with its filter."""
    return f"{reverse(url_name)}?{urlencode(query)}" if query else reverse(url_name)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a station needs someone: a badge that leads to what is behind it."""

    word: Text
    icon: str
    tone: str
    since: datetime | None
    url: str
    title: Text = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A station that needs someone: why, and what can be done."""

    station: Station
    causes: list[Cause]
    buttons: list[Button]


def needy(user: User, found: Figures, not_before: float = 0.0) -> dict[str, Any]:
    """Those that need someone most, and how many more there are."""
    key = f"needy:{scope_of(user)}"
    first, sums = counted_once(
        key,
        lambda: (needs.first(user, MOST_NEEDY), needs.tally(user)),
        fresh_s=FRESH_S,
        not_before=not_before,
    )
    rows = _rows(first, Audience.of(user).role)
    return {
        "rows": rows,
        "portal_alerts": list(_portal_alerts(user)),
        "sums": [
            {"need": need, "count": sums[need.slug], "url": link("station-list", need=need.slug)}
            for need in needs.NEEDS
            if sums[need.slug]
        ],
        "more": max(found.bar.need - len(rows), 0),
        "url": link("station-list", need=needs.ANY),
        "has_stations": found.bar.total > 0,
    }


def _rows(first: Sequence[needs.Needy], role: Role) -> list[Row]:
    pks = [each.station_pk for each in first]
    stations = Station.objects.select_related("site").in_bulk(pks)
    alerts: dict[int | None, list[Alert]] = defaultdict(list)
    unseen = Alert.objects.unseen().filter(station__in=pks).select_related("rule")
    for alert in unseen.order_by("opened_at"):
        alerts[alert.station_id].append(alert)
    return [
        Row(
            station=(station := stations[each.station_pk]),
            causes=list(_causes(station, each.reasons, alerts[station.pk])),
            buttons=[*_acknowledge(alerts[station.pk], role), *_asking(station, role)],
        )
        for each in first
        if each.station_pk in stations
    ]


def _asking(station: Station, role: Role) -> Iterator[Button]:
    return buttons_of(Target(station=station), role, place=PLACE)


def _acknowledge(alerts: Sequence[Alert], role: Role) -> Iterator[Button]:
    for alert in alerts[:1]:
        yield Button(
            id=f"{PLACE}alert-{alert.pk}-acknowledge",
            label=_("Acknowledge"),
            icon="thumbs-up",
            url=reverse("alert-acknowledge", args=[alert.pk]),
            tone="",
            reason=why_not_acknowledge(alert, role),
        )


def _causes(
    station: Station, reasons: Sequence[needs.Reason], alerts: Sequence[Alert]
) -> Iterator[Cause]:
    """What holds now; then alerts, but for those that say the same."""
    told = set()
    for reason in reasons:
        need = needs.BY_SLUG[reason.need]
        if need.kind is None:
            continue
        told.add(need.kind)
        yield Cause(need.label, need.icon, need.tone, reason.since, _where(station, need.slug))
    for alert in alerts:
        if alert.rule.kind not in told:
            yield _alert(alert)


def causes_of(
    stations: Iterable[Station], alerts: Mapping[int, Sequence[Alert]]
) -> dict[int, list[Cause]]:
    """Why each of these needs someone, but for what its open alerts say; one query."""
    by_pk = {station.pk: station for station in stations}
    told = {pk: {alert.rule.kind for alert in alerts[pk]} for pk in by_pk}
    return {
        pk: [
            cause
            for reason in reasons
            if needs.BY_SLUG[reason.need].kind not in told[pk]
            for cause in _causes(by_pk[pk], [reason], ())
        ]
        for pk, reasons in needs.of_stations(by_pk).items()
    }


def _alert(alert: Alert) -> Cause:
    look = Severity(alert.severity)
    url = reverse("alert-detail", args=[alert.pk])
    return Cause(alert.rule.name, look.icon, look.tone, alert.opened_at, url, alert.summary)


def _where(station: Station, need: str) -> str:
    """The page that shows what is behind a reason."""
    if need == "failing":
        return link("run-list", station=station.identity, state="failed")
    if need == "drifted":
        return link("drift-list", station=station.identity, state="open")
    page = "station-detail" if need == "faulted" else "station-health"
    return reverse(page, args=[station.pk])


def _portal_alerts(user: User) -> Iterator[Cause]:
    """What is wrong with the portal itself is a matter of those who see all of it."""
    if user.sees_whole_network:
        found = Alert.objects.unseen().filter(station=None).select_related("rule")
        yield from (_alert(alert) for alert in found.order_by("opened_at")[:MOST_NEEDY])
