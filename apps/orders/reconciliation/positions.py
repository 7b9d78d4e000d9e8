"""Positions made anew from fills, and held against the rows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount, User
from apps.ledger.amounts import kept
from apps.ledger.models import Position
from apps.markets.models import Product
from apps.operations import audit
from apps.orders.changes import exit_reason
from apps.orders.models import Fill
from apps.orders.reconciliation.models import Difference

FIGURES = ("quantity", "bought", "bought_notional", "sold", "sold_notional", "fees", "opened", "closed")
Key = tuple[str, int]  # holder, product


@dataclass(frozen=True)
class Trade:
    """A fill, or a foreign trade that was accepted into a position."""

    seq: int
    holder: str
    product: Product
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at: datetime
    reason: str
    wishes: tuple[float, float, int]  # stop, target, hold


@dataclass(frozen=True)
class Change:
    """One position that the fills tell otherwise. ``row`` None: it is missing; ``fills`` None: no fill made it."""

    row: Position | None
    fills: Position | None
    words: str

    def __str__(self) -> str:
        return self.words


def position_changes(account: TradingAccount) -> list[Change]:
    """Where the positions of the account's present run are not what its fills make of them.

    ValidationError when the fills sell more than they bought.
    """
    rows: dict[Key, list[Position]] = defaultdict(list)
    mine = Position.objects.filter(account=account, generation=account.generation).select_related("product")
    for row in mine.order_by("pk"):
        rows[row.holder, row.product_id].append(row)
    told = _from_fills(account)
    changes = []
    for key in sorted({*rows, *told}):
        pairs = _paired(rows[key], told[key])
        changes += [Change(row, fills, _words(row, fills)) for row, fills in pairs if _differ(row, fills)]
    return changes


@transaction.atomic
def positions_rebuild(*, account: TradingAccount, by: User | None, reason: str) -> list[Change]:
    """Makes the rows what the fills say, each change audited. Money does not move: the ledger has every fill."""
    locked = lock_account(account.pk)
    changes = position_changes(locked)
    # What is too much goes first: of a holder's positions in a product only one may be open.
    for change in sorted(changes, key=lambda change: change.fills is not None):
        _write(change)
        audit.record(actor=by, action="position.rebuild", target=locked, reason=reason, detail={"change": str(change)})
    if changes:  # whoever keeps figures of the account's trades makes them anew
        next_seq(locked)
        locked.save(update_fields=["seq"])
    return changes


def _write(change: Change) -> None:
    if change.fills is None:
        assert change.row is not None
        change.row.delete()
    elif change.row is None:
        change.fills.save()
    else:
        for figure in FIGURES:
            setattr(change.row, figure, getattr(change.fills, figure))
        change.row.save(update_fields=FIGURES)


def _from_fills(account: TradingAccount) -> dict[Key, list[Position]]:
    """Every round trip, in the order in which its fills were posted."""
    trips: dict[Key, list[Position]] = defaultdict(list)
    for trade in sorted(_trades(account), key=lambda trade: trade.seq):
        mine = trips[trade.holder, trade.product.pk]
        if not mine or mine[-1].closed:
            stop, target, hold = trade.wishes
            mine.append(
                Position(
                    account=account, generation=account.generation, holder=trade.holder, product=trade.product,
                    opened=trade.at, stop=stop, target=target, hold=hold,
                )
            )  # fmt: skip
        _apply(mine[-1], trade)
    return trips


def _apply(position: Position, trade: Trade) -> None:
    notional = kept(trade.price * trade.quantity)
    if trade.side == "buy":
        position.quantity += trade.quantity
        position.bought += trade.quantity
        position.bought_notional += notional
    else:
        position.quantity -= trade.quantity
        position.sold += trade.quantity
        position.sold_notional += notional
    position.fees += trade.fee
    if position.quantity < 0:
        words = f"must sell at most what was bought, sold {-position.quantity.normalize():f} more at {trade.at}"
        raise ValidationError({"fills": f"{trade.product} of {trade.holder} {words}"})
    if not position.quantity:
        position.closed, position.reason = trade.at, trade.reason


def _trades(account: TradingAccount) -> Iterator[Trade]:
    fills = Fill.objects.filter(account=account, order__generation=account.generation)
    for fill in fills.select_related("order__product"):
        order = fill.order
        yield Trade(
            seq=fill.seq, holder=order.holder, product=order.product, side=order.side, quantity=fill.quantity,
            price=fill.price, fee=fill.fee, at=fill.at, reason=exit_reason(order, fill),
            wishes=(order.stop, order.target, order.hold),
        )  # fmt: skip
    accepted = Difference.objects.filter(account=account, detail__holder__isnull=False, how=Difference.How.ACCEPTED)
    for trade in accepted.exclude(detail__holder="").values_list("detail", flat=True):
        if trade["generation"] != account.generation:
            continue
        yield Trade(
            seq=trade["seq"], holder=trade["holder"], side=trade["side"], quantity=Decimal(trade["quantity"]),
            price=Decimal(trade["price"]), fee=Decimal(trade["fee"]), at=datetime.fromisoformat(trade["at"]),
            product=Product.objects.get(venue=account.venue, symbol=trade["symbol"]), reason="foreign",
            wishes=(0.0, 0.0, 0),
        )  # fmt: skip


def _paired(rows: Sequence[Position], told: Sequence[Position]) -> list[tuple[Position | None, Position | None]]:
    most = max(len(rows), len(told))
    mine: list[Position | None] = [*rows, *[None] * (most - len(rows))]
    theirs: list[Position | None] = [*told, *[None] * (most - len(told))]
    return list(zip(mine, theirs, strict=True))


def _differ(row: Position | None, fills: Position | None) -> bool:
    return any(getattr(row, figure, None) != getattr(fills, figure, None) for figure in FIGURES)


def _words(row: Position | None, fills: Position | None) -> str:
    position = fills or row
    assert position is not None
    name = f"position {f'#{row.pk}' if row else '(missing)'} of {position.holder} in {position.product}"
    if fills is None:
        return f"{name}: no fill made it"
    if row is None:
        return f"{name}: {position.quantity.normalize():f} held, {position.bought.normalize():f} bought"
    return f"{name}: " + ", ".join(
        f"{figure} {_shown(row, figure)} -> {_shown(fills, figure)}"
        for figure in FIGURES
        if getattr(row, figure) != getattr(fills, figure)
    )


def _shown(position: Position, figure: str) -> str:
    value = getattr(position, figure)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
