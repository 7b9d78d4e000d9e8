"""Stops and brackets: what the last trade sets off."""

from decimal import Decimal

from sandbox.execution import Execution, Listeners
from sandbox.market import Market
from sandbox.matching import by_size
from sandbox.money import floor_to
from sandbox.orders import Order
from sandbox.terms import UP

BRACKET_SLIP = Decimal("0.05")  # a bracket's stop is placed with a limit so far behind its trigger


class Triggers:
    def __init__(self, execution: Execution, listeners: Listeners) -> None:
        self._execution, self._listeners = execution, listeners

    def arm(self, market: Market, order: Order) -> None:
        """A bracket's target rests on the book at once; its stop and every other stop waits for the last trade."""
        if order.terms.kind == "BRACKET":
            self._execution.rest(market, order, order.limit or Decimal(0))
        market.waiting.append(order)

    def fire(self, market: Market) -> None:
        """Places what the last trade has triggered, and what those trades trigger, oldest first."""
        while ready := next((order for order in market.waiting if self._hit(market, order)), None):
            market.waiting.remove(ready)
            self._trigger(market, ready)

    def _hit(self, market: Market, order: Order) -> bool:
        stop, last = order.stop, market.tape.last
        if stop is None or (order.terms.kind == "BRACKET" and order.filled > 0):
            return False  # the target has begun to fill: its stop is off
        return last >= stop if order.terms.direction == UP else last <= stop

    def _trigger(self, market: Market, order: Order) -> None:
        order.triggered = True
        self._execution.unrest(market, order)
        if order.terms.kind == "BRACKET":
            order.limit = floor_to((order.stop or Decimal(0)) * (1 - BRACKET_SLIP), order.product.tick)
        self._listeners.changed(order)
        self.work(market, order)

    def work(self, market: Market, order: Order) -> None:
        """Takes what the order's limit meets and rests the remainder."""
        plan = by_size(market.book, order.side, order.limit, order.left, order.user)
        self._execution.take(market, order.side, plan, order)
        if not order.done and order.limit is not None:
            self._execution.rest(market, order, order.limit)
