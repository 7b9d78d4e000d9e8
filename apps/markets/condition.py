"""Writing how a live market is doing: the stream's state, what a day lacked, trades that were not believed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.markets.models import Feed, MarketSession, Product, QuarantinedTrade, SeriesDay, StreamState
from apps.markets.sources import SourceEvent
from apps.operations.audit import record
from engine.kinds import EventKind

LONGEST = 200  # characters of what went wrong


@dataclass(frozen=True)
class Condition:
    """``since``: wall time at which it connected, or lost the connection; ``whole``: the symbols that miss nothing."""

    connected: bool = False
    since: datetime | None = None
    heard: datetime | None = None
    connections: int = 0
    gaps: int = 0
    unreadable: int = 0
    rate: float = 0.0
    lag: float | None = None
    trouble: str = ""
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    whole: Collection[str] = ()


@dataclass(frozen=True)
class Unbelieved:
    number: int
    at: datetime
    price: Decimal
    size: Decimal
    reference: float


@dataclass(frozen=True)
class DayCounts:
    """To be added to a product's day; see SeriesDay."""

    trades: int = 0
    gaps: int = 0
    lost: int = 0
    duplicates: int = 0
    late: int = 0
    unbelieved: Sequence[Unbelieved] = ()


def condition_store(venue: str, condition: Condition) -> None:
    """Says how the venue's stream is doing now."""
    fields = {name: getattr(condition, name) for name in condition.__dataclass_fields__ if name != "whole"}
    fields["trouble"] = condition.trouble[:LONGEST]
    StreamState.objects.update_or_create(venue=venue, defaults={**fields, "told": timezone.now()})


def stream_switch(*, venue: str, wanted: bool, by: AbstractBaseUser | None, reason: str) -> StreamState:
    """Starts or stops a venue's stream; its process obeys within about a second. ``by`` None: the command line.

    A stop keeps everything: the next start fetches what was missed. Raises ValidationError without a reason.
    """
    if not reason.strip():
        raise ValidationError({"reason": "must say why, was empty"})
    with transaction.atomic():
        StreamState.objects.get_or_create(venue=venue)
        state = StreamState.objects.select_for_update().get(venue=venue)
        state.wanted = wanted
        state.save(update_fields=["wanted"])
        record(actor=by, action="stream.start" if wanted else "stream.stop", target=state, reason=reason.strip())
    return state


def feeds_heard(session: MarketSession, symbols: Collection[str]) -> None:
    """The markets of these products are whole up to now."""
    Feed.objects.filter(session=session, product__symbol__in=symbols).update(heard=timezone.now())


def day_count(
    session: MarketSession, product: Product, day: date, counts: DayCounts, *, event: SourceEvent, backfilled: bool
) -> None:
    """Adds what was counted, and the minute that ``event`` closed, to the product's day. Trades that were not believed
    become rows."""
    QuarantinedTrade.objects.bulk_create(
        [QuarantinedTrade(session=session, product=product, **vars(each)) for each in counts.unbelieved],
        ignore_conflicts=True,
    )
    place: dict[str, Any] = {"session": session, "product": product, "day": day}
    SeriesDay.objects.get_or_create(**place)
    added = {
        "trades": counts.trades, "gaps": counts.gaps, "lost": counts.lost, "duplicates": counts.duplicates,
        "late": counts.late, "quarantined": len(counts.unbelieved), "minutes": 1,
        "empty": int(event.kind == EventKind.TIME), "backfilled": int(backfilled),
    }  # fmt: skip
    SeriesDay.objects.filter(**place).update(**{name: F(name) + number for name, number in added.items() if number})
