"""What is said of a station's copy of its list."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.models import StationList
from operations.services.local_lists import revisions


def remark_on(copy: StationList) -> str:
    """What the station holds after a sending that did not come to its end."""
    sentences = []
    if copy.applied is not None:
        words = {"version": copy.version or 0, "done": copy.applied, "size": size_of(copy)}
        partly = _("The list is partly applied: version %(version)d, %(done)d of %(size)d.")
        sentences.append(partly % words)
    if copy.is_in_doubt:
        sentences.append(_("Whether the last message was applied is not known."))
    return " ".join(sentences) or _("What the station held before is unchanged.")


def no_list() -> str:
    """Why sending it one is in vain."""
    return _("The station has no local list.")


def disabled() -> str:
    """The same, where it could be switched on."""
    return _('The station\'s local list is disabled: turn "Local auth list enabled" on first.')


def size_of(copy: StationList) -> int:
    """How many identifiers, or changes, what it confirmed consists of."""
    if copy.revision is None:
        return 0
    base = copy.base.digest if copy.base else ""
    return revisions.changes_between(copy.protocol, base, copy.revision.digest).size


def in_words(copy: StationList) -> str:
    """The reported version beside the confirmed one."""
    reported = copy.reported_version
    if reported is None:
        return _("The station never said which version it holds.")
    if copy.is_enabled is False:
        return _("The local list is disabled.")
    if reported < 0:
        return _("The local list is not supported, or disabled.")
    return _compared(copy, reported)


def _compared(copy: StationList, reported: int) -> str:
    version, at = copy.version, copy.confirmed_at
    if reported == 0 and version is None:
        return _("The local list is empty.")
    if version is None or at is None:
        return _("Version %(reported)d; the portal never sent one.") % {"reported": reported}
    when = timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
    words = {"reported": reported, "version": version, "at": when}
    if reported == version:
        return _("Version %(reported)d, as sent on %(at)s.") % words
    return _("Version %(reported)d differs from version %(version)d sent on %(at)s.") % words


def messages_in_words(count: int) -> str:
    """How many messages: 3 messages."""
    return ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
