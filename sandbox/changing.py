"""Cancels and edits of open orders."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.checks import crosses
from sandbox.clock import SECOND
from sandbox.floor import Floor
from sandbox.market import Market
from sandbox.money import ZERO, amount, on_grid, plain
from sandbox.orders import Edit, Order, Status
from sandbox.terms import GTC, UP

ACCEPTED = "UNKNOWN_CANCEL_FAILURE_REASON"  # what a cancel that was taken says
EDITABLE = ("LIMIT", "STOP_LIMIT", "BRACKET")
KEPT_EDITS = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What an edit asks for: limit price, total size (what is filled included), a new trigger or None."""

    price: Decimal
    size: Decimal
    stop: Decimal | None = None


def read_wish(price: str, size: str, stop: str = "") -> Wish | None:
    """Missing texts count as 0, a missing trigger stays as it is; None when one is no plain number."""
    try:
        return Wish(amount(price or "0"), amount(size or "0"), amount(stop) if stop else None)
    except ValueError:
        return None


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
            self.schedule(order, lag)
        else:
            self._carry_out(order)
        return ACCEPTED

    def schedule(self, order: Order, lag: float) -> None:
        """Carries an accepted cancel out after so many seconds."""
        self._agenda.at(self._clock.now() + int(lag * SECOND), lambda: self._carry_out(order))

    def _carry_out(self, order: Order) -> None:
        if not order.done:
            self._execution.finish(self._market(order.product.book), order, Status.CANCELLED, "User requested cancel")

    def refuse_edit(self, user: str, order_id: str, wish: Wish) -> str:
        """Why an edit would be refused; '' when it would not."""
        order = self._desk.get(order_id, user)
        if order is None:
            return "ORDER_NOT_FOUND"
        return self._status_refusal(order) or self._value_refusal(order, wish)

    def edit(self, user: str, order_id: str, wish: Wish) -> str:
        """Changes limit price, total size and, of a stop or bracket, its trigger. The reason why not, or ''.

        Less at the same price keeps its place in the queue; all else goes to the end of the new queue.
        """
        order = self._desk.get(order_id, user)
        reason = self.refuse_edit(user, order_id, wish)
        if order and not reason:
            self._apply(order, wish)
        return reason

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

    def _value_refusal(self, order: Order, wish: Wish) -> str:
        stop = wish.stop if wish.stop is not None else order.stop
        if (wish.price, wish.size, stop) == (order.limit, order.size, order.stop):
            return "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
        if wish.stop is not None and order.stop is None:
            return "FIELD_STOPPRICE_NOT_SUPPORTED"
        market = self._market(order.product.book)
        needed = wish.size - order.filled
        if order.side == "BUY":
            needed *= wish.price * (1 + order.taker_rate)
        short = needed - order.hold > self._ledger.available(order.user, order.hold_currency)
        crossing = order.terms.post_only and crosses(market, order.side, wish.price)
        return (
            _off_grid(order, wish)
            or _wrong_side(order, wish, market.tape.last)
            or ("PREVIEW_INSUFFICIENT_FUND" if short else "")
            or ("PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY" if crossing else "")
        )

    def _apply(self, order: Order, wish: Wish) -> None:
        market = self._market(order.product.book)
        size, price = wish.size, wish.price
        keeps_place = order.limit == price and size <= order.size and order.resting is not None
        if keeps_place and order.resting:
            if size < order.size:
                market.book.reduce(order.resting, order.size - size)
        else:
            self._execution.unrest(market, order)
        order.size, order.limit, order.updated = size, price, self._clock.now()
        order.stop = wish.stop if wish.stop is not None else order.stop
        order.edits = [*order.edits, Edit(order.updated, price, size)][-KEPT_EDITS:]
        order.configuration = _edited(order)
        self._execution.rehold(order)
        self._listeners.changed(order)
        if keeps_place:
            return
        if order.waits:
            if order.terms.kind == "BRACKET":
                self._execution.rest(market, order, price)
        else:
            self._triggers.work(market, order)


def _off_grid(order: Order, wish: Wish) -> str:
    product = order.product
    if wish.price <= 0 or not on_grid(wish.price, product.tick):
        return "INVALID_EDITED_PRICE"
    if wish.size <= 0 or not on_grid(wish.size, product.base_increment) or wish.size > product.base_max:
        return "INVALID_EDITED_SIZE"
    if wish.stop is not None and (wish.stop <= 0 or not on_grid(wish.stop, product.tick)):
        return "INVALID_EDITED_STOP_PRICE"
    return "CANNOT_EDIT_TO_BELOW_FILLED_SIZE" if wish.size <= order.filled else ""


def _wrong_side(order: Order, wish: Wish, last: Decimal) -> str:
    """A trigger must stay ahead of the market, and a limit on the right side of its trigger."""
    stop = wish.stop if wish.stop is not None else order.stop
    if stop is None:
        return ""
    if order.terms.kind == "BRACKET":
        return "INVALID_EDITED_TAKE_PROFIT_PRICE" if wish.price <= last else (
            "INVALID_EDITED_STOP_LOSS_PRICE" if stop >= last else ""
        )  # fmt: skip
    if stop <= last if order.terms.direction == UP else stop >= last:
        return "INVALID_EDITED_STOP_PRICE"
    beyond = wish.price < stop if order.side == "BUY" else wish.price > stop
    return "INVALID_EDITED_STOP_LIMIT_PRICE" if beyond else ""


def _edited(order: Order) -> dict[str, Any]:
    """The configuration as it reads after an edit."""
    ((variant, fields),) = order.configuration.items()
    changed = {**fields, "base_size": plain(order.size), "limit_price": plain(order.limit or ZERO)}
    if order.stop is not None:
        changed["stop_trigger_price" if order.terms.kind == "BRACKET" else "stop_price"] = plain(order.stop)
    return {variant: changed}
