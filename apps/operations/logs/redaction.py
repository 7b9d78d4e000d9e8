"""No secret leaves by a log: what looks like one, and what is known to be one, is replaced before a line is written."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

HIDDEN = "[hidden]"
# A name that has one of these in it holds a secret, in a field, a header, a form or a query.
NAMES = (
    r"password|passwd|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|authorization|cookie"
    r"|sessionid|csrf|credential|recovery[_-]?codes?|otp"
)
VALUE = r"\"[^\"]*\"|'[^']*'|[^\s,;&'\")}\]]+"
NAMED = re.compile(NAMES, re.IGNORECASE)
# Every repetition has an end or cannot be tried anew from its middle: a long line of a stranger's costs no time.
SHAPES = (
    (re.compile(r"-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s{1,4}[A-Za-z0-9._~+/=-]{12,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{1,400}\.[\w-]{1,4000}\.[\w-]*"), HIDDEN),  # a JSON web token
    (re.compile(r"\btst_[\w-]{8,}"), HIDDEN),  # an access token of ours: apps.accounts.tokens
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),  # a password in an address
    (re.compile(r"(/(?:reset/key|confirm-email)/)[^\s/?]+"), rf"\1{HIDDEN}"),  # a link that was mailed
    # 'Cookie: a=b; c=d' and 'Authorization: ...' up to the end of the line
    (
        re.compile(r"\b((?:set-)?cookie|authorization)\b(['\"]?\s{0,4}:\s{0,4})[^\n'\"]+", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(rf"((?:{NAMES})[\w-]{{0,40}}['\"]?\s{{0,4}}[=:]\s{{0,4}})({VALUE})", re.IGNORECASE), rf"\1{HIDDEN}"),
)  # fmt: skip
LEAST = 8  # characters of a known secret; shorter ones would blot out ordinary words


def redact(text: str) -> str:
    """The text with every secret replaced."""
    for secret in _known():
        text = text.replace(secret, HIDDEN)
    for shape, replacement in SHAPES:
        text = shape.sub(replacement, text)
    return text


def clean(value: Any) -> Any:
    """The same for a value that becomes JSON; fields with the name of a secret lose their value whatever it is."""
    if isinstance(value, dict):
        return {key: HIDDEN if NAMED.search(str(key)) else clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return redact(str(value))


@cache
def _known() -> tuple[str, ...]:
    """The secrets of this installation, longest first."""
    database = settings.DATABASES["default"].get("PASSWORD", "")
    redis = urlsplit(settings.REDIS_URL).password or ""
    mail = settings.MAIL["EMAIL_HOST_PASSWORD"] or ""
    keys = (*settings.ENCRYPTION_KEYS, *settings.CREDENTIAL_KEYS)
    secrets = {settings.SECRET_KEY, settings.METRICS_TOKEN, database, redis, mail, *keys}
    return tuple(sorted((secret for secret in secrets if len(secret) >= LEAST), key=len, reverse=True))
