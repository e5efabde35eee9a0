"""Configuration templates: kept, done away with, and which stations they are for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from operations import masking
from operations.models import ConfigurationTemplate, Station, TemplateSetting
from operations.models.audit import Deed
from operations.models.templates import Bound
from operations.services import auditing
from operations.services.desired import CHARGER, CONNECTOR
from operations.variables import LONGEST_KEY, Variable

LONGEST_VALUE = 2_500  # OCPP 2.1; 2.0.1 has 1000, 1.6 has 500
MOST_SETTINGS = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as somebody writes it down: "HeartbeatInterval = 300"."""

    bound_to: Bound
    key: str
    value: str


def read_lines(text: str, bound_to: Bound) -> Iterator[Line]:
    """The settings of a text, one on each line. Raises ValueError with a sentence."""
    seen = set()
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        key, sign, value = (part.strip() for part in raw.partition("="))
        where = _("Line %(number)d: ") % {"number": number}
        if not sign or not key:
            raise ValueError(where + _("write a setting as NAME = VALUE."))
        if key in seen:
            raise ValueError(where + _("%(key)s is there twice.") % {"key": key[:100]})
        problem = _problem(key, value, bound_to)
        if problem:
            raise ValueError(where + problem)
        seen.add(key)
        yield Line(bound_to, key, value)


def _problem(key: str, value: str, bound_to: Bound) -> str:
    """Why a station can't be asked for it; empty when it can."""
    try:
        variable = Variable.of_key(key)
    except ValueError:
        return _("%(key)s is no setting's name.") % {"key": key[:100]}
    if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE or "\x00" in key + value:
        return _("this is too long for a station.")
    if masking.SECRET.search(variable.name):
        return _("%(key)s is a password: each station should have its own.") % {"key": key}
    sign = {Bound.CHARGER: CHARGER, Bound.CONNECTOR: CONNECTOR}.get(bound_to)
    if sign and not variable.component and sign not in key:
        return _(
            "OCPP 1.6 has no settings of single parts: write %(sign)s where its number belongs."
        ) % {"sign": sign}
    return ""


def written(template: ConfigurationTemplate, bound_to: Bound) -> str:
    """The other way round: the template's settings as lines."""
    if not template.pk:
        return ""
    found = template.settings.filter(bound_to=bound_to)
    return "\n".join(f"{one.key} = {one.value}" for one in found)


@transaction.atomic
def save(*, template: ConfigurationTemplate, lines: Sequence[Line]) -> ConfigurationTemplate:
    """Keep a template with its settings; stations are compared with it within seconds."""
    before = auditing.stored(template)
    was = _as_facts(template) if before else {}
    template.save()
    template.settings.all().delete()
    TemplateSetting.objects.bulk_create(
        TemplateSetting(template=template, bound_to=line.bound_to, key=line.key, value=line.value)
        for line in lines
    )
    now = _as_facts(template)
    changes = auditing.difference(before, template)
    changes |= {
        key: [was.get(key), now.get(key)]
        for key in sorted({*was, *now})
        if was.get(key) != now.get(key)
    }
    if before is None or changes:
        auditing.note(Deed.CREATED if before is None else Deed.CHANGED, template, changes=changes)
    return template


def _as_facts(template: ConfigurationTemplate) -> dict[str, str]:
    return {
        one.key if one.bound_to == Bound.STATION else f"{one.key} ({one.bound_to})": one.value
        for one in template.settings.all()
    }


@transaction.atomic
def delete(*, template: ConfigurationTemplate) -> None:
    """Nothing is compared with it any more; what stations have, they keep."""
    auditing.note(Deed.DELETED, template, changes=auditing.difference(template, None))
    template.delete()


def fitting(template: ConfigurationTemplate) -> Q:
    """The stations it is for; `ConfigurationTemplate.fits` says the same of one."""
    where = Q()
    if template.organisation_id is not None:
        where &= Q(organisation=template.organisation_id)
    if template.site_id is not None:
        where &= Q(site=template.site_id)
    if template.protocol:
        where &= Q(protocol=template.protocol)
    if template.vendor:
        where &= Q(vendor__iexact=template.vendor)
    if template.model:
        where &= Q(model__iexact=template.model)
    # A Q without any condition would be lost when several are joined by "or".
    return where or Q(pk__isnull=False)


def stations_of(template: ConfigurationTemplate, scope: QuerySet[Station]) -> QuerySet[Station]:
    """Those of the scope it is for."""
    return scope.filter(fitting(template))
