"""What browsers' sockets are sent of a station's first page.

`cabinet:<charger's pk>` is a charger with its connectors; `flow:<session's pk>` what a session
takes; `station-runs:<pk>` the latest requests to a station, `station-messages:<pk>` the latest
messages, which are looked at again whenever something came of one; `station-tabs:<pk>` counts what
goes on behind the tabs.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Final

from django.template.loader import render_to_string

from operations.models import Charger, Session, Station, User
from operations.tables import activity
from operations.tables.audience import Audience
from operations.tables.sessions import flow, powers_w
from operations.views import drawings, station_frame, station_page

RUNS, TABS, MESSAGES = "station-runs", "station-tabs", "station-messages"
KINDS: Final = ("cabinet", "flow", RUNS, TABS, MESSAGES)

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
    yield from _visible_stations(user, pks)


def _visible_stations(user: User, pks: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    stations = Station.objects.visible_to(user)
    for pk in stations.filter(pk__in=pks[RUNS]).values_list("pk", flat=True):
        yield f"{RUNS}:{pk}", (f"station:{pk}",)
    # What happens at connectors, their sessions too, is told of their charger.
    for pk, charger in stations.filter(pk__in=pks[TABS]).values_list("pk", "chargers"):
        yield f"{TABS}:{pk}", (f"station:{pk}", f"station-alerts:{pk}", f"charger:{charger}")
    for pk, charger in stations.filter(pk__in=pks[MESSAGES]).values_list("pk", "chargers"):
        told = (f"station:{pk}", f"connectivity:{pk}", f"settings:{pk}", f"charger:{charger}")
        yield f"{MESSAGES}:{pk}", told
    running = Session.objects.visible_to(user).running().filter(station__in=pks[MESSAGES])
    for pk, station in running.values_list("pk", "station"):
        yield f"{MESSAGES}:{station}", (f"session:{pk}",)


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
    if pks[RUNS] or pks[MESSAGES] or pks[TABS]:
        yield from _of_stations(pks)


def _of_stations(pks: Keys) -> Iterator[tuple[str, str, str]]:
    for station in Station.objects.filter(pk__in=pks[RUNS] | pks[MESSAGES]):
        pk = station.pk
        if pk in pks[RUNS]:
            context = station_page.tell_runs(station)
            html = render_to_string("operations/station/_runs.html", context)
            yield f"{RUNS}:{pk}", f"station-{pk}-runs", html
        if pk in pks[MESSAGES]:
            context = station_page.tell_messages(station)
            html = render_to_string("operations/station/_messages_rows.html", context)
            yield f"{MESSAGES}:{pk}", f"station-{pk}-messages", html
    counts = station_frame.going_on(pks[TABS]) if pks[TABS] else {}
    for pk, of_tabs in counts.items():
        for count in of_tabs.values():
            html = render_to_string("operations/station/_tab_count.html", {"count": count})
            yield f"{TABS}:{pk}", count.dom_id, html
