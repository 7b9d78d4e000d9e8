"""Where the stop of a position by hand is changed or set: the page of the order that is it, or a ticket."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from apps.accounts.models import User
from apps.ledger.holders import MANUAL
from apps.ledger.models import Position
from apps.operations.formats import short
from apps.orders.groups.edits import changes_of
from apps.orders.models import Order, OrderGroup
from apps.orders.protection import RESTING, STOPS
from apps.orders.selectors import groups, orders


@dataclass(frozen=True)
class StopLink:
    address: str
    words: str


def stop_links(user: User, positions: Iterable[Position]) -> dict[int, StopLink]:
    """By id of those of the user's open positions that a hand holds."""
    mine = [row for row in positions if row.holder == MANUAL]
    if not mine:
        return {}
    armed = groups(user).filter(holder=MANUAL, state=OrderGroup.State.ACTIVE, protects__gt=0)
    resting = orders(user).filter(holder=MANUAL, side=Order.Side.SELL, kind__in=STOPS, state__in=RESTING, group=None)
    stops: list[OrderGroup | Order] = [*armed, *resting]
    found: dict[tuple[int, int], list[OrderGroup | Order]] = {}
    for each in stops:
        found.setdefault((each.account_id, each.product_id), []).append(each)
    return {row.pk: _link(row, found.get((row.account_id, row.product_id), [])) for row in mine}


def _link(position: Position, stops: list[OrderGroup | Order]) -> StopLink:
    if not stops:
        asked = {
            "account": position.account_id, "market": position.product.symbol, "side": "sell", "kind": "oco",
            "quantity": short(position.quantity), "draft": 1,
        }  # fmt: skip
        return StopLink(f"{reverse('orders:orders')}?{urlencode(asked)}", "Set a stop")
    if len(stops) > 1:
        return StopLink(f"{reverse('orders:orders')}?account={position.account_id}#working-title", "See its stops")
    (only,) = stops
    if isinstance(only, Order):
        return StopLink(reverse("orders:edit", args=[only.pk]), "Change stop")
    page = "orders:group_edit" if changes_of(only) else "orders:group"
    return StopLink(reverse(page, args=[only.pk]), "Change stop")
