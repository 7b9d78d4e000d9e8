"""What a live stream watches: the prices at which a tick matters to a group of a live account, in memory.

Groups on paper see bars alone, as a backtest does. A tick that matters is given to its group at once, in the thread
that heard it; the orders it makes are committed with it and their account is nudged. What no tick was given for comes
with the recorded second: a lost process or connection costs time and no trigger.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from math import isnan, nan
from operator import attrgetter
from typing import Any

import numpy as np
from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.orders.groups.advance import groups_tick
from apps.orders.groups.rows import plan_record
from apps.orders.models import OrderGroup
from engine import records
from engine.memory import MemorySchemaError
from engine.plans.memory import state_from_bytes
from engine.plans.triggers import crossed, next_triggers

account_of = attrgetter("account_id")


@dataclass(frozen=True, slots=True)
class Watched:
    """A group with the prices (below, above) that matter to it; none does to one that waits for no price."""

    group_id: int
    account_id: int
    product_id: int
    levels: tuple[float, float]


class Watch:
    """The active groups of a venue's live accounts."""

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self._plans: dict[int, tuple[dict[str, Any], records.Record]] = {}  # what was asked for, by group
        self._watched: dict[int, Watched] = {}
        self._by_product: dict[int, tuple[list[Watched], np.ndarray]] = {}
        self._seen: dict[int, tuple[float, float]] = {}

    def reload(self) -> int:
        """Reads what is to be watched; how many groups."""
        found = self._read(Q())
        self._plans = {pk: self._plans[pk] for pk in found}
        self._watch(found)
        return sum(len(each) for each, _ in self._by_product.values())

    def tick(self, product_id: int, price: float, at: float) -> int:
        """Gives a trade at market time ``at`` (seconds) to the groups that it matters to; how many those were."""
        if product_id not in self._by_product or self._seen.get(product_id) == (price, at):
            return 0
        self._seen[product_id] = (price, at)
        watched, levels = self._by_product[product_id]
        found = np.zeros(len(watched), np.int64)
        count = crossed(levels, price, found)
        hit = [watched[i] for i in found[:count]]
        for account_id, each in groupby(sorted(hit, key=account_of), key=account_of):
            groups_tick(account_id, [row.group_id for row in each], price, at)
        if hit:
            ids = [row.group_id for row in hit]
            self._watch({pk: row for pk, row in self._watched.items() if pk not in ids} | self._read(Q(pk__in=ids)))
        return int(count)

    def _read(self, which: Q) -> dict[int, Watched]:
        rows = OrderGroup.objects.filter(
            which, product__venue=self.venue, account__mode=TradingAccount.Mode.LIVE, state=OrderGroup.State.ACTIVE
        )
        found = {}
        for group in rows.select_related("product").order_by("pk"):
            plan = self._plan(group)
            found[group.pk] = Watched(group.pk, group.account_id, group.product_id, _levels(group, plan))
        return found

    def _plan(self, group: OrderGroup) -> records.Record:
        """Read anew only when it has changed."""
        known = self._plans.get(group.pk)
        if known is None or known[0] != group.params:
            known = self._plans[group.pk] = group.params, plan_record(group)
        return known[1]

    def _watch(self, watched: dict[int, Watched]) -> None:
        self._watched, found = watched, defaultdict(list)
        for row in watched.values():
            if not all(map(isnan, row.levels)):
                found[row.product_id].append(row)
        self._by_product = {
            product_id: (rows, np.array([row.levels for row in rows])) for product_id, rows in found.items()
        }


def _levels(group: OrderGroup, plan: records.Record) -> tuple[float, float]:
    """None for a group whose memory another core wrote: its account's worker ends it."""
    try:
        return next_triggers(plan, state_from_bytes(bytes(group.memory)))
    except MemorySchemaError:
        return nan, nan
