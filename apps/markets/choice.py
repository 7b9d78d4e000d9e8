"""Which market this installation plays when nobody said: chosen once, kept in the database, never changed by itself."""

import time

from django.db.models import Count

from apps.accounts.models import TradingAccount
from apps.markets.models import MarketChoice
from exchanges.coinbase.rest import MarketClient
from exchanges.coinbase.values import Malformed
from exchanges.port import ExchangeError

MARKETS = ("replay", "coinbase")
LONGEST = 200  # characters of a reason


def market_choose(client: MarketClient) -> MarketChoice:
    """The choice, made now if there is none: the market on which accounts trade already, else Coinbase's live data if
    its public REST answers, else the recording."""
    known = MarketChoice.objects.first()
    if known:
        return known
    market, reason = _in_use() or _reachable(client)
    choice, _ = MarketChoice.objects.get_or_create(only=True, defaults={"market": market, "reason": reason[:LONGEST]})
    return choice


def _in_use() -> tuple[str, str] | None:
    venues = TradingAccount.objects.filter(venue__in=MARKETS).values("venue").annotate(accounts=Count("pk"))
    most = venues.order_by("-accounts", "venue").first()
    return (most["venue"], "accounts trade on it already") if most else None


def _reachable(client: MarketClient) -> tuple[str, str]:
    started = time.monotonic()
    try:
        client.server_time()
    except (ExchangeError, Malformed) as error:
        return "replay", f"Coinbase's public data could not be reached ({error})"
    return "coinbase", f"Coinbase's public data answered in {time.monotonic() - started:.1f} s"
