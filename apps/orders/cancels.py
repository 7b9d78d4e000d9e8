"""Asking for cancels. The row waits until the exchange has answered."""

from collections.abc import Sequence

from apps.accounts.models import TradingAccount
from apps.operations.nudges import nudge
from apps.orders.events import events_add
from apps.orders.models import Order


def cancel_request(*, account: TradingAccount, order: Order, why: str) -> None:
    """Asks for the cancel of a working order of the locked account. Asking twice does nothing more."""
    cancels_request(account=account, orders=[order], why=why)


def cancels_request(*, account: TradingAccount, orders: Sequence[Order], why: str) -> None:
    """``cancel_request`` of many, in few statements."""
    asked = [order for order in orders if not order.cancel_requested]
    if not asked:
        return
    for order in asked:
        order.cancel_requested = True
    events_add(account, [(order, order.state, order.state) for order in asked], "cancel requested", why=why)
    Order.objects.bulk_update(asked, ["cancel_requested", "seq"])
    nudge("orders_work", account.pk, queue="orders")
