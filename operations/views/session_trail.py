"""The messages about a session: those that name it, and what surrounded them.

Found by what they say, not by the session's times alone: a station that was offline tells of a
session long after it, and one whose clock is wrong tells of it at the wrong time.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from operations.models import OcppMessage, Session
from operations.views.conversations import Exchange, exchanges

MOST_FIRST = 10
MOST_LAST = 40
MOST_AROUND = 40
LONGEST_FRAME = 4_000  # of fifty on one page, pushed again with every change

# How wrong a station's clock may be to be believed, and how long it may have been offline.
BEFORE = timedelta(days=1, minutes=5)
AFTER = timedelta(days=7)
# What leads to a session, and what follows from its end.
LEAD = timedelta(minutes=2)
# Of a token: presented, or sent along with a start.
ABOUT_TOKENS = ("Authorize", "RemoteStartTransaction", "RequestStartTransaction")


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange, and the request it was part of."""

    exchange: Exchange
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Trail:
    """The exchanges about a session, oldest first; long ones without their middle."""

    first: list[Step]
    last: list[Step]

    @property
    def is_cut(self) -> bool:
        """Whether there is more between the first and the last."""
        return bool(self.last)


def trail(session: Session) -> Trail:
    """At most ninety exchanges; five queries."""
    window = _window(session)
    naming = window.filter(_names(session))
    first = list(naming.order_by("pk")[:MOST_FIRST])
    last = list(naming.order_by("-pk")[: MOST_LAST + 1])[::-1] if len(first) == MOST_FIRST else []
    beyond = [message for message in last if message.pk > first[-1].pk]
    is_cut = len(beyond) > MOST_LAST
    around = _around(window, session, [*first, *last])
    if not is_cut:
        return Trail(_steps([*first, *beyond], around), [])
    beyond = beyond[1:]
    early = [message for message in around if message.pk < beyond[0].pk]
    late = [message for message in around if message.pk >= beyond[0].pk]
    return Trail(_steps(first, early), _steps(beyond, late))


def _window(session: Session) -> QuerySet[OcppMessage]:
    """The station's messages of about that time, by key: a station may have a million."""
    everything = OcppMessage.objects.all()
    messages = everything.filter(station=session.station_id)
    since, until = session.started_at - BEFORE, (session.ended_at or timezone.now()) + AFTER
    keys = everything.values_list("pk", flat=True)
    before = keys.filter(called_at__lt=since).order_by("-called_at").first()
    after = keys.filter(called_at__gt=until).order_by("called_at").first()
    if before is not None:
        messages = messages.filter(pk__gt=before)
    if after is not None:
        messages = messages.filter(pk__lt=after)
    return messages


def _names(session: Session) -> Q:
    """Calls with the transaction's id, and the answers that hand it out (1.6 §4.8)."""
    pattern = rf'"transactionId"\s*:\s*"?{re.escape(session.transaction_id)}"?\s*[,}}]'
    return Q(call__regex=pattern) | Q(answer__regex=pattern)


def _around(
    window: QuerySet[OcppMessage], session: Session, naming: Sequence[OcppMessage]
) -> list[OcppMessage]:
    """The token's checks and the connector's statuses just before, during and after."""
    since, until = _times(session, naming)
    about = Q()
    if session.token:
        quoted = json.dumps(session.token, ensure_ascii=False)
        about |= Q(action__in=ABOUT_TOKENS, call__contains=quoted)
    if session.connector is not None and session.charger is not None:
        here = Q(call__regex=rf'"connectorId"\s*:\s*{session.connector.number}\s*[,}}]')
        evse = Q(call__regex=rf'"evseId"\s*:\s*{session.charger.number}\s*[,}}]')
        # OCPP 1.6 numbers connectors through the station and knows no EVSE.
        about |= Q(action="StatusNotification") & here & (evse | ~Q(call__contains='"evseId"'))
    if not about:
        return []
    found = window.filter(about, called_at__range=(since, until))
    known = {message.pk for message in naming}
    return [each for each in found.order_by("pk")[:MOST_AROUND] if each.pk not in known]


def _times(session: Session, naming: Sequence[OcppMessage]) -> tuple[datetime, datetime]:
    """When the station told of the session, by our clock."""
    if not naming:
        return session.started_at - LEAD, (session.ended_at or timezone.now()) + LEAD
    until = timezone.now() if session.is_running else naming[-1].called_at + LEAD
    return naming[0].called_at - LEAD, until


def _steps(naming: Sequence[OcppMessage], around: Sequence[OcppMessage]) -> list[Step]:
    messages = sorted([*naming, *around], key=lambda message: message.pk)
    laid_out = exchanges(messages, longest=LONGEST_FRAME)
    return [
        Step(exchange, message.run_id) for message, exchange in zip(messages, laid_out, strict=True)
    ]
