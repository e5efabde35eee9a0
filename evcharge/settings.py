"""Settings, read from the environment; docs/operating.md lists the variables."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from evcharge import environment, logs
from evcharge.signing_in import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.open_environment()

# --- What the environment says -----------------------------------------------------------------

DEBUG = environment.read(env.bool, "DEBUG", default=False, hint="Give true or false.")
SECRET_KEY = environment.read(env.str, "SECRET_KEY", "", "Give a long random text.")
DEVELOPMENT_KEY = "development-only-key-never-use-it-where-strangers-can-reach-the-portal"
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Give a long random text (or SECRET_KEY_FILE, the path of a "
            "file that holds it), or set DEBUG=true to try the portal on this machine."
        )
    SECRET_KEY = DEVELOPMENT_KEY
# What secrets of requests are sealed with until they are sent, newest first.
EVCHARGE_SECRET_KEYS = environment.read(
    env.list, "EVCHARGE_SECRET_KEYS", [], "Give long random texts, separated by commas."
)
ALLOWED_HOSTS = environment.read(
    env.list,
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    "Give host names, separated by commas.",
)
CSRF_TRUSTED_ORIGINS = environment.read(
    env.list, "CSRF_TRUSTED_ORIGINS", [], "Give origins like https://portal.example.org."
)
REDIS_URL = environment.read(env.str, "REDIS_URL", "", "Give redis://host:6379/0.")
EVCHARGE_UNKNOWN_STATIONS = environment.read(
    env.str, "EVCHARGE_UNKNOWN_STATIONS", "refuse", "Give refuse, quarantine or accept."
)
if EVCHARGE_UNKNOWN_STATIONS not in environment.UNKNOWN_STATIONS:
    raise ImproperlyConfigured(
        f"EVCHARGE_UNKNOWN_STATIONS is {EVCHARGE_UNKNOWN_STATIONS!r}. "
        "Give refuse (default), quarantine or accept."
    )
EVCHARGE_ASSUME_OCPP16 = environment.read(
    env.bool,
    "EVCHARGE_ASSUME_OCPP16",
    default=False,
    hint="Give true to admit stations without a subprotocol.",
)
EVCHARGE_SECURE = environment.read(
    env.bool,
    "EVCHARGE_SECURE",
    default=False,
    hint="Give true when the portal is reached over https.",
)
# What the portal may be asked to write into its log: debug, info, warning, error.
LOG_LEVEL = environment.read(env.log_level, "LOG_LEVEL", "INFO", "Give info, warning or error.")

# How long a heartbeat interval we hand out at boot, and how patient runs are.
EVCHARGE_HEARTBEAT_S = environment.read(
    env.int, "EVCHARGE_HEARTBEAT_S", 300, "Give seconds, such as 300."
)
EVCHARGE_ANSWER_TIMEOUT_S = environment.read(
    env.int, "EVCHARGE_ANSWER_TIMEOUT_S", 30, "Give seconds, such as 30."
)
# How many requests of a batch are open at a time, unless the batch says otherwise.
EVCHARGE_BATCH_MOST_OPEN = environment.read(
    env.int, "EVCHARGE_BATCH_MOST_OPEN", 100, "Give a number of requests, such as 100."
)

# How long stations may remember that a token was accepted, and how many sessions one may run at
# once; 0 says nothing about it.
EVCHARGE_TOKEN_CACHE_S = environment.read(
    env.int, "EVCHARGE_TOKEN_CACHE_S", 0, "Give seconds, such as 86400, or 0."
)
EVCHARGE_TOKEN_MOST_SESSIONS = environment.read(
    env.int, "EVCHARGE_TOKEN_MOST_SESSIONS", 0, "Give a number of sessions, such as 1, or 0."
)

# How long is kept what grows with time; 0 days: for ever.
EVCHARGE_MESSAGES_DAYS = environment.read(
    env.days, "EVCHARGE_MESSAGES_DAYS", "30", "Give days, such as 30, or 0."
)
EVCHARGE_MESSAGES_MAX = environment.read(
    env.int, "EVCHARGE_MESSAGES_MAX", 20_000_000, "Give a number of messages, such as 20000000."
)
EVCHARGE_READINGS_DAYS = environment.read(
    env.days, "EVCHARGE_READINGS_DAYS", "365", "Give days, such as 365, or 0."
)
EVCHARGE_SESSIONS_DAYS = environment.read(
    env.days, "EVCHARGE_SESSIONS_DAYS", "0", "Give days, such as 3650, or 0."
)
EVCHARGE_REQUESTS_DAYS = environment.read(
    env.days, "EVCHARGE_REQUESTS_DAYS", "730", "Give days, such as 730, or 0."
)
EVCHARGE_CONNECTIONS_DAYS = environment.read(
    env.days, "EVCHARGE_CONNECTIONS_DAYS", "90", "Give days, such as 90, or 0."
)
EVCHARGE_EVENTS_DAYS = environment.read(
    env.days, "EVCHARGE_EVENTS_DAYS", "365", "Give days, such as 365, or 0."
)
EVCHARGE_ALERTS_DAYS = environment.read(
    env.days, "EVCHARGE_ALERTS_DAYS", "365", "Give days, such as 365, or 0."
)
EVCHARGE_DELIVERIES_DAYS = environment.read(
    env.days, "EVCHARGE_DELIVERIES_DAYS", "90", "Give days, such as 90, or 0."
)
EVCHARGE_AUDIT_DAYS = environment.read(
    env.days, "EVCHARGE_AUDIT_DAYS", "0", "Give days, such as 730, or 0."
)

# Whether messages show who charged.
EVCHARGE_MASK_TOKENS = environment.read(
    env.bool,
    "EVCHARGE_MASK_TOKENS",
    default=False,
    hint="Give true to hide id tokens in messages.",
)

# Whether a station that never told its settings is asked for them when it boots.
EVCHARGE_READ_SETTINGS = environment.read(
    env.bool,
    "EVCHARGE_READ_SETTINGS",
    default=False,
    hint="Give true to read the settings of new stations.",
)

# Files: where stations fetch firmware and send logs, and how much the portal takes.
EVCHARGE_PUBLIC_URL = environment.read(
    env.str, "EVCHARGE_PUBLIC_URL", "", "Give https://portal.example.org, as stations reach it."
).rstrip("/")
EVCHARGE_FILES_MOST_BYTES = environment.read(
    env.int, "EVCHARGE_FILES_MOST_BYTES", 256 * 2**20, "Give bytes, such as 268435456."
)
EVCHARGE_IMAGE_MOST_BYTES = environment.read(
    env.int, "EVCHARGE_IMAGE_MOST_BYTES", 4 * 2**30, "Give bytes, such as 4294967296."
)
EVCHARGE_FILES_QUOTA_BYTES = environment.read(
    env.int, "EVCHARGE_FILES_QUOTA_BYTES", 10 * 2**30, "Give bytes, such as 10737418240."
)
EVCHARGE_FILES_DAYS = environment.read(env.int, "EVCHARGE_FILES_DAYS", 90, "Give days, such as 90.")
EVCHARGE_FILES_LINK_HOURS = environment.read(
    env.int, "EVCHARGE_FILES_LINK_HOURS", 168, "Give hours, such as 168."
)
EVCHARGE_FILES_ACCEL = environment.read(
    env.str, "EVCHARGE_FILES_ACCEL", "", "Give nginx's internal location, such as /stored-files/."
)
EVCHARGE_FILES_SERVERS = environment.read(
    env.bool,
    "EVCHARGE_FILES_SERVERS",
    default=False,
    hint="Give true to run the FTP and SFTP servers.",
)
EVCHARGE_FILES_HOST = environment.read(
    env.str, "EVCHARGE_FILES_HOST", "127.0.0.1", "Give an address of this machine, or 0.0.0.0."
)
EVCHARGE_FTP_PORT = environment.read(env.int, "EVCHARGE_FTP_PORT", 2121, "Give a port.")
EVCHARGE_SFTP_PORT = environment.read(env.int, "EVCHARGE_SFTP_PORT", 2222, "Give a port.")
EVCHARGE_FTP_PASSIVE_PORTS = environment.read(
    env.ports, "EVCHARGE_FTP_PASSIVE_PORTS", "2130-2159", "Give two ports: 2130-2159."
)
EVCHARGE_FTP_ADDRESS = environment.read(
    env.str, "EVCHARGE_FTP_ADDRESS", "", "Give the IPv4 address stations reach, such as 192.0.2.7."
)
EVCHARGE_FTP_CERTIFICATE = environment.read(
    env.str, "EVCHARGE_FTP_CERTIFICATE", "", "Give the path of a PEM file with key and certificate."
)

# Whom alerts may tell, and how; who reads the figures.
EVCHARGE_METRICS_TOKEN = environment.read(
    env.str, "EVCHARGE_METRICS_TOKEN", "", "Give a long random text."
)
EVCHARGE_WEBHOOK_PRIVATE = environment.read(
    env.bool,
    "EVCHARGE_WEBHOOK_PRIVATE",
    default=False,
    hint="Give true to let webhooks reach addresses of your own network.",
)
MAIL = environment.mail(env)
EVCHARGE_MAIL_FROM = environment.read(
    env.str, "EVCHARGE_MAIL_FROM", "evcharge@localhost", "Give an address like alerts@example.org."
)

# Tiles under the map of sites: none of somebody else's are asked for unless an address is given.
EVCHARGE_MAP_TILES = environment.read(
    env.str, "EVCHARGE_MAP_TILES", "", "Give https://tiles.example.org/{z}/{x}/{y}.png."
)
EVCHARGE_MAP_ATTRIBUTION = environment.read(
    env.str, "EVCHARGE_MAP_ATTRIBUTION", "", "Give whom the tiles' licence wants named."
)

# --- The application ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "evcharge",
    "operations",
    "ocpp_gateway",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "import_export",
]
MIDDLEWARE = [
    "evcharge.probes.probes",
    "django.middleware.security.SecurityMiddleware",
    "evcharge.compression.static_files",
    "evcharge.compression.PageCompression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "operations.middleware.PreferencesMiddleware",
    "operations.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "operations.middleware.SessionsMiddleware",
    "operations.middleware.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "evcharge.urls"
ASGI_APPLICATION = "evcharge.asgi.application"
AUTH_USER_MODEL = "operations.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "operations.context_processors.portal",
            ],
        },
    }
]
DJANGO_TABLES2_TEMPLATE = "components/_table.html"
FILTERS_EMPTY_CHOICE_LABEL = gettext_lazy("Any")
# Who finds what a list's filter finds, for schedules that choose anew each time.
EVCHARGE_CHOOSER = "operations.views.choosing.choose"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# --- Data, messages, time ----------------------------------------------------------------------

DATA_DIR = Path(environment.read(env.str, "DATA_DIR", str(BASE_DIR / "var"), "Give a folder."))
if not env.str("DATABASE_URL", ""):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": environment.database(env, DATA_DIR)}
# Outside of everything a web server gives away.
EVCHARGE_FILES_ROOT = Path(
    environment.read(env.str, "EVCHARGE_FILES_ROOT", str(DATA_DIR / "files"), "Give a folder.")
)

if REDIS_URL:
    # redis-py 8 times sockets out after 5 s by default, which kills waiting consumers.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "evcharge.layers.SteadyRedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # What is kept there can be counted again: better at once than after a wait.
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT = "evcharge.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "socket_keepalive": True,
        # Who hands over a task to a Redis that hangs is told so.
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "evcharge.layers.PromptChannelLayer",
            "CONFIG": {"capacity": 10_000},
        }
    }
    CELERY_BROKER_URL = "memory://localhost"
    CELERY_BROKER_TRANSPORT = "evcharge.embedded_broker:Transport"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "watch": {"task": "operations.tasks.watch", "schedule": 15.0, "options": {"expires": 12}},
    "compare": {"task": "operations.tasks.compare", "schedule": 5.0, "options": {"expires": 5}},
    "deliver": {"task": "operations.tasks.deliver", "schedule": 5.0, "options": {"expires": 5}},
    # `expires`: a sweeper that was down must not sweep a hundred times when it comes back.
    "sweep": {"task": "operations.tasks.sweep", "schedule": 1.0, "options": {"expires": 2}},
    "prune": {"task": "operations.tasks.prune", "schedule": 60.0, "options": {"expires": 50}},
    "minute": {
        "task": "operations.tasks.take_minute",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
}

# Without EMAIL_URL nothing is sent, and pages that offer e-mail say so.
EVCHARGE_SENDS_MAIL = bool(MAIL)
EMAIL_BACKEND = MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST = MAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL.get("EMAIL_FILE_PATH") or None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EVCHARGE_MAIL_FROM

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files ------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

# --- Security ----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # Tabler draws its select arrows and check marks as data: images.
        "img-src": [SELF, "data:", *environment.tile_hosts(EVCHARGE_MAP_TILES)],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = EVCHARGE_SECURE
SECURE_HSTS_SECONDS = 31_536_000 if EVCHARGE_SECURE else 0
SECURE_SSL_REDIRECT = EVCHARGE_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if EVCHARGE_SECURE else None

# --- Logs ----------------------------------------------------------------------------------------

LOGGING = logs.configure(LOG_LEVEL)
