"""What stations should have, by the templates in force: pure reckoning over loaded rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects

from operations.models import ConfigurationTemplate, Connector, Station, TemplateSetting
from operations.models.templates import Bound
from operations.services import rows
from operations.statuses import OperationalStatus
from operations.variables import LONGEST_KEY, Variable
from operations.versions import V16

CHARGER, CONNECTOR = "{charger}", "{connector}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value one setting of one station should have, and which template says so."""

    value: str
    template: ConfigurationTemplate


@dataclass(frozen=True, slots=True)
class Part:
    """A connector by its numbers, as the station's version counts them."""

    charger: int
    connector: int


Parts = Mapping[int, Sequence[Part]]  # by station


class Wishes:
    """Templates with their settings, the most important first."""

    def __init__(self, templates: Sequence[ConfigurationTemplate]) -> None:
        self.templates = templates
        self._known: dict[tuple[object, ...], dict[str, Wanted]] = {}

    @property
    def has_bound(self) -> bool:
        """Whether some are of each charger or connector."""
        return any(setting.bound_to != Bound.STATION for setting in self._settings())

    def may_touch(self, keys: Iterable[str]) -> bool:
        """Whether one of these keys may be wanted of somebody."""
        return self.has_bound or not {one.key for one in self._settings()}.isdisjoint(keys)

    def _settings(self) -> Iterable[TemplateSetting]:
        return (one for template in self.templates for one in template.settings.all())

    def of(self, station: Station, parts: Sequence[Part]) -> dict[str, Wanted]:
        """Each key's value; what an important template says, no other says again."""
        if station.version is None or station.is_closed:
            return {}
        if self.has_bound:
            return self._reckon(station, parts)
        kind = (
            station.protocol,
            station.organisation_id,
            station.site_id,
            station.vendor.upper(),
            station.model.upper(),
        )
        if kind not in self._known:
            self._known[kind] = self._reckon(station, parts)
        return self._known[kind]

    def _reckon(self, station: Station, parts: Sequence[Part]) -> dict[str, Wanted]:
        found: dict[str, Wanted] = {}
        for template in self.templates:
            if not template.fits(station):
                continue
            for setting in template.settings.all():
                for key, value in _spelled(setting, station, parts):
                    found.setdefault(key, Wanted(value, template))
        return found


def _spelled(
    setting: TemplateSetting, station: Station, parts: Sequence[Part]
) -> Iterable[tuple[str, str]]:
    """The setting's keys and values at this station; none where its version has other names."""
    if setting.bound_to == Bound.STATION:
        places: Iterable[Part | None] = (None,)
    elif setting.bound_to == Bound.CHARGER:
        places = [Part(number, 0) for number in sorted({part.charger for part in parts})]
    else:
        places = parts
    for place in places:
        variable = Variable.of_key(_filled(setting.key, place))
        has_keys = station.version is not None and station.version.lineage[-1] == V16
        if has_keys != (not variable.component):
            continue
        if place is not None and variable.component:
            variable = replace(variable, evse=place.charger, connector=place.connector or None)
        yield variable.key, _filled(setting.value, place)


def _filled(text: str, place: Part | None) -> str:
    if place is None:
        return text
    numbered = text.replace(CHARGER, str(place.charger))
    return numbered.replace(CONNECTOR, str(place.connector))[:LONGEST_KEY]


def wishes(now: datetime, *, also: ConfigurationTemplate | None = None) -> Wishes:
    """Of the templates in force; `also` counts as if it were."""
    settings = Prefetch("settings", TemplateSetting.objects.order_by("pk"))
    found = list(ConfigurationTemplate.objects.in_force(now).prefetch_related(settings))
    if also is not None:
        prefetch_related_objects([also], settings)
        found = [template for template in found if template.pk != also.pk] + [also]
        found.sort(key=lambda template: (-template.priority, template.pk))
    return Wishes(found)


def parts_of(stations: Sequence[Station]) -> dict[int, list[Part]]:
    """The connectors of each station that are not discarded, by number."""
    found: dict[int, list[Part]] = {station.pk: [] for station in stations}
    pks = sorted(found)
    for start in range(0, len(pks), rows.CHUNK):
        connectors = Connector.objects.filter(station__in=pks[start : start + rows.CHUNK])
        kept = connectors.exclude(operational_status=OperationalStatus.CLOSED)
        numbers = kept.order_by("charger__number", "number")
        for pk, charger, connector in numbers.values_list(
            "station_id", "charger__number", "number"
        ):
            found[pk].append(Part(charger, connector))
    return found
