"""The one settings file: what the environment decides first, what the product decides after."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from bopis import environment

django_stubs_ext.monkeypatch()  # lets generic admin and field classes be subscripted at run time

BASE_DIR = Path(__file__).resolve().parent.parent
BOPIS_VAR = Path(environment.read_text("BOPIS_VAR", default=str(BASE_DIR / "var"))).absolute()
PRODUCTION = environment.read_choice("BOPIS_ENV", choices=("development", "production")) == "production"
DEBUG = environment.read_flag("BOPIS_DEBUG")
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("BOPIS_DEBUG shows secrets to visitors: not with BOPIS_ENV=production")

# Keys. BOPIS_KEYS encrypts and signs links, newest first, older ones still read; BOPIS_HASH_KEY finds.
_secrets = environment.read_secrets(var=BOPIS_VAR, production=PRODUCTION)
SECRET_KEY = _secrets["BOPIS_SECRET_KEY"]
BOPIS_KEYS = environment.parse_keys(_secrets["BOPIS_KEYS"])
BOPIS_HASH_KEY = environment.parse_key(_secrets["BOPIS_HASH_KEY"])

# Servers. Without DATABASE_URL nothing is guessed: `bopis.embedded.provide()` has not run, and the
# dummy backend says so at the first query.
_database_url = environment.read_text("DATABASE_URL", default=None if PRODUCTION else "none")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {"ENGINE": "django.db.backends.dummy"}
    if _database_url == "none"
    else environment.read_database(_database_url, pool=environment.read_flag("BOPIS_DB_POOL"))
}
# Port 9 (discard) answers nobody: a process without servers fails at once instead of finding another's.
REDIS_URL = environment.read_text("REDIS_URL", default=None if PRODUCTION else "redis://127.0.0.1:9/0")
# Channel names are not bound to a Valkey database, keys are: the number keeps both apart alike.
_valkey_database = urlsplit(REDIS_URL).path.strip("/") or "0"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"bopis{_valkey_database}"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# The web.
BOPIS_PUBLIC_URL = environment.read_text(
    "BOPIS_PUBLIC_URL", default=None if PRODUCTION else "http://127.0.0.1:8000"
).rstrip("/")
_public = urlsplit(BOPIS_PUBLIC_URL)
ALLOWED_HOSTS = environment.read_list(
    "BOPIS_HOSTS",
    default=str(_public.hostname) if PRODUCTION else f"localhost,127.0.0.1,[::1],{_public.hostname}",
)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
if environment.read_flag("BOPIS_BEHIND_PROXY"):  # only where the proxy always sets or strips the header
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP to the container
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift; the tablet signs in again the next day
SECURE_REFERRER_POLICY = "same-origin"  # tracking links are secrets, they must not travel to other sites
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # the largest honest body is an order of some hundred lines
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the admin's icons are data URLs
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

INSTALLED_APPS = [
    "bopis",
    "orders",
    "arrivals",
    "vision",
    "geofence",
    "notifications",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bopis.urls"
ASGI_APPLICATION = "bopis.asgi.application"
WSGI_APPLICATION = "bopis.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "bopis.views.csrf_failure"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

STATIC_URL = "/static/"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.exists()]
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None  # development serves from the sources
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "bopis.staticfiles.ModuleAwareStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bopis.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "bopis.schema.DoorSchema",
    "DEFAULT_THROTTLE_CLASSES": ["bopis.throttling.ApiKeyThrottle"],
    "EXCEPTION_HANDLER": "bopis.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
BOPIS_RATE_PER_MINUTE = 6_000  # requests of one API key: a guard against a loop gone wild, not a tariff
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "bopis",
    "DESCRIPTION": "Buy online, pick up in store: orders, stock, tracking. Errors are RFC 9457 problems.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# Work in the background. The tables are the queues and Celery only the alarm clock: a message that is
# lost costs one sweep (the schedule below), so messages are acknowledged early and results not kept.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"vision.tasks.*": {"queue": "vision"}}
CELERY_TASK_SOFT_TIME_LIMIT = 30
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_PUBLISH_RETRY = False  # a door must not wait for a broker that is down; the sweep heals
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A killed worker's unacknowledged messages: given back after a minute, looked for every second
    # (by default after an hour, looked for every 100 s or so).
    "visibility_timeout": 60,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    # A publish through a broker that is down fails in 5 ms; kombu would try for CONNECTION_TIMEOUT, in a
    # request, even with PUBLISH_RETRY off. Workers reconnect by other settings.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(BOPIS_VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": every_s, "options": {"expires": max(every_s, 5)}}
    for task, every_s in {
        "orders.tasks.queue_due": 2,
        "orders.tasks.expire_holds": 5,
        "orders.tasks.settle_due": 5,
        "orders.tasks.propose_shorts": 60,
        "orders.tasks.climb_ladders": 60,
        "orders.tasks.refresh_safety_stock": 86_400,
        "vision.tasks.judge_waiting": 5,
        "notifications.tasks.deliver_due": 5,
        "arrivals.tasks.lapse": 60,
        "geofence.tasks.expire_trips": 60,
        "bopis.tasks.delete_expired": 3600,
    }.items()
}

# Money. Without a provider, payments are the e-commerce platform's own affair.
BOPIS_PAYMENTS_URL = environment.read_text("BOPIS_PAYMENTS_URL", default="")
BOPIS_PAYMENTS_SECRET = environment.read_text("BOPIS_PAYMENTS_SECRET", default="")

# Mail, for customers. Without a server, development prints it.
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = environment.read_text(
    "BOPIS_FROM_EMAIL", default=None if PRODUCTION else "pickup@localhost"
)
_email_url = environment.read_text("BOPIS_EMAIL_URL", default=None if PRODUCTION else "none")
if _email_url != "none":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(environment.read_mail(_email_url))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "bopis.logs.RedactTokens"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": environment.read_text("BOPIS_LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": [], "propagate": True}, "httpx": {"level": "WARNING"}},
}

# Cameras. Files stand in for them only below this folder; without it, no file does.
BOPIS_CLIPS = (
    Path(_clips).absolute() if (_clips := environment.read_text("BOPIS_CLIPS", default="")) else None
)
