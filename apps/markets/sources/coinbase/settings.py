"""How the coinbase source is set up, from the environment (tradingsite/settings.py), also for the sandbox."""

from dataclasses import dataclass

from django.conf import settings

from apps.operations.addresses import addresses
from apps.operations.budget import SharedBudget
from apps.operations.venues import COINBASE, SANDBOX
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.rest import MarketClient

TITLES = {COINBASE: "Coinbase live data", SANDBOX: "sandbox exchange, generated prices"}
RATE, BURST = 8.0, 10  # public requests; the exchange allows 10 a second


@dataclass(frozen=True)
class Options:
    """``products`` are streamed whether anybody uses them or not; ``quotes``: the currencies whose products are
    listed; ``minutes`` of history that a product begins with; ``silence``: seconds after which it is stale."""

    addresses: Addresses
    venue: str = COINBASE
    title: str = TITLES[COINBASE]
    products: tuple[str, ...] = ("BTC-USD",)
    quotes: tuple[str, ...] = ("USD",)
    minutes: int = 1440
    silence: float = 10.0


def options(venue: str = COINBASE) -> Options:
    return Options(
        addresses=addresses(venue), venue=venue, title=TITLES[venue],
        products=tuple(settings.COINBASE_PRODUCTS), quotes=tuple(settings.COINBASE_QUOTES),
        silence=settings.STALE_AFTER,
    )  # fmt: skip


def budget(venue: str = COINBASE) -> SharedBudget:
    """The public requests of all processes on this machine: the exchange counts them by address."""
    return SharedBudget(f"{venue}-public", RATE, BURST, settings.REDIS_URL)


def market_client(venue: str = COINBASE) -> MarketClient:
    return MarketClient(addresses(venue), budget(venue))
