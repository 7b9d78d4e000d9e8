"""What an account did in a market, as marks on its chart: entries, exits, and the lines of what is open."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.operations.formats import moment, plain, reason
from apps.orders.models import Fill, Order
from apps.portfolio.charts.bars import Window
from apps.portfolio.holdings import Holding
from apps.portfolio.results import PNL, closed_positions
from engine.events import SESSION_SPAN, event_minute
from engine.orders.states import WORKING


@dataclass
class Mark:
    """The buys or the sales of one bar."""

    count: int = 0
    reasons: dict[str, None] = field(default_factory=dict)
    result: Decimal | None = None  # of the positions that were closed

    @property
    def exit(self) -> str:
        """Why and with what result, as far as a position was closed."""
        why = f"{self.count} exits" if self.count > 1 else next(iter(self.reasons))
        return why if self.result is None else f"{why} {plain(self.result, 2, sign=True)}"


def markers(account: TradingAccount, window: Window, *, holder: str | None = None) -> list[dict[str, Any]]:
    """Of the account's fills under the bars of this session, of one holder or of all; one for each bar and side."""
    played = Q(position__gte=window.session.pk * SESSION_SPAN, position__lt=(window.session.pk + 1) * SESSION_SPAN)
    fills = Fill.objects.filter(
        played | Q(position=0), account=account, order__product=window.product, at__gte=moment(window.start),
        at__lte=moment(window.end),
    )  # fmt: skip
    if holder is not None:
        fills = fills.filter(order__holder=holder)
    closed = _closed(account, window)
    marks: dict[tuple[int, str], Mark] = defaultdict(Mark)
    # As values: a bar of a busy day has hundreds of fills, and the rest of a fill and its order is not looked at.
    for position, at, why, asked, side, owner in fills.order_by("at", "pk").values_list(
        "position", "at", "reason", "order__reason", "order__side", "order__holder"
    ):
        minute = minute_of(position, at)
        if not window.start <= minute < window.end:
            continue
        mark = marks[minute - minute % window.timeframe, side]
        mark.count += 1
        mark.reasons[reason(asked or why)] = None
        result = closed.pop((owner, at), None) if side == Order.Side.SELL else None
        if result is not None:
            mark.result = (mark.result or 0) + result
    return [
        {"time": time, "side": side, "text": _entry(mark) if side == Order.Side.BUY else mark.exit}
        for (time, side), mark in sorted(marks.items())
    ]


def minute_of(position: int, at: datetime) -> int:
    """Opening time of the minute that made a fill, seconds: a stop's fill is dated at that minute's close."""
    return event_minute(position) if position else int(at.timestamp())


def _entry(mark: Mark) -> str:
    """Nothing for one: its shape says it."""
    return f"{mark.count} entries" if mark.count > 1 else ""


def _closed(account: TradingAccount, window: Window) -> dict[tuple[str, object], Decimal]:
    """Net results of the positions closed under the bars, by holder and time."""
    rows = closed_positions(Position.objects.filter(account=account, product=window.product)).filter(
        closed__gte=moment(window.start), closed__lte=moment(window.end)
    )
    return {(holder, at): net for holder, at, net in rows.order_by("pk").values_list("holder", "closed", PNL)}


def lines(held: list[Holding]) -> list[dict[str, Any]]:
    """Entry, stop and target of open positions; with their bots' names when there are several."""
    named = len(held) > 1
    found = []
    for holding in held:
        prices = {"entry": holding.position.entry_price, "stop": holding.stop_price, "target": holding.target_price}
        name = f" {holding.bot_name[:16]}" if named else ""
        found += [
            {"kind": kind, "price": float(price), "title": kind + name} for kind, price in prices.items() if price
        ]
    return found


def order_lines(account: TradingAccount, window: Window) -> list[dict[str, Any]]:
    """Prices at which working orders rest that do not protect a position: those are lines of the position."""
    resting = Order.objects.filter(account=account, product=window.product, state__in=WORKING)
    return [
        {"kind": "order", "price": float(price), "title": f"{order.side} #{order.pk}"}
        for order in resting.exclude(purpose=Order.Purpose.PROTECT).order_by("pk")
        for price in (order.stop_price, order.limit_price)
        if price
    ]
