"""Positions made from fills: opened by the first buy, closed when the quantity is back at zero."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.markets.models import Product


@dataclass(frozen=True)
class Wishes:
    """What an entry's signal asked of its position: distances as ratios of the entry, seconds; 0 = none."""

    stop: float = 0.0
    target: float = 0.0
    hold: int = 0


NO_WISHES = Wishes()


def open_position(account: TradingAccount, holder: str, product: Product) -> Position | None:
    return Position.objects.filter(account=account, holder=holder, product=product, closed=None).first()


def position_apply(
    *,
    account: TradingAccount,
    holder: str,
    product: Product,
    side: str,
    quantity: Decimal,
    notional: Decimal,
    fee: Decimal,
    at: datetime,
    reason: str,
    wishes: Wishes,
) -> Position:
    """Applies a fill (quantity in base, notional and fee in quote, at in market time) and returns the position.

    The database refuses a sale of more than the position holds.
    """
    position = open_position(account, holder, product)
    if position is None:
        position = Position(
            account=account, generation=account.generation, holder=holder, product=product, opened=at,
            stop=wishes.stop, target=wishes.target, hold=wishes.hold,
        )  # fmt: skip
    if side == "buy":
        position.quantity += quantity
        position.bought += quantity
        position.bought_notional += notional
    else:
        position.quantity -= quantity
        position.sold += quantity
        position.sold_notional += notional
    position.fees += fee
    if not position.quantity:
        position.closed, position.reason = at, reason
    position.save()
    return position
