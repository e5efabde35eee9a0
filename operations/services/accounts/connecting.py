"""An account here and one at an issuer that are the same person's."""

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing


@transaction.atomic
def disconnect(*, user: User) -> bool:
    """Nobody comes in through the issuer any more; whether somebody could."""
    count, _by_model = SocialAccount.objects.filter(user=user).delete()
    if count:
        auditing.note(Deed.DISCONNECTED, user)
    return bool(count)
