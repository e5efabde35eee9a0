"""How people want their lists, and the views they save; nobody changes another's."""

from collections.abc import Sequence

from django.db import transaction

from operations.models import ListLook, SavedView, User
from operations.models.looks import Density


@transaction.atomic
def wear(*, user: User, list_name: str, columns: Sequence[str], density: str) -> ListLook:
    """Keep the columns and the density somebody wants in a list."""
    look, _is_new = ListLook.objects.update_or_create(
        user=user,
        list=list_name,
        defaults={"columns": ",".join(columns), "density": Density(density)},
    )
    return look


@transaction.atomic
def save_view(*, view: SavedView, is_opening: bool) -> None:
    """Keep a view, new or changed; as what its owner's list opens with, or no more."""
    view.organisation = view.user.organisation
    view.save()
    if is_opening:
        ListLook.objects.update_or_create(
            user=view.user, list=view.list, defaults={"opens_with": view}
        )
    else:
        ListLook.objects.filter(user=view.user, opens_with=view).update(opens_with=None)


@transaction.atomic
def delete_view(*, view: SavedView) -> None:
    """Forget a view; its owner's list opens as it did before."""
    view.delete()
