"""A station's tab "Local list": what it holds, what it is to hold, and what lies between."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.commands.send_local_list import DIFFERENTIAL, FULL, NEEDED
from operations.forms.local_lists import AssignForm
from operations.models import CommandRun, Station, StationList
from operations.models.local_lists import ListState
from operations.services.local_lists import assigning, forecasts, jobs, planning, revisions, words
from operations.services.local_lists.forecasts import Plan
from operations.statuses import Role
from operations.tables import buttons
from operations.tables.local_lists import COMMANDS, identifiers
from operations.tables.runs import title
from operations.views import run_story, station_frame
from operations.views.confirming import Confirm
from operations.views.requests import PortalRequest

MOST_CHANGES = 100  # of each kind
LATEST_RUNS = 10


def copy_of(station: Station) -> StationList:
    """What is known of its list; nothing is a copy too."""
    found = StationList.objects.select_related(*jobs.RELATED).filter(station=station).first()
    return found or StationList(station=station)


class StationLocalList(View):
    """The tab."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """With the changes that a differential would bring."""
        station = station_frame.find(request.user, pk)
        forecasts.freshen([station.pk])
        copy = copy_of(station)
        plan = forecasts.plan(copy, NEEDED)
        role = Role.ADMIN if request.user.is_superuser else Role(request.user.role)
        context = {
            **station_frame.around(request.user, station, "local-list"),
            "copy": copy,
            "state": copy.standing,
            "reported": words.in_words(copy),
            "remark": words.remark_on(copy) if copy.state == ListState.PARTLY else "",
            "facts": facts(copy),
            "plan": plan,
            "parts": parts(plan),
            "sentences": forecasts.sentences([station.pk], NEEDED),
            "skipped": skipped(copy),
            "tab_buttons": list(send_buttons(station, role)),
            "runs": latest_runs(station),
            "may_change": request.user.may(Role.ENGINEER),
        }
        return render(request, "operations/local_lists/station.html", context)


def facts(copy: StationList) -> list[dict[str, Any]]:
    """What it is to hold, what it holds, what it takes."""
    local_list, revision = copy.local_list, copy.local_list.revision if copy.local_list else None
    size = revision.size_for(copy.station.protocol) if revision else None
    confirmed = ""
    if copy.confirmed_at is not None and copy.version is not None:
        confirmed = _("version %(version)d, %(at)s") % {
            "version": copy.version,
            "at": run_story.moment(copy.confirmed_at),
        }
    switch = {None: _("Unknown"), True: _("On"), False: _("Off")}
    pairs = [
        (_("Is to hold"), local_list.name if local_list else ""),
        (_("Identifiers"), "" if size is None else identifiers(size)),
        (_("Last confirmed"), confirmed),
        (_("Reported"), words.in_words(copy)),
        (_("Local auth list enabled"), switch[copy.is_enabled]),
        (_("Most identifiers in all"), copy.most_entries or _("Unknown")),
        (_("Most in one message"), at_once(copy)),
        (_("Bytes in one message"), copy.most_bytes or ""),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def at_once(copy: StationList) -> str:
    """How many identifiers go into a message, and whose word that is."""
    told, taken = copy.most_per_message, copy.most_taken
    if taken is not None and (told is None or taken < told):
        if told is None:
            return _("%(taken)d, by trial: it does not say") % {"taken": taken}
        return _("%(taken)d, by trial: it says %(told)d") % {"taken": taken, "told": told}
    return str(told) if told else _("Unknown")


def parts(plan: Plan) -> list[dict[str, Any]]:
    """The changes by their kind, the first of each."""
    if plan.changes is None or plan.is_full:
        return []
    looks = (
        ("added", _("Added"), "plus", "green", plan.changes.added),
        ("changed", _("Changed"), "pen", "yellow", plan.changes.changed),
        ("removed", _("Removed"), "minus", "red", plan.changes.removed),
    )
    return [
        {
            "id": dom_id,
            "label": label,
            "icon": icon,
            "tone": tone,
            "count": len(entries),
            "entries": entries[:MOST_CHANGES],
            "left_out": max(len(entries) - MOST_CHANGES, 0),
        }
        for dom_id, label, icon, tone, entries in looks
        if entries
    ]


def skipped(copy: StationList) -> list[str]:
    """The identifiers that can't be said to this station."""
    revision = copy.local_list.revision if copy.local_list else None
    protocol = copy.station.protocol
    if revision is None or revision.size_for(protocol) == revision.size:
        return []
    left_out = planning.skipped(protocol, revisions.entries_of(revision.digest))
    return [entry.identifier for entry in left_out[:MOST_CHANGES]]


def send_buttons(station: Station, role: Role) -> Any:
    """Send full, send differential, get the version: on, or off with the reason."""
    target = Target(station=station)
    send, get_version = (buttons.button_of(BY_SLUG[slug], target, role) for slug in COMMANDS)
    for mode, label, icon in (
        (FULL, _("Send full"), "list-check"),
        (DIFFERENTIAL, _("Send differential"), "code-compare"),
    ):
        yield {
            "id": f"{send.id}-{mode}",
            "label": label,
            "icon": icon,
            "url": f"{send.url}?mode={mode}",
            "tone": "",
            "reason": send.reason,
        }
    yield {
        "id": get_version.id,
        "label": _("Get version"),
        "icon": get_version.icon,
        "url": get_version.url,
        "tone": "",
        "reason": get_version.reason,
    }


def latest_runs(station: Station) -> list[dict[str, Any]]:
    """The latest requests that had to do with its list."""
    related = ("station", "charger", "connector", "created_by")
    found = CommandRun.objects.filter(station=station, command__in=COMMANDS)
    return [
        {"run": run, "title": title(run), "icon": run_story.icon(run)}
        for run in found.select_related(*related).order_by("-pk")[:LATEST_RUNS]
    ]


class AssignList(Confirm):
    """Which list the station is to hold."""

    icon = "list-check"
    label = gettext_lazy("Assign")
    station: Station

    def find(self, **kwargs: Any) -> None:
        """The station, if this user sees it."""
        self.station = station_frame.find(self.request.user, kwargs["pk"])

    def build_form(self, data: Any = None) -> AssignForm:
        """With the list it has of its own."""
        copy = copy_of(self.station)
        initial = {"local_list": copy.local_list_id if copy.is_own else None}
        user = self.request.user
        return AssignForm(data, initial=initial, user=user, station=self.station)

    def title(self) -> str:
        """Of which station."""
        return _("Local list of %(station)s") % {"station": self.station.name}

    def description(self) -> str:
        """Nothing is sent yet."""
        return _("The station holds it from when it is sent.")

    def act(self, form: Any) -> str:
        """Assign it."""
        chosen = form.cleaned_data["local_list"]
        assigning.assign(local_list=chosen, station_pks=[self.station.pk])
        if chosen is None:
            return _("%(station)s has no list of its own.") % {"station": self.station.name}
        words = {"station": self.station.name, "list": chosen.name}
        return _("%(station)s is to hold %(list)s.") % words

    def next_url(self) -> str:
        """Back to the tab."""
        return reverse("station-local-list", args=[self.station.pk])
