"""Self-healing: a rule that finds a station may ask it something at once. Off by default.

Asked carefully: once per station in so many hours, and of few stations an hour. Where many are
in need at once something else is wrong, and rebooting them all would make it worse.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands.base import Command
from operations.models import Alert, AlertRule
from operations.services import auditing, runs, targets
from operations.services.runs import Options

# What may be asked without anybody looking: with the form's own first values.
COMMANDS = ("reboot", "diagnostic-request", "clear-cache")
MOST_AN_HOUR = 10


def offered() -> list[Command]:
    """The commands a rule may follow up with."""
    return [BY_SLUG[slug] for slug in COMMANDS if slug in BY_SLUG]


def follow_up(*, rule: AlertRule, alerts: Sequence[Alert], now: datetime) -> None:
    """Ask what the rule says of those stations it may be asked of now."""
    command = BY_SLUG.get(rule.follow_up)
    if command is None or rule.follow_up not in COMMANDS:
        return
    left = MOST_AN_HOUR - _asked(rule, now, hours=1).count()
    rested = set(_asked(rule, now, hours=rule.follow_up_every_h).values_list("station", flat=True))
    ready = [alert for alert in alerts if alert.station and alert.station_id not in rested]
    with auditing.acting(auditing.rule(rule.name)):
        for alert in ready[: max(left, 0)]:
            _ask(command, rule, alert)


def _asked(rule: AlertRule, now: datetime, *, hours: int) -> QuerySet[Alert]:
    since = now - timedelta(hours=hours)
    return Alert.objects.filter(
        rule=rule, follow_up_run__isnull=False, opened_at__gte=since
    ).order_by()


def _ask(command: Command, rule: AlertRule, alert: Alert) -> None:
    assert alert.station is not None  # noqa: S101
    target = targets.of_station(alert.station)
    form = command.form(command.initial(target), target=target)
    if not form.is_valid():
        return
    alert.follow_up_run = runs.submit(
        command=command,
        target=target,
        params=form.params(),
        options=Options(reason=_('Follow-up of the rule "%(rule)s"') % {"rule": rule.name}),
    )
    alert.save(update_fields=["follow_up_run"])
