"""Importing candles as the history of a real venue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.markets.candles import DaysExist, day_of, higher_timeframes, store_days
from apps.markets.models import TIMEFRAMES, Feed, MarketSession, Product
from apps.markets.recordings import RECORDINGS, VENUE
from apps.markets.selectors import session_current
from apps.markets.services import product_upsert, session_open

SIZES = ("base_increment", "quote_increment", "base_min_size", "quote_min_size")


@dataclass(frozen=True)
class Imported:
    session: MarketSession
    days: list[date]


def timeframe_parse(name: str) -> int:
    """Seconds of a timeframe's name. Raises ValidationError for an unknown one."""
    if name not in TIMEFRAMES:
        raise ValidationError({"timeframe": f"must be one of {', '.join(TIMEFRAMES)}, was {name!r}"})
    return TIMEFRAMES[name]


def candles_import(
    *, venue: str, symbol: str, timeframe: int, candles: np.ndarray, source: str, sizes: Mapping[str, Decimal],
    replace: bool = False, dry_run: bool = False,
) -> Imported:  # fmt: skip
    """Stores the candles, and the higher timeframes they make, in the venue's open session; all of them or none.

    A venue without a session gets one that plays nothing. Days that are stored already are refused, or with ``replace``
    get a new revision; higher timeframes that are there already are only replaced. With ``dry_run`` everything is
    checked and nothing kept. Raises ValidationError.
    """
    _check_venue(venue)
    with transaction.atomic():
        product = _product(venue, symbol, sizes)
        session = session_current(venue) or session_open(
            venue=venue, title="imported candles", history={}, starts=0, ends=0, simulated=False
        )
        _check_past(product, candles)
        try:
            days = store_days(
                session, product, timeframe, candles, source=source, existing="replace" if replace else "refuse"
            )
        except DaysExist as error:
            raise ValidationError({"days": f"must be new or be replaced (--replace), were stored: {error}"}) from error
        for seconds, bars in higher_timeframes(candles, timeframe).items():
            store_days(
                session, product, seconds, bars, source=f"{source}, aggregated",
                existing="replace" if replace else "keep",
            )  # fmt: skip
        transaction.set_rollback(dry_run)
    return Imported(session, days)


def _check_venue(venue: str) -> None:
    if not re.fullmatch(r"[a-z0-9-]{1,32}", venue):
        raise ValidationError({"venue": f"must be a name in small letters such as coinbase, was {venue!r}"})
    if venue == VENUE:
        raise ValidationError({"venue": f"must be a real venue, was {venue!r}, the recorded market that is played"})


def _product(venue: str, symbol: str, sizes: Mapping[str, Decimal]) -> Product:
    """The venue's product; a new one takes what is not given from the product of that name that comes with us."""
    product = Product.objects.filter(venue=venue, symbol=symbol).first()
    if product and not sizes:
        return product
    known = product or next(
        (listing for one in RECORDINGS.values() for listing in one.listings if listing.symbol == symbol), None
    )
    complete = {
        name: sizes[name] if name in sizes else getattr(known, name) for name in SIZES if name in sizes or known
    }
    missing = [name for name in SIZES if name not in complete]
    if missing:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise ValidationError({"product": f"must be known at {venue!r} or come with {options}, was {symbol!r}"})
    return product_upsert(venue=venue, symbol=symbol, **complete)


def _check_past(product: Product, candles: np.ndarray) -> None:
    feed = Feed.objects.filter(product=product).first()
    last = day_of(int(candles["time"][-1]))
    if feed and last >= day_of(feed.market_time):
        raise ValidationError(
            {"days": f"must be before the market's day {day_of(feed.market_time)}, the last was {last}"}
        )
