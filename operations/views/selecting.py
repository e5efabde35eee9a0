"""From ticked rows to a batch: a form, a preview of what would happen, then it is asked."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from operations import sealing, versions
from operations.commands import BY_SLUG
from operations.commands.base import Command, Params, TargetKind
from operations.forms.batches import BatchForm
from operations.models import BatchSchedule, CommandBatch
from operations.services import asking, judging, targets
from operations.services.judging import Judgement
from operations.services.schedules import Filter, Plan
from operations.services.selections import Selection
from operations.statuses import Role
from operations.tables.batches import amount, title
from operations.versions import VERSIONS, OcppVersion
from operations.views import forecasts, preview
from operations.views.ask import TONES
from operations.views.authorization import AuthorizationList
from operations.views.authorization_cache import AuthorizationCacheList
from operations.views.chargers import ChargerList
from operations.views.local_lists import LocalAuthorization
from operations.views.requests import PortalRequest
from operations.views.rollouts import RolloutStations
from operations.views.selections import NAMES, Chosen, SelectableList
from operations.views.stations import StationList

# The lists whose rows can be ticked, by their name in the address.
SOURCES: dict[str, type[SelectableList]] = {
    page.source: page
    for page in (
        ChargerList,
        StationList,
        AuthorizationList,
        AuthorizationCacheList,
        RolloutStations,
        LocalAuthorization,
    )
}
# What forms may want to know of stations, where it is the same for all of them.
ALIKE = ("vendor", "model", "organisation_id")
TYPED_ABOVE = 50  # asking more than so many needs their number typed


class AskMany(View):
    """GET: the form. POST: the form again, the preview, or the batch, as `step` says.

    What was filled in travels from the preview sealed: its secrets are on no page, and what is
    confirmed is what was looked at.
    """

    request: PortalRequest
    page: type[SelectableList]
    command: Command
    data: QueryDict
    previewed: Params

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Unknown things first, then who may ask."""
        page = SOURCES.get(kwargs["source"])
        if page is None:
            raise Http404
        self.page = page
        self.data, self.previewed = _what_was_asked(self.request)
        command = BY_SLUG.get(self.data.get("command", ""))
        if command is None or not command.asked_of_many:
            raise Http404
        self.command = command
        if not self.request.user.may(command.permission):
            raise PermissionDenied(
                _('Asking for "%(command)s" needs the role %(role)s.')
                % {"command": command.label, "role": Role(command.permission).value}
            )
        if not self.kinds:
            return self.nothing_chosen()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; the link may say what to begin with."""
        given = {name: value for name, value in self.data.items() if name not in NAMES}
        begins = self.page.begins(QueryDict(self.chosen.filter))
        return self.show_form(self.form(initial=begins | given))

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """On to the next step, or back."""
        form = self.form(data=self.data)
        step = request.POST.get("step", "preview")
        if step == "edit":
            return self.show_form(form)
        if not form.is_valid():
            return self.show_form(form, status=422)
        judgement = self.judge(form)
        if step != "confirm" or "askable" not in self.previewed:
            return self.show_preview(form, judgement)
        return self.confirm(form, judgement)

    def confirm(self, form: BatchForm, judgement: Judgement) -> HttpResponse:
        """Ask; but never more than was looked at, and not many by a slip of the finger."""
        seen, now = int(self.previewed["askable"]), len(judgement.askable)
        if now > seen:
            sentence = _(
                "It was %(seen)d when you looked, now it is %(now)d. Nothing was asked yet: "
                "look again."
            ) % {"seen": seen, "now": now}
            return self.show_preview(form, judgement, sentence)
        if seen > TYPED_ABOVE and self.request.POST.get("typed", "").strip() != str(seen):
            sentence = _("Type the number %(number)d to confirm.") % {"number": seen}
            return self.show_preview(form, judgement, sentence)
        try:
            made = self.submit(form)
        except ValueError as refusal:
            return self.show_preview(form, judgement, str(refusal))
        if isinstance(made, BatchSchedule):
            return redirect("schedule-list")
        if now < seen:
            fewer = _("%(fewer)d of the %(seen)d you looked at can't be asked any more.")
            messages.warning(self.request, fewer % {"fewer": seen - now, "seen": seen})
        return redirect("batch-detail", pk=made.pk)

    def submit(self, form: BatchForm) -> CommandBatch | BatchSchedule:
        """The batch, or the schedule that makes batches."""
        asked: dict[str, Any] = {
            "command": self.command,
            "selection": self.selection,
            "params": form.question.params(),
            "user": self.request.user,
            "terms": form.terms(),
            "form_key": UUID(self.previewed["key"]),
        }
        repeating = form.when.repeating(self.request.user.time_zone)
        if repeating is not None:
            anew = Filter(self.page.source, self.chosen.filter) if self.chosen.is_all else None
            return asking.schedule_once(**asked, plan=Plan(**repeating), anew=anew)
        return asking.submit_many_once(**asked)

    @cached_property
    def chosen(self) -> Chosen:
        """What was ticked."""
        return Chosen.of(self.data)

    @cached_property
    def selection(self) -> Selection:
        """The targets, as they are now."""
        return self.chosen.selection(request=self.request, page=self.page, command=self.command)

    @cached_property
    def kinds(self) -> list[tuple[int, dict[str, Any]]]:
        """How many targets are of stations of which kind, most first."""
        way = "" if self.selection.kind == TargetKind.STATION else "station__"
        names = ("protocol", *ALIKE)
        rows = self.selection.targets.order_by().values_list(*(f"{way}{name}" for name in names))
        counted = rows.annotate(Count("pk"))
        found = [(row[-1], dict(zip(names, row[:-1], strict=True))) for row in counted]
        return sorted(found, key=lambda pair: -pair[0])

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(count for count, _kind in self.kinds)

    def spoken(self) -> list[OcppVersion]:
        """The versions of OCPP spoken that have words for this, most first."""
        names = dict.fromkeys(kind["protocol"] for _count, kind in self.kinds)
        found = [versions.by_name(name) for name in names]
        can = [each for each in found if each is not None and self.command.supports(each)]
        return can or [next(each for each in VERSIONS if self.command.supports(each))]

    def alike(self) -> dict[str, Any]:
        """What all of their stations have in common."""
        values = {name: {kind[name] for _count, kind in self.kinds} for name in ALIKE}
        return {name: found.pop() for name, found in values.items() if len(found) == 1}

    def form(self, *, data: QueryDict | None = None, initial: Params | None = None) -> BatchForm:
        """The form, as each version spoken has it."""
        kind = self.selection.kind
        name = amount(kind, self.number)
        stand_ins = [
            targets.stand_in(kind=kind, name=name, version=version, **self.alike())
            for version in self.spoken()
        ]
        return BatchForm(
            command=self.command,
            stand_ins=stand_ins,
            data=data,
            initial=initial,
            unfolds=self.page.unfolds,
        )

    def judge(self, form: BatchForm) -> Judgement:
        """What would become of each."""
        return judging.judge(
            command=self.command,
            selection=self.selection,
            params=form.question.params(),
            user=self.request.user,
            terms=form.terms(),
        )

    def show_form(self, form: BatchForm, status: int = 200) -> HttpResponse:
        """What to ask, and how."""
        context = {
            **self.context(form),
            "form": form,
            "hidden": [("command", self.command.slug), *self.chosen.fields()],
        }
        return render(self.request, "operations/selecting/form.html", context, status=status)

    def show_preview(
        self, form: BatchForm, judgement: Judgement, problem: str = ""
    ) -> HttpResponse:
        """Who will be asked, and who can't be."""
        askable = len(judgement.askable)
        query = {"query": self.data.urlencode(), "askable": askable, "key": str(uuid4())}
        context = {
            **self.context(form),
            **preview.tell(judgement, shown=self.request.POST.get("show", "")),
            "forecast": forecasts.of(
                self.command,
                [target.station.pk for target in judgement.askable],
                form.question.params(),
            ),
            "question": sealing.seal(query),
            "terms": preview.terms_in_words(form.terms()),
            "repeats": form.when.repeating(self.request.user.time_zone) is not None,
            "is_all": self.chosen.is_all,
            "must_type": askable > TYPED_ABOVE,
            "problem": problem,
        }
        template = "operations/selecting/preview.html"
        return render(self.request, template, context, status=422 if problem else 200)

    def context(self, form: BatchForm) -> dict[str, Any]:
        """What both pages begin with."""
        kind = self.selection.kind
        return {
            "title": title(self.command, kind, self.number, form.asked_for()),
            "description": self.chosen.in_words(self.page, self.request),
            "command": self.command,
            "tone": TONES.get(self.command.tone, ""),
            "action": self.request.path,
            "list_url": self.list_url(),
        }

    def list_url(self) -> str:
        """Back to where the rows were ticked."""
        query = f"?{self.chosen.filter}" if self.chosen.filter else ""
        return reverse(self.page.url_name) + query

    def nothing_chosen(self) -> HttpResponse:
        """Back to the list, with a word why."""
        messages.warning(self.request, _("Tick the rows you want to ask first."))
        return redirect(self.list_url())


def _what_was_asked(request: PortalRequest) -> tuple[QueryDict, Params]:
    """The form's fields; from the preview they come sealed, with what was looked at."""
    if request.method != "POST":
        return request.GET, {}
    if "question" not in request.POST:
        return request.POST, {}
    try:
        sealed = sealing.unseal(request.POST["question"])
    except sealing.UnsealableError as error:
        raise Http404 from error
    data = QueryDict(sealed["query"], mutable=True)
    if request.POST.get("also") == "sessions":
        data["asks_during_sessions"] = "on"
    return data, sealed
