"""Lists on a station's pages: its sessions, requests, messages, and who changed what."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.audit import AuditFilterSet
from operations.filters.of_station import (
    StationMessageFilterSet,
    StationRunFilterSet,
    StationSessionFilterSet,
)
from operations.models import AuditEntry, CommandRun, OcppMessage, Session, User
from operations.statuses import Role
from operations.tables.audit import AuditTable
from operations.views.lists import EmptyState
from operations.views.messages import MessageList
from operations.views.runs import RunList
from operations.views.sessions import SessionList
from operations.views.station_frame import OfStation


class StationSessions(OfStation, SessionList):
    """Who charged here."""

    name = "sessions"
    tab = "sessions"
    hidden = ("station",)
    filterset_class = StationSessionFilterSet

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whose they are."""
        return _("Sessions of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[Session]:
        """Those of the one station."""
        return super().scope(user).filter(station=self.station)

    def teaching(self) -> EmptyState:
        """Where they come from."""
        return {
            "empty_title": _("No sessions yet"),
            "empty_text": _("A session appears by itself when somebody charges here."),
        }


class StationRequests(OfStation, RunList):
    """What was asked of it."""

    name = "requests"
    tab = "requests"
    hidden = ("station",)
    filterset_class = StationRunFilterSet

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whom it was asked of."""
        return _("Requests to %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[CommandRun]:
        """Those to the one station."""
        return super().scope(user).filter(station=self.station)

    def teaching(self) -> EmptyState:
        """Where they come from."""
        return {
            "empty_title": _("No requests yet"),
            "empty_text": _("What is asked of this station is kept here, with its outcome."),
        }


class StationMessages(OfStation, MessageList):
    """What was said, frame by frame."""

    name = "messages"
    tab = "messages"
    hidden = ("station",)
    filterset_class = StationMessageFilterSet

    @property
    def title(self) -> str:  # type: ignore[override]
        """Who spoke."""
        return _("Messages of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[OcppMessage]:
        """Those of the one station."""
        return super().scope(user).filter(station=self.station)


class StationChanges(OfStation):
    """Who changed what: the audit log of the station, its parts and the requests to it."""

    name = "changes"
    tab = "changes"
    table_class = AuditTable
    filterset_class = AuditFilterSet
    order_by = ("-at",)
    no_match = gettext_lazy("No entry matches this filter")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For whom the audit log is."""
        if not self.request.user.may(Role.ENGINEER):
            raise PermissionDenied(_("The audit log needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]
        """Of what."""
        return _("Changes of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[AuditEntry]:
        """Looked up by what they are about: each kind by its index."""
        station = self.station
        about = Q(target_kind="station", target_pk=station.pk)
        for kind, parts in (
            ("charger", station.chargers),
            ("connector", station.connectors),
            ("commandrun", station.runs),
        ):
            about |= Q(target_kind=kind, target_pk__in=parts.order_by().values("pk"))
        return AuditEntry.objects.visible_to(user).filter(about)

    def teaching(self) -> EmptyState:
        """What will stand here."""
        return {
            "empty_title": _("No changes yet"),
            "empty_text": _("What people change here or ask of this station is noted for good."),
            "empty_url": reverse("audit-log"),
            "empty_action": _("The whole audit log"),
        }
