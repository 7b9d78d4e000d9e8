"""Coinbase's public market, live: trades folded into minutes, what was missed fetched by REST."""

import logging
import time
from collections.abc import Iterable
from functools import partial

import numpy as np

from apps.markets import registry
from apps.markets.candles import load
from apps.markets.condition import Condition, DayCounts, Unbelieved
from apps.markets.live import LiveEvent, LiveSeconds, Tick
from apps.markets.models import Candle, Feed, MarketSession, Product
from apps.markets.selectors import session_current
from apps.markets.services import feed_place, minutes_fill, session_open
from apps.markets.sources import MINUTE, SourceEvent
from apps.markets.sources.coinbase.depth import Depths
from apps.markets.sources.coinbase.history import bars_of, history_fetch, history_store
from apps.markets.sources.coinbase.link import Link
from apps.markets.sources.coinbase.listing import listing_store, status_store
from apps.markets.sources.coinbase.monitor import Monitor
from apps.markets.sources.coinbase.outliers import Outliers
from apps.markets.sources.coinbase.series import Series
from apps.markets.sources.coinbase.settings import Options
from apps.markets.sources.coinbase.tape import Tape
from apps.markets.watching import View
from apps.operations.ownership import Owner
from engine.kinds import EventKind
from exchanges.coinbase.records import BookChange, Message, Refusal, Ticker, Trade
from exchanges.coinbase.rest import MarketClient
from exchanges.coinbase.socket import PLAIN, Happening, Lost, MarketSocket, Opened
from exchanges.coinbase.values import Malformed
from exchanges.port import ExchangeError

logger = logging.getLogger("stream")
LOOK = 5.0  # seconds between looks at which products somebody needs
LIST = 600.0  # seconds between two readings of what is listed
CATCH_UP = 6 * 3600  # market seconds: of a longer absence only the last hour comes as events
LATEST = 3600
LONGEST = 7 * 86_400  # of a longer absence only so much is fetched
USUAL = 300  # minutes whose median volume is the usual one


