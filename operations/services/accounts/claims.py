"""What an issuer says of somebody, as role and organisation here (OpenID Connect)."""

from typing import Any

from django.conf import settings
from django.db import transaction

from operations.models import Organisation, User
from operations.models.audit import Deed
from operations.services import auditing
from operations.services.accounts import sessions
from operations.statuses import Role

Claims = dict[str, Any]

EVERYTHING = "*"  # instead of an organisation's code
FIELDS = ("role", "organisation", "sees_all_organisations")


def merged(told: Claims) -> Claims:
    """The identity token's claims with those of the user's own endpoint over them.

    Raises ValueError where the two are about different people (OpenID Connect Core §5.3.2).
    """
    token, info = told.get("id_token") or {}, told.get("userinfo") or {}
    if token and info and token.get("sub") != info.get("sub"):
        raise ValueError("The issuer's token and its user information name different people.")
    return {**token, **info}


def verified_email(claims: Claims) -> str:
    """An address that the issuer says is theirs; nothing where it does not say so."""
    is_verified = claims.get("email_verified") in (True, "true")
    return str(claims.get("email") or "") if is_verified else ""


@transaction.atomic
def apply(*, user: User, claims: Claims) -> None:
    """Give somebody the role and organisation their claims map to, if claims decide these."""
    before = auditing.stored(user)
    if settings.EVCHARGE_OIDC_ROLE_CLAIM:
        user.role = _role(claims)
    if settings.EVCHARGE_OIDC_ORGANISATION_CLAIM:
        codes = _values(claims, settings.EVCHARGE_OIDC_ORGANISATION_CLAIM)
        user.sees_all_organisations = EVERYTHING in codes
        user.organisation = (
            None
            if user.sees_all_organisations
            else Organisation.objects.filter(code__in=codes).order_by("code").first()
        )
    changes = auditing.difference(before, user)
    if changes:
        user.save(update_fields=FIELDS)
        auditing.note(Deed.CHANGED, user, changes=changes, detail=settings.EVCHARGE_OIDC_NAME)
        sessions.tell(user=user)


def _role(claims: Claims) -> Role:
    """The highest that one of the claim's values stands for; a viewer where none does."""
    values = _values(claims, settings.EVCHARGE_OIDC_ROLE_CLAIM)
    granted = {settings.EVCHARGE_OIDC_ROLES.get(value) for value in values}
    roles = [role for role in Role if role.value in granted]
    return roles[-1] if roles else Role.VIEWER


def _values(claims: Claims, path: str) -> list[str]:
    """A claim's values; dots lead into it (`realm_access.roles`), one value is a list of one."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]
