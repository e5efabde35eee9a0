"""Codes of an authenticator app, asked for after the password."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing
from operations.statuses import Role

TOTP = Authenticator.Type.TOTP


def is_on(user: User) -> bool:
    """Whether somebody signs in with a code too."""
    return bool(Authenticator.objects.filter(user=user, type=TOTP).exists())


def is_missing(user: User) -> bool:
    """Whether somebody must switch codes on before anything else."""
    return settings.EVCHARGE_ADMINS_NEED_CODE and user.may(Role.ADMIN) and not is_on(user)


def has_it() -> Exists:
    """Whether a user has codes on, for annotating users."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=TOTP))


@transaction.atomic
def take_away(*, user: User) -> bool:
    """Switch somebody's codes off who lost the phone; whether they were on."""
    count, _by_model = Authenticator.objects.filter(user=user).delete()
    if count:
        auditing.note(Deed.SECOND_FACTOR_OFF, user)
    return bool(count)
