"""Trades: what a match moves in books, holds, wallets and orders."""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from uuid import UUID

from sandbox.accounts import CROWD, FEES, Ledger
from sandbox.book import BUY, OPPOSITE
from sandbox.clock import Clock
from sandbox.fees import Fees
from sandbox.market import Market
from sandbox.matching import Cut, Plan
from sandbox.money import ZERO, over, times
from sandbox.orders import FINAL, Fill, Order, Resting, Status
from sandbox.tape import Trade

HOLD_GRAIN = Decimal("0.00000001")


class Listeners:
    """Who hears of what happens, at once and in order."""

    def __init__(self) -> None:
        self.order: list[Callable[[Order], None]] = []
        self.trade: list[Callable[[Market, Trade], None]] = []
        self.done: list[Callable[[Order], None]] = []

    def changed(self, order: Order) -> None:
        for hear in self.order:
            hear(order)


class Execution:
    """``usd``: what one unit of a currency is worth in USD."""

    def __init__(
        self, clock: Clock, ledger: Ledger, fees: Fees, listeners: Listeners, usd: Callable[[str], Decimal]
    ) -> None:
        self._clock, self._ledger, self._fees, self._listeners, self._usd = clock, ledger, fees, listeners, usd
        self.fills: list[Fill] = []
        self._rests = 0
        self._fills_of: dict[str, list[Fill]] = defaultdict(list)

    def fills_of(self, user: str) -> list[Fill]:
        """Oldest first."""
        return self._fills_of[user]

    def take(self, market: Market, side: str, plan: Plan, taker: Order | None) -> None:
        """Carries out a plan. Without a taker the crowd takes."""
        for cut in plan.cuts:
            if cut.own and taker:
                self._decrement(market, cut, taker)
            else:
                self._trade(market, side, cut, taker)
        if taker and taker.left == 0 and not taker.by_funds and not taker.done:
            self.finish(market, taker, Status.FILLED if taker.filled else Status.CANCELLED)
        elif taker and plan.cuts:
            self._listeners.changed(taker)

    def take_rest(self, market: Market, taker: Order, price: Decimal, value: Decimal) -> None:
        """Fills what of a buy by funds is below one increment; ``value`` in quote, the rest of the funds are fees."""
        funds = taker.terms.quote_size or ZERO
        fee = funds - taker.value - taker.fees - value
        fill = self._record(taker, price, over(value, price), value, fee, maker=False)
        self._settle([fill], taker.user, CROWD)

    def rest(self, market: Market, order: Order, price: Decimal) -> None:
        """Puts what is left of the order at the end of its queue."""
        self._rests += 1
        order.rested, order.resting = self._rests, Resting(order.side, price, order.left, order)
        market.book.add(order.resting)

    def unrest(self, market: Market, order: Order) -> None:
        if order.resting and order.resting.size:
            market.book.remove(order.resting)
        order.resting = None

    def finish(self, market: Market, order: Order, status: Status, message: str = "") -> None:
        """Ends an order: off the book, nothing held."""
        self.unrest(market, order)
        if order in market.waiting:
            market.waiting.remove(order)
        order.move(status)
        order.cancel_message, order.pending_cancel = message, False
        self.rehold(order)
        order.updated = self._clock.now()
        self._listeners.changed(order)
        for hear in self._listeners.done:
            hear(order)

    def rehold(self, order: Order) -> None:
        """Holds what the open rest of the order may cost, no more. Raises Overdrawn."""
        needed = self.needed(order)
        self._ledger.hold(order.user, order.hold_currency, needed - order.hold)
        order.hold = needed

    def needed(self, order: Order) -> Decimal:
        if order.status in FINAL or order.terms.kind == "MARKET":
            return ZERO
        if order.side != BUY:
            return order.left
        rate = order.maker_rate if order.terms.post_only else order.taker_rate
        cost = order.left * (order.limit or ZERO) * (1 + rate)
        return cost.quantize(HOLD_GRAIN, ROUND_UP)

    def _decrement(self, market: Market, cut: Cut, taker: Order) -> None:
        """Self-trade: the smaller of the two ends, the larger shrinks, nothing is filled."""
        maker = cut.resting.order
        taker.size -= cut.size
        if maker is None:
            return
        market.book.reduce(cut.resting, cut.size)
        maker.size -= cut.size
        if maker.left == 0:
            self.finish(market, maker, Status.FILLED if maker.filled else Status.CANCELLED, "Self trade")
        else:
            self.rehold(maker)
            self._listeners.changed(maker)
        self.rehold(taker)

    def _trade(self, market: Market, side: str, cut: Cut, taker: Order | None) -> None:
        resting, price, size = cut.resting, cut.resting.price, cut.size
        maker, value = resting.order, times(cut.size, cut.resting.price)
        moment = self._clock.now()
        market.book.reduce(resting, size)
        trade = market.tape.record(moment, price, size, OPPOSITE[side])
        fills = []
        for order in (one for one in (maker, taker) if one):  # both holds first: no leg is short of the other
            rate = order.maker_rate if order is maker else order.taker_rate
            fills.append(self._record(order, price, size, value, times(value, rate), maker=order is maker))
        if fills:
            buyer, seller = (taker, maker) if side == BUY else (maker, taker)
            self._settle(fills, buyer.user if buyer else CROWD, seller.user if seller else CROWD)
        for hear in self._listeners.trade:
            hear(market, trade)
        if maker and maker.left == 0:
            self.finish(market, maker, Status.FILLED)
        elif maker:
            self._listeners.changed(maker)

    def _record(
        self, order: Order, price: Decimal, size: Decimal, value: Decimal, fee: Decimal, *, maker: bool
    ) -> Fill:
        moment, sequence = self._clock.now(), len(self.fills) + 1
        trade_id = str(UUID(int=sequence << 64 | order.number, version=4))
        fill = Fill(
            sequence, trade_id, order.order_id, order.user, order.product.symbol, order.side, moment, price, size,
            value, fee, maker, order.by_funds,
        )  # fmt: skip
        order.filled, order.value, order.fees = order.filled + size, order.value + value, order.fees + fee
        order.last_fill = order.updated = moment
        self._list(fill, order)
        self.rehold(order)
        return fill

    def recall(self, fill: Fill, order: Order) -> None:
        """Takes in a fill of an earlier run, of which order and wallets know already."""
        self._list(fill, order)
        self._note(fill)

    def _list(self, fill: Fill, order: Order) -> None:
        order.fills.append(fill)
        self.fills.append(fill)
        self._fills_of[order.user].append(fill)

    def _note(self, fill: Fill) -> None:
        usd = self._usd(fill.symbol.partition("-")[2])
        self._fees.note(fill.user, fill.moment, fill.value * usd, fill.fee * usd)

    def _settle(self, fills: list[Fill], buyer: str, seller: str) -> None:
        """Base to the buyer, value to the seller, fees to the exchange."""
        first = fills[0]
        base, quote = first.symbol.split("-")
        self._ledger.move(first.moment, first.trade_id, base, first.size, source=seller, target=buyer)
        self._ledger.move(first.moment, first.trade_id, quote, first.value, source=buyer, target=seller)
        for fill in fills:
            self._ledger.move(fill.moment, fill.trade_id, quote, fill.fee, source=fill.user, target=FEES)
            self._note(fill)
