"""How the coinbase source is set up, from the environment (tradingsite/settings.py)."""

from dataclasses import dataclass

from django.conf import settings

from apps.operations.budget import SharedBudget
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.rest import MarketClient

RATE, BURST = 8.0, 10  # public requests; the exchange allows 10 a second


@dataclass(frozen=True)
class Options:
    """``products`` are streamed whether anybody uses them or not; ``quotes``: the currencies whose products are
    listed; ``minutes`` of history that a product begins with; ``silence``: seconds after which it is stale."""

    addresses: Addresses
    products: tuple[str, ...] = ("BTC-USD",)
    quotes: tuple[str, ...] = ("USD",)
    minutes: int = 1440
    silence: float = 10.0


def options() -> Options:
    return Options(
        addresses=Addresses(settings.COINBASE_REST, settings.COINBASE_SOCKET),
        products=tuple(settings.COINBASE_PRODUCTS), quotes=tuple(settings.COINBASE_QUOTES),
        silence=settings.STALE_AFTER,
    )  # fmt: skip


def budget() -> SharedBudget:
    """The public requests of all processes on this machine: the exchange counts them by address."""
    return SharedBudget("coinbase-public", RATE, BURST, settings.REDIS_URL)


def market_client() -> MarketClient:
    return MarketClient(options().addresses, budget())
