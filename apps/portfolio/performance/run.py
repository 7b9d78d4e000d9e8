"""Which part of an account's life is judged: one run, a range of its market time, a benchmark."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, QuerySet
from django.db.models.functions import Extract
from django.http import Http404, QueryDict

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.selectors import market_time, session_current
from apps.operations.formats import moment
from apps.portfolio.curve import RANGES
from apps.portfolio.kept import kept
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.performance.held import Held, held_columns
from apps.portfolio.performance.stretch import Point, Stretch
from apps.portfolio.results import closed_positions
from apps.portfolio.selectors import equity
from apps.portfolio.services import deposited
from apps.portfolio.snapshots import EVERY
from apps.risk.models import DayOpening


@dataclass(frozen=True)
class Run:
    """``generation`` counts the account's new starts; the newest is the present run."""

    account: TradingAccount
    generation: int
    range: str  # a key of RANGES
    benchmark: str = ""  # symbol; '' = what the run traded most

    @property
    def is_present(self) -> bool:
        return self.generation == self.account.generation

    @cached_property
    def points(self) -> list[Point]:
        """Of the range, the last one before it included; the present run's end in its worth now."""
        points = snapshot_points(self.account, self.generation)
        now = self._now()
        if now and (not points or now.at > points[-1].at):
            points.append(now)
        if points and points[0].deposited > 0 and points[0].equity != points[0].deposited:
            # The run began with what was paid in, and had traded before its first point.
            begun = points[0].at - timedelta(seconds=EVERY)
            points.insert(0, Point(begun, points[0].deposited, points[0].deposited))
        return self._ranged(points)

    def _now(self) -> Point | None:
        at = moment(market_time(self.account.venue)) if self.is_present else None
        worth = equity(self.account).equity if at else None
        return Point(at, worth, deposited(self.account)) if at and worth is not None else None

    def _ranged(self, points: list[Point]) -> list[Point]:
        length = RANGES[self.range]
        if length is None or not points:
            return points
        since = points[-1].at - length
        inside = next((index for index, point in enumerate(points) if point.at > since), 0)
        return points[max(0, inside - 1) :]

    @cached_property
    def stretch(self) -> Stretch | None:
        """None until there are two points, or while there was nothing at the first."""
        return Stretch(self.points) if len(self.points) > 1 and self.points[0].equity > 0 else None

    @property
    def since(self) -> datetime | None:
        return self.points[0].at if self.points and RANGES[self.range] is not None else None

    def trades(self) -> QuerySet[Position]:
        """Closed in the range."""
        rows = closed_positions(self._positions())
        return rows.filter(closed__gt=self.since) if self.since else rows

    @cached_property
    def held(self) -> Held:
        """Open at any time of the range."""
        rows = self._positions()
        rows = rows.exclude(closed__lte=self.since) if self.since else rows
        return kept(("held", *self.stamp), lambda: held_columns(rows))

    @property
    def stamp(self) -> tuple[object, ...]:
        """The trades of the range are the same while this is."""
        return self.account.pk, self.account.seq, self.generation, self.since

    def _positions(self) -> QuerySet[Position]:
        return Position.objects.filter(account=self.account, generation=self.generation)

    @cached_property
    def session(self) -> MarketSession | None:
        """In which the run traded."""
        if not self.is_present:
            opening = DayOpening.objects.filter(account=self.account, generation=self.generation).order_by("-session")
            return MarketSession.objects.filter(pk__in=opening.values("session")[:1]).first()
        return session_current(self.account.venue)

    @cached_property
    def benchmarks(self) -> list[Product]:
        """Markets that can be compared with, what the run traded most first."""
        counts = dict(self._positions().values_list("product").annotate(Count("pk")))
        feeds = Feed.objects.filter(product__venue=self.account.venue, product__quote=self.account.currency)
        markets = [feed.product for feed in feeds.select_related("product")]
        return sorted(markets, key=lambda market: (-counts.get(market.pk, 0), market.symbol))

    @cached_property
    def market(self) -> Product | None:
        """The benchmark: the one asked for, else the first."""
        chosen = [market for market in self.benchmarks if market.symbol == self.benchmark]
        return next(iter(chosen or self.benchmarks), None)


def snapshot_points(account: TradingAccount, generation: int) -> list[Point]:
    """The stored curve as one row of three columns: a month is thousands of snapshots."""
    rows = EquitySnapshot.objects.filter(account=account, generation=generation)
    columns = {name: ArrayAgg(name, order_by="at") for name in ("equity", "deposited")}
    found = rows.aggregate(seconds=ArrayAgg(Extract("at", "epoch"), order_by="at"), **columns)
    times = (datetime.fromtimestamp(int(second), UTC) for second in found["seconds"] or ())
    return [Point(*row) for row in zip(times, found["equity"] or (), found["deposited"] or (), strict=True)]


def runs(account: TradingAccount) -> list[int]:
    """Generations that have a curve, the newest first; the present one always."""
    known = EquitySnapshot.objects.filter(account=account).values_list("generation", flat=True).distinct()
    return sorted({*known, account.generation}, reverse=True)


def run_chosen(account: TradingAccount, query: QueryDict) -> Run:
    """As ?run=2&range=1M&benchmark=BTC-USD says. A run that never was answers 404."""
    raw = query.get("run", "")
    generation = int(raw) if raw.isdecimal() and len(raw) < 9 else account.generation if not raw else 0
    if generation not in runs(account):
        raise Http404(f"run must be one of {runs(account)}, was {raw!r}")
    name = query.get("range", "All")
    return Run(account, generation, name if name in RANGES else "All", query.get("benchmark", ""))
