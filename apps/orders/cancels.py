"""Asking for cancels. The row waits until the exchange has answered."""

from apps.accounts.models import TradingAccount
from apps.operations.nudges import nudge
from apps.orders.events import event_add
from apps.orders.models import Order


def cancel_request(*, account: TradingAccount, order: Order, why: str) -> None:
    """Asks for the cancel of a working order of the locked account. Asking twice does nothing more."""
    if order.cancel_requested:
        return
    order.cancel_requested = True
    event_add(account, order, "cancel requested", from_state=order.state, to_state=order.state, why=why)
    order.save(update_fields=["cancel_requested", "seq"])
    nudge("orders_work", account.pk, queue="orders")
