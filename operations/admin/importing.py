"""Import and export in the admin: whole files or nothing, and sentences instead of tracebacks."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.results import Result
from tablib.exceptions import InvalidDimensions

from operations.admin.site import PortalModelAdmin
from operations.resources.formats import FORMATS


class ImportingAdmin(ImportExportModelAdmin, PortalModelAdmin):
    """A preview with the errors of each row first; then all rows or none."""

    formats = FORMATS
    import_template_name = "operations/admin/import.html"
    skip_admin_log = False

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """What became wrong since the preview must not leave half a file behind."""
        given: dict[str, Any] = super().get_import_data_kwargs(**kwargs)
        return {**given, "rollback_on_validation_errors": True}

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Say so when, since the preview, the network changed and the file no longer fits."""
        if not result.has_errors() and not result.has_validation_errors():
            response: HttpResponse = super().process_result(result, request)
            return response
        messages.error(
            request, _("Nothing was imported: something changed since the preview. Look again.")
        )
        info = self.get_model_info()
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*info)))

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Why the file cannot be read, in a sentence."""
        form.add_error("import_file", _why_unreadable(e))


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _("The file is not UTF-8 text. Save it as UTF-8 (in Excel: CSV UTF-8).")
    if isinstance(error, InvalidDimensions):
        return _("The file has a row with more or fewer cells than its first row.")
    return _("The file cannot be read in this format. Choose the format it was saved in.")
