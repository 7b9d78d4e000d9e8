"""The trail of an order."""

from apps.accounts.locks import next_seq
from apps.accounts.models import TradingAccount
from apps.operations.hints import hint
from apps.orders.models import Order, OrderEvent


def event_add(
    account: TradingAccount, order: Order, kind: str, *, from_state: str = "", to_state: str = "", **detail: object
) -> None:
    """Writes what happened and stamps the locked account and the order (which the caller saves) with the next seq."""
    order.seq = next_seq(account)
    account.save(update_fields=["seq"])
    OrderEvent.objects.create(
        order=order, seq=order.seq, kind=kind, from_state=from_state, to_state=to_state, detail=detail
    )
    hint(account.owner_id, "orders", order.holder)
