"""Writing markets: products, sessions and their events."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.markets import registry
from apps.markets.candles import BAR, DAY, compact_past, load_range, store_history
from apps.markets.models import TIMEFRAMES, Candle, Feed, MarketSession, Product
from apps.markets.registry import MarketEvent
from apps.markets.sources import MINUTE, SourceEvent
from apps.operations.ownership import Owner
from engine.candles import aggregate
from engine.events import event_position
from engine.kinds import EventKind

SIZES = ("base_increment", "quote_increment", "base_min_size", "quote_min_size")


def product_upsert(
    *, venue: str, symbol: str, base_increment: Decimal, quote_increment: Decimal, base_min_size: Decimal,
    quote_min_size: Decimal,
) -> Product:  # fmt: skip
    """Adds a product to a venue or brings its increments up to date. Raises ValidationError for a bad one."""
    new = product_of(venue, symbol, (base_increment, quote_increment, base_min_size, quote_min_size))
    sizes = {name: getattr(new, name) for name in SIZES}
    product, _ = Product.objects.update_or_create(
        venue=venue, symbol=symbol, defaults=sizes, create_defaults={**sizes, "base": new.base, "quote": new.quote}
    )
    return product


def products_upsert(products: Iterable[Product]) -> None:
    """Adds what ``product_of`` made to its venue, or brings increments and status up to date, all at once."""
    Product.objects.bulk_create(
        products, update_conflicts=True, unique_fields=["venue", "symbol"], update_fields=[*SIZES, "status"]
    )


def product_of(
    venue: str, symbol: str, sizes: Sequence[Decimal], status: Product.Status = Product.Status.ONLINE
) -> Product:
    """A product, not yet saved; ``sizes`` in the order of SIZES. Raises ValidationError for a bad one."""
    base, _, quote = symbol.partition("-")
    if not (base.isalnum() and quote.isalnum() and symbol == symbol.upper()):
        raise ValidationError({"symbol": f"must be BASE-QUOTE in capitals like BTC-USD, was {symbol!r}"})
    named = dict(zip(SIZES, sizes, strict=True))
    for name, size in named.items():
        if not (size.is_finite() and size > 0):
            raise ValidationError({name: f"must be above 0, was {size}"})
    return Product(venue=venue, symbol=symbol, base=base, quote=quote, status=status, **named)


def session_open(
    *, venue: str, title: str, history: Mapping[Product, np.ndarray], starts: int, ends: int, recording: str = "",
    speed: float = 1, granularity: int = MINUTE, simulated: bool = True, owner: Owner | None = None,
) -> MarketSession:  # fmt: skip
    """Opens a venue's next session in place of the one that is open, with the minutes that lie before it.

    ``history`` names the products that are played; their feeds stand just before the first event.
    """
    with transaction.atomic():
        if owner:
            owner.check()
        earlier = MarketSession.objects.select_for_update().filter(venue=venue).order_by("pk").last()
        if earlier:
            MarketSession.objects.filter(venue=venue, closed=None).update(closed=timezone.now())
            compact_past(earlier, before=earlier.ends + DAY)
        session = MarketSession.objects.create(
            venue=venue, title=title, simulated=simulated, recording=recording, speed=speed, granularity=granularity,
            starts=starts, ends=ends,
        )  # fmt: skip
        for hook in registry.on_session:  # while the feeds still show how the earlier session ended
            hook(session, earlier)
        for product, candles in history.items():
            _feed_begin(session, product, candles)
    return session


def _feed_begin(session: MarketSession, product: Product, candles: np.ndarray) -> None:
    if len(candles):
        store_history(session, product, candles, MINUTE, source=session.recording)
    feed_place(session=session, product=product, starts=session.starts, history=candles)


def feed_place(*, session: MarketSession, product: Product, starts: int, history: np.ndarray) -> Feed:
    """Lets a product's market begin, or go on, with the minute that opens at ``starts``; ``history`` lies before."""
    before = event_position(session=session.pk, time=starts, kind=EventKind.OPEN) - 1
    feed, _ = Feed.objects.update_or_create(
        product=product,
        defaults={
            "session": session, "position": before, "recorded": before, "settled": before, "market_time": starts,
            "late": 0, "price": float(history["close"][-1]) if len(history) else None, "updated": timezone.now(),
        },
    )  # fmt: skip
    return feed


def session_set_speed(*, session: MarketSession, speed: float) -> None:
    """Pages name the speed at which the market is played now."""
    session.speed = speed
    session.save(update_fields=["speed"])


