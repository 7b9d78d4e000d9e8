"""A market under the test's hand: it commits events as the stream does and settles what follows in this process."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from apps.bots.evaluation import batch_evaluate
from apps.bots.models import EvaluationBatch
from apps.markets import registry
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.seconds import seconds_commit
from apps.markets.services import event_commit, product_upsert, session_open
from apps.markets.sources import MINUTE, Bar, SourceEvent
from apps.orders.models import Order
from apps.orders.services import orders_work
from apps.orders.sweeps import accounts_with_open_orders
from engine.kinds import EventKind
from engine.orders.states import OrderState
from engine.records import CANDLE
from tradingsite.testing.scripted import QUIET

START = 1_581_292_800  # 2020-02-10T00:00:00Z
ROUNDS = 50
SIZES = {
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "base_min_size": "0.00000001",
    "quote_min_size": "1",
}


class NotSettled(AssertionError):
    """Work waits that nothing in this process does."""


def make_product(symbol: str = "BTC-USD", venue: str = "replay", **sizes: str) -> Product:
    """A product with BTC-USD's increments; ``sizes`` replace them: base_increment='0.01', ..."""
    exact = {name: Decimal(size) for name, size in (SIZES | sizes).items()}
    return product_upsert(venue=venue, symbol=symbol, **exact)


class Market:
    """One session of a venue, opened here unless it is given. ``now`` is the minute that comes next; each minute of a
    product is played once."""

    def __init__(
        self,
        *products: Product,
        starts: int = START,
        minutes: int = 1440,
        history: Mapping[Product, np.ndarray] | None = None,
        session: MarketSession | None = None,
        granularity: int = MINUTE,
    ) -> None:
        self.products = products or (make_product(),)
        self.session = session or session_open(
            venue=self.product.venue, title="a test", starts=starts, ends=starts + minutes * MINUTE,
            history={product: np.zeros(0, CANDLE) for product in self.products} | dict(history or {}),
            granularity=granularity,
        )  # fmt: skip
        self.now = starts

    @property
    def product(self) -> Product:
        return self.products[0]

    def bar(
        self,
        open: float,
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float = QUIET,
    ) -> None:
        """Plays a minute of the first product: OPEN, settle, BAR, settle. Prices left out follow from the others."""
        close = open if close is None else close
        high = max(open, close) if high is None else high
        low = min(open, close) if low is None else low
        self.play_minute(self.product, (open, high, low, close, volume))
        self.now += MINUTE

    def bars(self, *prices: float, volume: float = QUIET) -> None:
        """Plays one flat minute at each price."""
        for price in prices:
            self.bar(price, volume=volume)

    def second(self, at: int, *prices: float, product: Product | None = None) -> None:
        """Records a second of this minute, ``at`` seconds in it: open, high, low, close, volume. Settles nothing."""
        bar = np.array([(self.now + at, *prices)], CANDLE)
        seconds_commit(self.session, {product or self.product: bar})

    def silence(self) -> None:
        """Plays a minute in which nobody traded."""
        self.commit(self.product, EventKind.TIME)
        self.settle()
        self.now += MINUTE

    def play(self, candles: np.ndarray) -> None:
        """Plays the minutes of CANDLE records to the first product, silences between them included."""
        for time, *prices in candles.tolist():
            while self.now < time:
                self.silence()
            self.play_minute(self.product, prices)
            self.now += MINUTE

    def play_minute(self, product: Product, prices: Sequence[float]) -> None:
        """Plays this minute (open, high, low, close, volume) of a product, leaving ``now`` as it is."""
        self.commit(product, EventKind.OPEN, prices)
        self.settle()
        self.commit(product, EventKind.BAR, prices)
        self.settle()

    def commit(self, product: Product, kind: EventKind, prices: Sequence[float] = ()) -> None:
        """Commits one event of this minute with all that its transaction holds, and settles nothing.

        ``prices``: open, high, low, close, volume; an OPEN reads the first.
        """
        bar = None
        if kind == EventKind.OPEN:
            bar = Bar(prices[0], prices[0], prices[0], prices[0], 0.0)
        elif kind == EventKind.BAR:
            bar = Bar(*prices)
        event_commit(session=self.session, product=product, event=SourceEvent(product.symbol, kind, self.now, bar))

    def settle(self) -> None:
        """Does what the workers would do until nothing of this market waits. Raises NotSettled when it never ends."""
        for _ in range(ROUNDS):
            for account_id in self._accounts_with_work():
                orders_work(account_id)
            for batch_id in self.waiting_batches():
                batch_evaluate(batch_id)
            if self.is_settled():
                return
        raise NotSettled(f"orders {self._unfinished_orders()}, batches {self.waiting_batches()}")

    def is_settled(self) -> bool:
        """What the stream asks before it plays the next OPEN."""
        feeds = Feed.objects.filter(product__in=self.products).select_related("product")
        return all(settled(feed.product, feed.position) for feed in feeds for settled in registry.is_settled)

    def waiting_batches(self) -> list[int]:
        """Ids of the batches that are not done, in the order in which they must be."""
        waiting = EvaluationBatch.objects.filter(product__in=self.products).exclude(state=EvaluationBatch.State.DONE)
        return list(waiting.order_by("position", "timeframe", "part").values_list("pk", flat=True))

    def _accounts_with_work(self) -> list[int]:
        at_exchange = {account_id for product in self.products for account_id in accounts_with_open_orders(product)}
        waiting = Order.objects.filter(state__in=[OrderState.PENDING, OrderState.SUBMITTING, OrderState.UNKNOWN])
        return sorted(at_exchange | set(waiting.values_list("account_id", flat=True)))

    def _unfinished_orders(self) -> list[tuple[int, str]]:
        unfinished = Order.objects.filter(product__in=self.products, finished=None)
        return list(unfinished.values_list("pk", "state"))
