"""Views of lists under a name: saving, changing, deleting one's own."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.forms.saved_views import SavedViewForm
from operations.models import ListLook, SavedView
from operations.services import looks
from operations.statuses import Role
from operations.views.confirming import Confirm
from operations.views.looks import PLAIN, WithLook
from operations.views.requests import PortalRequest

LONGEST_QUERY = 2000
MOST_VIEWS = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A list of the portal, with all its address says."""

    list_name: str
    path: str
    query: str

    @classmethod
    def of(cls, request: PortalRequest) -> Self:
        """The one `?next=` names; nothing else is led back to."""
        address = urlsplit(request.GET.get("next", ""))
        try:
            match = resolve(address.path)
        except Resolver404:
            raise Http404 from None
        if not issubclass(getattr(match.func, "view_class", type), WithLook):
            raise Http404
        return cls(match.url_name or "", address.path, address.query)

    @property
    def url(self) -> str:
        """Back to it."""
        return f"{self.path}?{self.query}" if self.query else self.path


class ViewList(View):
    """The menu of a list's views, fetched when it is opened; a page of its own without scripts."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """One's own, and what colleagues share."""
        page = Page.of(request)
        visible = SavedView.objects.visible_to(request.user).filter(list=page.list_name)
        views = list(visible.select_related("user")[:MOST_VIEWS])
        look = ListLook.objects.filter(user=request.user, list=page.list_name).first()
        context = {
            "title": _("Saved views"),
            "path": page.path,
            "next": page.url,
            "my_views": [view for view in views if view.user_id == request.user.pk],
            "shared_views": [view for view in views if view.user_id != request.user.pk],
            "current_query": page.query,
            "opens_with": look.opens_with_id if look else None,
            "plain_url": f"{page.path}{PLAIN if look and look.opens_with_id else ''}",
        }
        template = "components/_views.html" if request.htmx else "operations/lists/views.html"
        return render(request, template, context)


class OfList(Confirm):
    """A dialog over a list page."""

    role = Role.VIEWER
    view: SavedView

    def find(self, **kwargs: Any) -> None:
        """The page behind it."""
        self.page = Page.of(self.request)

    def next_url(self) -> str:
        """Back to where one was."""
        return self.page.url


class AddView(OfList):
    """What one sees now, under a name."""

    icon = "star"
    label = gettext_lazy("Save")

    def find(self, **kwargs: Any) -> None:
        """With what the address says."""
        super().find(**kwargs)
        if len(self.page.query) > LONGEST_QUERY:
            raise PermissionDenied(_("This filter is too long to be saved."))
        self.view = SavedView(
            user=self.request.user, list=self.page.list_name, query=self.page.query
        )

    def title(self) -> str:
        """The question."""
        return _("Save this view")

    def description(self) -> str:
        """What it holds."""
        return _("Filters, order, columns and density as they are now; not the rows.")

    def build_form(self, data: Any = None) -> SavedViewForm:
        """Empty."""
        return SavedViewForm(data, instance=self.view)

    def act(self, form: Any) -> str:
        """Keep it."""
        view = form.save(commit=False)
        looks.save_view(view=view, is_opening=form.cleaned_data["is_opening"])
        return _("The view %(name)s is saved.") % {"name": view.name}


class OwnView(OfList):
    """Something done with a view of one's own."""

    def find(self, **kwargs: Any) -> None:
        """Nobody changes another's."""
        own = SavedView.objects.filter(user=self.request.user).select_related("user")
        self.view = get_object_or_404(own, pk=kwargs["pk"])
        super().find(**kwargs)


class ChangeView(OwnView):
    """Its name, and who sees it."""

    icon = "pen"
    label = gettext_lazy("Save")

    def title(self) -> str:
        """Which one."""
        return _("Change the view %(name)s") % {"name": self.view.name}

    def build_form(self, data: Any = None) -> SavedViewForm:
        """As it is."""
        return SavedViewForm(data, instance=self.view)

    def act(self, form: Any) -> str:
        """Keep it."""
        view = form.save(commit=False)
        looks.save_view(view=view, is_opening=form.cleaned_data["is_opening"])
        return _("The view %(name)s is changed.") % {"name": view.name}


class DeleteView(OwnView):
    """It is no longer in anybody's menu."""

    icon = "trash"
    tone = "red"
    label = gettext_lazy("Delete")

    def title(self) -> str:
        """Which one."""
        return _("Delete the view %(name)s") % {"name": self.view.name}

    def description(self) -> str:
        """Who misses it."""
        if self.view.is_shared:
            return _("Your colleagues lose it too. The rows it shows stay.")
        return _("The rows it shows stay.")

    def act(self, form: Any) -> str:
        """Forget it."""
        looks.delete_view(view=self.view)
        return _("The view %(name)s is deleted.") % {"name": self.view.name}
