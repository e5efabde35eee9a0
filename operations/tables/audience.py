"""Whom a row is rendered for: people of one role and time zone see the same."""

from dataclasses import dataclass
from typing import Self

from operations.models import User
from operations.statuses import Role


@dataclass(frozen=True, slots=True)
class Audience:
    """All that a row depends on besides its record."""

    role: Role
    time_zone: str

    @classmethod
    def of(cls, user: User) -> Self:
        """The audience a user belongs to."""
        role = Role.ADMIN if user.is_superuser else Role(user.role)
        return cls(role=role, time_zone=user.time_zone)
