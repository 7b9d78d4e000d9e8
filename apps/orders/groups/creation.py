"""Making groups: judged by the same rules as one order, committed, and led from the next moment on."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.accounts.locks import next_seq
from apps.accounts.models import TradingAccount
from apps.markets.models import Feed, Product
from apps.operations.hints import hint
from apps.operations.logs.correlation import current, new_id
from apps.operations.nudges import nudge
from apps.orders.models import OrderGroup
from engine.kinds import PlanKind


def group_open(
    *,
    account: TradingAccount,
    holder: str,
    product: Product,
    kind: PlanKind,
    side: str,
    quantity: Decimal,
    fields: Mapping[str, Any],
    request: str,
) -> OrderGroup:
    """Commits a group of the locked account; ``fields`` are those of PLAN (engine.records) that its kind reads, sound.

    Returns the group of an earlier call with the same request.
    """
    feed = Feed.objects.get(product=product)
    group, is_new = OrderGroup.objects.get_or_create(
        account=account, generation=account.generation, request=request,
        defaults={
            "holder": holder, "product": product, "kind": kind, "side": side, "quantity": quantity,
            "params": dict(fields), "position": feed.recorded, "changed": True, "seq": next_seq(account),
            "correlation_id": current() or new_id(),
        },
    )  # fmt: skip
    if is_new:
        account.save(update_fields=["seq"])
        hint(account.owner_id, "orders", holder)
        nudge("orders_work", account.pk, queue="orders")
    return group
