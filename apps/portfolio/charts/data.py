"""What a chart's script is told, as JSON."""

from typing import Any

import numpy as np

from apps.accounts.models import TradingAccount
from apps.markets.candles import load
from apps.markets.models import Feed, Product
from apps.operations.formats import percent, places_of, price
from apps.portfolio.charts.bars import Where, Window, window
from apps.portfolio.charts.indicators import drawn, warm_up
from apps.portfolio.charts.marks import lines, markers, order_lines
from apps.portfolio.holdings import holdings_in

DAY, QUARTER = 86_400, 900


def chart_data(
    product: Product, timeframe: int, where: Where, *, chosen: dict[str, Any], account: TradingAccount | None
) -> dict[str, Any]:
    """Candles, indicators beside them, and what the account did and has open there. Raises CorruptChunk."""
    feed = Feed.objects.select_related("session", "product").filter(product=product).first()
    head = head_of(product, timeframe)
    if feed is None:
        return head
    seen = window(feed, timeframe, where, warm=warm_up(chosen))
    head |= {"live": seen.live, "candles": rows(seen), "indicators": _indicators(seen, chosen)}
    if account is not None:
        head["markers"] = markers(account, seen) if len(seen.shown) else []
        head["lines"] = lines(holdings_in(account, product)) + order_lines(account, seen) if seen.live else []
    return head | {"summary": _summary(feed, head) if seen.live else ""}


def head_of(product: Product, timeframe: int) -> dict[str, Any]:
    """What is told of a market that has not begun."""
    return {
        "symbol": product.symbol, "timeframe": timeframe, "places": places_of(product.quote_increment),
        "tick": float(product.quote_increment), "live": False, "candles": [], "indicators": [], "markers": [],
        "lines": [], "summary": "",
    }  # fmt: skip


def rows(seen: Window) -> list[list[float]]:
    return [[int(time), *prices] for time, *prices in seen.shown.tolist()]


def _indicators(seen: Window, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    places = places_of(seen.product.quote_increment) + 2
    closes = np.ascontiguousarray(seen.bars["close"])
    return [
        {
            "label": line.label, "pane": line.pane, "kind": line.kind,
            "values": [None if np.isnan(value) else round(float(value), places) for value in line.values[seen.warm :]],
        }
        for line in drawn(chosen, closes)
    ]  # fmt: skip


def _summary(feed: Feed, told: dict[str, Any]) -> str:
    """The chart in a sentence or two, for whoever does not see it."""
    if feed.price is None:
        return ""
    tick = feed.product.quote_increment
    day = day_figures(feed)
    text = f"{feed.product.symbol} at {price(feed.price, tick)} {feed.product.quote}"
    if day:
        text += f", {percent(day['change'], sign=True)} in 24 hours between {price(day['low'], tick)}"
        text += f" and {price(day['high'], tick)}"
    sides = [mark["side"] for mark in told["markers"]]
    return (
        f"{text}. {len(told['candles'])} bars, {sides.count('buy')} with entries and {sides.count('sell')} with exits."
    )


def day_figures(feed: Feed) -> dict[str, float] | None:
    """Change, extremes and volume of the last 24 hours of market time; None without bars."""
    bars = load(feed.session, feed.product, QUARTER, until=feed.market_time, count=DAY // QUARTER)
    bars = bars[bars["time"] >= feed.market_time - DAY]
    if not len(bars) or feed.price is None:
        return None
    return {
        "change": feed.price / float(bars["open"][0]) - 1,
        "high": max(feed.price, float(bars["high"].max())),
        "low": min(feed.price, float(bars["low"].min())),
        "volume": float(bars["volume"].sum()),
    }
