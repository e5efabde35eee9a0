"""What browsers' sockets are sent of settings: a station's own, and its row of authorization."""

from collections.abc import Iterator, Mapping, Set

from operations.models import Station, StationSetting, User
from operations.tables.audience import Audience
from operations.tables.authorization import AuthorizationTable
from operations.tables.settings import SettingTable

KINDS = ("setting", "authorization")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it."""
    if pks["setting"]:
        settings = StationSetting.objects.visible_to(user).filter(pk__in=pks["setting"])
        for pk, station in settings.values_list("pk", "station_id"):
            yield f"setting:{pk}", (f"settings:{station}",)
    if pks["authorization"]:
        stations = Station.objects.visible_to(user).filter(pk__in=pks["authorization"])
        for pk in stations.values_list("pk", flat=True):
            yield f"authorization:{pk}", (f"settings:{pk}", f"connectivity:{pk}")


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of the cells that may have changed."""
    if pks["setting"]:
        settings = StationSetting.objects.select_related("station").filter(pk__in=pks["setting"])
        table = SettingTable(list(settings), audience=audience)
        for record, dom_id, html in table.live_cells():
            yield f"setting:{record.pk}", dom_id, html
    if pks["authorization"]:
        stations = Station.objects.select_related("authorization").filter(
            pk__in=pks["authorization"]
        )
        fleet = AuthorizationTable(list(stations), audience=audience)
        for record, dom_id, html in fleet.live_cells():
            yield f"authorization:{record.pk}", dom_id, html
