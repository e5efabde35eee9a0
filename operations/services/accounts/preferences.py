"""What people say of themselves: their name, where mail reaches them, how pages look to them."""

from typing import Any

from django.db import transaction

from operations.models import User
from operations.models.audit import Deed
from operations.models.users import Theme
from operations.services import auditing

FIELDS = ("first_name", "last_name", "email", "own_time_zone", "language", "theme")


@transaction.atomic
def change(*, user: User, values: dict[str, Any]) -> None:
    """Keep what somebody chose on their own page."""
    before = auditing.stored(user)
    fields = [name for name in FIELDS if name in values]
    for name in fields:
        setattr(user, name, values[name])
    user.save(update_fields=fields)
    changes = auditing.difference(before, user)
    if changes:
        auditing.note(Deed.CHANGED, user, changes=changes)


def choose_theme(*, user: User, theme: Theme) -> None:
    """Light or dark; nothing the audit log needs to know."""
    user.theme = theme
    user.save(update_fields=["theme"])
