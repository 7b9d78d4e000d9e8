"""TWAP: equal slices over time, each an immediate limit order."""

from sandbox.clock import SECOND, Agenda, Clock
from sandbox.execution import Execution
from sandbox.market import Market
from sandbox.matching import by_size
from sandbox.money import floor_to
from sandbox.orders import Order, Status


class Slicer:
    def __init__(self, clock: Clock, agenda: Agenda, execution: Execution) -> None:
        self._clock, self._agenda, self._execution = clock, agenda, execution

    def plan(self, market: Market, order: Order) -> None:
        """Puts all slices and the end on the agenda. A slice that was not filled is made up for by the next."""
        terms = order.terms
        start = max(terms.start or 0, order.created)
        end = terms.end or start
        step = terms.bucket_seconds * SECOND or (end - start) // terms.buckets
        for place in range(terms.buckets):
            moment = min(start + place * step, end)
            self._agenda.at(moment, lambda place=place: self._slice(market, order, place + 1))  # type: ignore[misc]
        self._agenda.at(end, lambda: self._end(market, order))

    def _slice(self, market: Market, order: Order, place: int) -> None:
        if order.done:
            return
        due = floor_to(order.size * place / order.terms.buckets, order.product.base_increment)
        due = order.size if place == order.terms.buckets else due
        if due > order.filled:
            plan = by_size(market.book, order.side, order.limit, due - order.filled, order.user)
            self._execution.take(market, order.side, plan, order)

    def _end(self, market: Market, order: Order) -> None:
        if not order.done:
            self._execution.finish(market, order, Status.EXPIRED, "Order expired")
