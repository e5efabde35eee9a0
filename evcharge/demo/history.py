"""The demo's last day, made up, so that the overview's charts have something to show at once."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from operations.models import FleetMinute, Organisation
from operations.services.history import minute_of

SOURCE = "demo"  # no server process: nobody counted these messages
MINUTES = 24 * 60
CALLS = 0.9  # of a station in a minute, when it is busy
# When a site's network was down for a while: minutes ago, for how long, how many stations.
OUTAGES = ((1130, 45, 5), (610, 12, 3), (95, 25, 4))


def create() -> None:
    """A row a minute for each organisation, up to the minute before the demo began."""
    chance = random.Random(23)  # noqa: S311  the same day each time
    now = minute_of(timezone.now())
    owners = Organisation.objects.annotate(count=Count("stations")).order_by("pk")
    minutes = [
        minute
        for place, owner in enumerate(owners)
        for minute in _day(owner.pk, owner.count, now, OUTAGES[place % len(OUTAGES)], chance)
    ]
    FleetMinute.objects.bulk_create(minutes, batch_size=500)


def _day(
    owner: int, stations: int, now: datetime, outage: tuple[int, int, int], chance: random.Random
) -> Iterator[FleetMinute]:
    began, lasted, lost = outage
    away = 1.0
    for ago in range(MINUTES, 0, -1):
        at = now - timedelta(minutes=ago)
        away += (1.5 - away) * 0.02 + chance.uniform(-0.25, 0.25)
        gone = round(max(away, 0)) + (lost if began - lasted <= ago < began else 0)
        connected = max(stations - gone, 0)
        # People charge by day, most of all in the afternoon.
        busy = 0.15 + 0.85 * max(0.0, math.sin((at.hour + at.minute / 60 - 6) / 16 * math.pi))
        yield FleetMinute(
            organisation_id=owner,
            at=at,
            source=SOURCE,
            messages=round(connected * CALLS * busy * chance.uniform(0.75, 1.25)),
        )
        yield FleetMinute(
            organisation_id=owner,
            at=at,
            stations=stations,
            connected=connected,
            faulted=stations // 18,
            charging=round(connected * busy * 0.3),
        )
