"""What a notification says: an e-mail's text, and the JSON a webhook gets."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.models import Alert, AlertDelivery, AlertRule

MOST_LISTED = 50
Event = AlertDelivery.Event


@dataclass(frozen=True, slots=True)
class Letter:
    """The same news in three forms."""

    subject: str
    text: str
    json: str


def letter(rule: AlertRule, alerts: Sequence[Alert], event: str, at: datetime) -> Letter:
    """Put into words what one look of a rule found."""
    subject = _line(_subject(rule, alerts, event))[:200]
    return Letter(subject, _text(rule, alerts, event, subject), _json(rule, alerts, event, at))


def _subject(rule: AlertRule, alerts: Sequence[Alert], event: str) -> str:
    if event == Event.TEST:
        return _("Test of the alert rule %(rule)s") % {"rule": rule.name}
    if len(alerts) == 1:
        words = _("%(rule)s: %(who)s") if event == Event.OPENED else _("Over: %(rule)s: %(who)s")
        return words % {"rule": rule.name, "who": who(alerts[0])}
    words = (
        ngettext("%(rule)s: %(count)d station", "%(rule)s: %(count)d stations", len(alerts))
        if event == Event.OPENED
        else ngettext(
            "Over: %(rule)s: %(count)d station", "Over: %(rule)s: %(count)d stations", len(alerts)
        )
    )
    return words % {"rule": rule.name, "count": len(alerts)}


def _text(rule: AlertRule, alerts: Sequence[Alert], event: str, subject: str) -> str:
    lines = [subject, ""]
    if event == Event.TEST:
        lines.append(_("Nothing is wrong: somebody tried whether this reaches you."))
    for alert in alerts[:MOST_LISTED]:
        lines.append(f"- {_line(who(alert))}: {_line(alert.summary)}")
        if link(alert):
            lines.append(f"  {link(alert)}")
    if len(alerts) > MOST_LISTED:
        lines.append(_("… and %(count)d more.") % {"count": len(alerts) - MOST_LISTED})
    severity = _("Severity: %(severity)s.") % {"severity": rule.get_severity_display()}
    return "\n".join([*lines, "", severity, ""])


def _json(rule: AlertRule, alerts: Sequence[Alert], event: str, at: datetime) -> str:
    said = {
        "event": str(event),
        "at": at.isoformat(),
        "rule": {
            "id": rule.pk,
            "name": rule.name,
            "kind": str(rule.kind),
            "severity": str(rule.severity),
        },
        "total": len(alerts),
        "alerts": [_alert(alert) for alert in alerts[:MOST_LISTED]],
    }
    return json.dumps(said, ensure_ascii=False)


def _alert(alert: Alert) -> dict[str, Any]:
    station = alert.station
    return {
        "id": alert.pk,
        "station": station and {"identity": station.identity, "name": station.name},
        "summary": alert.summary,
        "began_at": alert.since.isoformat(),
        "opened_at": alert.opened_at.isoformat(),
        "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
        "url": link(alert),
    }


def who(alert: Alert) -> str:
    """Whom an alert is about."""
    return alert.station.name if alert.station else _("The portal")


def link(alert: Alert) -> str:
    """The alert's page, where the portal knows its own address."""
    base = settings.EVCHARGE_PUBLIC_URL.rstrip("/")
    return f"{base}/operations/alerts/{alert.pk}/" if base else ""


def _line(text: str) -> str:
    return " ".join(text.split())
