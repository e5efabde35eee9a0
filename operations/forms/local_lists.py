"""Forms of local lists: what one holds, and which stations are to hold it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import LocalList, Site, Station, Token, User
from operations.models.local_lists import ListSource
from operations.services import rows

MOST_SHOWN = 5  # of what was not found
MOST_CHARACTERS = 2_000_000  # some 50,000 lines


class LinesField(forms.CharField):
    """One per line; none twice."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"})
        super().__init__(max_length=MOST_CHARACTERS, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """The lines that are not empty."""
        text = super().clean(value)
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class LocalListForm(forms.ModelForm):
    """A named list: its tokens, and the sites whose stations are to hold it."""

    identifiers = LinesField(
        label=gettext_lazy("Chosen tokens"),
        help_text=gettext_lazy("Their identifiers, one per line; only where tokens are chosen."),
    )
    sites = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Sites"),
        queryset=Site.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "All their stations hold it, except those that have a list of their own."
        ),
    )

    class Meta:
        model = LocalList
        fields = (
            "name",
            "organisation",
            "source",
            "group",
            "identifiers",
            "sites",
            "holds_refused",
            "syncs",
        )
        help_texts = {
            "group": gettext_lazy("The parent's or group's identifier; only for a group's tokens.")
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tokens: list[Token] = []
        fields: dict[str, Any] = self.fields
        sites = Site.objects.all()
        if not user.sees_whole_network:
            del fields["organisation"]
            self.instance.organisation_id = user.organisation_id
            sites = sites.filter(organisation=user.organisation_id)
        fields["sites"].queryset = sites
        if self.instance.pk:
            fields["sites"].initial = self.instance.sites.all()
            chosen = self.instance.tokens.values_list("identifier", flat=True)
            fields["identifiers"].initial = "\n".join(chosen.order_by("identifier"))

    def clean(self) -> dict[str, Any]:
        """What goes with what; the tokens named must be there."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        source = cleaned["source"]
        if source == ListSource.GROUP and not cleaned["group"]:
            self.add_error("group", _("Say which group."))
        if source != ListSource.GROUP:
            cleaned["group"] = ""
        if source == ListSource.CHOSEN:
            self._find_tokens(cleaned["identifiers"])
        self._check_sites(cleaned)
        same = LocalList.objects.filter(
            organisation=self._organisation_pk(), name__iexact=cleaned["name"]
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("There is a list of this name already."))
        return cleaned

    def _organisation_pk(self) -> int | None:
        chosen = self.cleaned_data.get("organisation")
        pk: int | None = chosen.pk if chosen else self.instance.organisation_id
        return pk

    def _find_tokens(self, identifiers: list[str]) -> None:
        """Only tokens that charge at the list's stations."""
        organisation = self._organisation_pk()
        wanted = {identifier.lower(): identifier for identifier in identifiers}
        keys = sorted(wanted)
        for start in range(0, len(keys), rows.CHUNK):
            found = Token.objects.annotate(lowered=Lower("identifier")).filter(
                lowered__in=keys[start : start + rows.CHUNK]
            )
            for token in found.order_by():
                if token.organisation_id in {None, organisation}:
                    self.tokens.append(token)
                    wanted.pop(token.identifier.lower(), None)
        if wanted:
            shown = ", ".join(list(wanted.values())[:MOST_SHOWN])
            sentence = _("%(count)d are no tokens of this organisation: %(shown)s")
            self.add_error("identifiers", sentence % {"count": len(wanted), "shown": shown})

    def _check_sites(self, cleaned: dict[str, Any]) -> None:
        organisation = self._organisation_pk()
        if organisation is None:
            return
        foreign = [site for site in cleaned["sites"] if site.organisation_id != organisation]
        if foreign:
            sentence = _("%(site)s belongs to another organisation.") % {"site": foreign[0].name}
            self.add_error("sites", sentence)


class AssignForm(forms.Form):
    """Which list a station is to hold."""

    local_list = forms.ModelChoiceField(
        label=gettext_lazy("List"),
        queryset=LocalList.objects.none(),
        required=False,
        empty_label=gettext_lazy("That of its site, if it has one"),
    )

    def __init__(self, *args: Any, user: User, station: Station, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["local_list"].queryset = lists_for(user, station)


def lists_for(user: User, station: Station) -> Any:
    """The lists this station may hold: its organisation's, and those for all."""
    visible = LocalList.objects.all()
    if not user.sees_whole_network:
        visible = visible.visible_to(user)
    of_all = visible.filter(organisation=None)
    return of_all | visible.filter(organisation=station.organisation_id)


class AssignStationsForm(forms.Form):
    """Which stations are to hold a list, by their identities."""

    stations = LinesField(
        label=gettext_lazy("Stations"), help_text=gettext_lazy("Their identities, one per line.")
    )

    def __init__(self, *args: Any, user: User, local_list: LocalList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = Station.objects.visible_to(user)
        if local_list.organisation_id:
            self.visible = self.visible.filter(organisation=local_list.organisation_id)

    def clean_stations(self) -> list[int]:
        """Their keys. Raises ValidationError that names those that are not there."""
        wanted: list[str] = self.cleaned_data["stations"]
        found: dict[str, int] = {}
        for start in range(0, len(wanted), rows.CHUNK):
            some = self.visible.filter(identity__in=wanted[start : start + rows.CHUNK])
            found |= dict(some.order_by().values_list("identity", "pk"))
        missing = [identity for identity in wanted if identity not in found]
        if missing:
            raise ValidationError(
                _("%(count)d are no stations that may hold it: %(shown)s")
                % {"count": len(missing), "shown": ", ".join(missing[:MOST_SHOWN])}
            )
        if not found:
            raise ValidationError(_("Name at least one station."))
        return list(found.values())
