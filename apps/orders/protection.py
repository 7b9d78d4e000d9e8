"""Whether open positions are covered by a stop, a resting one or one that a group watches. A gap is a row and an alert.

A position is to have a stop when its entry wished for one, or when a group gives it one or failed to.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from prometheus_client.core import Metric

from apps.ledger.models import Position
from apps.ledger.positions import open_position
from apps.operations.hints import hint, toast
from apps.operations.metrics.exposition import gauge
from apps.orders.models import Order, OrderGroup, ProtectionGap
from engine.kinds import OrderKind, PlanKind
from engine.orders.states import WORKING, OrderState

logger = logging.getLogger(__name__)
PATIENCE = timedelta(seconds=5)  # a stop may be on its way for so long
STOPS = [OrderKind.STOP, OrderKind.BRACKET, OrderKind.STOP_LIMIT]
RESTING = [OrderState.OPEN, OrderState.CANCELLING]
PROTECTING = [PlanKind.TRIGGER, PlanKind.OCO, PlanKind.BRACKET, PlanKind.TRAILING]
NOTHING = Decimal(0)
Key = tuple[int, str, int]  # account, holder, product


def protected_quantity(position: Position) -> Decimal:
    """Base of a position that a stop covers, resting at its exchange or armed here."""
    return protected_quantities([position])[position.pk]


def protected_quantities(positions: Iterable[Position]) -> dict[int, Decimal]:
    """By position id, never more than the position holds."""
    rows = list(positions)
    accounts = {row.account_id for row in rows}
    covered: dict[Key, Decimal] = defaultdict(Decimal)
    orders = Order.objects.filter(
        account__in=accounts,
        side=Order.Side.SELL,
        kind__in=STOPS,
        state__in=RESTING,
        group=None,
        cancel_requested=False,
    )
    left = orders.values("account", "holder", "product").annotate(left=Sum(F("quantity") - F("filled"))).order_by()
    groups = OrderGroup.objects.filter(account__in=accounts, state=OrderGroup.State.ACTIVE, stopping=False)
    armed = groups.values("account", "holder", "product").annotate(left=Sum("protects")).order_by()
    for row in [*left, *armed]:
        covered[row["account"], row["holder"], row["product"]] += row["left"]
    return {row.pk: min(covered[row.account_id, row.holder, row.product_id], row.quantity) for row in rows}


def gaps_open(positions: Iterable[Position]) -> dict[int, ProtectionGap]:
    """The gaps of these positions that are open now, by position id."""
    gaps = ProtectionGap.objects.filter(position__in=list(positions), until=None)
    return {gap.position_id: gap for gap in gaps}


def protection_lost(group: OrderGroup) -> None:
    """A group that was to give its holder's position a stop has failed: from now on it is missed."""
    position = open_position(group.account, group.holder, group.product)
    if position is not None and group.kind in PROTECTING:
        now = {"since": timezone.now(), "quantity": position.quantity}
        ProtectionGap.objects.get_or_create(position=position, until=None, defaults=now)


def protection_sweep() -> int:
    """Opens, follows and closes gaps, and alerts the owners of those that last; returns how many are open.

    Nobody sells while a sale at market is on its way: the position is leaving.
    """
    now = timezone.now()
    wanted = Position.objects.filter(Q(stop__gt=0) | Q(gaps__isnull=False) | Q(pk__in=_of_groups()), closed=None)
    positions = list(wanted.select_related("account", "product").distinct())
    leaving = _leaving(positions)
    covered, known = protected_quantities(positions), gaps_open(positions)
    for position in positions:
        key = (position.account_id, position.holder, position.product_id)
        missing = NOTHING if key in leaving else position.quantity - covered[position.pk]
        _follow(position, known.get(position.pk), missing, now)
    ProtectionGap.objects.filter(until=None, position__closed__isnull=False).update(until=now)
    return ProtectionGap.objects.filter(until=None).count()


def _of_groups() -> QuerySet[Position]:
    """Open positions that a group gives a stop."""
    same = {"account": OuterRef("account"), "holder": OuterRef("holder"), "product": OuterRef("product")}
    active = OrderGroup.objects.filter(**same, state=OrderGroup.State.ACTIVE, protects__gt=0)
    return Position.objects.filter(Exists(active), closed=None)


def _leaving(positions: list[Position]) -> set[Key]:
    exits = Order.objects.filter(
        account__in={row.account_id for row in positions}, purpose=Order.Purpose.EXIT, state__in=WORKING
    )
    return set(exits.values_list("account", "holder", "product"))


def _follow(position: Position, gap: ProtectionGap | None, missing: Decimal, now: datetime) -> None:
    if missing <= 0:
        if gap is not None:
            ProtectionGap.objects.filter(pk=gap.pk, until=None).update(until=now)
            hint(position.account.owner_id, "positions")
        return
    if gap is None:
        gap, _ = ProtectionGap.objects.get_or_create(
            position=position, until=None, defaults={"since": now, "quantity": missing}
        )
    elif gap.quantity != missing:
        ProtectionGap.objects.filter(pk=gap.pk).update(quantity=missing)
    late = now - gap.since >= PATIENCE
    if late and ProtectionGap.objects.filter(pk=gap.pk, told=None).update(told=now, quantity=missing):
        _alert(position, missing)


def _alert(position: Position, missing: Decimal) -> None:
    words = f"{missing.normalize():f} {position.product.base} of {position.held_by} has no stop"
    told = {"user": position.account.owner_id}
    with transaction.atomic():
        transaction.on_commit(partial(logger.error, "position %s: %s", position.pk, words, extra=told))
        toast(position.account.owner_id, f"{position.product}: {words}.", tone="bad", urgent=True)
        hint(position.account.owner_id, "positions")


def protection_gauges() -> Iterable[Metric]:
    """For /metrics/: open gaps that were told."""
    gaps = ProtectionGap.objects.filter(until=None).exclude(told=None)
    oldest = gaps.order_by("since").values_list("since", flat=True).first()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield gauge("tradingsite_protection_gaps", "positions without the stop they were to have", [({}, gaps.count())])
    yield gauge("tradingsite_protection_gap_seconds", "age of the oldest of them", [({}, age)])
