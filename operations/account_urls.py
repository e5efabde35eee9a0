"""The addresses of signing in and of one's own account; allauth finds them by these names."""

from allauth.account import views as account
from allauth.mfa.base import views as codes
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from operations.views import accounts, roles, signing_in

sign_in = signing_in.SignIn.as_view()
sign_out = LogoutView.as_view()
own_page = RedirectView.as_view(pattern_name="account")

urlpatterns: list[URLPattern | URLResolver] = [
    # The portal's own names, then allauth's.
    path("sign-in/", sign_in, name="login"),
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="logout"),
    path("sign-out/", sign_out, name="account_logout"),
    path("sign-in/code/", codes.authenticate, name="mfa_authenticate"),
    path("sign-in/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/confirm-code/", codes.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path(
        "sign-in/password/", signing_in.ForgottenPassword.as_view(), name="account_reset_password"
    ),
    path("sign-in/password/sent/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "sign-in/password/changed/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sign-in/with/<slug:provider_id>/", signing_in.start, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back/", openid.callback, name="openid_connect_callback"),
    path("sign-in/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("account/", accounts.Account.as_view(), name="account"),
    path("account/theme/", accounts.ChooseTheme.as_view(), name="account-theme"),
    path("account/roles/", roles.Roles.as_view(), name="account-roles"),
    path("account/sessions/end/", accounts.EndSessions.as_view(), name="account-sessions-end"),
    path(
        "account/sessions/<int:pk>/end/", accounts.EndSession.as_view(), name="account-session-end"
    ),
    path("account/disconnect/", accounts.Disconnect.as_view(), name="account-disconnect"),
    path("account/connections/", own_page, name="socialaccount_connections"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/first/", account.password_set, name="account_set_password"),
    path("account/second-factor/", own_page, name="mfa_index"),
    path("account/second-factor/on/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "account/second-factor/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"
    ),
    path(
        "account/second-factor/codes/new/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-factor/codes/file/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
