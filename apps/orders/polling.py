"""Asking real exchanges what happened: every few seconds while orders work there, every minute otherwise.

The user channel makes it sooner; without it this alone finds everything.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.operations.nudges import nudge
from apps.orders.models import Order
from engine.orders.states import WORKING, OrderState

WORKS = timedelta(seconds=3)  # between two readings while orders work
RESTS = timedelta(minutes=1)  # a fill may come late, and others trade in the same portfolio


def polling_sweep() -> None:
    """Nudges the live accounts whose next reading is due."""
    now = timezone.now()
    working = Order.objects.filter(account=OuterRef("pk"), state__in=[*WORKING, OrderState.NOT_FOUND])
    unread = Q(exchange_cursor=None) | Q(exchange_cursor__read=None)
    soon = Q(exchange_cursor__read__lt=now - WORKS, works=True)
    due = (
        live_accounts().annotate(works=Exists(working)).filter(unread | soon | Q(exchange_cursor__read__lt=now - RESTS))
    )
    for account_id in due.values_list("pk", flat=True):
        nudge("orders_work", account_id, queue="orders")


def live_accounts() -> QuerySet[TradingAccount]:
    """Those whose connection may be asked."""
    usable = [ExchangeConnection.State.OK, ExchangeConnection.State.READ_ONLY]
    return TradingAccount.objects.filter(mode=TradingAccount.Mode.LIVE, connection__state__in=usable)
