"""Asking a station something: a command's dialog, and what it submits."""

from time import sleep
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from operations import masking
from operations.commands import BY_SLUG
from operations.commands.base import Command, Params, Target, TargetKind
from operations.forms.ask import AskForm
from operations.models import Charger, CommandRun, Connector, Station, User
from operations.services import asking, runs, selections
from operations.statuses import Role
from operations.views import forecasts, run_story
from operations.views.requests import PortalRequest

TONES = {"danger": "red"}  # a command's button colour, as the dialog calls it
# About as long as it takes the gateway's threads to claim a run and send its frame: they get the
# interpreter first, then the answer is drawn.
FRAME_FIRST_S = 0.003


class OfTarget(View):
    """A view of one target: which kind, and how to find it."""

    request: PortalRequest
    kind: ClassVar[TargetKind]

    def visible_to(self, user: User) -> QuerySet[Any]:
        """Those of this kind that the user sees."""
        raise NotImplementedError

    def find_target(self, user: User, pk: int) -> Target:
        """The target with all that belongs to it, if this user sees it."""
        seen = self.visible_to(user).filter(pk=pk).values_list("pk", flat=True)
        # Who clicks waits for this: one narrow query, then the rows as quickly as they can be had.
        found = selections.of_pks(self.kind, seen[:1])
        if not found:
            raise Http404
        return found[0]


class OfStation(OfTarget):
    """A whole station."""

    kind = TargetKind.STATION

    def visible_to(self, user: User) -> QuerySet[Any]:
        """Stations."""
        return Station.objects.visible_to(user)


class OfCharger(OfTarget):
    """One charger."""

    kind = TargetKind.CHARGER

    def visible_to(self, user: User) -> QuerySet[Any]:
        """Chargers."""
        return Charger.objects.visible_to(user)


class OfConnector(OfTarget):
    """One connector."""

    kind = TargetKind.CONNECTOR

    def visible_to(self, user: User) -> QuerySet[Any]:
        """Connectors, found through the chargers this user sees."""
        return Connector.objects.filter(charger__in=Charger.objects.visible_to(user))


class Ask(OfTarget):
    """GET: the command's form for one target. POST: submit it."""

    command: Command
    target: Target

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Unknown things first, then who may ask."""
        command = BY_SLUG.get(kwargs["slug"])
        if command is None or self.kind not in command.targets:
            raise Http404
        self.command = command
        self.target = self.find_target(self.request.user, kwargs["pk"])
        if not self.request.user.may(command.permission):
            raise PermissionDenied(
                _('Asking for "%(command)s" needs the role %(role)s.')
                % {"command": command.label, "role": Role(command.permission).value}
            )
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, filled in with what makes sense for the target."""
        initial = {**self.command.initial(self.target), **self.given(request)}
        return self.answer(
            request, AskForm(command=self.command, target=self.target, initial=initial)
        )

    def given(self, request: PortalRequest) -> Params:
        """What the link says to begin with: values, or a run to ask again."""
        if "again" not in request.GET:
            return request.GET.dict()
        pk = request.GET["again"]
        run = get_object_or_404(
            CommandRun.objects.visible_to(request.user),
            pk=pk if pk.isdecimal() else 0,
            command=self.command.slug,
        )
        masked = masking.payload(run.params)
        return {
            name: value
            for name, value in run.params.items()
            if masked[name] == value and not masking.is_masked(value)
        }

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep what was asked; the run says what becomes of it."""
        form = AskForm(command=self.command, target=self.target, data=request.POST)
        if not form.is_valid():
            return self.answer(request, form, status=422)
        run = asking.submit_once(
            command=self.command,
            target=self.target,
            params=form.question.params(),
            user=request.user,
            options=form.options.options(),
            form_opened_at=form.options.cleaned_data["opened_at"],
        )
        if run.state.is_open:
            sleep(FRAME_FIRST_S)
        if not request.htmx:
            return redirect("run-detail", pk=run.pk)
        response = render(request, "operations/ask/_asked.html", run_story.notice(run))
        response["HX-Trigger"] = "close-dialog"
        return response

    def answer(self, request: PortalRequest, form: AskForm, status: int = 200) -> HttpResponse:
        """The dialog, or a page of its own without scripts."""
        if request.htmx:
            form.refresh_from(request.path, focus=request.htmx.trigger_name or "")
        values = form.values()
        obstacle = runs.obstacle(command=self.command, target=self.target)
        context = {
            "form": form,
            "command": self.command,
            "title": self.command.title(self.target, values),
            "description": describe(self.target),
            "obstacle": obstacle,
            "warnings": self.command.warnings(self.target, values),
            "forecast": forecasts.of(self.command, [self.target.station.pk], values),
            "icon": self.command.icon,
            "tone": TONES.get(self.command.tone, ""),
            "action": request.path,
            "cancel_url": reverse("station-detail", args=[self.target.station.pk]),
            "as_page": not request.htmx,
        }
        template = "_dialog.html" if request.htmx else "page.html"
        return render(request, f"operations/ask/{template}", context, status=status)


class AskStation(OfStation, Ask):
    """Ask a whole station."""


class AskCharger(OfCharger, Ask):
    """Ask for one charger."""


class AskConnector(OfConnector, Ask):
    """Ask for one connector."""


def describe(target: Target) -> str:
    """To whom it goes and how that is now: "Quay 1 (CP-1), OCPP 1.6 · now Available"."""
    station = target.station
    who = (
        station.name if station.name == station.identity else f"{station.name} ({station.identity})"
    )
    version = f", OCPP {station.protocol}" if station.protocol else ""
    part = target.connector or target.charger
    now = part.get_charging_status_display() if part and part.charging_status else ""
    state = _(" · now %(status)s") % {"status": now} if now else ""
    return f"{who}{version}{state}"
