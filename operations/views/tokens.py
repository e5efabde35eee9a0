"""Operations > Tokens: what may charge, and changing it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.filters.tokens import TokenFilterSet
from operations.forms.tokens import TokenForm
from operations.models import RejectedToken, Token, User
from operations.models.tokens import TokenStatus
from operations.resources.formats import SafeCSV, SafeXLSX
from operations.services import tokens
from operations.services.token_resource import TokenResource
from operations.statuses import Role
from operations.tables.tokens import TokenTable
from operations.views.confirming import Confirm
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest

FORMATS: dict[str, type[Any]] = {"csv": SafeCSV, "xlsx": SafeXLSX}


def visible(user: User) -> QuerySet[Token]:
    """The tokens this user sees, with what their rows name."""
    return Token.objects.visible_to(user).select_related("organisation")


class TokenList(PortalList):
    """All of them."""

    title = gettext_lazy("Tokens")
    name = "tokens"
    table_class = TokenTable
    filterset_class = TokenFilterSet
    template_name = "operations/tokens/list.html"
    order_by = ("identifier",)
    no_match = gettext_lazy("No token matches this filter")

    def scope(self, user: User) -> QuerySet[Token]:
        """With whose they are."""
        return visible(user)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many, how many are blocked, and how many were rejected."""
        blocked = Token.objects.visible_to(user).filter(status=TokenStatus.BLOCKED).count()
        rejected = RejectedToken.objects.visible_to(user).count()
        return [
            {
                "value": blocked,
                "label": _("blocked"),
                "url": f"?status={TokenStatus.BLOCKED}",
                "tone": "red" if blocked else "",
            },
            {
                "value": rejected,
                "label": _("rejected at stations"),
                "url": reverse("token-rejected-list"),
                "tone": "orange" if rejected else "",
            },
        ]

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With the ways to add, and to have all that match in a file."""
        filtered = request.GET.urlencode()
        context |= {
            "tab": "tokens",
            "may_add": request.user.may(Role.ENGINEER),
            "all_url": f"{reverse('token-export', args=['csv'])}?{filtered}",
            "all_label": _("CSV of all"),
            "xlsx_url": f"{reverse('token-export', args=['xlsx'])}?{filtered}",
        }
        return super().answer(request, context, scope)

    def teaching(self) -> EmptyState:
        """What tokens are good for."""
        state: EmptyState = {
            "empty_title": _("No tokens yet"),
            "empty_text": _(
                "Nobody can charge: stations that ask about a card are answered Invalid. Add "
                "tokens one by one, or import a file of them."
            ),
        }
        if self.request.user.may(Role.ENGINEER):
            state |= {"empty_url": reverse("token-import"), "empty_action": _("Import a file")}
        return state


class ExportTokens(View):
    """All tokens that match the filter, as a file that can be imported again."""

    def get(self, request: PortalRequest, kind: str) -> HttpResponse:
        """In the scope of who asks."""
        scope = visible(request.user).order_by("identifier")
        filterset = TokenFilterSet(request.GET, queryset=scope, request=request)
        matching = filterset.qs if filterset.form.is_valid() else scope.none()
        written = FORMATS[kind]()
        name = f"tokens-{timezone.localdate():%Y-%m-%d}.{kind}"
        return HttpResponse(
            written.export_data(TokenResource().export(matching)),
            content_type=written.get_content_type(),
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            },
        )


class ActOnToken(Confirm):
    """Something done with one token."""

    def find(self, **kwargs: Any) -> None:
        """The token, if they see it."""
        self.token = get_object_or_404(visible(self.request.user), pk=kwargs["pk"])

    def words(self) -> dict[str, Any]:
        """What sentences name."""
        return {"token": self.token.identifier, "holder": self.token.holder}

    def next_url(self) -> str:
        """Back to the list."""
        return reverse("token-list")


class ChangeToken(ActOnToken):
    """Its form."""

    icon = "pen"
    label = gettext_lazy("Save")

    def title(self) -> str:
        """Which one."""
        return _("Change token %(token)s") % self.words()

    def build_form(self, data: Any = None) -> TokenForm:
        """What it is."""
        return TokenForm(data, instance=self.token, user=self.request.user)

    def act(self, form: Any) -> str:
        """Keep it."""
        tokens.save(token=form.save(commit=False))
        return _("%(token)s is changed.") % self.words()


class AddToken(Confirm):
    """A new one; the list of rejected tokens fills the form in."""

    icon = "plus"
    label = gettext_lazy("Add")

    def title(self) -> str:
        """The question."""
        return _("Add a token")

    def build_form(self, data: Any = None) -> TokenForm:
        """Empty, or with what a station presented."""
        return TokenForm(data, user=self.request.user, initial=self.initial())

    def initial(self) -> dict[str, Any]:
        """The rejected token, where the link names one this user sees."""
        number = self.request.GET.get("rejected", "")
        if not number.isdecimal():
            return {}
        seen = RejectedToken.objects.visible_to(self.request.user).select_related("station")
        rejected = seen.filter(pk=int(number[:18])).first()
        if rejected is None:
            return {}
        initial = {"identifier": rejected.token, "organisation": rejected.station.organisation_id}
        return initial | ({"type": rejected.type} if rejected.type else {})

    def act(self, form: Any) -> str:
        """Keep it."""
        token = form.save(commit=False)
        tokens.save(token=token)
        return _("%(token)s may charge now.") % {"token": token.identifier}

    def next_url(self) -> str:
        """Where one came from."""
        rejected = "rejected" in self.request.GET
        return reverse("token-rejected-list" if rejected else "token-list")


class BlockToken(ActOnToken):
    """Nobody charges with it until somebody accepts it again."""

    role = Role.OPERATOR
    icon = "ban"
    tone = "red"
    label = gettext_lazy("Block")

    def title(self) -> str:
        """Which one."""
        return _("Block token %(token)s") % self.words()

    def description(self) -> str:
        """What that does not do."""
        return _(
            "Stations that ask are answered Blocked. A session that runs goes on, and stations "
            "that are offline may know it from their list or cache."
        )

    def act(self, form: Any) -> str:
        """Block it."""
        tokens.set_status(token=self.token, status=TokenStatus.BLOCKED)
        return _("%(token)s is blocked.") % self.words()


class AcceptToken(ActOnToken):
    """It may charge again."""

    role = Role.OPERATOR
    icon = "circle-check"
    label = gettext_lazy("Accept again")

    def title(self) -> str:
        """Which one."""
        return _("Accept token %(token)s again") % self.words()

    def description(self) -> str:
        """When it may not all the same."""
        if self.token.expires_at is not None and self.token.expires_at <= timezone.now():
            return _("It has expired: stations are answered Expired until its expiry is changed.")
        return _("Stations that ask are answered Accepted.")

    def act(self, form: Any) -> str:
        """Accept it."""
        tokens.set_status(token=self.token, status=TokenStatus.ACCEPTED)
        return _("%(token)s is accepted again.") % self.words()


class DeleteToken(ActOnToken):
    """Nobody knows it any more."""

    icon = "trash"
    tone = "red"
    label = gettext_lazy("Delete")

    def title(self) -> str:
        """Which one."""
        return _("Delete token %(token)s") % self.words()

    def description(self) -> str:
        """What stays."""
        return _(
            "Stations that ask are answered Invalid. Its sessions stay, and so does what the "
            "audit log says of it."
        )

    def act(self, form: Any) -> str:
        """Delete it."""
        said = _("%(token)s is deleted.") % self.words()
        tokens.delete(token=self.token)
        return said
