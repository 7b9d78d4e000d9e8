"""Leading groups on: every market event in order, and every change of their orders. Callers hold the account lock."""

from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.accounts.costs import account_costs
from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount
from apps.markets.events import events_between
from apps.markets.rules import product_rules
from apps.markets.selectors import market_now
from apps.operations.hints import hint, toast
from apps.operations.logs.correlation import about
from apps.orders import registry
from apps.orders.groups.deeds import Step, deed_do
from apps.orders.groups.rows import available, leg_records, plan_record, quiet_event
from apps.orders.groups.waiting import groups_due
from apps.orders.models import Order, OrderGroup, ProductCursor
from apps.orders.protection import protection_lost
from engine import records
from engine.config import rules_record
from engine.kinds import Deed, PlanOutcome
from engine.memory import MemorySchemaError
from engine.orders.states import OrderState
from engine.plans.advance import advance
from engine.plans.memory import state_bytes, state_from_bytes
from engine.plans.triggers import protected

ROUNDS = 20  # an answer of ours (a refusal) may make the plan ask for more
AT_EXCHANGE = [OrderState.OPEN, OrderState.CANCELLING]
ENDS = {
    PlanOutcome.FILLED: (OrderGroup.State.DONE, "all of it traded"),
    PlanOutcome.CANCELLED: (OrderGroup.State.CANCELLED, ""),
    PlanOutcome.EXPIRED: (OrderGroup.State.CANCELLED, "its time was over"),
    PlanOutcome.FAILED: (OrderGroup.State.FAILED, ""),
}


def groups_work(account_id: int) -> bool:
    """Leads the account's groups on. True when they asked for anything."""
    with transaction.atomic():
        return groups_advance(lock_account(account_id))


def groups_advance(account: TradingAccount) -> bool:
    """As ``groups_work``, for the account that the caller has locked."""
    due = groups_due(account).select_related("product__feed__session").order_by("pk")
    acted = False
    for group in due:
        group.account = account
        with about(group.correlation_id, user=account.owner_id):
            acted |= Leader(group).catch_up()
    return acted


class Leader:
    """One group of a locked account, led from where it stands."""

    def __init__(self, group: OrderGroup) -> None:
        account = group.account
        self.group, self.feed = group, group.product.feed
        native = sorted(registry.exchange_for(account).native(group.product.symbol))
        if group.params.get("native") != native:
            group.params["native"] = native
            group.save(update_fields=["params"])
        self.plan = plan_record(group)
        self.rules = rules_record(product_rules(group.product), account_costs(account))[0]
        self.acted = False

    def take(self, event: records.Record) -> bool:
        """One event that came on its own: a tick. True when it asked for anything."""
        if self._remembers():
            self.see(event)
            self.save()
        return self.acted

    def catch_up(self) -> bool:
        """Every event since the last it saw, in order, then the clock. True when it asked for anything."""
        if not self._remembers():
            return True
        seen, reach = 0, self._reach()
        for event, _ in events_between(self.feed, self.group.position, reach):
            self.see(event)
            seen = int(event["time"])
        self.group.position = max(self.group.position, reach)
        self._look(seen, is_up_to_date=reach >= self.feed.recorded)
        self.save()
        return self.acted

    def _look(self, seen: int, *, is_up_to_date: bool) -> None:
        """Its orders as they are now, when no event has shown them; and the clock, but for what lies beyond an event
        that it has not seen yet."""
        clock = market_now(self.feed, timezone.now()) if is_up_to_date else 0
        if not seen or clock > seen:
            price = float(self.state["last"]) or (self.feed.price if is_up_to_date else None) or 0.0
            self.see(quiet_event(self.group, max(clock, int(self.state["time"])), price))

    def _remembers(self) -> bool:
        """Reads the memory. False when another core wrote it: the group has failed then."""
        try:
            self.state = state_from_bytes(bytes(self.group.memory))
        except MemorySchemaError as error:
            self._end(OrderGroup.State.FAILED, str(error))
            return False
        return True

    def _reach(self) -> int:
        """How far the market may be shown: what rests at the exchange meets an event before the plan does."""
        orders = Order.objects.filter(group=self.group, state__in=AT_EXCHANGE)
        if not orders.exists():
            return self.feed.recorded
        cursor = ProductCursor.objects.filter(account=self.group.account, product=self.group.product).first()
        return min(self.feed.recorded, cursor.caught_up if cursor else 0)

    def see(self, event: records.Record) -> None:
        """One event, and all that the plan wants done for it."""
        group, deeds = self.group, np.zeros(records.DEEDS, records.DEED)
        self.state["stopping"] = group.stopping
        for _ in range(ROUNDS):
            if group.state != OrderGroup.State.ACTIVE:
                return
            orders = list(Order.objects.filter(group=group).select_related("product").order_by("pk"))
            self.state["available"] = available(group)
            count = advance(self.plan, self.state, event, leg_records(group, orders), self.rules, deeds)
            for deed in deeds[:count]:
                self.acted = True
                if deed["what"] == Deed.END:
                    self._finish(orders)
                else:
                    deed_do(Step(group, self.feed, event), deed, orders)
            if not count:
                return

    def save(self) -> None:
        """Writes what the group remembers; who changed one of its orders after this says so again."""
        group = self.group
        legs = leg_records(group, Order.objects.filter(group=group).order_by("pk"))
        group.protects = group.product.base_increment * int(protected(self.plan, self.state, legs))
        group.memory, group.changed = state_bytes(self.state), False
        group.save(update_fields=["memory", "protects", "position", "changed"])

    def _finish(self, orders: list[Order]) -> None:
        outcome = PlanOutcome(int(self.state["outcome"]))
        state, words = ENDS[outcome]
        refused = [order.message for order in orders if order.message]
        if outcome == PlanOutcome.FAILED and refused:
            words = refused[-1]
        self._end(state, self.group.message or words)

    def _end(self, state: str, words: str) -> None:
        group_end(self.group, state, words, timezone.now())
        if state == OrderGroup.State.FAILED:
            protection_lost(self.group)
            toast(self.group.account.owner_id, f"The {self.group} failed: {words}", tone="bad", urgent=True)


def group_end(group: OrderGroup, state: str, words: str, now: datetime) -> None:
    """Writes the end of a group of a locked account."""
    group.state, group.message, group.finished = state, words[:300], now
    group.changed, group.seq = False, next_seq(group.account)
    group.account.save(update_fields=["seq"])
    group.save(update_fields=["state", "message", "finished", "changed", "seq"])
    hint(group.account.owner_id, "orders")
