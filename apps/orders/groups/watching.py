"""What a live stream watches: the prices at which a tick matters to a group of a live account, in memory.

Groups on paper see bars alone, as a backtest does. A tick that matters is given to its group at once, in the thread
that heard it; the orders it makes are committed with it and their account is nudged. What no tick was given for comes
with the recorded second: a lost process or connection costs time and no trigger.
"""

import numpy as np
from django.db import transaction

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.operations.logs.correlation import about
from apps.orders.groups.advance import Leader
from apps.orders.groups.rows import plan_record, tick_event
from apps.orders.models import OrderGroup
from engine.memory import MemorySchemaError
from engine.plans.memory import state_from_bytes
from engine.plans.triggers import crossed, next_triggers


class Watch:
    """The active groups of a venue's live accounts."""

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self._groups: dict[int, list[int]] = {}  # ids by product
        self._levels: dict[int, np.ndarray] = {}  # their (below, above) rows
        self._seen: dict[int, tuple[float, float]] = {}

    def reload(self) -> int:
        """Reads what is to be watched; how many groups."""
        rows = OrderGroup.objects.filter(
            product__venue=self.venue, account__mode=TradingAccount.Mode.LIVE, state=OrderGroup.State.ACTIVE
        )
        found: dict[int, list[tuple[int, tuple[float, float]]]] = {}
        for group in rows.select_related("product").order_by("pk"):
            levels = _levels(group)
            if levels is not None:
                found.setdefault(group.product_id, []).append((group.pk, levels))
        self._groups = {product: [pk for pk, _ in each] for product, each in found.items()}
        self._levels = {product: np.array([levels for _, levels in each]) for product, each in found.items()}
        return sum(map(len, self._groups.values()))

    def tick(self, product_id: int, price: float, at: float) -> int:
        """Gives a trade at market time ``at`` (seconds) to the groups that it matters to; how many those were."""
        groups = self._groups.get(product_id)
        if not groups or self._seen.get(product_id) == (price, at):
            return 0
        self._seen[product_id] = (price, at)
        hit = np.zeros(len(groups), np.int64)
        count = crossed(self._levels[product_id], price, hit)
        for i in hit[:count]:
            group_tick(groups[i], price, at)
        if count:
            self.reload()
        return int(count)


def _levels(group: OrderGroup) -> tuple[float, float] | None:
    """None for a group that no price concerns, or whose memory another core wrote: its account's worker ends it."""
    try:
        state = state_from_bytes(bytes(group.memory))
    except MemorySchemaError:
        return None
    below, above = next_triggers(plan_record(group), state)
    return None if np.isnan(below) and np.isnan(above) else (below, above)


@transaction.atomic
def group_tick(group_id: int, price: float, at: float) -> bool:
    """Leads a group on by one trade. True when it asked for anything."""
    account_id = OrderGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    account = lock_account(account_id)
    group = OrderGroup.objects.select_related("product__feed__session").get(pk=group_id)
    if group.state != OrderGroup.State.ACTIVE:
        return False
    group.account = account
    with about(group.correlation_id, user=account.owner_id):
        return Leader(group).take(tick_event(group.product.feed, price, at))
