"""What browsers' sockets are sent of a station's first page.

`cabinet:<charger's pk>` is a charger with its connectors; `flow:<session's pk>` what a session
takes; `station-runs:<pk>` the latest requests to a station.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Final

from django.template.loader import render_to_string

from operations.models import Charger, Session, Station, User
from operations.tables import activity
from operations.tables.audience import Audience
from operations.tables.sessions import flow, powers_w
from operations.views import drawings, station_page

KINDS: Final = ("cabinet", "flow", "station-runs")

Keys = Mapping[str, Set[int]]


def visible(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys this user sees, each with the told keys that touch it; one query a kind."""
    if pks["cabinet"]:
        chargers = Charger.objects.visible_to(user).filter(pk__in=pks["cabinet"])
        for pk, station in chargers.values_list("pk", "station_id"):
            yield f"cabinet:{pk}", (f"charger:{pk}", f"connectivity:{station}")
    if pks["flow"]:
        sessions = Session.objects.visible_to(user).filter(pk__in=pks["flow"])
        for pk in sessions.values_list("pk", flat=True):
            yield f"flow:{pk}", (f"session:{pk}",)
    if pks["station-runs"]:
        stations = Station.objects.visible_to(user).filter(pk__in=pks["station-runs"])
        for pk in stations.values_list("pk", flat=True):
            yield f"station-runs:{pk}", (f"station:{pk}",)


def fragments(audience: Audience, pks: Keys) -> Iterator[tuple[str, str, str]]:
    """Key, id and HTML of what changed about these."""
    if pks["cabinet"]:
        found = list(Charger.objects.select_related("station").filter(pk__in=pks["cabinet"]))
        facts = activity.of_stations({charger.station_id for charger in found})
        for cabinet in drawings.draw(found, facts, audience.role):
            for part in drawings.fragments(cabinet):
                html = render_to_string(part.template, part.context)
                yield f"cabinet:{cabinet.charger.pk}", part.dom_id, html
    if pks["flow"]:
        powers = powers_w(list(pks["flow"]))
        for session in Session.objects.filter(pk__in=pks["flow"]):
            words = flow(session, powers.get(session.pk))
            html = render_to_string(
                "operations/station/_flow.html", {"session": session, "flow": words}
            )
            yield f"flow:{session.pk}", f"flow-{session.pk}", html
    for station in Station.objects.filter(pk__in=pks["station-runs"]):
        context = station_page.tell_runs(station)
        html = render_to_string("operations/station/_runs.html", context)
        yield f"station-runs:{station.pk}", f"station-{station.pk}-runs", html
