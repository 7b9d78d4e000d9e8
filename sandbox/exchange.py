"""The exchange: everything that happens goes through here, on one thread, in the order of its clock."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.accounts import OUTSIDE, Ledger
from sandbox.book import BUY, OPPOSITE, SELL
from sandbox.changing import Changing, Wish
from sandbox.clock import SECOND, Agenda, Clock, VirtualClock
from sandbox.desk import Desk
from sandbox.execution import Execution, Listeners
from sandbox.feed import Feed
from sandbox.fees import STABLE, Fees
from sandbox.floor import Floor
from sandbox.market import Market
from sandbox.matching import by_size
from sandbox.money import ZERO, floor_to
from sandbox.orders import Order, Status
from sandbox.placing import Placing, Request
from sandbox.products import Product, Products
from sandbox.refusals import Denied, Refusal, invalid
from sandbox.settings import Settings
from sandbox.triggers import Triggers

LONGEST_ID = 128


class Exchange:
    """``feed``: makes the prices of a product. ``tick``: seconds between the crowd's trades."""

    def __init__(
        self,
        clock: Clock,
        products: Products,
        feed: Callable[[Product, int], Feed],
        *,
        seed: int = 0,
        tick: float = 1.0,
    ) -> None:
        self.clock, self.products, self._feed, self._seed = clock, products, feed, seed
        self._step = int(tick * SECOND)
        self.agenda, self.settings, self.listeners = Agenda(), Settings(), Listeners()
        self.ledger, self.fees, self.desk = Ledger(), Fees(), Desk(seed)
        self.markets: dict[str, Market] = {}
        self.execution = Execution(clock, self.ledger, self.fees, self.listeners, self.usd)
        self.triggers = Triggers(self.execution, self.listeners)
        floor = Floor(
            clock, self.agenda, self.desk, self.ledger, self.fees, self.execution, self.triggers, self.listeners,
            self.settings,
        )  # fmt: skip
        self.placing, self.changing = Placing(floor), Changing(floor, self.market)
        self.listeners.done.append(self._attach)

    def market(self, symbol: str) -> Market:
        """The market on whose book a product trades; it opens when it is first asked for. Raises KeyError."""
        product = self.products[self.products[symbol].book]
        if product.symbol not in self.markets:
            now = self.clock.now()
            self.markets[product.symbol] = Market(product, self._feed(product, now), now, self._seed)
        return self.markets[product.symbol]

    def place(self, user: str, request: Request) -> Order:
        """The new order, or the one that has this client_order_id already. Raises Refusal or Denied."""
        if not request.client_order_id or len(request.client_order_id) > LONGEST_ID:
            raise invalid(f"client_order_id must have 1 to {LONGEST_ID} characters")
        if known := self.desk.by_client(user, request.client_order_id):
            if self.settings.duplicate_refused:
                raise Refusal("DUPLICATE_CLIENT_ORDER_ID", engine=True)
            return known
        product, market = self._product(request.symbol)
        order = self.placing.draft(user, request, product, market)
        self.placing.enter(order, market, request.fail)
        self.triggers.fire(market)
        return order

    def preview(self, user: str, request: Request) -> Order:
        """The order as it would be taken. Raises Refusal or Denied."""
        product, market = self._product(request.symbol)
        return self.placing.draft(user, request, product, market)

    def cancel(self, user: str, order_id: str) -> str:
        return self.changing.cancel(user, order_id)

    def edit(self, user: str, order_id: str, wish: Wish) -> str:
        """The reason why not, or ''."""
        reason = self.changing.edit(user, order_id, wish)
        order = self.desk.get(order_id)
        if order and not reason:
            self.triggers.fire(self.market(order.product.book))
        return reason

    def deposit(self, user: str, currency: str, amount: Decimal) -> None:
        """From outside; a first deposit opens the wallet. Below 0 it is a withdrawal."""
        now = self.clock.now()
        self.ledger.open(user, currency, now)
        source, target = (OUTSIDE, user) if amount >= 0 else (user, OUTSIDE)
        self.ledger.move(now, "deposit", currency, abs(amount), source=source, target=target)

    def advance(self, moment: int) -> None:
        """Does all that is due until ``moment``: the crowd's trades, expiries, slices. A virtual clock is moved."""
        while True:
            ticks = [market.ticked + self._step for market in self.markets.values()]
            due = min([*ticks, self.agenda.next() or moment + 1, moment + 1])
            if due > moment:
                break
            self._move(due)
            self.agenda.run_until(due)
            for market in list(self.markets.values()):
                if market.ticked + self._step <= due:
                    self._tick(market, market.ticked + self._step)
                else:
                    self.triggers.fire(market)
        self._move(moment)

    def set_price(self, symbol: str, price: Decimal, volume: Decimal | None = None) -> None:
        """Moves the market to ``price`` now, by trades of ``volume``, and keeps it there; None: as much as it takes."""
        market = self.market(symbol)
        market.pinned = floor_to(price, market.product.tick)
        self._trade_to(market, market.pinned, volume)

    def release_price(self, symbol: str) -> None:
        """Lets the feed move the price again."""
        self.market(symbol).pinned = None

    def usd(self, currency: str) -> Decimal:
        """What one unit is worth in USD, roughly; 0 when no product says."""
        if currency in STABLE:
            return Decimal(1)
        symbol = f"{currency}-USD"
        if symbol in self.markets:
            return self.markets[symbol].tape.last
        product = self.products.get(symbol)
        return product.listed_price if product else ZERO

    def _product(self, symbol: str) -> tuple[Product, Market]:
        product = self.products.get(symbol)
        if product is None:
            raise invalid("ProductID is invalid")
        return product, self.market(symbol)

    def _move(self, moment: int) -> None:
        if isinstance(self.clock, VirtualClock):
            self.clock.move_to(max(moment, self.clock.now()))

    def _tick(self, market: Market, moment: int) -> None:
        market.ticked = moment
        now = self.clock.now()
        if now - moment > 60 * self._step:  # the process slept: what was missed is not made up for
            market.ticked = now
        if not market.product.tradable or market.product.flag("cancel_only"):
            return
        tick = market.tick(moment)
        if tick.rate <= 0:
            return
        side = self._direction(market, tick.price)
        market.crowd.quote(market.book, tick.price, OPPOSITE[side], tick.rate)
        self._crowd_takes(market, side, tick.price, market.crowd.volume(tick.rate, Decimal(self._step) / SECOND))

    def _trade_to(self, market: Market, price: Decimal, volume: Decimal | None) -> None:
        side = self._direction(market, price)
        self._requote(market, price, side)
        if volume is None:
            volume = by_size(market.book, side, price, Decimal(10) ** 11, "").filled
        self._crowd_takes(market, side, price, floor_to(volume, market.product.base_increment))
        self._requote(market, price, side)

    def _direction(self, market: Market, price: Decimal) -> str:
        if price == market.tape.last:
            return market.crowd.coin()
        return BUY if price > market.tape.last else SELL

    def _requote(self, market: Market, price: Decimal, taker: str) -> None:
        market.crowd.quote(market.book, price, OPPOSITE[taker], market.tick(self.clock.now()).rate)

    def _crowd_takes(self, market: Market, side: str, price: Decimal, volume: Decimal) -> None:
        if volume > 0:
            plan = by_size(market.book, side, price, volume, "")
            self.execution.take(market, side, plan, None)
            self.triggers.fire(market)

    def _attach(self, parent: Order) -> None:
        """The exits of a parent that has ended with fills: a bracket over what it bought."""
        if parent.attached is None or parent.status == Status.FAILED:
            return
        size = floor_to(parent.filled, parent.product.base_increment)
        if size <= 0:
            return
        ((variant, fields),) = parent.attached.items()
        request = Request(
            f"attached-{parent.order_id}", parent.product.symbol, SELL,
            {variant: {**fields, "base_size": format(size, "f")}}, parent=parent.order_id,
        )  # fmt: skip
        market = self.market(parent.product.book)
        try:
            child = self.placing.draft(parent.user, request, parent.product, market)
        except (Refusal, Denied):
            parent.child = ""  # the market has run past an exit: there is none
            return
        child.order_id = parent.child
        self.placing.enter(child, market)
