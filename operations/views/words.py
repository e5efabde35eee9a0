"""What scripts say, in the reader's language (static/js/words.js)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.i18n import JavaScriptCatalog


class Words(JavaScriptCatalog):
    """The catalogue of scripts; its address names the language, so that browsers may keep it."""

    packages = ["operations"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The catalogue, kept for an hour."""
        response: HttpResponse = super().get(request, *args, **kwargs)
        patch_cache_control(response, private=True, max_age=3600)
        return response
