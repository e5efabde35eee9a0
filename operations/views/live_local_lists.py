"""What browsers' sockets are sent of local lists: the fleet page's rows, by their stations."""

from collections.abc import Iterator, Mapping, Set

from operations.models import Station, User
from operations.tables.audience import Audience
from operations.tables.local_lists import StationListTable

KINDS = ("held",)
SHOWN = ("held_list__local_list__revision", "site")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if not pks["held"]:
        return
    stations = Station.objects.visible_to(user).filter(pk__in=pks["held"])
    for pk in stations.values_list("pk", flat=True):
        yield f"held:{pk}", (f"station:{pk}", f"connectivity:{pk}")


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the cells of these rows."""
    if not pks["held"]:
        return
    stations = list(Station.objects.select_related(*SHOWN).filter(pk__in=pks["held"]))
    table = StationListTable(stations, audience=audience)
    table.learn(stations)
    for record, dom_id, html in table.live_cells():
        yield f"held:{record.pk}", dom_id, html
