"""Money in figures: what all accounts of a venue are worth together."""

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client.core import Metric

from apps.operations.metrics.exposition import gauge
from apps.portfolio.models import EquitySnapshot


def equity_gauges() -> Iterable[Metric]:
    """From each account's newest snapshot, which is seconds old."""
    newest = EquitySnapshot.objects.order_by("account_id", "-generation", "-at").distinct("account_id")
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for snapshot in newest.select_related("account"):
        totals[snapshot.account.venue, snapshot.account.currency] += float(snapshot.equity)
    rows = [({"venue": venue, "currency": currency}, total) for (venue, currency), total in sorted(totals.items())]
    yield gauge("tradingsite_equity", "equity of all accounts at their newest snapshots", rows)
