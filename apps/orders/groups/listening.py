"""Handing live prices to the groups that wait for them."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from apps.accounts.models import TradingAccount
from apps.markets.models import Product
from apps.orders.models import OrderGroup

if TYPE_CHECKING:
    from apps.orders.groups.watching import Watch

RELOAD = 1.0  # seconds after which it is read anew which groups wait


class Listening:
    """Of one stream: called with the last trades as they are heard."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._read = 0.0

    def __call__(self, prices: Mapping[Product, tuple[float, float]]) -> None:
        """``prices``: price and market time (seconds) of each product's last trade."""
        if time.monotonic() - self._read >= RELOAD:
            self._read = time.monotonic()
            self._reload(next(iter(prices)).venue)
        if self._watch is not None:
            for product, (price, at) in prices.items():
                self._watch.tick(product.pk, price, at)

    def _reload(self, venue: str) -> None:
        waiting = OrderGroup.objects.filter(
            product__venue=venue, account__mode=TradingAccount.Mode.LIVE, state=OrderGroup.State.ACTIVE
        )
        if self._watch is None and waiting.exists():
            # Loads the compiler: only a stream whose prices somebody waits for pays for it.
            from apps.orders.groups.watching import Watch  # noqa: PLC0415

            self._watch = Watch(venue)
        if self._watch is not None:
            self._watch.reload()
