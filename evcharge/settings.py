"""Settings, read from the environment; docs/operating.md lists the variables."""

from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from evcharge import environment

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

# How much of the message log is kept, and whether it shows who charged.
EVCHARGE_MESSAGES_DAYS = environment.read(
    env.int, "EVCHARGE_MESSAGES_DAYS", 30, "Give days, such as 30."
)
EVCHARGE_MESSAGES_MAX = environment.read(
    env.int, "EVCHARGE_MESSAGES_MAX", 20_000_000, "Give a number of messages, such as 20000000."
)
EVCHARGE_MASK_TOKENS = environment.read(
    env.bool,
    "EVCHARGE_MASK_TOKENS",
    default=False,
    hint="Give true to hide id tokens in messages.",
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
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "import_export",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "operations.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "evcharge.urls"
ASGI_APPLICATION = "evcharge.asgi.application"
AUTH_USER_MODEL = "operations.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
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
FILTERS_EMPTY_CHOICE_LABEL = "Any"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# --- Data, messages, time ----------------------------------------------------------------------

DATA_DIR = Path(environment.read(env.str, "DATA_DIR", str(BASE_DIR / "var"), "Give a folder."))
if not env.str("DATABASE_URL", ""):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": environment.database(env, DATA_DIR)}

if REDIS_URL:
    # redis-py 8 times sockets out after 5 s by default, which kills waiting consumers.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
        }
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_keepalive": True}
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10_000},
        }
    }
    CELERY_BROKER_URL = "memory://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    # `expires`: a sweeper that was down must not sweep a hundred times when it comes back.
    "sweep": {"task": "operations.tasks.sweep", "schedule": 1.0, "options": {"expires": 2}},
    "prune": {"task": "operations.tasks.prune", "schedule": 60.0, "options": {"expires": 50}},
}

LANGUAGE_CODE = "en"
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
        "img-src": [SELF, "data:"],
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Logs: one line per event, facts as fields ---------------------------------------------------

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "logfmt": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "logger", "event"], bool_as_flag=False
            ),
            "foreign_pre_chain": [
                structlog.stdlib.ExtraAdder(),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "logfmt"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django_structlog": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
