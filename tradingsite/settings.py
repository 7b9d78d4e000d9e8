"""Settings of the whole platform, read from the environment. A missing or malformed value stops the start."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from tradingsite.environment import choice, env, required, whole, words
from tradingsite.settings_api import *  # noqa: F403
from tradingsite.settings_logs import *  # noqa: F403
from tradingsite.settings_people import *  # noqa: F403
from tradingsite.settings_security import *  # noqa: F403
from tradingsite.settings_security import DEBUG

BASE_DIR = Path(__file__).resolve().parent.parent
REDIS_URL = required("REDIS_URL")

# --- the platform's own words -------------------------------------------------------------------------------------
MARKET = choice("MARKET", ("replay", "coinbase", "sandbox"), default="replay")
REPLAY_SPEED = env.float("REPLAY_SPEED", default=60.0)  # market seconds a wall second; 0 = as fast as it settles
REPLAY_HOLD = env.float("REPLAY_HOLD", default=2.0)  # wall seconds a bar has to settle, 0 = no limit
COINBASE_REST = env.str("COINBASE_REST", default="https://api.coinbase.com")
COINBASE_SOCKET = env.str("COINBASE_SOCKET", default="wss://advanced-trade-ws.coinbase.com")
COINBASE_USER = env.str("COINBASE_USER", default="wss://advanced-trade-ws-user.coinbase.com")
SANDBOX_ADDRESS = env.str("SANDBOX_ADDRESS", default="127.0.0.1:9000")  # host and port of a sandbox exchange
SANDBOX_KEY_FILE = env.str("SANDBOX_KEY_FILE", default="")  # a key of that exchange, for the demo trader
COINBASE_PRODUCTS = words("COINBASE_PRODUCTS", ("BTC-USD", "ETH-USD", "SOL-USD"))  # streamed whoever uses them
COINBASE_QUOTES = words("COINBASE_QUOTES", ("USD",))  # currencies whose products are listed
STALE_AFTER = env.float("STALE_AFTER", default=10.0)  # wall seconds of silence after which a live market is stale
LIMIT_RAISE_DELAY = whole("LIMIT_RAISE_DELAY", default=86_400)  # seconds until a higher risk limit is in force
ORDER_LEASE = env.float("ORDER_LEASE", default=15.0)  # seconds; an exchange call must time out before
BATCH_LEASE = env.float("BATCH_LEASE", default=15.0)
BACKTEST_LEASE = env.float("BACKTEST_LEASE", default=60.0)  # longer than a run is silent for
EXCHANGE_TIMEOUT = env.float("EXCHANGE_TIMEOUT", default=10.0)
NOT_FOUND_GRACE = env.float("NOT_FOUND_GRACE", default=30.0)
if not EXCHANGE_TIMEOUT < ORDER_LEASE < NOT_FOUND_GRACE:
    raise ImproperlyConfigured("EXCHANGE_TIMEOUT < ORDER_LEASE < NOT_FOUND_GRACE must hold")

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # bearer token of /metrics; empty = only operators see it

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
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",  # Swagger UI and ReDoc as static files of ours
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
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
    "apps.operations.logs.middleware.Correlation",
    "apps.operations.proxies.Proxies",
    "django.middleware.security.SecurityMiddleware",
    "apps.operations.metrics.requests.RequestTimes",
    "apps.operations.origin.Origin",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads at random against BREACH
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # a view that forgets to ask is closed, not open
    "apps.operations.middleware.NoStore",
    "apps.operations.logs.middleware.Concerned",
    "apps.accounts.middleware.UserZone",
    "apps.accounts.middleware.LastSeen",
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
