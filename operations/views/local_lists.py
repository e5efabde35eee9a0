"""Operations > Local Authorization Management: what all stations hold, and the named lists."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.filters.base import PortalFilterSet
from operations.filters.local_lists import LocalListFilterSet, StationListFilterSet
from operations.forms.local_lists import AssignStationsForm, LocalListForm
from operations.models import LocalList, Station, StationList, User
from operations.models.local_lists import ListState
from operations.services.local_lists import assigning, planning, revisions
from operations.statuses import Role
from operations.tables.local_lists import COMMANDS, LocalListTable, StationListTable
from operations.views.confirming import Confirm, Delete
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest
from operations.views.selections import Bar, SelectableList

MOST_ENTRIES = 200  # of a list, on its page
# What a list's stations are counted by, beside the list.
COUNTED = (ListState.BEHIND, ListState.PARTLY, ListState.CHANGED, ListState.TOO_MANY)
SHOWN = ("held_list__local_list__revision", "site")


def find(user: User, pk: int) -> LocalList:
    """A list this user sees."""
    visible = LocalList.objects.visible_to(user).select_related("organisation", "revision")
    return get_object_or_404(visible, pk=pk)


class LocalAuthorization(SelectableList):
    """All stations, each with how its list stands."""

    title = gettext_lazy("Local Authorization Management")
    name = "local-lists"
    source = "local-lists"
    url_name = "local-authorization"
    kind = TargetKind.STATION
    table_class = StationListTable
    filterset_class = StationListFilterSet
    no_match = gettext_lazy("No station matches this filter")
    template_name = "operations/local_lists/stations.html"

    def scope(self, user: User) -> QuerySet[Station]:
        """With what is known of their lists."""
        return Station.objects.visible_to(user).select_related(*SHOWN)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many need something."""
        stands = StationList.objects.visible_to(user).order_by().values_list("state")
        tally = dict(stands.annotate(Count("pk")))
        return [
            {
                "value": tally[state],
                "label": state.label,
                "tone": state.tone,
                "url": f"?state={state}",
            }
            for state in COUNTED
            if tally.get(state)
        ]

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """Only what has to do with lists."""
        bar = super().selection(filterset)
        commands = [BY_SLUG[slug] for slug in COMMANDS]
        return replace(bar, buttons=commands, groups=[]) if bar else None

    def teaching(self) -> EmptyState:
        """What to do first."""
        return {
            "empty_title": _("No stations yet"),
            "empty_text": _("Stations appear here as soon as there are any."),
        }


class LocalListList(PortalList):
    """The named lists."""

    title = gettext_lazy("Local lists")
    name = "named-lists"
    table_class = LocalListTable
    filterset_class = LocalListFilterSet
    no_match = gettext_lazy("No list matches this filter")
    template_name = "operations/local_lists/lists.html"

    def scope(self, user: User) -> QuerySet[LocalList]:
        """With how many stations are to hold them."""
        copies = StationList.objects.filter(local_list=OuterRef("pk")).order_by()
        counted = copies.values("local_list").annotate(number=Count("pk")).values("number")
        behind = copies.exclude(state=ListState.IN_STEP).values("local_list")
        return (
            LocalList.objects.visible_to(user)
            .select_related("organisation", "revision")
            .annotate(
                station_count=Subquery(counted),
                behind_count=Subquery(behind.annotate(number=Count("pk")).values("number")),
            )
        )

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """Engineers find a button that adds one."""
        context["may_add"] = may_add(request.user)
        return super().answer(request, context, scope)

    def teaching(self) -> EmptyState:
        """What a list is."""
        state: EmptyState = {
            "empty_title": _("No lists yet"),
            "empty_text": _(
                "A list says which identifiers stations may authorize by themselves while they "
                "are offline. Give it to stations or to whole sites, then send it."
            ),
        }
        if may_add(self.request.user):
            state |= {"empty_url": reverse("local-list-add"), "empty_action": _("Add a list")}
        return state


def may_add(user: User) -> bool:
    """Whether this user makes lists."""
    return user.may(Role.ENGINEER) and (user.sees_whole_network or user.organisation_id is not None)


