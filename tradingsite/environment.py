"""Reading the environment. What is missing or malformed stops the start with a line that names it."""

import os
from collections.abc import Sequence

import environ
from django.core.exceptions import ImproperlyConfigured

from tradingsite.launcher.layout import Layout

env = environ.Env()
env.read_env(Layout.of(os.environ).env_file)  # what './start' has generated, for commands given by hand


def required(name: str, why: str = "'./start' and './test' set it for you") -> str:
    """A variable that must be set and not empty."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set; {why}")
    return value


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    """One of some words."""
    value = env.str(name, default="") or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(allowed)}, was {value!r}")
    return value


def switch(name: str, default: bool) -> bool:
    """On or off; a word that is neither is refused, or a typing error would switch something off."""
    value = env.str(name, default="").lower()
    if not value:
        return default
    words = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}
    if value not in words:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, was {value!r}")
    return words[value]


def whole(name: str, default: int, least: int = 0) -> int:
    """A whole number."""
    value = env.str(name, default="") or str(default)
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, was {value!r}")
    return int(value)


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Values separated by commas; spaces around them do not count."""
    given = [word.strip() for word in env.str(name, default="").split(",") if word.strip()]
    return given or list(default)
