"""All settings, read from the environment; nonsense is refused loudly at start.

| variable | means | default |
|---|---|---|
| METRONOME_SECRET_KEY or METRONOME_SECRET_KEY_FILE | signs sessions and links | none: required outside demo and tests |
| METRONOME_DEMO | 1 for the invented clinic on this machine: relaxed cookies, known sign-in | 0 |
| METRONOME_DEBUG | 1 for developing | 0 |
| METRONOME_HOSTS | host names that are answered, separated by commas | localhost, 127.0.0.1 |
| METRONOME_URL | address of the clinic's pages, for links in messages | http://localhost:8000 |
| DATABASE_URL | sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME | sqlite:///var/metronome.sqlite3 |
| EMAIL_URL | smtp://USER:PASSWORD@HOST:PORT, or console: | console: |
| SMS_URL | https://ACCOUNT:KEY@api.twilio.com?from=%2B44..., or another service of that shape, or console: | console: |
| METRONOME_PROXIES | how many proxies of your own stand in front, for the address of a visitor | 0 |
| METRONOME_SENDER | address from which messages come; must not name a treatment | clinic@localhost |
"""

import os
import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str) -> bool:
    """Read a switch that is 1 or 0."""
    value = os.environ.get(name, "0").strip().lower()
    if value not in {"0", "1", "true", "false", ""}:
        raise ImproperlyConfigured(f"{name} is 1 or 0, not {value!r}.")
    return value in {"1", "true"}


def env_count(name: str) -> int:
    """Read a number of things."""
    value = os.environ.get(name, "0").strip()
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is a number such as 0 or 1, not {value!r}.")
    return int(value)


def env_service(name: str) -> str:
    """Read the address of a service with its account and key, or console: for none."""
    value = os.environ.get(name, "console:").strip()
    parts = urlsplit(value)
    if parts.scheme != "console" and not (parts.scheme in {"https", "http"} and parts.hostname and parts.username):
        raise ImproperlyConfigured(f"{name} looks like https://ACCOUNT:KEY@HOST?from=NUMBER, or is console:")
    return value


def env_secret(name: str, *, relaxed: bool) -> str:
    """Read a secret from the environment or a file; only a demo or a test may do without."""
    if file := os.environ.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    if value := os.environ.get(name):
        if len(value) < 32 and not relaxed:
            raise ImproperlyConfigured(f"{name} needs at least 32 characters.")
        return value
    if relaxed:
        return "only-for-the-demo-and-the-tests-never-for-patients"
    raise ImproperlyConfigured(f"Set {name}, or {name}_FILE, to a secret of at least 32 characters.")


def database(url: str) -> dict[str, object]:
    """Read a database address; see reliability in docs/decisions.md for the options."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=20000;"
        file = BASE_DIR / unquote(parts.path[1:])
        file.parent.mkdir(parents=True, exist_ok=True)
        options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}
    if parts.scheme in {"postgresql", "postgres"}:
        query = dict(parse_qsl(parts.query))
        limits = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host") or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"options": limits},
        }
    raise ImproperlyConfigured(f"DATABASE_URL begins with sqlite: or postgresql:, not {parts.scheme!r}.")


TESTING = "pytest" in sys.modules
DEMO = env_flag("METRONOME_DEMO")
DEBUG = env_flag("METRONOME_DEBUG")
RELAXED = DEMO or DEBUG or TESTING
SECRET_KEY = env_secret("METRONOME_SECRET_KEY", relaxed=RELAXED)
ALLOWED_HOSTS = os.environ.get("METRONOME_HOSTS", "localhost,127.0.0.1").split(",")
BASE_URL = os.environ.get("METRONOME_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.frontdesk.place.AtTheDesk",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
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
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": database(os.environ.get("DATABASE_URL", "sqlite:///var/metronome.sqlite3"))}
# Rate limits live here: with the usual 300 entries a burst of visitors would push the counted tries of another out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "clinic.accounts.StaffAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
USERSESSIONS_TRACK_ACTIVITY = False
ALLAUTH_TRUSTED_PROXY_COUNT = env_count("METRONOME_PROXIES")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "frontdesk:today"
LOGOUT_REDIRECT_URL = "account_login"

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "clinic" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # no page uses those of the libraries
PREPARED = not (DEBUG or TESTING)  # collected, compressed, and named by what is in them
WHITENOISE_USE_FINDERS = not PREPARED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PREPARED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clinic.frontdesk.resending.open_too_long"
if not RELAXED:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

email = urlsplit(os.environ.get("EMAIL_URL", "console:"))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if email.scheme.startswith('smtp') else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = email.hostname or "localhost", email.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(email.username or ""), unquote(email.password or "")
EMAIL_TIMEOUT = 15  # seconds; a mail server that says nothing must not hold a worker for ever
EMAIL_USE_TLS = email.scheme == "smtp+tls"
DEFAULT_FROM_EMAIL = os.environ.get("METRONOME_SENDER", "clinic@localhost")

SMS_URL = env_service("SMS_URL")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["clinic.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["clinic.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.api.parsing.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "clinic.api.schema.OperationSchema",
    "EXCEPTION_HANDLER": "clinic.api.errors.problem",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Metronome",
    "DESCRIPTION": "Plan, book and follow treatment courses of a clinic. The course is the object: it is booked whole.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/", "description": "The clinic that serves this document"}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["clinic.api.schema.one_operation_a_method"],
    "ENUM_NAME_OVERRIDES": {
        "SessionStatus": "clinic.models.courses.SessionStatus.values",
        "CourseStatus": "clinic.models.courses.CourseStatus.values",
        "Channel": "clinic.models.people.Channel.values",
        "DisruptionKind": "clinic.models.disruptions.DisruptionKind.values",
        "DisruptionState": "clinic.models.disruptions.DisruptionState.values",
        "ReplanState": "clinic.models.disruptions.ReplanState.values",
    },
}

PROPOSAL_MINUTES = 10
KEPT_PROPOSAL_HOURS = 24
REPLAN_SEARCH_SECONDS = 30  # for how long a worker looks for a better answer to a disruption
ADMISSION_SEARCH_SECONDS = 30  # and for a better answer to a waiting list
UNDO_SECONDS = 180
LINK_TRIES = 5
LINK_DAYS = 180

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"secrets": {"()": "clinic.logs.HideSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # These bring handlers of their own, which would write the secrets in addresses as they are.
    "loggers": {"django": {"handlers": []}, "fido2": {"level": "WARNING"}}  # it names phones by their keys
    | {
        name: {"handlers": ["console"], "propagate": False}
        for name in ("django.server", "gunicorn.access", "gunicorn.error")
    },
}
