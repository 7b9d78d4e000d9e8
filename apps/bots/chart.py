"""The chart of a bot's market: candles, what the bot bought and sold, and the lines of its open position."""

from typing import Any

from apps.bots.models import Bot
from apps.markets.models import Feed
from apps.portfolio.charts.bars import Where, window
from apps.portfolio.charts.data import head_of, rows
from apps.portfolio.charts.marks import lines, markers
from apps.portfolio.holdings import holdings_of


def chart_data(bot: Bot, timeframe: int, where: Where) -> dict[str, Any]:
    """As apps.portfolio.charts.data tells it, of one bot alone and without indicators."""
    feed = Feed.objects.select_related("session", "product").filter(product=bot.product).first()
    told = head_of(bot.product, timeframe)
    if feed is None:
        return told
    seen = window(feed, timeframe, where)
    return told | {
        "live": seen.live,
        "candles": rows(seen),
        "markers": markers(bot.account, seen, holder=bot.holder) if len(seen.shown) else [],
        "lines": lines(holdings_of(bot.account, holder=bot.holder)) if seen.live else [],
    }
