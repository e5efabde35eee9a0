"""Operations > Configuration templates > Drift: what stations have otherwise."""

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.filters.configuration_templates import DriftFilterSet
from operations.models import SettingDrift, Station, User
from operations.models.templates import DriftQuerySet, DriftState
from operations.services import applying, drift
from operations.services.applying import Applied
from operations.tables.drift import DriftTable
from operations.views.chosen import DeedList, DoToChosen
from operations.views.lists import EmptyState
from operations.views.selections import Button

FIGURES = {DriftState.DIFFERS: gettext_lazy("differ")}  # where the plural is another word


class DriftList(DeedList):
    """Each setting of each station that is not as its template says, the newest first."""

    title = gettext_lazy("Drift")
    name = "drift"
    table_class = DriftTable
    filterset_class = DriftFilterSet
    order_by = ("-since",)
    no_match = gettext_lazy("No deviation matches this filter")
    template_name = "operations/drift/list.html"
    buttons = (
        Button("apply", gettext_lazy("Apply"), "check-double"),
        Button("accept", gettext_lazy("Accept as it is"), "thumbs-up"),
    )

    def scope(self, user: User) -> QuerySet[SettingDrift]:
        """With its station and template."""
        visible = SettingDrift.objects.visible_to(user)
        return visible.select_related("station", "template", "accepted_by")

    def deeds_url(self) -> str:
        """Apply or accept."""
        return reverse("drift-deed")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many of each state."""
        states = SettingDrift.objects.visible_to(user).order_by().values_list("state")
        found = dict(states.annotate(Count("pk")))
        return [
            {
                "value": found[state],
                "label": FIGURES.get(state, state.label.lower()),
                "tone": state.tone if state != DriftState.ACCEPTED else "",
                "url": f"?state={state}",
            }
            for state in DriftState
            if found.get(state)
        ]

    def more(self) -> dict[str, Any]:
        """Beside the templates."""
        return {"tab": "drift"}

    def teaching(self) -> EmptyState:
        """All is well, or nobody knows."""
        return {
            "empty_title": _("No setting is otherwise than its template says"),
            "empty_text": _(
                "Stations are compared whenever they tell their settings. What was never read is "
                "on the templates' own pages."
            ),
            "empty_url": reverse("configuration-template-list"),
            "empty_action": _("Go to the templates"),
        }


class DoToDrift(DoToChosen):
    """Gives stations what their templates say, or leaves them as they are."""

    page = DriftList

    def deviations(self) -> DriftQuerySet:
        """Those chosen."""
        return SettingDrift.objects.filter(pk__in=self.rows().order_by().values("pk"))

    def title(self) -> str:
        """What is about to be done."""
        count = self.deviations().count()
        if self.button.slug == "accept":
            words = ngettext(
                "Accept %(count)d setting as it is", "Accept %(count)d settings as they are", count
            )
        else:
            words = ngettext("Apply %(count)d setting", "Apply %(count)d settings", count)
        return words % {"count": count}

    def description(self) -> str:
        """What will happen, and to whom."""
        if self.button.slug == "accept":
            return _(
                "They stay as they are, and no longer count as deviations until the station or "
                "the template changes them again."
            )
        asked = applying.applicable(self.deviations())
        stations = Station.objects.filter(pk__in=asked.order_by().values("station"))
        return what_is_asked(asked.count(), **stations.tally())

    def act(self, form: Any) -> str:
        """Do it."""
        if self.button.slug == "accept":
            count = drift.accept(drift=self.deviations(), user=self.request.user)
            words = ngettext(
                "%(count)d setting is accepted.", "%(count)d settings are accepted.", count
            )
            return words % {"count": count}
        asks = applying.asks_of(self.deviations())
        reason = _("Brought to what its templates say")
        return said(applying.apply(asks=asks, user=self.request.user, reason=reason))

    def next_url(self) -> str:
        """Back to the list."""
        return reverse("drift-list") + self.query()


def what_is_asked(settings: int, *, total: int, connected: int, **_more: int) -> str:
    """How much is about to be asked, and of whom."""
    if not settings:
        return _("Nothing there differs that could be changed.")
    sentences = [
        ngettext(
            "%(count)d setting differs and will be changed.",
            "%(count)d settings differ and will be changed.",
            settings,
        )
        % {"count": settings},
        ngettext("It is about %(count)d station.", "They are of %(count)d stations.", total)
        % {"count": total},
    ]
    if total > connected:
        words = ngettext(
            "%(count)d is offline, and asked if it connects within a day.",
            "%(count)d are offline, and asked if they connect within a day.",
            total - connected,
        )
        sentences.append(words % {"count": total - connected})
    return " ".join(sentences)


def said(applied: Applied) -> str:
    """What was asked, in a sentence."""
    if not applied.stations:
        return _("There was nothing to ask.")
    words = ngettext(
        "%(count)d station was asked; Requests shows what becomes of it.",
        "%(count)d stations were asked; Requests shows what becomes of it.",
        applied.stations,
    )
    return words % {"count": applied.stations}
