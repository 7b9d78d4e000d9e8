"""Settings of people: signing up and in, second factors, sessions, mail, and scripts that act for them."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from tradingsite.environment import choice, env, required
from tradingsite.settings_security import PRODUCTION

# --- mail ---------------------------------------------------------------------------------------------------------
MAIL = env.email_url("EMAIL_URL", default="consolemail://")  # smtp+tls://user:password@host:587
MAIL_ARRIVES = bool(MAIL["EMAIL_HOST"])
if PRODUCTION and not MAIL_ARRIVES:
    raise ImproperlyConfigured(
        "EMAIL_URL must name a mail server when PRODUCTION is on: smtp+tls://user:password@host:587"
    )
MAIL_OPTIONS = {
    "host": MAIL["EMAIL_HOST"],
    "port": MAIL["EMAIL_PORT"],
    "username": MAIL["EMAIL_HOST_USER"],
    "password": MAIL["EMAIL_HOST_PASSWORD"],
    "use_tls": MAIL.get("EMAIL_USE_TLS", False),
    "use_ssl": MAIL.get("EMAIL_USE_SSL", False),
    "timeout": 10,
}
MAILERS = {"default": {"BACKEND": MAIL["EMAIL_BACKEND"], "OPTIONS": MAIL_OPTIONS if MAIL_ARRIVES else {}}}
DEFAULT_FROM_EMAIL = (
    required("DEFAULT_FROM_EMAIL", "people must see who writes to them") if PRODUCTION
    else env.str("DEFAULT_FROM_EMAIL", default="tradingsite@localhost")
)  # fmt: skip

# --- signing up and in --------------------------------------------------------------------------------------------
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
# Where mail only reaches the console, a newcomer must not wait for it: docs/decisions/0009.
ACCOUNT_EMAIL_VERIFICATION = choice(
    "EMAIL_VERIFICATION", ("mandatory", "optional"), default="mandatory" if MAIL_ARRIVES else "optional"
)
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one replaces it when it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # tells the owner by mail of every change that could be a thief's
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Tradingsite] "
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "export": "5/h/user",
    "delete_account": "5/h/user",
}
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.SignUpForm"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard:overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "dashboard:landing"
ACCOUNT_SIGNUP_REDIRECT_URL = "/bots/new/?first"

# --- second factors -----------------------------------------------------------------------------------------------
MFA_ADAPTER = "apps.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tradingsite"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s that a clock may be off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else nobody with a second factor could change the address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost

# --- tokens of scripts --------------------------------------------------------------------------------------------
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,  # a new password ends every token made with the old one
}
