"""Leading groups on: every market event in order, and every change of their orders. Callers hold the account lock."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount
from apps.markets.selectors import market_now
from apps.operations.hints import hint, toast
from apps.operations.logs.correlation import about
from apps.orders.groups.books import Books
from apps.orders.groups.deeds import Step, deed_do
from apps.orders.groups.rows import groups_save, leg_records, plan_record, quiet_event, tick_event
from apps.orders.groups.waiting import groups_due
from apps.orders.models import Order, OrderGroup
from apps.orders.protection import protection_lost
from engine import records
from engine.kinds import Deed, OrderKind, PlanKind, PlanOutcome, Side
from engine.memory import MemorySchemaError
from engine.plans.advance import advance
from engine.plans.memory import state_bytes, state_from_bytes
from engine.plans.triggers import protected
from engine.plans.withdraw import withdraw

ROUNDS = 20  # an answer of ours (a refusal) may make the plan ask for more
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
    due = list(groups_due(account).select_related("product__feed__session").order_by("pk"))
    return lead(account, due, Leader.catch_up)


def groups_tick(account_id: int, group_ids: Collection[int], price: float, at: float) -> bool:
    """Leads groups of an account on by one trade at market time ``at`` (seconds). True when they asked for anything."""
    with transaction.atomic():
        account = lock_account(account_id)
        concerned = OrderGroup.objects.filter(pk__in=group_ids, account=account, state=OrderGroup.State.ACTIVE)
        groups = list(concerned.select_related("product__feed__session").order_by("pk"))
        return lead(account, groups, lambda leader: leader.take(tick_event(leader.feed, price, at)))


def lead(account: TradingAccount, groups: list[OrderGroup], step: Callable[["Leader"], bool]) -> bool:
    """A step of each group of the locked account in turn, and what they remember of it. True when any asked for
    something."""
    books, acted = Books(account, groups), False
    for group in groups:
        group.account = account
        with about(group.correlation_id, user=account.owner_id):
            if step(Leader(group, books)):
                acted = True
                _look_again(group, groups)
    groups_save(groups)
    return acted


def _look_again(actor: OrderGroup, groups: Iterable[OrderGroup]) -> None:
    """What a group did moves the coins of its holder's others, of which some were led before it."""
    for group in groups:
        if group is not actor and (group.holder, group.product_id) == (actor.holder, actor.product_id):
            group.changed = True


class Leader:
    """One group of a locked account, led from where it stands. Who leads it writes its row."""

    def __init__(self, group: OrderGroup, books: Books) -> None:
        self.group, self.feed, self.books = group, group.product.feed, books
        native = books.native(group.product)
        if group.kind == PlanKind.OCO and group.side == Order.Side.BUY:  # an exchange's bracket ends what is held
            native = [kind for kind in native if kind != OrderKind.BRACKET]
        if group.params.get("native") != native:
            group.params["native"] = native
            group.save(update_fields=["params"])
        self.plan, self.rules = plan_record(group), books.rules(group.product)
        self.acted = self.kept_back = False

    def take(self, event: records.Record) -> bool:
        """One event that came on its own: a tick. True when it asked for anything."""
        if self._remembers():
            self.see(event)
            self.note()
        return self.acted

    def catch_up(self) -> bool:
        """Every event since the last it saw, in order, then the clock. True when it asked for anything."""
        if not self._remembers():
            return True
        seen, reach = 0, self.books.reach(self.group, self.feed)
        for event in self.books.events(self.feed, self.group.position, reach):
            self.see(event)
            seen = int(event["time"])
        self.group.position = max(self.group.position, reach)
        up_to_date = reach >= self.feed.recorded
        if up_to_date and self._takes_over():
            seen = 0  # new prices are looked at at once
        self._look(seen, is_up_to_date=up_to_date)
        self.note()
        return self.acted

    def _takes_over(self) -> bool:
        """Prices that a person has changed hold from the first event on that was not seen when they came."""
        changes = self.group.params.pop("next", None)
        if changes is None:
            return False
        self.group.params |= changes
        self.group.save(update_fields=["params"])
        self.plan = plan_record(self.group)
        return True

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

    def see(self, event: records.Record) -> None:
        """One event, and all that the plan wants done for it."""
        group, deeds = self.group, np.zeros(records.DEEDS, records.DEED)
        self.state["stopping"] = group.stopping
        for _ in range(ROUNDS):
            if group.state != OrderGroup.State.ACTIVE:
                return
            orders = self.books.orders(group)
            self.state["available"] = self.books.available(group)
            before = self.state.copy()
            count = advance(self.plan, self.state, event, leg_records(group, orders), self.rules, deeds)
            if not sum(self._do(deed, before, event, orders) for deed in deeds[:count]):
                return
            self.books.acted(group)

    def _do(self, deed: records.Record, before: records.Record, event: records.Record, orders: list[Order]) -> bool:
        """Carries out what the plan asked for. False for a purchase that may not be made now: the plan waits."""
        if deed["what"] == Deed.PLACE and deed["side"] == Side.BUY and self.books.no_entries:
            withdraw(self.state, before, int(deed["leg"]))
            self.kept_back = True
            return False
        self.acted = True
        if deed["what"] == Deed.END:
            self._finish(orders)
        else:
            deed_do(Step(self.group, self.feed, event), deed, orders)
        return True

    def note(self) -> None:
        """What the group remembers; who changed one of its orders after this says so again."""
        group = self.group
        legs = leg_records(group, self.books.orders(group))
        before, covered = group.protects, int(protected(self.plan, self.state, legs))
        group.protects = group.product.base_increment * covered
        if before and not group.protects and group.state == OrderGroup.State.ACTIVE and not group.stopping:
            protection_lost(group)
        group.memory, group.changed = state_bytes(self.state), False
        self._pause()

    def _pause(self) -> None:
        """Why it waits with what it would buy: from when it first does until it may buy again."""
        words = self.books.no_entries[:300] if self.kept_back or self.group.paused else ""
        if words != self.group.paused:
            self.group.paused = words
            self.group.save(update_fields=["paused"])
            hint(self.group.account.owner_id, "orders")

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
