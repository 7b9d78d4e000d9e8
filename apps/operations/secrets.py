"""Secrets at rest: encrypted with keys of the environment, so that a copy of the database alone opens nothing."""

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def encrypt(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """cryptography.fernet.InvalidToken when none of the keys fits."""
    return _box().decrypt(text.encode()).decode()


def rotate(text: str) -> str:
    """The same secret under the first key."""
    return _box().rotate(text.encode()).decode()


def _box() -> MultiFernet:
    return _of(tuple(settings.ENCRYPTION_KEYS), settings.SECRET_KEY)


@cache
def _of(keys: tuple[str, ...], fallback: str) -> MultiFernet:
    derived = base64.urlsafe_b64encode(hashlib.sha256(b"secrets at rest:" + fallback.encode()).digest())
    return MultiFernet(
        [Fernet(key) for key in (*keys, derived.decode())]
    )  # last, for what was kept before there were keys


def credentials_box() -> MultiFernet:
    """Of the API keys of exchanges: CREDENTIAL_KEYS, nothing in their place. Raises ImproperlyConfigured."""
    if not settings.CREDENTIAL_KEYS:
        raise ImproperlyConfigured("CREDENTIAL_KEYS must be set: the API keys of exchanges are encrypted with it")
    return _plain(tuple(settings.CREDENTIAL_KEYS))


@cache
def _plain(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
