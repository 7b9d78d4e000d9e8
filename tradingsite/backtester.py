"""What Dramatiq loads to run backtests: nothing that trades, and the compiler only when the first one comes."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
django.setup()

from apps.backtests import actors as backtests  # noqa: E402  actors need the apps and the broker

__all__ = ["backtests"]
