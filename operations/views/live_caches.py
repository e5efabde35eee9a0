"""What browsers' sockets are sent of authorization caches: the cells of a station's row."""

from collections.abc import Iterator, Mapping, Set

from operations.models import Station, User
from operations.tables.audience import Audience
from operations.tables.authorization_cache import CacheTable

KINDS = ("cache",)

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if pks["cache"]:
        stations = Station.objects.visible_to(user).filter(pk__in=pks["cache"])
        for pk in stations.values_list("pk", flat=True):
            yield f"cache:{pk}", (f"settings:{pk}", f"connectivity:{pk}", f"station:{pk}")


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the cells that may have changed."""
    if pks["cache"]:
        stations = Station.objects.select_related("authorization", "organisation")
        records = list(stations.filter(pk__in=pks["cache"]))
        table = CacheTable(records, audience=audience)
        table.learn(records)
        for record, dom_id, html in table.live_cells():
            yield f"cache:{record.pk}", dom_id, html
