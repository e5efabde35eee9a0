"""Operations > Tokens > Import: a file is uploaded, checked, looked at, and imported."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from operations import tasks
from operations.forms.tokens import ImportForm
from operations.models import TokenImport, User
from operations.models.token_imports import ImportStatus
from operations.models.tokens import PaymentKind, TokenStatus, TokenType
from operations.services import token_imports, token_rows
from operations.services.spreadsheets import UnreadableError
from operations.services.token_imports import StaleError
from operations.statuses import Role
from operations.views.requests import PortalRequest

LATEST = 10


class ForEngineers(View):
    """Who imports decides who charges."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not for viewers and operators."""
        if not self.request.user.may(Role.ENGINEER):
            raise PermissionDenied(_("Importing tokens needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)


def find(user: User, pk: int) -> TokenImport:
    """An import this user sees."""
    visible = TokenImport.objects.visible_to(user).select_related("organisation", "created_by")
    return get_object_or_404(visible, pk=pk)


class ImportTokens(ForEngineers):
    """The upload, with what a file has to look like, and the latest ones."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """The form."""
        return self.answer(ImportForm(user=request.user))

    def post(self, request: PortalRequest) -> HttpResponse:
        """Read it, and have its rows checked."""
        form = ImportForm(request.POST, request.FILES, user=request.user)
        imported = self.upload(form) if form.is_valid() else None
        if imported is None:
            # Browsers' consoles complain of scripts' 422.
            return self.answer(form, status=200 if self.is_script else 422)
        tasks.check_tokens.delay(imported.pk)
        url = reverse("token-import-detail", args=[imported.pk])
        if self.is_script:
            return HttpResponse(status=201, headers={"Location": url})
        return redirect(url)

    def upload(self, form: ImportForm) -> TokenImport | None:
        """What the portal keeps of the file; None, and the form says why, where that is nothing."""
        file = form.cleaned_data["upload"]
        try:
            return token_imports.upload(
                file=file.file,
                file_name=file.name,
                user=self.request.user,
                organisation=form.cleaned_data["organisation"],
            )
        except UnreadableError as error:
            form.add_error("upload", str(error))
            return None

    @property
    def is_script(self) -> bool:
        """Whether static/js/uploads.js sends the form."""
        return self.request.headers.get("X-Requested-With") == "XMLHttpRequest"

    def answer(self, form: ImportForm, status: int = 200) -> HttpResponse:
        """The page."""
        latest = TokenImport.objects.visible_to(self.request.user).select_related("created_by")
        context = {
            "form": form,
            "title": _("Import tokens"),
            "tab": "import",
            "latest": latest[:LATEST],
            "columns": columns(),
        }
        return render(self.request, "operations/tokens/import.html", context, status=status)


def columns() -> list[dict[str, str]]:
    """What a file's columns are called, and what may stand in them."""
    words = {
        "identifier": _("required; upper and lower case are the same"),
        "type": ", ".join(TokenType.values),
        "organisation": _("the organisation's code; empty: charges at all stations"),
        "holder": _("whose it is, in at most 100 characters"),
        "status": ", ".join(TokenStatus.values),
        "group": _("the parent's or group's identifier"),
        "expires_at": _("2027-12-31 or 2027-12-31 18:00, in your time zone; empty: never"),
        "payment": ", ".join(PaymentKind.values),
        "most_sessions": _("how many sessions at once; empty: as the portal's settings say"),
    }
    return [{"name": name, "words": words[name]} for name in token_rows.COLUMNS]


class ImportDetail(ForEngineers):
    """How far the check is, what it found; POST imports or discards."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The page, or for htmx the part that changes."""
        imported = find(request.user, pk)
        context = {
            "imported": imported,
            "title": _("Import of %(file)s") % {"file": imported.file_name},
            "tab": "import",
            "is_checking": imported.status == ImportStatus.CHECKING,
            "is_ready": imported.status == ImportStatus.CHECKED,
            "is_empty": not imported.new + imported.changed,
            "count": imported.new + imported.changed,
            "more_mistakes": imported.mistakes - len({row for row, *_ in imported.examples}),
        }
        template = "_import.html" if request.htmx else "import_detail.html"
        return render(request, f"operations/tokens/{template}", context)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do what the button says."""
        imported = find(request.user, pk)
        if "discard" in request.POST:
            token_imports.discard(imported=imported)
            messages.success(request, _("Nothing of %(file)s was imported.") % {"file": imported})
            return redirect("token-import")
        try:
            token_imports.apply(imported=imported)
        except StaleError as error:
            messages.warning(request, str(error))
            return redirect("token-import-detail", pk=pk)
        messages.success(request, token_imports.told(imported))
        return redirect("token-list")
