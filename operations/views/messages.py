"""Operations > Messages: every frame of every station, and new ones as they come."""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations import masking
from operations.filters.base import PortalFilterSet
from operations.filters.messages import MessageFilterSet
from operations.models import OcppMessage, User
from operations.tables import exports, streams
from operations.tables.audience import Audience
from operations.tables.messages import MessageTable, is_pending
from operations.views import message_search
from operations.views.conversations import exchanges
from operations.views.lists import EmptyState, PortalList
from operations.views.message_search import Found, Period, Place
from operations.views.requests import PortalRequest

MOST_PENDING = 200
PLACE = ("before", "after", "further")


@dataclass(frozen=True, slots=True)
class Window:
    """What the table takes for its page: it has no number among others, but a first message."""

    object_list: Any
    number: int


class MessageList(PortalList):
    """All messages of the stations the user sees, newest first."""

    title = gettext_lazy("Messages")
    name = "messages"
    table_class = MessageTable
    filterset_class = MessageFilterSet
    no_match = gettext_lazy("No message matches this filter")
    template_name = "operations/messages/page.html"

    def scope(self, user: User) -> QuerySet[OcppMessage]:
        """With their stations."""
        return OcppMessage.objects.visible_to(user).select_related("station")

    def teaching(self) -> EmptyState:
        """Where messages come from."""
        return {
            "empty_title": _("No messages yet"),
            "empty_text": _("What stations say and are asked is kept here, frame by frame."),
        }

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A page of the log; what has come since, for its live tail; CSV; paper."""
        scope = self.scope(request.user)
        filterset = self.filterset_class(request.GET, queryset=scope, request=request)
        newest = key_in(request, "tail")
        if newest is not None and request.htmx and filterset.form.is_valid():
            return self.tail(filterset, newest)
        if request.GET.get("export") == "all":
            rows = filterset.qs if filterset.form.is_valid() else scope.none()
            return self.stream(filterset, rows)
        found = self.find(filterset)
        self.table = self.dress(table_of(found.messages, request.user))
        if request.GET.get("export") == "csv":
            return exports.csv_response(self.table, name=self.name)
        self.say_if_empty(filterset)
        if found.gave_up:
            self.table.empty_title = _("Nothing found so far")
            self.table.empty_text = _("Search further, or narrow down the station or the time.")
        self.table.links = links = self.links(found)
        context = {
            "title": self.title,
            "table": self.table,
            "filter": filterset,
            "chips": list(filterset.chips()),
            "clear_url": filterset.without(*(filterset.form.fields.keys() - {"live"}), *PLACE),
            "csv_url": links["csv_url"],
            "print_url": links["print_url"],
            "all_url": self.url_to(export="all"),
            "all_label": _("CSV of all"),
            **self.tell_look(self.table),
        }
        if request.GET.get("print") == "1":
            context["lines"] = list(exports.lines(self.table))
            return render(request, "operations/messages/print.html", context)
        return self.answer(request, context, scope)

    def build_empty(self) -> MessageTable:
        """To write any number of messages with."""
        return table_of([], self.request.user)

    def keep(self, filterset: PortalFilterSet) -> streams.Keep:
        """None that only masked texts would have found."""
        text = filterset.form.cleaned_data["text"] if filterset.form.is_valid() else ""
        return lambda records: without_guesses(Found(records), text).messages

    def find(self, filterset: MessageFilterSet) -> Found:
        """The page the address asks for."""
        if not filterset.form.is_valid():
            return Found([])
        words = filterset.form.cleaned_data
        before, after = key_in(self.request, "before"), key_in(self.request, "after")
        found = message_search.find(
            filterset.qs,
            place=Place(before, after, is_patient="further" in self.request.GET),
            period=Period(words["since"], words["until"]),
            most=self.page_size(),
        )
        return without_guesses(found, words["text"])

    def page_size(self) -> int:
        """One of those that are offered."""
        sizes = {str(size): size for size in MessageTable.page_sizes}
        return sizes.get(self.request.GET.get("per_page", ""), MessageTable.page_sizes[0])

    def links(self, found: Found) -> dict[str, Any]:
        """Where the log goes on, and the same page as a file and on paper."""
        first = found.messages[0].pk if found.messages else 0
        is_newest = found.newer_than is None
        is_live = is_newest and bool(self.request.GET.get("live"))
        # The file of a page holds what the page shows, whatever has come meanwhile.
        same = {} if is_live or not first else {"before": str(first + 1)}
        further = {"further": "1"} if found.gave_up else {}
        return {
            "found": found,
            "page_size": self.page_size(),
            "is_newest": is_newest,
            "is_live": is_live,
            "tail_url": self.url_to(tail=str(first)) if is_live else "",
            "newest_url": self.url_to(),
            "older_url": self.url_to(before=str(found.older_than), **further),
            "newer_url": self.url_to(after=str(found.newer_than), **further),
            "size_urls": [
                (size, self.url_to(per_page=str(size))) for size in MessageTable.page_sizes
            ],
            "csv_url": self.url_to(**same, export="csv"),
            "print_url": self.url_to(**same, print="1"),
        }

    def url_to(self, **params: str) -> str:
        """Another page under the same filters; without parameters the newest one."""
        query = self.request.GET.copy()
        for name in (*PLACE, "tail", "pending", "export", "print"):
            query.pop(name, None)
        for name, value in params.items():
            query[name] = value
            if not value:
                del query[name]
        return f"?{query.urlencode()}"

    def tail(self, filterset: MessageFilterSet, newest: int) -> HttpResponse:
        """The rows that have come since, and those whose answers have."""
        fresh = filterset.qs.filter(pk__gt=newest).order_by("-pk")[: self.page_size()]
        rows = without_guesses(Found(list(fresh)), filterset.form.cleaned_data["text"]).messages
        answered = self.answered()
        if not rows and not answered:
            return HttpResponse(status=204)
        last = max([newest, *(message.pk for message in rows)])
        context = {
            "table": self.dress(table_of(rows, self.request.user)),
            "answered": self.dress(table_of(answered, self.request.user)),
            "tail_url": self.url_to(tail=str(last)),
            "page_size": self.page_size(),
        }
        return render(self.request, "operations/messages/_tail.html", context)

    def answered(self) -> list[OcppMessage]:
        """Of the rows that waited for an answer, those that wait no more."""
        asked = self.request.GET.get("pending", "").split(",")[:MOST_PENDING]
        pks = [int(pk) for pk in asked if pk.isdecimal() and len(pk) < 19]
        if not pks:
            return []
        rows = self.scope(self.request.user).filter(pk__in=pks)
        return [message for message in rows if not is_pending(message)]


class MessageDetail(View):
    """One exchange: under its row, or on a page of its own."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The frames, laid out."""
        visible = OcppMessage.objects.visible_to(request.user).select_related("station")
        message = get_object_or_404(visible, pk=pk)
        context = {"message": message, "exchange": exchanges([message])[0]}
        template = "_frames.html" if request.htmx else "detail.html"
        return render(request, f"operations/messages/{template}", context)


def table_of(messages: list[OcppMessage], user: User) -> MessageTable:
    """The messages as rows."""
    table = MessageTable(messages, audience=Audience.of(user))
    table.page = Window(table.rows, messages[0].pk if messages else 0)
    return table


def key_in(request: PortalRequest, name: str) -> int | None:
    """A message's key in the address; None without one."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def without_guesses(found: Found, text: str) -> Found:
    """Without messages whose text matched in what is masked: nobody shall guess tokens that way."""
    if not text or not settings.EVCHARGE_MASK_TOKENS:
        return found
    needle = _bare(text)
    shown = [
        message
        for message in found.messages
        if any(needle in _bare(masking.shown(raw)) for raw in (message.call, message.answer))
    ]
    return replace(found, messages=shown)


def _bare(text: str) -> str:
    """As the database compares it; masking may change a frame's spaces."""
    return "".join(text.split()).casefold()
