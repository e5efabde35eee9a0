"""Dialogs that ask whether something is meant, maybe with a form, and then do it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands.base import Text
from operations.statuses import Role
from operations.views.requests import PortalRequest


class Confirm(View):
    """GET asks, POST does it and says so where one comes out. A dialog, or a page of its own."""

    request: PortalRequest
    role: ClassVar[Role] = Role.ENGINEER
    form_class: ClassVar[type[forms.BaseForm]] = forms.Form
    icon: ClassVar[str]
    label: ClassVar[Text]  # of the button that does it
    tone: ClassVar[str] = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What one does not see is not there; then who may."""
        self.find(**kwargs)
        if not self.request.user.may(self.role):
            raise PermissionDenied(_("This needs the role %(role)s.") % {"role": self.role.value})
        return super().dispatch(request, *args, **kwargs)

    def find(self, **kwargs: Any) -> None:
        """Keep on `self` what it is about; Http404 where this user does not see it."""

    def title(self) -> str:
        """The question."""
        raise NotImplementedError

    def description(self) -> str:
        """What will happen, and to whom."""
        return ""

    def build_form(self, data: Any = None) -> forms.BaseForm:
        """The form to fill in."""
        return self.form_class(data)

    def act(self, form: forms.BaseForm) -> str:
        """Do it; returns the sentence that says so."""
        raise NotImplementedError

    def next_url(self) -> str:
        """Where one comes out."""
        raise NotImplementedError

    def get(self, request: PortalRequest, **kwargs: Any) -> HttpResponse:
        """Ask."""
        return self.answer(self.build_form())

    def post(self, request: PortalRequest, **kwargs: Any) -> HttpResponse:
        """Do it, if the form is right."""
        form = self.build_form(request.POST)
        if not form.is_valid():
            return self.answer(form, status=422)
        messages.success(request, self.act(form))
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": self.next_url()})
        return redirect(self.next_url())

    def answer(self, form: forms.BaseForm, status: int = 200) -> HttpResponse:
        """The question with its form."""
        context = {
            "form": form,
            "title": self.title(),
            "description": self.description(),
            "icon": self.icon,
            "tone": self.tone,
            "action": self.request.get_full_path(),
            "cancel_url": self.next_url(),
            "submit_label": self.label,
            "as_page": not self.request.htmx,
        }
        template = (
            "components/_dialog.html" if self.request.htmx else "operations/alerts/dialog_page.html"
        )
        return render(self.request, template, context, status=status)


class Delete(Confirm):
    """Does away with what could have been changed; a base before the view that changes it."""

    icon = "trash"
    label = gettext_lazy("Delete")
    tone = "red"

    def build_form(self, data: Any = None) -> Any:
        """Nothing to fill in."""
        return Confirm.build_form(self, data)
