"""How an order gets in: checked, paid for, matched, rested."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.book import BUY
from sandbox.checks import check, protection
from sandbox.desk import MOST_OPEN
from sandbox.floor import Floor
from sandbox.market import Market
from sandbox.matching import Plan, by_funds, by_size
from sandbox.money import ZERO, floor_to, on_grid, over, times
from sandbox.orders import Order, Status
from sandbox.products import Product
from sandbox.refusals import Denied, Refusal
from sandbox.slicing import Slicer
from sandbox.terms import FOK, GTD, IOC, Terms, read_terms


@dataclass(frozen=True, slots=True)
class Request:
    """An order as a client sends it."""

    client_order_id: str
    symbol: str
    side: str
    configuration: dict[str, Any]
    attached: Mapping[str, Any] | None = None
    preview_id: str = ""
    parent: str = ""
    fail: str = ""  # the reject reason with which it shall end at once: a fault


class Placing:
    def __init__(self, floor: Floor) -> None:
        self._clock, self._agenda, self._desk = floor.clock, floor.agenda, floor.desk
        self._ledger, self._fees, self._execution = floor.ledger, floor.fees, floor.execution
        self._triggers, self._listeners = floor.triggers, floor.listeners
        self._slicer = Slicer(floor.clock, floor.agenda, floor.execution)

    def draft(self, user: str, request: Request, product: Product, market: Market) -> Order:
        """The order as it would be taken now; nothing is changed. Raises Refusal or Denied."""
        terms = read_terms(request.configuration)
        now = self._clock.now()
        check(product, market, request.side, terms, now)
        self._check_wallet(user, product)
        maker, taker = self._fees.rates(user, product, now)
        number = self._desk.next_number()
        order = Order(
            number, self._desk.new_id(number), request.client_order_id, user, product, request.side, terms,
            dict(request.configuration), now, maker, taker, size=_base_size(terms, product), limit=terms.limit,
            stop=terms.stop, updated=now, parent=request.parent, preview_id=request.preview_id,
            attached=dict(request.attached) if request.attached else None,
        )  # fmt: skip
        if request.attached is not None:
            _check_attached(request.attached, order, market)
        self._check_funds(order, market)
        return order

    def enter(self, order: Order, market: Market, fail: str = "") -> None:
        """Takes a draft: from here on the order exists. ``fail``: it ends at once, for this reason."""
        crowded = self._desk.open_in(order.user, order.product.symbol) >= MOST_OPEN
        self._desk.add(order)
        if order.attached:
            order.child = self._desk.new_id(-order.number)
        if crowded or fail:
            order.reject_reason = fail or "TOO_MANY_OPEN_ORDERS"
            self._execution.finish(market, order, Status.FAILED)
            return
        self._execution.rehold(order)
        self._listeners.changed(order)
        order.move(Status.OPEN)
        if order.terms.kind == "MARKET":
            self._sweep(order, market)
            return
        self._listeners.changed(order)
        self._schedule(order, market)
        if order.waits:
            self._triggers.arm(market, order)
        elif order.terms.tif in (IOC, FOK):
            self._take_now(order, market)
        elif order.terms.kind != "TWAP":
            self._triggers.work(market, order)

    def resume(self, order: Order, market: Market) -> None:
        """Takes up an open order of an earlier run: its expiry or slices, its trigger, its place in the queue."""
        self._schedule(order, market)
        if order.waits:
            self._triggers.arm(market, order)
        elif order.limit is not None and order.terms.kind != "TWAP":
            self._execution.rest(market, order, order.limit)

    def _schedule(self, order: Order, market: Market) -> None:
        if order.terms.kind == "TWAP":
            self._slicer.plan(market, order)
        elif order.terms.tif == GTD and order.terms.end:
            self._agenda.at(order.terms.end, lambda: self._expire(order, market))

    def market_plan(self, order: Order, market: Market) -> Plan:
        """What a market order would meet. Raises Refusal when there is nothing."""
        limit = protection(order.product, market, order.side)
        if limit is None:
            raise Refusal("PREVIEW_INVALID_NO_LIQUIDITY", engine=True)
        if order.terms.quote_size is None:
            return by_size(market.book, order.side, limit, order.size, order.user)
        funds = over(order.terms.quote_size, 1 + order.taker_rate)
        return by_funds(market.book, limit, funds, order.product.base_increment, order.user)

    def _sweep(self, order: Order, market: Market) -> None:
        plan = self.market_plan(order, market)
        self._execution.take(market, order.side, plan, order)
        if order.by_funds and self._residual(order, market, plan):
            self._execution.finish(market, order, Status.FILLED)
        elif not order.done:
            self._execution.finish(market, order, Status.CANCELLED)

    def _residual(self, order: Order, market: Market, plan: Plan) -> bool:
        """Fills what is below one increment; False when the book had not enough for the funds."""
        last = plan.cuts[-1].resting.price if plan.cuts else market.book.best("SELL")
        following = next(market.book.crossing(BUY, protection(order.product, market, BUY)), None)
        price = following.price if following else last
        if price is None or plan.left >= times(price, order.product.base_increment):
            return False
        if plan.left > 0:
            self._execution.take_rest(market, order, price, plan.left)
        return True

    def _take_now(self, order: Order, market: Market) -> None:
        plan = by_size(market.book, order.side, order.limit, order.left, order.user)
        self._execution.take(market, order.side, plan, order)
        if not order.done:
            self._execution.finish(market, order, Status.CANCELLED)

    def _expire(self, order: Order, market: Market) -> None:
        if not order.done:
            self._execution.finish(market, order, Status.EXPIRED, "Order expired")

    def _check_wallet(self, user: str, product: Product) -> None:
        if not self._ledger.has(user, product.quote):
            raise Denied(400, "INVALID_ARGUMENT", "account is not available")

    def _check_funds(self, order: Order, market: Market) -> None:
        needed = self._execution.needed(order)
        if order.terms.kind == "MARKET":
            plan = self.market_plan(order, market)
            needed = (
                order.size if order.side != BUY else order.terms.quote_size or times(plan.value, 1 + order.taker_rate)
            )
        if order.terms.tif == FOK:
            plan = by_size(market.book, order.side, order.limit, order.size, order.user)
            if plan.filled < order.size:
                raise Refusal("PREVIEW_INVALID_NO_LIQUIDITY", engine=True)
        if needed > self._ledger.available(order.user, order.hold_currency):
            bracket = order.terms.kind == "BRACKET"
            raise Refusal("PREVIEW_BRACKET_ORDER_SIZE_EXCEEDS_POSITION" if bracket else "PREVIEW_INSUFFICIENT_FUND")


def _base_size(terms: Terms, product: Product) -> Decimal:
    if terms.base_size is not None:
        return terms.base_size
    if terms.kind == "MARKET" or terms.limit is None or terms.quote_size is None:
        return ZERO
    size = floor_to(terms.quote_size / terms.limit, product.base_increment)
    if size < product.base_min or size <= 0:
        raise Refusal("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL")
    return size


def _check_attached(attached: Mapping[str, Any], order: Order, market: Market) -> None:
    terms, product = order.terms, order.product
    if terms.kind not in ("MARKET", "LIMIT"):
        raise Refusal("PREVIEW_ATTACHED_ORDERS_ONLY_ALLOWED_ON_MARKET_LIMIT")
    if order.side != BUY:
        raise Refusal("PREVIEW_INVALID_ORDER_SIDE_FOR_ATTACHED_TPSL")
    if len(attached) != 1 or set(attached) - {"trigger_bracket_gtc", "trigger_bracket_gtd"}:
        raise Refusal("PREVIEW_INVALID_ORDER_TYPE_FOR_ATTACHED")
    child = read_terms(attached)
    if child.base_size is not None or child.quote_size is not None:
        raise Refusal("PREVIEW_ATTACHED_ORDER_SIZE_MUST_BE_NIL")
    if child.limit is None or child.stop is None:
        raise Refusal("PREVIEW_SINGLE_LEGGED_TPSL_NOT_ALLOWED")
    entry = terms.limit if terms.limit is not None else market.tape.last
    if child.limit <= entry:
        raise Refusal("PREVIEW_INVALID_ATTACHED_TAKE_PROFIT_PRICE")
    if not 0 < child.stop < entry:
        raise Refusal("PREVIEW_INVALID_ATTACHED_STOP_LOSS_PRICE")
    if not on_grid(child.limit, product.tick):
        raise Refusal("PREVIEW_INVALID_ATTACHED_TAKE_PROFIT_PRICE_PRECISION")
    if not on_grid(child.stop, product.tick):
        raise Refusal("PREVIEW_INVALID_ATTACHED_STOP_LOSS_PRICE_PRECISION")
