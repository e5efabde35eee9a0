"""What would happen if many were asked, in words: how many, who not and why, on which terms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Target, Text
from operations.models import Station
from operations.models.batches import Pacing
from operations.services.judging import Judgement
from operations.services.terms import PACING, Terms
from operations.statuses import CountsUntil

PER_PAGE = 25
ASKED, WAITING = "asked", "waiting"
# What is said of a term that is set, by its name.
PACE_WORDS = (
    ("most_open", gettext_lazy("At most %(most_open)d open at a time, each %(until)s.")),
    ("most_open_per_site", gettext_lazy("At most %(most_open_per_site)d open per site.")),
    (
        "most_open_per_organisation",
        gettext_lazy("At most %(most_open_per_organisation)d open per organisation."),
    ),
    (
        "wave_size",
        gettext_lazy("In waves of %(wave_size)d, with %(wave_pause_s)d s between them."),
    ),
    ("jitter_s", gettext_lazy("Spread over %(jitter_s)d s.")),
    ("stop_after_failures", gettext_lazy("Stops after %(stop_after_failures)d failed.")),
    (
        "stop_after_percent",
        gettext_lazy("Stops when more than %(stop_after_percent)d %% failed."),
    ),
    ("attempts", gettext_lazy("Up to %(attempts)d attempts each.")),
    ("asks_during_sessions", gettext_lazy("Also where a session is running.")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One target: its name, where its page is, and why it can't be asked."""

    name: str
    station: Station
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Those of whom the same is true; unfolded page by page."""

    key: str
    label: Text
    icon: str
    tone: str
    page: Page
    is_open: bool

    @property
    def count(self) -> int:
        """How many there are."""
        return self.page.paginator.count


def tell(judgement: Judgement, *, shown: str) -> dict[str, Any]:
    """The counts and lists; `shown` ("offline:2") says which list is unfolded, at which page."""
    return {
        "askable": len(judgement.askable),
        "hindered": len(judgement.hindered),
        "parts": [part for part in _parts(judgement, shown) if part.count],
    }


def _parts(judgement: Judgement, shown: str) -> Iterator[Part]:
    waiting = {id(target) for target in judgement.waiting}
    asked = [Line(*_who(each)) for each in judgement.askable if id(each) not in waiting]
    yield _part(ASKED, _("Will be asked"), ("circle-check", "green"), asked, shown)
    later = [Line(*_who(each)) for each in judgement.waiting]
    label = _("Will be asked when they next connect")
    yield _part(WAITING, label, ("clock", "purple"), later, shown)
    for reason, hindered in judgement.by_reason().items():
        lines = [Line(*_who(each.target), each.sentence) for each in hindered]
        yield _part(reason.value, reason.label, ("ban", "orange"), lines, shown)


def _part(key: str, label: Text, look: tuple[str, str], lines: Sequence[Line], shown: str) -> Part:
    wanted, _colon, number = shown.partition(":")
    page = Paginator(lines, PER_PAGE).get_page(number if wanted == key else 1)
    return Part(key, label, *look, page=page, is_open=wanted == key)


def _who(target: Target) -> tuple[str, Station]:
    return target.sentence_name, target.station


def terms_in_words(terms: Terms | Pacing) -> list[str]:
    """The terms one would want to know of; what is usual goes without saying."""
    return [*_pace(terms), *_times(terms)]


def _pace(terms: Terms | Pacing) -> Iterator[str]:
    until = CountsUntil(terms.counts_until).label
    values = {name: getattr(terms, name) for name in PACING} | {"until": until}
    if terms.attempts == 1:
        values["attempts"] = 0
    yield from (str(words) % values for name, words in PACE_WORDS if values[name])


def _times(terms: Any) -> Iterator[str]:
    if getattr(terms, "starts_at", None):
        yield _("Begins at %(at)s.") % {"at": moment(terms.starts_at)}
    if terms.window_from is not None and terms.window_to is not None:
        yield _("Only from %(start)s to %(end)s, in each site's own time.") % {
            "start": clock(terms.window_from),
            "end": clock(terms.window_to),
        }
    if getattr(terms, "expires_at", None):
        yield _("Gives up at %(at)s.") % {"at": moment(terms.expires_at)}
    if getattr(terms, "waits_until", None):
        yield _("Waits for stations that are offline until %(at)s.") % {
            "at": moment(terms.waits_until)
        }


def moment(at: datetime) -> str:
    """A point in time in the reader's zone."""
    return date_format(timezone.localtime(at), "j M Y, H:i")


def clock(at: time) -> str:
    """A time of day."""
    return at.strftime("%H:%M")