def event_commit(
    *, session: MarketSession, product: Product, event: SourceEvent, owner: Owner | None = None
) -> MarketEvent | None:
    """Commits an event with everything that follows from it at once: candles, feed, the hooks of registry.on_event.

    None when the feed has had the event. Raises Fenced when ``owner`` was replaced; nothing is written then.
    """
    position = event.position(session)
    with transaction.atomic():
        if owner:
            owner.check()
        feed = Feed.objects.select_for_update().get(product=product)
        if position <= feed.position:
            return None
        closed = _candles_write(session, product, event)
        feed.position, feed.market_time, feed.updated = position, event.time, timezone.now()
        if event.kind != EventKind.OPEN or session.granularity == MINUTE:
            feed.recorded = max(feed.recorded, position)
        if event.bar:
            feed.price = event.bar.close
        feed.save(update_fields=["position", "recorded", "market_time", "price", "updated"])
        committed = MarketEvent(
            product=product, session=session, kind=event.kind, position=position, time=event.time,
            price=feed.price if feed.price is not None else float("nan"), closed=closed,
        )  # fmt: skip
        for hook in registry.on_event:
            hook(committed)
    return committed


def _candles_write(session: MarketSession, product: Product, event: SourceEvent) -> tuple[int, ...]:
    """Writes the minute and the higher timeframes that close with it; the timeframes whose bars closed."""
    place = {"session": session, "product": product}
    if event.bar:
        bar = {name: getattr(event.bar, name) for name in BAR[1:]}
        closes = event.kind == EventKind.BAR
        _upsert([Candle(**place, timeframe=MINUTE, time=event.minute, closed=closes, **bar)])
    if event.kind == EventKind.OPEN:
        return ()
    higher = [
        Candle(**place, timeframe=seconds, **dict(zip(BAR, row, strict=True)))
        for seconds, rows in _higher(session, product, event.time).items()
        for row in rows.tolist()
    ]
    _upsert(higher)
    return tuple(([MINUTE] if event.bar else []) + [candle.timeframe for candle in higher])


def _higher(session: MarketSession, product: Product, time: int) -> dict[int, np.ndarray]:
    """The bar of each higher timeframe that closes at ``time``, made of its minutes; none where nobody traded."""
    due = [seconds for seconds in TIMEFRAMES.values() if seconds > MINUTE and time % seconds == 0]
    if not due:
        return {}
    minutes = load_range(session, product, MINUTE, start=time - max(due), end=time)
    return {seconds: aggregate(minutes[minutes["time"] >= time - seconds], seconds) for seconds in due}


def _upsert(candles: list[Candle]) -> None:
    Candle.objects.bulk_create(
        candles,
        update_conflicts=True,
        unique_fields=["session", "product", "timeframe", "time"],
        update_fields=[*BAR[1:], "closed"],
    )


def feed_settled(*, product: Product, position: int) -> None:
    """Everything that follows from the event at ``position`` is done."""
    Feed.objects.filter(product=product, position=position).update(settled=position)


def feed_late(*, product: Product, position: int) -> None:
    """The event at ``position`` did not settle in time; the market went on."""
    Feed.objects.filter(product=product, position=position).update(late=F("late") + 1)


def minutes_fill(
    *, session: MarketSession, product: Product, candles: np.ndarray, until: int, owner: Owner | None = None
) -> None:
    """Lets the market be at ``until`` with these minutes and the higher timeframes they close, without their events:
    nobody decides on them. Resting orders of the paper exchange match them."""
    with transaction.atomic():
        if owner:
            owner.check()
        feed = Feed.objects.select_for_update().get(product=product)
        first = feed.market_time
        place = {"session": session, "product": product}
        Candle.objects.filter(**place, closed=False, time__lt=until).delete()
        candles = candles[(candles["time"] >= first) & (candles["time"] < until)]
        _upsert([Candle(**place, timeframe=MINUTE, **dict(zip(BAR, row, strict=True))) for row in candles.tolist()])
        for seconds in TIMEFRAMES.values():
            if seconds > MINUTE:
                start, end = first - first % seconds, until - until % seconds
                bars = aggregate(load_range(session, product, MINUTE, start=start, end=end), seconds)
                rows = [dict(zip(BAR, row, strict=True)) for row in bars.tolist()]
                _upsert([Candle(**place, timeframe=seconds, **row) for row in rows])
        feed.position = feed.recorded = event_position(session=session.pk, time=until - MINUTE, kind=EventKind.BAR)
        feed.market_time, feed.updated = until, timezone.now()
        if len(candles):
            feed.price = float(candles["close"][-1])
        feed.save(update_fields=["position", "recorded", "market_time", "price", "updated"])
