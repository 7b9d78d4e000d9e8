"""Settings of the whole platform, read from the environment. A missing or malformed value stops the start."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from tradingsite.launcher.layout import Layout

env = environ.Env()
env.read_env(Layout.of(os.environ).env_file)  # what './start' has generated, for commands given by hand
BASE_DIR = Path(__file__).resolve().parent.parent


def required(name: str) -> str:
    """An environment variable that must be set and not empty."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set; './start' and './test' set it for you")
    return value


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
REDIS_URL = required("REDIS_URL")

# --- the platform's own words -------------------------------------------------------------------------------------
MARKET = env.str("MARKET", default="replay")
if MARKET not in ("replay",):
    raise ImproperlyConfigured(f"MARKET must be 'replay', was {MARKET!r}")
REPLAY_SPEED = env.float("REPLAY_SPEED", default=60.0)  # market seconds a wall second; 0 = as fast as it settles
REPLAY_HOLD = env.float("REPLAY_HOLD", default=2.0)  # wall seconds a bar has to settle, 0 = no limit
ORDER_LEASE = env.float("ORDER_LEASE", default=15.0)  # seconds; an exchange call must time out before
BATCH_LEASE = env.float("BATCH_LEASE", default=15.0)
EXCHANGE_TIMEOUT = env.float("EXCHANGE_TIMEOUT", default=10.0)
NOT_FOUND_GRACE = env.float("NOT_FOUND_GRACE", default=30.0)
if not EXCHANGE_TIMEOUT < ORDER_LEASE < NOT_FOUND_GRACE:
    raise ImproperlyConfigured("EXCHANGE_TIMEOUT < ORDER_LEASE < NOT_FOUND_GRACE must hold")

INSTALLED_APPS = [
    "apps.operations",
    "apps.operations.admin_config.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "channels",
    "allauth",
    "allauth.account",
    "apps.accounts",
    "apps.markets",
    "apps.ledger",
    "apps.risk",
    "apps.paper",
    "apps.orders",
    "apps.portfolio",
    "apps.backtests",
    "apps.bots",
    "apps.dashboard",
    "tradingsite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.operations.origin.Origin",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # a view that forgets to ask is closed, not open
    "apps.operations.middleware.NoStore",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "tradingsite.urls"
ASGI_APPLICATION = "tradingsite.asgi.application"
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
                "apps.dashboard.context.shell",
            ],
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------
required("DATABASE_URL")
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL"),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 10}},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

# --- people -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.SignUpForm"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard:overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "dashboard:landing"
ACCOUNT_SIGNUP_REDIRECT_URL = "/bots/new/?first"
MAIL = env.email_url("EMAIL_URL", default="consolemail://")  # smtp+tls://user:password@host:587
MAIL_OPTIONS = {
    "host": MAIL["EMAIL_HOST"],
    "port": MAIL["EMAIL_PORT"],
    "username": MAIL["EMAIL_HOST_USER"],
    "password": MAIL["EMAIL_HOST_PASSWORD"],
    "use_tls": MAIL.get("EMAIL_USE_TLS", False),
    "use_ssl": MAIL.get("EMAIL_USE_SSL", False),
}
MAILERS = {"default": {"BACKEND": MAIL["EMAIL_BACKEND"], "OPTIONS": MAIL_OPTIONS if MAIL["EMAIL_HOST"] else {}}}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="tradingsite@localhost")

# --- pages --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["tradingsite.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("COOKIES_SECURE", default=False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)-7s %(name)s: %(message)s"}},  # who collects the lines dates them
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {name: {"level": "WARNING"} for name in ("apscheduler", "daphne", "django.channels.server")},
}
