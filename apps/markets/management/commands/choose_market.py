"""Which market './start --market auto' plays, for the launcher: one line, 'market: why'."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.markets.choice import market_choose
from apps.markets.sources.coinbase.settings import budget, options
from exchanges.coinbase.rest import MarketClient

TIMEOUT = (2.0, 3.0)  # seconds to connect and to answer: nobody waits long for a choice


class Command(BaseCommand):
    help = (
        "Choose the market of this installation, once: Coinbase's live data where it can be reached, else a recording."
    )

    def handle(self, *args: Any, **words: Any) -> None:
        choice = market_choose(MarketClient(options().addresses, budget(), timeout=TIMEOUT, attempts=1))
        self.stdout.write(f"{choice.market}: {choice.reason}, chosen on {choice.at:%Y-%m-%d}")
