"""The chart of a bot's market: candles, what the bot bought and sold, and the lines of its open position.

Numbers are floats for the eye; nothing computes with them.
"""

from typing import Any

import numpy as np

from apps.bots.models import Bot
from apps.ledger.models import Position
from apps.markets.candles import load, load_range
from apps.markets.models import Candle, Feed, MarketSession, Product
from apps.operations.formats import places_of, plain, reason
from apps.orders.models import Fill, Order
from apps.portfolio.holdings import holdings_of
from engine.events import SESSION_SPAN

BARS = 500
MINUTE = 60


def chart_data(bot: Bot, timeframe: int, *, before: int | None = None) -> dict[str, Any]:
    """Up to BARS candles that open before ``before`` (market seconds; default: the newest), with the bot's markers."""
    product = bot.product
    feed = Feed.objects.select_related("session").filter(product=product).first()
    if feed is None:
        return {"candles": [], "markers": [], "lines": [], "places": places_of(product.quote_increment)}
    until = before if before is not None else feed.market_time
    bars = load(feed.session, product, timeframe, until=until, count=BARS)
    rows = [_row(bar) for bar in bars]
    if before is None:
        rows += _forming(feed.session, product, timeframe, feed.market_time)
    start = rows[0][0] if rows else until
    return {
        "symbol": product.symbol,
        "timeframe": timeframe,
        "places": places_of(product.quote_increment),
        "tick": float(product.quote_increment),
        "candles": rows,
        "markers": _markers(bot, feed.session, timeframe, int(start), until),
        "lines": _lines(bot) if before is None else [],
    }


def _row(bar: np.void) -> list[float]:
    return [int(bar["time"]), *(float(bar[name]) for name in ("open", "high", "low", "close", "volume"))]


def _forming(session: MarketSession, product: Product, timeframe: int, now: int) -> list[list[float]]:
    """The bar that has not closed yet, from its minutes so far."""
    opens = now - now % timeframe
    minutes = (
        [_row(bar) for bar in load_range(session, product, MINUTE, start=opens, end=now)] if timeframe > MINUTE else []
    )
    forming = Candle.objects.filter(session=session, product=product, timeframe=MINUTE, closed=False, time__gte=opens)
    minutes += [[row.time, row.open, row.high, row.low, row.close, row.volume] for row in forming.order_by("time")]
    if not minutes:
        return []
    highs, lows = [bar[2] for bar in minutes], [bar[3] for bar in minutes]
    return [[opens, minutes[0][1], max(highs), min(lows), minutes[-1][4], sum(bar[5] for bar in minutes)]]


def _markers(bot: Bot, session: MarketSession, timeframe: int, start: int, end: int) -> list[dict[str, Any]]:
    """Fills of the bot in this session: entries are triangles, exits squares with the result."""
    fills = Fill.objects.filter(
        order__account=bot.account, order__holder=bot.holder, order__product=bot.product,
        position__gte=session.pk * SESSION_SPAN, position__lt=(session.pk + 1) * SESSION_SPAN,
    )  # fmt: skip
    markers = []
    for fill in fills.select_related("order").order_by("pk"):
        at = int(fill.at.timestamp())
        time = at - at % timeframe
        if start <= time <= end:
            bought = fill.order.side == Order.Side.BUY
            markers.append({"time": time, "side": fill.order.side, "text": "" if bought else _exit_text(bot, fill)})
    return markers


def _exit_text(bot: Bot, fill: Fill) -> str:
    """Why and with what result; the result only where this sale closed the position."""
    closed = Position.objects.filter(account=bot.account, holder=bot.holder, closed=fill.at).order_by("-pk").first()
    why = reason(fill.order.reason or fill.reason)
    if closed is None or closed.pnl is None:
        return why
    return f"{why} {plain(closed.pnl, 2, sign=True)}"


def _lines(bot: Bot) -> list[dict[str, Any]]:
    """Entry, stop and target of the open position."""
    lines = []
    for holding in holdings_of(bot.account, holder=bot.holder):
        prices = {"entry": holding.position.entry_price, "stop": holding.stop_price, "target": holding.target_price}
        lines += [{"kind": kind, "price": float(price)} for kind, price in prices.items() if price]
    return lines