class LocalListDetail(View):
    """One list: what it holds now, and whom it is for."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """As tokens are at this moment."""
        local_list = find(request.user, pk)
        revision = revisions.refresh(local_list)
        entries = revisions.entries_of(revision.digest)
        context = {
            "local_list": local_list,
            "title": local_list.name,
            "facts": facts(local_list, revision.size),
            "entries": entries[:MOST_ENTRIES],
            "left_out": max(len(entries) - MOST_ENTRIES, 0),
            "skipped": [
                {"version": protocol, "count": revision.size - size, "entries": skipped[:20]}
                for protocol, size in revision.sizes.items()
                if (skipped := planning.skipped(protocol, entries) if size < len(entries) else [])
            ],
            "states": tally(local_list, request.user),
            "may_change": request.user.may(Role.ENGINEER),
            "may_ask": request.user.may(Role.OPERATOR),
        }
        return render(request, "operations/local_lists/detail.html", context)


def tally(local_list: LocalList, user: User) -> list[dict[str, Any]]:
    """How the stations stand that are to hold it."""
    copies = StationList.objects.visible_to(user).filter(local_list=local_list)
    found = dict(copies.order_by().values_list("state").annotate(Count("pk")))
    return [
        {
            "state": state,
            "count": found[state],
            "url": f"{reverse('local-authorization')}?local_list={local_list.pk}&state={state}",
        }
        for state in ListState
        if found.get(state)
    ]


def facts(local_list: LocalList, size: int) -> list[dict[str, Any]]:
    """What it is."""
    source = str(local_list.get_source_display())
    sites = ", ".join(local_list.sites.order_by("name").values_list("name", flat=True))
    pairs = [
        (_("For"), local_list.organisation or _("All organisations")),
        (_("Tokens"), f"{source}: {local_list.group}" if local_list.group else source),
        (_("Identifiers"), size),
        (_("Tokens that may not charge"), _("Sent too") if local_list.holds_refused else ""),
        (_("Sites"), sites),
        (_("Sent automatically"), _("On") if local_list.syncs else _("Off")),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


class EditList(Confirm):
    """The form of a list."""

    icon = "list-check"
    label = gettext_lazy("Save")
    local_list: LocalList

    def build_form(self, data: Any = None) -> LocalListForm:
        """Filled in with the list as it is."""
        return LocalListForm(data, instance=self.local_list, user=self.request.user)

    def act(self, form: Any) -> str:
        """Keep it."""
        self.local_list = form.save(commit=False)
        assigning.save(
            local_list=self.local_list, sites=form.cleaned_data["sites"], tokens=form.tokens
        )
        return _("%(list)s is saved. Stations get it when it is sent to them.") % {
            "list": self.local_list.name
        }

    def next_url(self) -> str:
        """To the list, or to all of them."""
        if not self.local_list.pk:
            return reverse("local-list-list")
        return reverse("local-list-detail", args=[self.local_list.pk])


class AddList(EditList):
    """A new list."""

    def find(self, **kwargs: Any) -> None:
        """Nothing yet. People without any stations have nothing to give lists to."""
        user = self.request.user
        if not user.sees_whole_network and user.organisation_id is None:
            raise Http404
        self.local_list = LocalList()

    def title(self) -> str:
        """What is about to be."""
        return _("Add a local list")


class ChangeList(EditList):
    """A list there is."""

    def find(self, **kwargs: Any) -> None:
        """The list, if this user sees it."""
        self.local_list = find(self.request.user, kwargs["pk"])

    def title(self) -> str:
        """Which."""
        return _("Change the list %(list)s") % {"list": self.local_list.name}


class DeleteList(Delete, ChangeList):
    """Does away with a list."""

    def title(self) -> str:
        """Which."""
        return _("Delete the list %(list)s") % {"list": self.local_list.name}

    def description(self) -> str:
        """What does not go with it."""
        return _(
            "Stations keep what they hold until they are sent another list. To take the "
            "identifiers off them, send them an empty list first."
        )

    def act(self, form: Any) -> str:
        """Delete it."""
        assigning.delete(local_list=self.local_list)
        self.local_list = LocalList()
        return _("The list is deleted.")


class AssignStations(ChangeList):
    """Gives a list to stations."""

    icon = "server"
    label = gettext_lazy("Assign")

    def build_form(self, data: Any = None) -> Any:
        """Which stations."""
        return AssignStationsForm(data, user=self.request.user, local_list=self.local_list)

    def title(self) -> str:
        """Which list."""
        return _("Give %(list)s to stations") % {"list": self.local_list.name}

    def description(self) -> str:
        """Nothing is sent yet."""
        return _("They hold it from when it is sent to them; it replaces the list of their site.")

    def act(self, form: Any) -> str:
        """Assign it."""
        if self.local_list.organisation_id is None and not self.request.user.sees_whole_network:
            raise PermissionDenied
        count = assigning.assign(
            local_list=self.local_list, station_pks=form.cleaned_data["stations"]
        )
        said = ngettext(
            "%(count)d station is to hold it.", "%(count)d stations are to hold it.", count
        )
        return said % {"count": count}