class CoinbaseSource:
    """A LiveSource. REST that fails is asked again later; what is known goes on meanwhile."""

    granularity = 1

    def __init__(self, options: Options, client: MarketClient) -> None:
        self.options, self.client, self.venue = options, client, options.venue
        self.link = Link(MarketSocket(options.addresses, silence=options.silence))
        self.monitor = Monitor(self.link.socket.counts)
        self.depths = Depths()
        self._series: dict[str, Series] = {}
        self._products: dict[str, Product] = {}
        self._told: dict[str, tuple[float, float]] = {}  # price and time of the last trade told, by symbol
        self._priced: dict[str, float] = {}
        self._asked: dict[str, float] = {}  # when a product was subscribed on this connection
        self._looked = self._listed = -LIST
        self._now = 0.0  # the exchange's clock, as its last message had it

    def begin(self, owner: Owner | None) -> MarketSession:
        self._owner = owner
        self._session = session_current(self.venue) or session_open(
            venue=self.venue, title=self.options.title, history={}, starts=0, ends=0, simulated=False, owner=owner,
            granularity=self.granularity,
        )  # fmt: skip
        # Candles may have been imported before.
        self._session.title, self._session.granularity = self.options.title, self.granularity
        self._session.save(update_fields=["title", "granularity"])
        self._look()
        self.link.start()
        return self._session

    def poll(self, patience: float) -> list[LiveEvent | LiveSeconds]:
        for happening in self.link.take(patience):
            self._hear(happening)
        self._look()
        events: list[LiveEvent | LiveSeconds] = []
        for series in self._series.values():
            series.tape.pass_time(self._now)
            events += series.events(self._now)
        return events

    def product(self, symbol: str) -> Product:
        return self._products[symbol]

    def ticks(self) -> list[Tick]:
        ticks = []
        for symbol, series in self._series.items():
            forming, traded = series.tape.forming, series.tape.traded
            if forming and traded and self._priced.get(symbol) != traded:
                self._priced[symbol] = traded
                minute, bar = forming
                ticks.append(Tick(self._products[symbol], traded, SourceEvent(symbol, EventKind.OPEN, minute, bar)))
        return ticks

    def prices(self) -> dict[Product, tuple[float, float]]:
        prices = {}
        for symbol, series in self._series.items():
            forming, traded = series.tape.forming, series.tape.traded
            if forming and traded and self._told.get(symbol) != (forming[1].close, traded):
                self._told[symbol] = prices[self._products[symbol]] = (forming[1].close, traded)
        return prices

    def views(self) -> list[View]:
        if self.depths.look():
            self._subscribe()
        return self.depths.views()

    def counts(self, symbol: str) -> DayCounts:
        if symbol not in self._series:  # its last events come after it was given up
            return DayCounts()
        counts = self._series[symbol].tape.take_counts()
        unbelieved = [
            Unbelieved(each.trade.trade_id, each.trade.time, each.trade.price, each.trade.size, each.reference)
            for each in counts.doubts
        ]
        return DayCounts(counts.trades, counts.gaps, counts.lost, counts.duplicates, counts.late, unbelieved)

    def condition(self) -> Condition:
        return self.monitor.condition({symbol: series.tape for symbol, series in self._series.items()})

    def close(self) -> None:
        self.link.close()
        self.client.close()

    def _hear(self, happening: Happening) -> None:
        self.monitor.hear(happening)
        match happening:
            case Opened():
                logger.info("connected to %s", self.options.addresses.socket)
                self._asked.clear()
            case Lost(reason):
                logger.warning("connection lost: %s", reason)
                for series in self._series.values():
                    series.tape.lose()
                self.depths.lose()
            case Refusal(text):
                logger.warning("refused: %s", text)
            case Message():
                self._now = max(self._now, happening.time.timestamp())
                self._read(happening)

    def _read(self, message: Message) -> None:
        trades: dict[str, list[Trade]] = {}
        for item in message.items:
            if isinstance(item, Trade):
                trades.setdefault(item.symbol, []).append(item)
            elif isinstance(item, Ticker):
                self.monitor.tickers[item.symbol] = item
            elif isinstance(item, BookChange):
                self.depths.change(item, whole=message.snapshot)
        for symbol, each in trades.items():
            if symbol not in self._series:
                continue
            self.depths.trade(symbol, each)
            tape = self._series[symbol].tape
            if message.snapshot:
                tape.snapshot(each, message.time.timestamp())
            elif tape.synced:
                tape.update(each)

    def _look(self) -> None:
        """Brings the list of products up to date, and what is streamed to what is needed."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        try:
            if now - self._listed >= LIST:
                listing_store(self.venue, self.client.products(), self.options.quotes)
                self._listed = now
            for product in self._needed():
                if product.symbol not in self._series:
                    self._add(product)
                if product.status == Product.Status.HALTED:  # orders wait for its market: not until the next list
                    status_store(product, self.client.product(product.symbol))
        except (ExchangeError, Malformed) as error:
            self.monitor.trouble = str(error)
            logger.warning("will ask again in %g s: %s", LOOK, error)
        self._subscribe()

    def _needed(self) -> Iterable[Product]:
        used = {pk for products in registry.products_in_use for pk in products(self.venue)}
        products = Product.objects.filter(venue=self.venue).exclude(status=Product.Status.DELISTED)
        needed = [p for p in products if p.symbol in self.options.products or p.pk in used]
        for symbol in set(self._series) - {product.symbol for product in needed}:
            logger.info("%s is no longer needed", symbol)
            del self._series[symbol]
            self.depths.drop(symbol)
        return needed

    def _add(self, product: Product) -> None:
        """Lets a product's market begin or go on. Raises Unavailable, Rejected or Malformed."""
        feed = Feed.objects.filter(product=product, session=self._session).first() or self._begin(product)
        self._catch_up(feed)
        recent = load(self._session, product, MINUTE, until=feed.market_time, count=USUAL)
        usual = float(np.median(recent["volume"])) if len(recent) else 0.0
        forming = Candle.objects.filter(session=self._session, product=product, timeframe=MINUTE, closed=False)
        opened = forming.filter(time=feed.market_time).first()
        self._products[product.symbol] = product
        self.depths.add(product)
        self._series[product.symbol] = Series(
            product.symbol, due=feed.market_time, tape=Tape(Outliers(feed.price, usual)),
            fetch=partial(self._fetch, product.symbol), opened=(opened.time, opened.open) if opened else None,
        )  # fmt: skip
        logger.info("streams %s", product)

    def _begin(self, product: Product) -> Feed:
        starts = self._minute()
        history = history_fetch(self.client, product.symbol, until=starts, minutes=self.options.minutes)
        history_store(self._session, product, history)
        return feed_place(session=self._session, product=product, starts=starts, history=history[MINUTE])

    def _catch_up(self, feed: Feed) -> None:
        """After a long absence, fills all but the last hour without events."""
        now = self._minute()
        if now - feed.market_time <= CATCH_UP:
            return
        until = now - LATEST
        bars = self._fetch(feed.product.symbol, max(feed.market_time, until - LONGEST), until)
        minutes_fill(session=self._session, product=feed.product, candles=bars, until=until, owner=self._owner)
        feed.refresh_from_db()

    def _minute(self) -> int:
        """The one in progress by the exchange's clock: ours may be wrong."""
        return int(self.client.server_time().timestamp() // MINUTE * MINUTE)

    def _fetch(self, symbol: str, start: int, end: int) -> np.ndarray:
        return bars_of(self.client, symbol, MINUTE, start=start, end=end)

    def _subscribe(self) -> None:
        if not self._series:
            return
        now = time.monotonic()
        symbols = [symbol for symbol in self._series if not self._is_overdue(symbol, now)]
        for symbol in symbols:
            self._asked.setdefault(symbol, now)
        wanted = {"heartbeats": [], "market_trades": symbols, "ticker": symbols, "level2": sorted(self.depths.watched)}
        self.link.socket.want(
            {channel: products for channel, products in wanted.items() if products or channel in PLAIN}
        )

    def _is_overdue(self, symbol: str, now: float) -> bool:
        """Whether a product's snapshot should have come long ago: it is left out once, and so asked for anew."""
        overdue = not self._series[symbol].tape.synced and now - self._asked.get(symbol, now) > self.options.silence
        if overdue:
            del self._asked[symbol]
        return overdue
