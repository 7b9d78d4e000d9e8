"""What our rows tell of orders at an exchange that finds them only by its own ids."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from apps.accounts.models import TradingAccount
from apps.orders.models import Order
from engine.kinds import OrderKind
from exchanges.coinbase.trading.traces import Trace


class OrderTraces:
    """Those of one account, every generation."""

    def __init__(self, account: TradingAccount) -> None:
        self._account_id = account.pk

    def of(self, client_order_ids: Iterable[UUID]) -> Mapping[UUID, Trace]:
        return {trace.client_order_id: trace for trace in self._read(client_order_id__in=list(client_order_ids))}

    def named(self, exchange_order_ids: Iterable[str]) -> Mapping[str, Trace]:
        return {trace.exchange_order_id: trace for trace in self._read(exchange_order_id__in=list(exchange_order_ids))}

    def _read(self, **which: object) -> list[Trace]:
        orders = Order.objects.filter(account_id=self._account_id, **which).select_related("product")
        return [
            Trace(
                client_order_id=order.client_order_id, symbol=order.product.symbol, kind=OrderKind(order.kind),
                since=order.submitted or order.created, exchange_order_id=order.exchange_order_id,
                limit_price=order.limit_price, stop_price=order.stop_price,
            )
            for order in orders
        ]  # fmt: skip
