"""Spans of time as people say them."""

from datetime import datetime

from django.utils.translation import gettext as _

from operations import numbers


def duration(milliseconds: int | None) -> str:
    """120 ms, 1.4 s, 63 s, 12 min, 3 h; "" for none."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return _("%(number)d ms") % {"number": milliseconds}
    seconds = milliseconds / 1000
    if seconds < 10:
        return _("%(number)s s") % {"number": numbers.fixed(seconds)}
    if seconds < 120:
        return _("%(number)d s") % {"number": round(seconds)}
    if seconds < 7200:
        return _("%(number)d min") % {"number": round(seconds / 60)}
    return _("%(number)d h") % {"number": round(seconds / 3600)}


def between(began: datetime, ended: datetime) -> str:
    """How long it took."""
    return duration(max(round((ended - began).total_seconds() * 1000), 0))
