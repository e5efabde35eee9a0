"""Whom a row is rendered for: people of one role, time zone and language see the same."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils.translation import get_language

from operations.models import User
from operations.statuses import Role


@dataclass(frozen=True, slots=True)
class Audience:
    """All that a row depends on besides its record."""

    role: Role
    time_zone: str
    language: str = settings.LANGUAGE_CODE

    @classmethod
    def of(cls, user: User) -> Self:
        """The audience a user belongs to, in the language that is spoken now."""
        role = Role.ADMIN if user.is_superuser else Role(user.role)
        language = get_language() or settings.LANGUAGE_CODE
        return cls(role=role, time_zone=user.time_zone, language=language)
