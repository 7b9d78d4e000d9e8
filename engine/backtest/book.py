"""The account of a backtest: one bot with one order at a time, booked into the view that its decisions read.

``placed``, ``fill`` and ``row`` are the next free rows of the orders, fills and trades (see engine.backtest.layouts).
"""

from engine.backtest.layouts import Desk
from engine.jit import njit
from engine.kinds import Action, Done, ExitReason, FillReason, OrderKind, Purpose, Side
from engine.orders.matching import exit_kind, exit_prices, match
from engine.records import Record

ENTER, EXIT = Action.ENTER.value, Action.EXIT.value
FOR_ENTRY, FOR_EXIT, TO_PROTECT = (purpose.value for purpose in Purpose)
MARKET, RESTS, BY_STOP = OrderKind.MARKET.value, Done.OPEN.value, FillReason.STOP.value
STOPPED, REACHED, ENDED = ExitReason.STOP.value, ExitReason.TARGET.value, ExitReason.END.value
BUY, SELL = Side.BUY.value, Side.SELL.value


@njit
def act(desk: Desk, placed: Record) -> None:
    """Turns a decision into an order. Protection needs no repair here: it is placed with the entry's fill."""
    decision, view, state = desk.decision, desk.account, desk.state
    if decision["action"] == ENTER:
        view["stop"], view["target"], view["hold"] = decision["stop"], decision["target"], decision["hold"]
        view["entry_pending"] = True
        view["positions"] = 1
        view["exposure"] = decision["qty"] * desk.rules["lot"] * desk.event["close"]
        view["cash"] = state["cash"] - decision["funds"]
        _place(desk, placed, FOR_ENTRY, BUY, MARKET, decision["qty"])
        desk.order["funds"] = decision["funds"]
    elif decision["action"] == EXIT:
        view["exit_pending"] = True
        view["protected"] = 0
        state["reason"] = decision["reason"]
        _place(desk, placed, FOR_EXIT, SELL, MARKET, decision["qty"])


@njit(inline="always")
def trade(desk: Desk, placed: Record, fill: Record, row: Record) -> None:
    """Lets the event work on the live order and books what comes of it."""
    if match(desk.order, desk.event, desk.rules, fill):
        _book(desk, placed, fill, row)


@njit
def close_books(desk: Desk, row: Record) -> None:
    """Writes the trade that is still open at the last bar, valued at its close and not sold."""
    qty, close = desk.account["qty"], desk.event["close"]
    if qty > 0:
        desk.state["earned"] += qty * desk.rules["lot"] * close
        _close_trade(desk, row, desk.event["time"], qty, close, ENDED)


@njit
def _place(desk: Desk, placed: Record, purpose: int, side: int, kind: int, qty: int) -> None:
    """A fresh order that the events after this one can match. Replaces the live one."""
    order = desk.order
    order["id"] = desk.counts["placed"]
    order["side"], order["kind"], order["qty"] = side, kind, qty
    order["filled"], order["limit"], order["stop"], order["funds"] = 0, 0.0, 0.0, 0.0
    order["arrival"] = desk.event["position"]
    order["triggered"], order["resting"] = False, False
    desk.state["live"] = True
    desk.state["purpose"] = purpose
    placed["decided"] = desk.event["time"]
    placed["purpose"], placed["kind"], placed["side"], placed["qty"] = purpose, kind, side, qty
    placed["limit"], placed["stop"] = 0.0, 0.0
    desk.counts["placed"] += 1


@njit
def _protect(desk: Desk, placed: Record) -> None:
    """Places the exits of the position at the entry's fill."""
    view = desk.account
    stop, target = exit_prices(view["entry_price"], view["stop"], view["target"], desk.rules["tick"])
    kind = exit_kind(stop, target)
    if kind < 0:
        return
    _place(desk, placed, TO_PROTECT, SELL, kind, view["qty"])
    desk.order["stop"], desk.order["limit"] = stop, target
    placed["stop"], placed["limit"] = stop, target
    view["protected"] = view["qty"]


@njit
def _book(desk: Desk, placed: Record, fill: Record, row: Record) -> None:
    desk.state["live"] = fill["done"] == RESTS
    if fill["qty"] > 0:
        desk.counts["fills"] += 1
    if desk.order["side"] == BUY:
        _bought(desk, placed, fill, row)
    else:
        _sold(desk, fill, row)


@njit
def _bought(desk: Desk, placed: Record, fill: Record, row: Record) -> None:
    view, state = desk.account, desk.state
    amount = fill["qty"] * desk.rules["lot"] * fill["price"]
    state["cash"] -= amount + fill["fee"]
    view["cash"] = state["cash"]
    view["entry_pending"] = False
    view["positions"] = 1 if fill["qty"] > 0 else 0
    view["exposure"] = amount
    if fill["qty"] == 0:
        return
    view["qty"], view["entry_price"], view["entry_time"] = fill["qty"], fill["price"], fill["time"]
    view["last_entry"] = fill["price"]
    state["spent"], state["earned"] = amount, 0.0
    row["entry_time"], row["entry_price"], row["qty"] = fill["time"], fill["price"], fill["qty"]
    row["fees"] = fill["fee"]
    _protect(desk, placed)


@njit
def _sold(desk: Desk, fill: Record, row: Record) -> None:
    view, state = desk.account, desk.state
    amount = fill["qty"] * desk.rules["lot"] * fill["price"]
    state["cash"] += amount - fill["fee"]
    state["earned"] += amount
    view["cash"] = state["cash"]
    view["qty"] -= fill["qty"]
    if state["purpose"] == TO_PROTECT:
        view["protected"] = view["qty"]
    row["fees"] += fill["fee"]
    if view["qty"] > 0:
        return
    view["exit_pending"] = False
    view["positions"], view["exposure"] = 0, 0.0
    view["last_exit"] = fill["time"]
    reason = state["reason"]
    if state["purpose"] == TO_PROTECT:
        reason = STOPPED if fill["reason"] == BY_STOP else REACHED
    _close_trade(desk, row, fill["time"], fill["qty"], fill["price"], reason)


@njit
def _close_trade(desk: Desk, row: Record, time: int, qty: int, price: float, reason: int) -> None:
    """``qty`` and ``price`` are those of the last part; sold in several, the trade has their average."""
    state = desk.state
    row["exit_time"] = time
    row["exit_price"] = price if qty == row["qty"] else state["earned"] / (row["qty"] * desk.rules["lot"])
    row["pnl"] = state["earned"] - state["spent"] - row["fees"]
    row["reason"] = reason
    desk.counts["trades"] += 1
