"""Operations > Firmware > Roll out: the stations an image is for, to choose those that get it."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Command, Params, TargetKind
from operations.filters.base import PortalFilterSet
from operations.filters.rollouts import IMAGE, RolloutStationFilterSet
from operations.models import FirmwareImage, Station, User
from operations.services import firmware, rollouts
from operations.tables.batches import title_of
from operations.tables.rollouts import RolloutStationTable
from operations.views.lists import EmptyState
from operations.views.selections import Bar, SelectableList

# A form begins with this: nobody wants to learn of a bad image from all stations at once.
STOP_AFTER_PERCENT = 20


class RolloutStations(SelectableList):
    """Ticked here, or all that a filter finds, and then the form of a batch."""

    title = gettext_lazy("Stations this firmware is for")
    name = "rollout-stations"
    source = "rollout"
    url_name = "firmware-roll-out"
    kind = TargetKind.STATION
    unfolds = True
    table_class = RolloutStationTable
    filterset_class = RolloutStationFilterSet
    template_name = "operations/rollouts/stations.html"
    no_match = gettext_lazy("No station this firmware is for matches this filter")
    image: FirmwareImage
    bar: Bar | None

    @classmethod
    def begins(cls, query: QueryDict) -> Params:
        """With the image, and with care."""
        return {IMAGE: query.get(IMAGE, ""), "stop_after_percent": STOP_AFTER_PERCENT}

    def offered(self) -> list[Command]:
        """The one that gives stations firmware."""
        return [command for command in super().offered() if command.slug == firmware.COMMAND]

    def scope(self, user: User) -> QuerySet[Station]:
        """With their sites; the filter keeps to those the image is for."""
        return Station.objects.visible_to(user).select_related("site")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many it is for, have it, and can't be asked now."""
        tally = rollouts.tally(self.image, Station.objects.visible_to(user))
        return [
            {"value": tally.total, "label": _("in all")},
            {"value": tally.current, "label": _("have it already")},
            {"value": tally.offline, "label": _("offline")},
        ]

    def say_if_empty(self, filterset: PortalFilterSet) -> None:
        """Of an image this user sees, and that is still in use."""
        assert isinstance(filterset, RolloutStationFilterSet)  # noqa: S101
        if filterset.chosen is None:
            raise Http404
        self.image = filterset.chosen
        super().say_if_empty(filterset)

    def teaching(self) -> EmptyState:
        """Why there may be none."""
        return {
            "empty_title": _("No station calls itself so"),
            "empty_text": _(
                "Stations match when they report the vendor %(vendor)s and the model %(model)s, "
                "letter for letter."
            )
            % {"vendor": self.image.vendor, "model": self.image.model},
        }

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """The bar; nobody without one rolls out anything."""
        self.bar = super().selection(filterset)
        return self.bar

    def more(self) -> dict[str, Any]:
        """The image it is about."""
        return {"image": self.image, "may_ask": self.bar is not None}


def url(image: FirmwareImage, **more: str) -> str:
    """Where the stations are chosen that are to get this image."""
    return f"{reverse(RolloutStations.url_name)}?{urlencode({IMAGE: image.pk, **more})}"


def lines(image: FirmwareImage, user: User) -> list[dict[str, Any]]:
    """The latest rollouts of an image, each in a line (operations/rollouts/_lines.html)."""
    found = rollouts.of_image(image, user)
    return [{"batch": batch, "title": title_of(batch)} for batch in found]
