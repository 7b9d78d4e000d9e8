"""Where the exchange of a venue is, from the environment (tradingsite/settings.py)."""

from django.conf import settings

from apps.operations.venues import COINBASE, SANDBOX
from exchanges.coinbase.addresses import Addresses


def addresses(venue: str) -> Addresses:
    """Raises KeyError for a venue without an exchange."""
    sandbox = settings.SANDBOX_ADDRESS
    return {
        COINBASE: Addresses(settings.COINBASE_REST, settings.COINBASE_SOCKET, settings.COINBASE_USER),
        SANDBOX: Addresses(f"http://{sandbox}", f"ws://{sandbox}", f"ws://{sandbox}/user"),
    }[venue]
