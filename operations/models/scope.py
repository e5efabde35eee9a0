"""What a user may see: the rows of their organisation, or of the whole network."""

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from operations.models.users import User

Row = TypeVar("Row", bound=models.Model)


class ScopedQuerySet(models.QuerySet[Row]):
    """Rows that belong to an organisation, mostly through their station."""

    organisation_path: ClassVar[str] = "station__organisation_id"

    def visible_to(self, user: "User") -> Self:
        """The rows `user` may see."""
        if user.sees_whole_network:
            return self.all()
        if user.organisation_id is None:
            return self.none()
        return self.filter(**{self.organisation_path: user.organisation_id})
