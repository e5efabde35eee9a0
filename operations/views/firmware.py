"""Operations > Firmware: the library, and an image with the stations it is for."""

from datetime import timedelta
from typing import Any

from cryptography import x509
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import masking
from operations.filters.firmware import FirmwareFilterSet, ImageStationFilterSet
from operations.filters.stations import OUTDATED
from operations.models import CommandRun, Download, FirmwareImage, Station, User
from operations.services import firmware
from operations.statuses import Role
from operations.tables.base import PortalTable
from operations.tables.firmware import (
    FirmwareTable,
    ImageStationTable,
    fetched_context,
    is_newest,
    size,
    standing,
)
from operations.tables.runs import title
from operations.views import rollouts, run_story
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest
from operations.views.run_story import Fragment

LATEST_RUNS = 20
JUST_NOW = timedelta(seconds=30)
MOST_PATCHED = 500


def library(user: User) -> QuerySet[FirmwareImage]:
    """The images this user sees, with what is said of each."""
    visible = FirmwareImage.objects.visible_to(user)
    related = visible.select_related("uploaded_by", "organisation")
    return firmware.with_tallies(related, Station.objects.visible_to(user))


def find(user: User, pk: int) -> FirmwareImage:
    """An image this user sees."""
    return get_object_or_404(library(user), pk=pk)


def may_change(user: User, image: FirmwareImage) -> bool:
    """Engineers their own organisation's; what is for everybody, those who see everybody."""
    is_theirs = user.sees_whole_network or image.organisation_id is not None
    return user.may(Role.ENGINEER) and is_theirs


class FirmwareList(PortalList):
    """The library."""

    title = gettext_lazy("Firmware")
    name = "firmware"
    table_class = FirmwareTable
    filterset_class = FirmwareFilterSet
    template_name = "operations/firmware/list.html"
    order_by = ("-created_at",)
    no_match = gettext_lazy("No firmware matches this filter")

    def scope(self, user: User) -> QuerySet[FirmwareImage]:
        """With its tallies."""
        return library(user)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many stations could have something newer."""
        behind = firmware.outdated(Station.objects.visible_to(user)).count()
        return [
            {
                "value": behind,
                "label": _("stations outdated"),
                "tone": "orange" if behind else "",
                "url": f"{reverse('station-list')}?library={OUTDATED}",
            }
        ]

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """Engineers find a button that adds to it."""
        context["may_add"] = request.user.may(Role.ENGINEER)
        return super().answer(request, context, scope)

    def teaching(self) -> EmptyState:
        """What the library is good for."""
        state: EmptyState = {
            "empty_title": _("No firmware yet"),
            "empty_text": _(
                "Add the vendors' images here: the portal says which stations are outdated, and "
                "stations fetch them from it. Nobody has to run a server for that."
            ),
        }
        if self.request.user.may(Role.ENGINEER):
            state |= {"empty_url": reverse("firmware-add"), "empty_action": _("Add firmware")}
        return state


class FirmwareDetail(PortalList):
    """An image: what it is, and the stations it is for as a list of their own."""

    name = "firmware-stations"
    table_class = ImageStationTable
    filterset_class = ImageStationFilterSet
    template_name = "operations/firmware/detail.html"
    no_match = gettext_lazy("No station this firmware is for matches this filter")
    image: FirmwareImage

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The list's answers, with the image around them."""
        self.image = find(request.user, kwargs["pk"])
        return super().get(request, *args, **kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]
        """The image's name."""
        return str(self.image)

    def scope(self, user: User) -> QuerySet[Station]:
        """The stations it is for."""
        stations = Station.objects.visible_to(user).select_related("site")
        return firmware.with_last_download(firmware.stations_of(self.image, stations), self.image)

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """Its rows compare stations with the image."""
        table = super().build_table(rows)
        assert isinstance(table, ImageStationTable)  # noqa: S101
        table.image = self.image
        return table

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """The page has more to say than the list."""
        if not request.htmx:
            context |= tell(self.image, request.user)
        return super().answer(request, context, scope)

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


def tell(image: FirmwareImage, user: User) -> dict[str, Any]:
    """The image as its page shows it, beside its stations."""
    may = may_change(user, image)
    is_used = may and firmware.is_used(image)
    return {
        "image": image,
        "standing": standing(image),
        "is_newest": is_newest(image),
        "facts": facts(image),
        "certificate": certificate_facts(image),
        "runs": latest_runs(image, user),
        "may_change": may,
        "may_delete": may and not is_used,
        "may_ask": user.may(Role.OPERATOR),
        "rollout_url": rollouts.url(image, **({"library": OUTDATED} if is_newest(image) else {})),
        "rollouts": rollouts.lines(image, user),
    }


def facts(image: FirmwareImage) -> list[dict[str, Any]]:
    """What the library knows of it."""
    where = (_("File"), image.file_name) if image.is_stored else (_("URL"), masking.text(image.url))
    pairs = [
        where,
        (_("Size"), size(image.size_bytes)),
        (_("SHA-256"), image.sha256),
        (_("MD5"), image.md5),
        (_("For"), image.organisation or _("All organisations")),
        (_("Added"), run_story.moment(image.created_at)),
        (_("By"), image.uploaded_by and image.uploaded_by.get_username()),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def certificate_facts(image: FirmwareImage) -> list[dict[str, Any]]:
    """Who signed it, and until when that holds."""
    if not image.signing_certificate:
        return []
    certificate = x509.load_pem_x509_certificate(image.signing_certificate.encode())
    return [
        {"label": _("Signed by"), "value": certificate.subject.rfc4514_string()},
        {"label": _("Issued by"), "value": certificate.issuer.rfc4514_string()},
        {"label": _("Valid until"), "value": run_story.moment(certificate.not_valid_after_utc)},
        {"label": _("Signature"), "value": image.signature},
    ]


def latest_runs(image: FirmwareImage, user: User) -> list[dict[str, Any]]:
    """The latest requests that gave it to stations, each in a line."""
    related = ("station", "charger", "connector", "created_by")
    seen = CommandRun.objects.visible_to(user).select_related(*related)
    return [
        {"run": run, "title": title(run), "icon": run_story.icon(run)}
        for run in firmware.runs_with(image, seen)[:LATEST_RUNS]
    ]


def fragments(image_pk: int, user: User) -> list[Fragment]:
    """How far the downloads of an image are that moved just now, for live pushes."""
    moved = Download.objects.visible_to(user).filter(
        image=image_pk, last_at__gte=timezone.now() - JUST_NOW
    )
    return [
        Fragment(
            f"fetched-{download.station_id}",
            "operations/firmware/_fetched.html",
            fetched_context(download.station_id, download),
        )
        for download in moved.order_by("pk")[:MOST_PATCHED]
    ]
