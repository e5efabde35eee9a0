"""Changing the firmware library: adding an image, retiring, deleting and taking up one again."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands.base import Text
from operations.forms.firmware import FirmwareForm
from operations.services import firmware
from operations.statuses import Role
from operations.views.firmware import find, may_change
from operations.views.requests import PortalRequest


class AddFirmware(View):
    """Puts an image into the library."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For engineers."""
        if not self.request.user.may(Role.ENGINEER):
            raise PermissionDenied(_("Adding firmware needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest) -> HttpResponse:
        """The form; a link may say for which model."""
        return self.answer(FirmwareForm(user=request.user, initial=request.GET.dict()))

    def post(self, request: PortalRequest) -> HttpResponse:
        """Keep it."""
        form = FirmwareForm(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            # Browsers' consoles complain of scripts' 422.
            return self.answer(form, status=200 if self.is_script else 422)
        image = firmware.add(
            image=form.save(commit=False), upload=form.cleaned_data["upload"], user=request.user
        )
        messages.success(request, _("%(image)s is in the library.") % {"image": image})
        if self.is_script:
            # It would follow a redirect by itself, and the notice would be lost on it.
            location = reverse("firmware-detail", args=[image.pk])
            return HttpResponse(status=201, headers={"Location": location})
        return redirect("firmware-detail", pk=image.pk)

    @property
    def is_script(self) -> bool:
        """Whether static/js/uploads.js sends the form."""
        return self.request.headers.get("X-Requested-With") == "XMLHttpRequest"

    def answer(self, form: FirmwareForm, status: int = 200) -> HttpResponse:
        """The page."""
        return render(self.request, "operations/firmware/add.html", {"form": form}, status=status)


class ActOnFirmware(View):
    """GET asks whether it is meant, POST does it."""

    request: PortalRequest
    title: ClassVar[Text]
    description: ClassVar[Text]
    done: ClassVar[Text]
    label: ClassVar[Text]
    icon: ClassVar[str]
    tone: ClassVar[str] = "red"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Unknown images first, then who may."""
        self.image = find(self.request.user, kwargs["pk"])
        if not may_change(self.request.user, self.image):
            raise PermissionDenied(
                _("Only engineers change the library, each for the organisation they belong to.")
            )
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """What will happen."""
        context = {
            "title": self.title % {"image": self.image},
            "description": self.description,
            "icon": self.icon,
            "tone": self.tone,
            "action": request.path,
            "cancel_url": reverse("firmware-detail", args=[pk]),
            "submit_label": self.label,
            "as_page": not request.htmx,
        }
        template = "components/_dialog.html" if request.htmx else "operations/ask/page.html"
        return render(request, template, context)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do it, and say so where one comes out."""
        words, url = {"image": str(self.image)}, self.next_url()
        try:
            self.act()
        except ValueError:
            messages.warning(request, _("%(image)s was used: it can only be retired.") % words)
            url = reverse("firmware-detail", args=[pk])
        else:
            messages.success(request, self.done % words)
        return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)

    def act(self) -> None:
        """Do what was asked. Raises ValueError where that can't be."""
        raise NotImplementedError

    def next_url(self) -> str:
        """Where one comes out."""
        return reverse("firmware-detail", args=[self.image.pk])


class RetireFirmware(ActOnFirmware):
    """Takes an image out of use."""

    title = gettext_lazy("Retire %(image)s")
    description = gettext_lazy(
        "It is offered no more, and stations are not compared with it. What was asked for goes on, "
        "and its history stays."
    )
    done = gettext_lazy("%(image)s is retired.")
    label = gettext_lazy("Retire")
    icon = "box-archive"

    def act(self) -> None:
        """Retire it."""
        firmware.retire(image=self.image)


class BringBackFirmware(ActOnFirmware):
    """Takes an image into use again."""

    title = gettext_lazy("Use %(image)s again")
    description = gettext_lazy("It is offered again, and stations are compared with it.")
    done = gettext_lazy("%(image)s is offered again.")
    label = gettext_lazy("Use again")
    icon = "rotate-left"
    tone = ""

    def act(self) -> None:
        """Offer it."""
        firmware.bring_back(image=self.image)


class DeleteFirmware(ActOnFirmware):
    """Forgets an image nobody used."""

    title = gettext_lazy("Delete %(image)s")
    description = gettext_lazy("No station was asked to fetch it: it is deleted with its file.")
    done = gettext_lazy("%(image)s is deleted.")
    label = gettext_lazy("Delete")
    icon = "trash"

    def act(self) -> None:
        """Delete it."""
        firmware.delete(image=self.image)

    def next_url(self) -> str:
        """It has no page any more."""
        return reverse("firmware-list")
