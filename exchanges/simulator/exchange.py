"""An exchange in memory: the core's matching behind the port, for tests and simulations without a database.

Whoever owns it shows it the market, event by event. Orders arrive at the newest event and match later ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import numpy as np

from engine.config import Costs, ProductRules, rules_record
from engine.kinds import Done, FillReason, OrderKind
from engine.orders.matching import match
from engine.orders.states import OrderState
from engine.records import FILL, Record
from exchanges.port import Balance, Fees, FillReport, NewOrder, OrderReport, Preview, Rejected
from exchanges.simulator.book import Held, Market, on_tick, report, row_of

STATES = {
    Done.OPEN: OrderState.OPEN,
    Done.FILLED: OrderState.FILLED,
    Done.CANCELLED: OrderState.CANCELLED,
    Done.EXPIRED: OrderState.EXPIRED,
    Done.REJECTED: OrderState.REJECTED,
}


@dataclass
class SimulatedExchange:
    """One account. ``money`` by currency; symbols read BASE-QUOTE."""

    products: Mapping[str, ProductRules]
    costs: Costs
    money: dict[str, Decimal]
    not_found_is_final: bool = True
    markets: dict[str, Market] = field(init=False)
    orders: dict[UUID, Held] = field(default_factory=dict)
    trades: list[FillReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.markets = {
            symbol: Market(product, rules_record(product, self.costs)[0]) for symbol, product in self.products.items()
        }

    def see(self, symbol: str, event: Record) -> None:
        """Shows the market's next event to every order that works."""
        market = self.markets[symbol]
        for held in self.orders.values():
            if held.asked.symbol == symbol and held.state == OrderState.OPEN:
                self._match(held, market, event)
        market.position, market.time = int(event["position"]), int(event["time"])
        market.last = on_tick(float(event["close"]), market.product.tick)

    def place(self, order: NewOrder) -> OrderReport:
        if order.client_order_id not in self.orders:
            market = self._market(order.symbol)
            self._check(order, market)
            created = datetime.fromtimestamp(market.time, UTC)
            self.orders[order.client_order_id] = Held(order, len(self.orders) + 1, row_of(order, market), created)
        return report(self.orders[order.client_order_id], self.products)

    def native(self, symbol: str) -> frozenset[OrderKind]:
        return frozenset(OrderKind)

    def preview(self, order: NewOrder) -> Preview:
        market = self._market(order.symbol)
        price = order.limit_price or order.stop_price or market.last or Decimal(0)
        fee = order.quantity * price * self.costs.taker
        total = order.quantity * price + (fee if order.side == "buy" else -fee)
        try:
            self._check(order, market)
        except Rejected as refused:
            return Preview(fee=fee, total=total, slippage=self.costs.slippage, refusal=str(refused))
        return Preview(fee=fee, total=total, slippage=self.costs.slippage)

    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        held = self.orders.get(client_order_id)
        if held is None or held.state != OrderState.OPEN or held.row["triggered"]:
            raise Rejected(f"order must be open to be edited, was {held.state.value if held else 'unknown'}")
        market, old = self._market(held.asked.symbol), held.asked
        order = replace(
            old,
            quantity=old.quantity if quantity is None else quantity,
            limit_price=old.limit_price if limit_price is None else limit_price,
            stop_price=old.stop_price if stop_price is None else stop_price,
        )
        self._check(order, market, held)
        if order.quantity <= self._filled(held):
            raise Rejected(f"quantity must be above {self._filled(held)}, was {order.quantity}", field="quantity")
        row = row_of(order, market)
        priced_anew = (order.limit_price, order.stop_price) != (old.limit_price, old.stop_price)
        for name in ("filled", "funds") if priced_anew else ("filled", "funds", "arrival", "resting"):
            row[name] = held.row[name]
        held.asked, held.row = order, row
        return report(held, self.products)

    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        held = self.orders.get(client_order_id)
        if held is None:
            return None
        if held.state == OrderState.OPEN:
            held.state = OrderState.CANCELLED
        return report(held, self.products)

    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        for client_order_id in client_order_ids:
            self.cancel(client_order_id)

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        return [report(self.orders[key], self.products) for key in client_order_ids if key in self.orders]

    def open_orders(self) -> list[OrderReport]:
        return [report(held, self.products) for held in self.orders.values() if held.state == OrderState.OPEN]

    def balances(self) -> dict[str, Balance]:
        return {
            currency: Balance(total=total, available=total - self._locked(currency))
            for currency, total in self.money.items()
        }

    def fees(self) -> Fees:
        return Fees(maker=self.costs.maker, taker=self.costs.taker, tier="simulated")

    def fills_since(self, cursor: int) -> list[FillReport]:
        return self.trades[cursor:]

    def catch_up(self) -> Mapping[str, int]:
        return {symbol: market.position for symbol, market in self.markets.items()}

    def _market(self, symbol: str) -> Market:
        if symbol not in self.markets:
            raise Rejected(f"product must be one of {', '.join(self.markets)}, was {symbol}", field="symbol")
        return self.markets[symbol]

    def _filled(self, held: Held) -> Decimal:
        return self.products[held.asked.symbol].quantity(held.row["filled"])

    def _locked(self, currency: str, beside: Held | None = None) -> Decimal:
        """What open orders keep back: the funds of buys, the quantity of sales."""
        total = Decimal(0)
        for held in self.orders.values():
            base, quote = held.asked.symbol.split("-")
            if held.state != OrderState.OPEN or held is beside:
                continue
            if held.asked.side == "buy" and quote == currency:
                total += (held.asked.funds or Decimal(0)) - held.spent
            elif held.asked.side == "sell" and base == currency:
                total += held.asked.quantity - self._filled(held)
        return total

    def _check(self, order: NewOrder, market: Market, beside: Held | None = None) -> None:
        """Raises Rejected, with the field at fault, for what the product's rules or the money do not allow."""
        product, buys = market.product, order.side == "buy"
        least = max(product.min_size, product.lot)
        if order.quantity % product.lot or order.quantity < least:
            raise Rejected(
                f"quantity must be a multiple of {product.lot} and at least {least}, was {order.quantity}",
                field="quantity",
            )
        for name, price in (("limit_price", order.limit_price), ("stop_price", order.stop_price)):
            if price is not None and (price <= 0 or price % product.tick):
                raise Rejected(f"{name} must be a positive multiple of {product.tick}, was {price}", field=name)
        worth = order.quantity * (order.limit_price or market.last or Decimal(0))
        if buys and worth < product.min_notional:
            raise Rejected(f"a buy must be worth at least {product.min_notional}, was {worth}", field="quantity")
        if buys and not (order.funds and order.funds > 0):
            raise Rejected(f"funds of a buy must be above 0, were {order.funds}", field="funds")
        base, quote = order.symbol.split("-")
        needs, currency = (order.funds or Decimal(0), quote) if buys else (order.quantity, base)
        spent = (beside.spent if buys else self._filled(beside)) if beside else Decimal(0)
        free = self.money.get(currency, Decimal(0)) - self._locked(currency, beside)
        if needs - spent > free:
            raise Rejected(f"{currency} must cover the order, was {free} of {needs - spent}", field="quantity")

    def _match(self, held: Held, market: Market, event: Record) -> None:
        fill = np.zeros(1, FILL)[0]
        if not match(held.row, event, market.rules, fill):
            return
        held.state = STATES[Done(int(fill["done"]))]
        if not fill["qty"]:
            return
        base, quote = held.asked.symbol.split("-")
        price, quantity = on_tick(float(fill["price"]), market.product.tick), market.product.quantity(fill["qty"])
        fee = price * quantity * (self.costs.maker if fill["maker"] else self.costs.taker)
        sign = 1 if held.asked.side == "buy" else -1
        self.money[base] = self.money.get(base, Decimal(0)) + sign * quantity
        self.money[quote] = self.money.get(quote, Decimal(0)) - sign * price * quantity - fee
        held.spent += price * quantity + fee
        number = len(self.trades) + 1
        self.trades.append(
            FillReport(
                cursor=number, client_order_id=held.asked.client_order_id, trade_id=str(number),
                position=int(fill["position"]), at=datetime.fromtimestamp(int(fill["time"]), UTC), price=price,
                quantity=quantity, fee=fee, fee_currency=quote, maker=bool(fill["maker"]),
                reason=FillReason(int(fill["reason"])).name.lower(), exchange_order_id=f"simulated-{held.number}",
                symbol=held.asked.symbol, side=held.asked.side,
            )
        )  # fmt: skip
