"""A time of day in each site's own zone: whose stations may be asked now."""

import zoneinfo
from datetime import datetime

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from operations.models import CommandRun, Organisation, Site
from operations.models.batches import Pacing

# A station without a site keeps its organisation's time, one without either UTC.
ZONE = Coalesce("station__site__time_zone", "station__organisation__time_zone", Value("UTC"))


def within(runs: QuerySet[CommandRun], pacing: Pacing, now: datetime) -> QuerySet[CommandRun]:
    """Those whose stations are inside the window now; all, where there is none."""
    if pacing.window_from is None:
        return runs
    zones = {"UTC", *_zones(Site), *_zones(Organisation)}
    open_zones = [zone for zone in zones if is_open(pacing, now, zone)]
    return runs.alias(zone=ZONE).filter(zone__in=open_zones)


def _zones(model: type[Site] | type[Organisation]) -> QuerySet[Site | Organisation, str]:
    return model._default_manager.order_by().values_list("time_zone", flat=True).distinct()


def is_open(pacing: Pacing, now: datetime, zone: str) -> bool:
    """Whether it is inside the window in this zone; a window may reach over midnight."""
    begins, ends = pacing.window_from, pacing.window_to
    if begins is None or ends is None:
        return True
    clock = now.astimezone(zoneinfo.ZoneInfo(zone)).time()
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends
