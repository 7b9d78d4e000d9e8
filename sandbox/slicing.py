"""TWAP: equal slices over time, each an immediate limit order."""

from sandbox.clock import Agenda, Clock
from sandbox.execution import Execution
from sandbox.market import Market
from sandbox.matching import by_size
from sandbox.money import floor_to
from sandbox.orders import Order, Status
from sandbox.terms import pace


class Slicer:
    def __init__(self, clock: Clock, agenda: Agenda, execution: Execution) -> None:
        self._clock, self._agenda, self._execution = clock, agenda, execution

    def plan(self, market: Market, order: Order) -> None:
        """Puts the first slice on the agenda, each puts the next. What was not filled is made up for by the next."""
        self._next(market, order, 0)

    def _next(self, market: Market, order: Order, place: int) -> None:
        """``place``: slices there have been. Of those that nobody was there for, the last makes up for all."""
        terms, last = order.terms, order.terms.buckets - 1
        start = max(terms.start or 0, order.created)
        end, step = terms.end or start, pace(terms, start)
        if place > last:
            self._agenda.at(end, lambda: self._end(market, order))
            return
        place = max(place, min((self._clock.now() - start) // step, last))
        moment = start + place * step
        if moment >= end:
            moment, place = end, last
        self._agenda.at(moment, lambda: self._slice(market, order, place + 1))

    def _slice(self, market: Market, order: Order, place: int) -> None:
        if order.done:
            return
        due = floor_to(order.size * place / order.terms.buckets, order.product.base_increment)
        due = order.size if place == order.terms.buckets else due
        if due > order.filled:
            plan = by_size(market.book, order.side, order.limit, due - order.filled, order.user)
            self._execution.take(market, order.side, plan, order)
        if not order.done:
            self._next(market, order, place)

    def _end(self, market: Market, order: Order) -> None:
        if not order.done:
            self._execution.finish(market, order, Status.EXPIRED, "Order expired")
