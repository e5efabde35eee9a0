"""Signing in, one's own page, passwords and codes."""

import zoneinfo
from collections.abc import Iterator
from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import User
from operations.models.users import Theme

CODE = gettext_lazy("Code")


class Plain:
    """Without the words in the fields that allauth puts there: the labels say the same."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if name in {"login", "code"}:
                field.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
            if name == "code":
                field.widget.attrs["autofocus"] = True


class SignInForm(Plain, account_forms.LoginForm):
    """Name and password; the name's field is called what password managers look for."""

    labels = {"login": gettext_lazy("Username"), "password": gettext_lazy("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""

    def add_prefix(self, field_name: str) -> str:
        """As HTML calls the fields."""
        name: str = super().add_prefix("username" if field_name == "login" else field_name)
        return name


class ResetPasswordForm(Plain, account_forms.ResetPasswordForm):
    """Whose password was forgotten; says nothing of whether there is such an account."""

    labels = {"email": gettext_lazy("E-mail address")}

    def clean_email(self) -> str:
        """Find whom it reaches: those who sign in with a password here."""
        email: str = self.cleaned_data["email"]
        found = User.objects.filter(email__iexact=email, is_active=True)
        # Compared once more: a database may take letters for equal that no mail server does.
        self.users = [
            user
            for user in found
            if user.email.lower() == email.lower() and user.has_usable_password()
        ]
        return email


NEW = {
    "oldpassword": gettext_lazy("Present password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("New password again"),
}


class ChangePasswordForm(Plain, account_forms.ChangePasswordForm):
    """The present password and the new one."""

    labels = NEW


class SetPasswordForm(Plain, account_forms.SetPasswordForm):
    """A first password, for who came through single sign-on."""

    labels = NEW


class NewPasswordForm(Plain, account_forms.ResetPasswordKeyForm):
    """After a forgotten one."""

    labels = NEW


class ConfirmPasswordForm(Plain, account_forms.ReauthenticateForm):
    """Before something that a stranger at this screen must not do."""

    labels = {"password": gettext_lazy("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class CodeForm(Plain, code_forms.AuthenticateForm):
    """After the password."""

    labels = {"code": CODE}


class ConfirmCodeForm(Plain, code_forms.ReauthenticateForm):
    """Instead of the password."""

    labels = {"code": CODE}


class SwitchOnCodesForm(Plain, totp_forms.ActivateTOTPForm):
    """The app's first code, which proves that it has the secret."""

    labels = {"code": CODE}


class AccountForm(forms.ModelForm):
    """What people say of themselves."""

    own_time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("Only needed for another e-mail address."),
    )

    field_order = ("first_name", "last_name", "email", "password")

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "own_time_zone", "language", "theme")
        labels = {"email": gettext_lazy("E-mail address"), "theme": gettext_lazy("Theme")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user: User = self.instance
        self.address = user.email
        self.fields["own_time_zone"].choices = list(_zones(user))  # type: ignore[attr-defined]
        self.fields["theme"].choices = [("", _("As chosen on each computer")), *Theme.choices]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("As the browser asks")), *settings.LANGUAGES]  # type: ignore[attr-defined]
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]
        if not user.has_usable_password():
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("As your single sign-on says.")
            del self.fields["password"]

    def clean(self) -> dict[str, Any]:
        """Mail resets passwords: another address takes the present one."""
        values: dict[str, Any] = super().clean() or {}
        is_moving = "password" in self.fields and values.get("email", self.address) != self.address
        if is_moving and not values.get("password"):
            self.add_error("password", _("Give your password to change the e-mail address."))
        elif is_moving and not get_adapter().reauthenticate(self.instance, values["password"]):
            self.add_error("password", _("That is not your password."))
        return values


def _zones(user: User) -> Iterator[tuple[str, str]]:
    """Where people live; what a database of zones keeps for old times' sake is left out."""
    usual = user.organisation.time_zone if user.organisation else "UTC"
    yield "", _("As usual (%(zone)s)") % {"zone": usual}
    for name in sorted(zoneinfo.available_timezones()):
        if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))):
            yield name, name.replace("_", " ")
