"""The filters' fields."""

from collections.abc import Sequence
from typing import Any

from django import forms


class Suggesting(forms.TextInput):
    """A text that offers what there is; any part of it may be typed too."""

    template_name = "operations/widgets/suggesting.html"
    suggestions: Sequence[str] = ()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with the list of suggestions."""
        context = super().get_context(name, value, attrs)
        context["suggestions"] = self.suggestions
        context["widget"]["attrs"]["list"] = f"{name}-suggestions"
        return context
