"""Operations > Configuration templates: all of them, and one with what it would change."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.filters.configuration_templates import (
    TemplateFilterSet,
    TemplateStationFilterSet,
)
from operations.forms.configuration_templates import TemplateForm
from operations.models import (
    ConfigurationTemplate,
    SettingDrift,
    Station,
    TemplateSetting,
    User,
)
from operations.services import applying, desired, templates
from operations.statuses import Role
from operations.tables import cells
from operations.tables.base import PortalTable
from operations.tables.configuration_templates import (
    TemplateStationTable,
    TemplateTable,
    match_in_words,
    standing_look,
)
from operations.views.chosen import DeedList, DoToChosen
from operations.views.confirming import Confirm, Delete
from operations.views.drift import said, what_is_asked
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest
from operations.views.selections import Button


def find(user: User, pk: int) -> ConfigurationTemplate:
    """A template this user sees."""
    visible = ConfigurationTemplate.objects.visible_to(user)
    return get_object_or_404(visible.select_related("organisation", "site"), pk=pk)


def may_add(user: User) -> bool:
    """Whether this user makes templates."""
    return user.may(Role.ENGINEER) and (user.sees_whole_network or user.organisation_id is not None)


def may_change(user: User, template: ConfigurationTemplate) -> bool:
    """Engineers their own organisation's; what is for everybody, those who see everybody."""
    is_theirs = user.sees_whole_network or template.organisation_id == user.organisation_id
    return may_add(user) and is_theirs


class TemplateList(PortalList):
    """Their own, and those for every organisation."""

    title = gettext_lazy("Configuration templates")
    name = "configuration-templates"
    table_class = TemplateTable
    filterset_class = TemplateFilterSet
    order_by = ("-priority", "name")
    no_match = gettext_lazy("No template matches this filter")
    template_name = "operations/configuration_templates/list.html"

    def scope(self, user: User) -> QuerySet[ConfigurationTemplate]:
        """With how many settings they name, and how many of stations are otherwise."""
        named = TemplateSetting.objects.filter(template=OuterRef("pk")).order_by()
        other = SettingDrift.objects.visible_to(user).open().filter(template=OuterRef("pk"))
        counts = {
            "setting_count": named.values("template").annotate(number=Count("pk")),
            "drift_count": other.order_by().values("template").annotate(number=Count("pk")),
        }
        visible = ConfigurationTemplate.objects.visible_to(user)
        return visible.select_related("organisation", "site").annotate(
            **{name: Subquery(rows.values("number")) for name, rows in counts.items()}
        )

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """A row knows whether this user may change its template."""
        table = super().build_table(rows)
        assert isinstance(table, TemplateTable)  # noqa: S101
        table.may_change_all = self.request.user.sees_whole_network
        table.organisation_pk = self.request.user.organisation_id
        return table

    def more(self) -> dict[str, Any]:
        """Engineers find a button that adds one."""
        return {"may_add": may_add(self.request.user), "tab": "templates"}

    def teaching(self) -> EmptyState:
        """What a template is."""
        state: EmptyState = {
            "empty_title": _("No templates yet"),
            "empty_text": _(
                "A template says which settings stations of a kind should have. The portal shows "
                "where they have others, and sets them on demand or when a station connects."
            ),
        }
        if may_add(self.request.user):
            url = reverse("configuration-template-add")
            state |= {"empty_url": url, "empty_action": _("Add a template")}
        return state


class TemplateDetail(DeedList):
    """A template: its settings, and its stations with what it would change at each."""

    name = "template-stations"
    table_class = TemplateStationTable
    filterset_class = TemplateStationFilterSet
    template_name = "operations/configuration_templates/detail.html"
    no_match = gettext_lazy("No station of this template matches this filter")
    buttons = (
        Button("apply", gettext_lazy("Apply"), "check-double"),
        Button("read", gettext_lazy("Read its settings"), "list-check"),
    )
    template: ConfigurationTemplate

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The list's answers, with the template around them."""
        self.template = find(request.user, kwargs["pk"])
        return super().get(request, *args, **kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]
        """The template's name."""
        return self.template.name

    def scope(self, user: User) -> QuerySet[Station]:
        """The stations it is for."""
        return templates.stations_of(self.template, Station.objects.visible_to(user))

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """Its rows compare stations with the template."""
        table = super().build_table(rows)
        assert isinstance(table, TemplateStationTable)  # noqa: S101
        table.template = self.template
        table.learn(table.records())
        return table

    def deeds_url(self) -> str:
        """Apply it, or read."""
        return reverse("configuration-template-deed", args=[self.template.pk])

    def more(self) -> dict[str, Any]:
        """What it is."""
        return {
            "template": self.template,
            "standing": cells.badge(**standing_look(self.template)),
            "settings": list(self.template.settings.all()),
            "facts": _facts(self.template),
            "may_change": may_change(self.request.user, self.template),
        }

    def teaching(self) -> EmptyState:
        """Nobody it is for."""
        return {
            "empty_title": _("No station is what this template is for"),
            "empty_text": _("Look at its vendor, model, protocol, site and organisation."),
        }


