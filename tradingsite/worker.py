"""What Dramatiq loads to decide and to trade: the apps and their actors. Backtests: tradingsite/backtester.py."""

import os

import django
import dramatiq

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
django.setup()

from apps.bots import actors as bots  # noqa: E402  actors need the apps and the broker
from apps.orders import actors as orders  # noqa: E402
from apps.orders.watchman import Watchman  # noqa: E402

dramatiq.get_broker().add_middleware(Watchman())

__all__ = ["bots", "orders"]
