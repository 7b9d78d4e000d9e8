"""Cancels and edits of open orders."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.clock import SECOND
from sandbox.floor import Floor
from sandbox.market import Market
from sandbox.money import amount, on_grid
from sandbox.orders import Edit, Order, Status
from sandbox.terms import GTC

ACCEPTED = "UNKNOWN_CANCEL_FAILURE_REASON"  # what a cancel that was taken says
EDITABLE = ("LIMIT", "STOP_LIMIT", "BRACKET")
KEPT_EDITS = 5


class Changing:
    """``market``: the market of a symbol."""

    def __init__(self, floor: Floor, market: Callable[[str], Market]) -> None:
        self._clock, self._agenda, self._desk, self._ledger = floor.clock, floor.agenda, floor.desk, floor.ledger
        self._execution, self._triggers, self._listeners = floor.execution, floor.triggers, floor.listeners
        self._settings, self._market = floor.settings, market

    def cancel(self, user: str, order_id: str) -> str:
        """Asks for a cancel; the answer is the reason why not, or ACCEPTED."""
        order = self._desk.get(order_id, user)
        if order is None:
            return "UNKNOWN_CANCEL_ORDER"
        if order.done:
            return "ORDER_IS_FULLY_FILLED" if order.status == Status.FILLED else "UNKNOWN_CANCEL_ORDER"
        if order.pending_cancel:
            return "DUPLICATE_CANCEL_REQUEST"
        order.move(Status.CANCEL_QUEUED)
        order.pending_cancel = True
        self._listeners.changed(order)
        if lag := self._settings.cancel_lag:
            self._agenda.at(self._clock.now() + int(lag * SECOND), lambda: self._carry_out(order))
        else:
            self._carry_out(order)
        return ACCEPTED

    def _carry_out(self, order: Order) -> None:
        if not order.done:
            self._execution.finish(self._market(order.product.book), order, Status.CANCELLED, "User requested cancel")

    def refuse_edit(self, user: str, order_id: str, price: str, size: str) -> str:
        """Why an edit would be refused; '' when it would not. Empty texts count as 0."""
        order = self._desk.get(order_id, user)
        if order is None:
            return "ORDER_NOT_FOUND"
        return self._status_refusal(order) or self._value_refusal(order, price, size)

    def edit(self, user: str, order_id: str, price: str, size: str) -> str:
        """Changes limit price and total size. The reason why not, or ''.

        Less at the same price keeps its place in the queue; all else goes to the end of the new queue.
        """
        if reason := self.refuse_edit(user, order_id, price, size):
            return reason
        order = self._desk.get(order_id, user)
        if order is None:
            return "ORDER_NOT_FOUND"
        self._apply(order, amount(price or "0"), amount(size or "0"))
        return ""

    def _status_refusal(self, order: Order) -> str:
        if order.pending_cancel:
            return "CANNOT_EDIT_ORDER_PENDING_CANCEL"
        if order.status != Status.OPEN:
            return "ONLY_OPEN_ORDERS_CAN_BE_EDITED"
        if order.terms.kind not in EDITABLE:
            return "ORDER_EDIT_ORDER_TYPE_NOT_SUPPORTED"
        if order.terms.tif != GTC:
            return "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"
        if order.terms.quote_size is not None:
            return "SIZE_IN_QUOTE_EDITS_NOT_ALLOWED"
        return "CANNOT_EDIT_TRIGGERED_ORDER" if order.triggered else ""

    def _value_refusal(self, order: Order, price_text: str, size_text: str) -> str:
        try:
            price, size = amount(price_text or "0"), amount(size_text or "0")
        except ValueError:
            return "INVALID_EDITED_PRICE"
        if price == order.limit and size == order.size:
            return "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
        needed = size - order.filled
        if order.side == "BUY":
            needed *= price * (1 + order.taker_rate)
        short = needed - order.hold > self._ledger.available(order.user, order.hold_currency)
        return _off_grid(order, price, size) or ("INSUFFICIENT_FUND" if short else "")

    def _apply(self, order: Order, price: Decimal, size: Decimal) -> None:
        market = self._market(order.product.book)
        keeps_place = order.limit == price and size < order.size and order.resting is not None
        if keeps_place and order.resting:
            market.book.reduce(order.resting, order.size - size)
        else:
            self._execution.unrest(market, order)
        order.size, order.limit, order.updated = size, price, self._clock.now()
        order.edits = [*order.edits, Edit(order.updated, price, size)][-KEPT_EDITS:]
        self._execution.rehold(order)
        self._listeners.changed(order)
        if keeps_place:
            return
        if order.waits:
            if order.terms.kind == "BRACKET":
                self._execution.rest(market, order, price)
        else:
            self._triggers.work(market, order)


def _off_grid(order: Order, price: Decimal, size: Decimal) -> str:
    product = order.product
    if price <= 0 or not on_grid(price, product.tick):
        return "INVALID_EDITED_PRICE"
    if size <= 0 or not on_grid(size, product.base_increment) or size > product.base_max:
        return "INVALID_EDITED_SIZE"
    return "CANNOT_EDIT_TO_BELOW_FILLED_SIZE" if size <= order.filled else ""
