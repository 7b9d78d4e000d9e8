"""Settings that differ between one's own machine and the internet. PRODUCTION=1 asks for what must not be missing."""

import re

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from tradingsite.environment import required, switch, whole, words

PRODUCTION = switch("PRODUCTION", default=False)
DEBUG = switch("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off when PRODUCTION is on: its error pages show secrets")
SECRET_KEY = required("SECRET_KEY")
if PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured(f"SECRET_KEY must have at least 50 characters, had {len(SECRET_KEY)}")
if PRODUCTION:
    required("ALLOWED_HOSTS", "the host names that the site answers to, separated by commas")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts, was '*'")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if not origin.startswith(("https://",) if PRODUCTION else ("https://", "http://")):
        raise ImproperlyConfigured(f"CSRF_TRUSTED_ORIGINS must be origins with https://, had {origin!r}")

# --- TLS and proxies ----------------------------------------------------------------------------------------------
TRUSTED_PROXIES = whole("TRUSTED_PROXIES", default=0)  # reverse proxies in a row before us; each adds one address
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = switch("SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = whole("HSTS_SECONDS", default=31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = switch("HSTS_SUBDOMAINS", default=PRODUCTION)
SECURE_HSTS_PRELOAD = switch("HSTS_PRELOAD", default=PRODUCTION)
SECURE_REFERRER_POLICY = "same-origin"

# --- cookies and what a page may load -----------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = switch("COOKIES_SECURE", default=PRODUCTION)
if PRODUCTION and not SESSION_COOKIE_SECURE:
    raise ImproperlyConfigured("COOKIES_SECURE must not be off when PRODUCTION is on")
X_FRAME_OPTIONS = "DENY"
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
    **({"upgrade-insecure-requests": True} if PRODUCTION else {}),
}

# --- secrets at rest ----------------------------------------------------------------------------------------------
# The first encrypts, all decrypt; without any, one is derived from SECRET_KEY.
ENCRYPTION_KEYS = words("ENCRYPTION_KEYS")
# API keys of exchanges have keys of their own: who may read second factors need not be able to trade.
CREDENTIAL_KEYS = words("CREDENTIAL_KEYS")
KEY_MADE_BY = "openssl rand -base64 32 | tr +/ -_"
for name, keys in (("ENCRYPTION_KEYS", ENCRYPTION_KEYS), ("CREDENTIAL_KEYS", CREDENTIAL_KEYS)):
    for key in keys:
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key):
            raise ImproperlyConfigured(f"{name} must be Fernet keys; one is made by: {KEY_MADE_BY}")
if PRODUCTION and not ENCRYPTION_KEYS:
    required("ENCRYPTION_KEYS", f"it encrypts second factors; one is made by: {KEY_MADE_BY}")
if PRODUCTION and not CREDENTIAL_KEYS:
    required("CREDENTIAL_KEYS", f"it encrypts the API keys of exchanges; one is made by: {KEY_MADE_BY}")
