"""The form of a saved view."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import ListLook, SavedView
from operations.statuses import Role


class SavedViewForm(forms.ModelForm):
    """Its name, who sees it, and whether the list opens with it."""

    is_opening = forms.BooleanField(
        label=gettext_lazy("Open the list with it"),
        required=False,
        help_text=gettext_lazy("Instead of with all rows, whenever you come from the menu."),
    )

    class Meta:
        model = SavedView
        fields = ("name", "is_shared")
        labels = {"is_shared": gettext_lazy("Share with colleagues")}
        help_texts = {
            "is_shared": gettext_lazy(
                "People of your organisation find it in the list, each with the rows they may see."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        view = self.instance
        if not view.user.may(Role.OPERATOR):
            del self.fields["is_shared"]
        if view.pk:
            opening = ListLook.objects.filter(user=view.user, opens_with=view)
            self.fields["is_opening"].initial = opening.exists()

    def clean_name(self) -> str:
        """One name, one view of this list."""
        name: str = self.cleaned_data["name"]
        view = self.instance
        same = SavedView.objects.filter(user=view.user, list=view.list, name=name)
        if same.exclude(pk=view.pk).exists():
            raise forms.ValidationError(_("You have a view of this name already."))
        return name