def _facts(template: ConfigurationTemplate) -> list[dict[str, Any]]:
    on_connect = _("When a station connects, and on demand")
    pairs = (
        (_("Code"), template.code),
        (_("For"), match_in_words(template)),
        (_("Priority"), template.priority),
        (_("Applied"), on_connect if template.applies_on_connect else _("On demand")),
        (_("Valid from"), cells.moment(template.valid_from) if template.valid_from else ""),
        (_("Valid until"), cells.moment(template.valid_until) if template.valid_until else ""),
        (_("Settings in one request"), template.batch_size or _("As many as the station takes")),
        (_("Description"), template.description),
    )
    return [{"label": label, "value": value} for label, value in pairs]


class DoToStations(DoToChosen):
    """Applies a template to stations of it, or reads what it is about."""

    page = TemplateDetail
    template: ConfigurationTemplate

    def find(self, **kwargs: Any) -> None:
        """Which template too."""
        self.template = find(self.request.user, kwargs["pk"])
        super().find(**kwargs)

    def scope(self, user: User) -> QuerySet[Station]:
        """The stations it is for."""
        return templates.stations_of(self.template, Station.objects.visible_to(user))

    def stations(self) -> list[Station]:
        """Those chosen."""
        return list(self.rows().order_by("pk"))

    def title(self) -> str:
        """What, and where."""
        count = len(self.stations())
        if self.button.slug == "read":
            words = ngettext(
                "Read the settings of %(template)s at %(count)d station",
                "Read the settings of %(template)s at %(count)d stations",
                count,
            )
        else:
            words = ngettext(
                "Apply %(template)s to %(count)d station",
                "Apply %(template)s to %(count)d stations",
                count,
            )
        return words % {"template": self.template.name, "count": count}

    def description(self) -> str:
        """How much that is."""
        stations = self.stations()
        if self.button.slug == "read":
            offline = sum(not station.is_connected for station in stations)
            words = ngettext(
                "%(count)d of them is offline, and not asked.",
                "%(count)d of them are offline, and not asked.",
                offline,
            )
            return words % {"count": offline} if offline else ""
        asks = applying.asks_of_template(self.template, stations, self.wishes())
        asked = {ask.station_pk for ask in asks}
        connected = sum(each.is_connected for each in stations if each.pk in asked)
        return what_is_asked(len(asks), total=len(asked), connected=connected)

    def wishes(self) -> desired.Wishes:
        """With this template as if it were in force."""
        return desired.wishes(timezone.now(), also=self.template)

    def act(self, form: Any) -> str:
        """Ask the stations."""
        stations, user = self.stations(), self.request.user
        reason = _("Template %(template)s") % {"template": self.template.name}
        if self.button.slug == "read":
            parts = desired.parts_of(stations)
            wishes = self.wishes()
            wanted = {each.pk: wishes.of(each, parts[each.pk]) for each in stations}
            return said(applying.read(wanted=wanted, user=user, reason=reason))
        asks = applying.asks_of_template(self.template, stations, self.wishes())
        return said(applying.apply(asks=asks, user=user, reason=reason))

    def next_url(self) -> str:
        """Back to the template."""
        url = reverse("configuration-template-detail", args=[self.template.pk])
        return url + self.query()


class EditTemplate(Confirm):
    """The form of a template."""

    icon = "sliders"
    label = gettext_lazy("Save")
    template: ConfigurationTemplate

    def build_form(self, data: Any = None) -> Any:
        """Filled in with the template as it is."""
        return TemplateForm(data, instance=self.template, user=self.request.user)

    def act(self, form: Any) -> str:
        """Keep it."""
        self.template = templates.save(template=form.save(commit=False), lines=form.lines())
        return _("%(template)s is saved. Stations are compared with it within seconds.") % {
            "template": self.template.name
        }

    def next_url(self) -> str:
        """To the template, or to all of them."""
        if not self.template.pk:
            return reverse("configuration-template-list")
        return reverse("configuration-template-detail", args=[self.template.pk])


class AddTemplate(EditTemplate):
    """A new template."""

    def find(self, **kwargs: Any) -> None:
        """Nothing yet. People without any stations have nothing to set."""
        user = self.request.user
        if not user.sees_whole_network and user.organisation_id is None:
            raise Http404
        self.template = ConfigurationTemplate()

    def title(self) -> str:
        """What is about to be."""
        return _("Add a configuration template")


class ChangeTemplate(EditTemplate):
    """A template there is; those for everybody only by people who see everybody."""

    def find(self, **kwargs: Any) -> None:
        """The template, if they may change it."""
        self.template = find(self.request.user, kwargs["pk"])
        user = self.request.user
        if not user.sees_whole_network and self.template.organisation_id != user.organisation_id:
            raise Http404

    def title(self) -> str:
        """Which."""
        return _("Change the template %(template)s") % {"template": self.template.name}


class DeleteTemplate(Delete, ChangeTemplate):
    """Does away with a template."""

    def title(self) -> str:
        """Which."""
        return _("Delete the template %(template)s") % {"template": self.template.name}

    def description(self) -> str:
        """What stays."""
        return _("Stations keep the settings they have; nothing is compared with it any more.")

    def act(self, form: Any) -> str:
        """Delete it."""
        templates.delete(template=self.template)
        self.template = ConfigurationTemplate()
        return _("The template is deleted.")
