"""Clear cache: ClearCache (1.6 §5.4, 2.0.1 C11)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand, WireForm


class ClearCacheForm(WireForm):
    """Nothing to choose."""

    action = "ClearCache"


class ClearCache(PlainCommand):
    """Forgets every identifier the station has authorized on its own. The list is not touched."""

    slug = "clear-cache"
    label = gettext_lazy("Clear cache")
    icon = "broom"
    group = groups.AUTHORIZATION
    targets = frozenset({TargetKind.STATION})
    form = ClearCacheForm
    sentence = gettext_lazy("Clear the authorization cache of %(target)s")
    resend = True
    request_v16 = PlainCommand.ask
    request_v201 = PlainCommand.ask
