"""All it takes to judge a presented token, in one query whose every part is an index."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from operations.models import Session, Station, Token
from operations.statuses import SessionStatus

# Who forgets to end a session must not be kept from charging for ever.
COUNTED_DAYS = 7
NEVER = 2**63 - 1  # beyond all keys

_RUNNING = f"""
    FROM {Session._meta.db_table} s
    WHERE s.status = %(running)s AND LOWER(s.token) = LOWER(%(identifier)s)
      AND s.started_at >= %(since)s
      AND s.id <> %(session)s AND s.id < %(before)s"""
# Written by hand: putting it together anew for each Authorize would take longer than the query.
_SQL = f"""
    SELECT t.status, t.expires_at, t."group", g.status, g.expires_at,
      t.organisation_id IS NULL OR t.organisation_id =
        (SELECT o.organisation_id FROM {Station._meta.db_table} o WHERE o.id = %(station)s),
      CASE WHEN COALESCE(t.most_sessions, %(most)s) > 0
        THEN (SELECT COUNT(*) {_RUNNING}) >= COALESCE(t.most_sessions, %(most)s) END,
      CASE WHEN COALESCE(t.most_sessions, %(most)s) > 0
        THEN EXISTS (SELECT 1 {_RUNNING} AND s.station_id = %(station)s) END
    FROM {Token._meta.db_table} t
    LEFT JOIN {Token._meta.db_table} g ON t."group" <> '' AND LOWER(g.identifier) = LOWER(t."group")
    WHERE LOWER(t.identifier) = LOWER(%(identifier)s)"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a token at one station."""

    status: str
    expires_at: datetime | None
    group: str
    # Those of the group's own token, where there is one.
    group_status: str | None
    group_expires_at: datetime | None
    is_of_here: bool  # whether its organisation has this station
    is_at_its_limit: bool  # of running sessions, besides the one it is presented for
    runs_here: bool


def find(
    *, identifier: str, station_pk: int, session_pk: int | None, is_first: bool
) -> Standing | None:
    """What is known of a token, whatever the case of its letters; None of what nobody knows.

    `is_first`: sessions we heard of after this one do not count, for it was there before them.
    """
    if not identifier:
        return None
    since = timezone.now() - timedelta(days=COUNTED_DAYS)
    params = {
        "identifier": identifier,
        "station": station_pk,
        "session": session_pk or 0,
        "before": session_pk if session_pk and is_first else NEVER,
        "since": connection.ops.adapt_datetimefield_value(since),
        "running": SessionStatus.RUNNING.value,
        "most": settings.EVCHARGE_TOKEN_MOST_SESSIONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, params)
        row = cursor.fetchone()
    if row is None:
        return None
    status, expires, group, group_status, group_expires, *flags = row
    return Standing(
        status, _time(expires), group, group_status, _time(group_expires), *map(bool, flags)
    )


def _time(at: Any) -> datetime | None:
    """SQLite keeps times in UTC, and does not say so."""
    if isinstance(at, str):
        at = parse_datetime(at)
    if not isinstance(at, datetime):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
