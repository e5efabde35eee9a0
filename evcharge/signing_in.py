"""Settings of accounts: how people sign in, and what slows those who guess."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from evcharge import environment

env = environment.open_environment()

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: refuses who guessed too often
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

# --- Wrong passwords -----------------------------------------------------------------------------

EVCHARGE_SIGN_IN_ATTEMPTS = environment.read(
    env.int, "EVCHARGE_SIGN_IN_ATTEMPTS", 5, "Give a number of attempts, such as 5."
)
EVCHARGE_SIGN_IN_PAUSE_MINUTES = environment.read(
    env.int, "EVCHARGE_SIGN_IN_PAUSE_MINUTES", 15, "Give minutes, such as 15."
)
AXES_FAILURE_LIMIT = EVCHARGE_SIGN_IN_ATTEMPTS
AXES_COOLOFF_TIME = timedelta(minutes=EVCHARGE_SIGN_IN_PAUSE_MINUTES)
# Of one name from one address: by name alone, anybody could keep anybody out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# So that the moment the page names is the one from which it goes on.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "operations.services.accounts.throttling.address_of"
AXES_LOCKOUT_CALLABLE = "operations.views.signing_in.locked"
# The audit log is the portal's own record, and its admin the only one.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "code", "next"]

# --- Passwords, codes ----------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in (
            "UserAttributeSimilarityValidator",
            "CommonPasswordValidator",
            "NumericPasswordValidator",
        )
    ),
]
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds

ACCOUNT_ADAPTER = "operations.views.account_adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody is mailed who has no account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_FORMS = {
    "login": "operations.forms.accounts.SignInForm",
    "reset_password": "operations.forms.accounts.ResetPasswordForm",
    "change_password": "operations.forms.accounts.ChangePasswordForm",
    "set_password": "operations.forms.accounts.SetPasswordForm",
    "reset_password_from_key": "operations.forms.accounts.NewPasswordForm",
    "reauthenticate": "operations.forms.accounts.ConfirmPasswordForm",
}
# For one who tries many names from one address, on top of the pause above.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "reset_password": "10/m/ip,3/10m/key"}

EVCHARGE_ADMINS_NEED_CODE = environment.read(
    env.bool,
    "EVCHARGE_ADMINS_NEED_CODE",
    default=False,
    hint="Give true to have admins sign in with a code too.",
)
MFA_ADAPTER = "operations.views.account_adapters.CodeAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the portal verifies none
MFA_TOTP_TOLERANCE = 1  # phones' clocks are some seconds off
MFA_FORMS = {
    "authenticate": "operations.forms.accounts.CodeForm",
    "reauthenticate": "operations.forms.accounts.ConfirmCodeForm",
    "activate_totp": "operations.forms.accounts.SwitchOnCodesForm",
}

# --- Single sign-on ------------------------------------------------------------------------------

EVCHARGE_OIDC_ISSUER = environment.read(
    env.str, "EVCHARGE_OIDC_ISSUER", "", "Give https://id.example.org, without /.well-known."
).rstrip("/")
EVCHARGE_OIDC_CLIENT_ID = environment.read(
    env.str, "EVCHARGE_OIDC_CLIENT_ID", "", "Give the client's id."
)
EVCHARGE_OIDC_CLIENT_SECRET = environment.read(
    env.str, "EVCHARGE_OIDC_CLIENT_SECRET", "", "Give the client's secret."
)
EVCHARGE_OIDC_NAME = environment.read(
    env.str, "EVCHARGE_OIDC_NAME", "single sign-on", "Give the name people know it by."
)
EVCHARGE_OIDC_ROLE_CLAIM = environment.read(
    env.str, "EVCHARGE_OIDC_ROLE_CLAIM", "", "Give a claim, such as groups."
)
EVCHARGE_OIDC_ROLES = environment.read(
    env.dict, "EVCHARGE_OIDC_ROLES", {}, "Give value=role pairs, such as charge-ops=operator."
)
EVCHARGE_OIDC_ORGANISATION_CLAIM = environment.read(
    env.str, "EVCHARGE_OIDC_ORGANISATION_CLAIM", "", "Give a claim that holds organisations' codes."
)
if EVCHARGE_OIDC_ISSUER and not (EVCHARGE_OIDC_CLIENT_ID and EVCHARGE_OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "EVCHARGE_OIDC_ISSUER is set. Give EVCHARGE_OIDC_CLIENT_ID and "
        "EVCHARGE_OIDC_CLIENT_SECRET too, as the issuer names this portal."
    )
if unknown := set(EVCHARGE_OIDC_ROLES.values()) - {"viewer", "operator", "engineer", "admin"}:
    raise ImproperlyConfigured(
        f"EVCHARGE_OIDC_ROLES names {', '.join(sorted(unknown))}. "
        "Give viewer, operator, engineer or admin."
    )

SOCIALACCOUNT_ADAPTER = "operations.views.account_adapters.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address proves no account
# Behind a link of the portal's own page (views/signing_in.py); a form would be stopped at the
# issuer's door by the page's form-action.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": EVCHARGE_OIDC_NAME,
                "client_id": EVCHARGE_OIDC_CLIENT_ID,
                "secret": EVCHARGE_OIDC_CLIENT_SECRET,
                "settings": {"server_url": EVCHARGE_OIDC_ISSUER},
            }
        ]
        if EVCHARGE_OIDC_ISSUER
        else [],
    }
}
