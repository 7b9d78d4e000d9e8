"""The paper book's rows as the port speaks of them."""

from datetime import UTC, datetime
from decimal import Decimal

from apps.accounts.models import TradingAccount
from apps.markets.models import Feed
from apps.paper.models import PaperFill, PaperOrder
from engine.kinds import OrderKind, Side
from engine.orders.states import OrderState
from exchanges.port import FillReport, NewOrder, OrderReport, Preview

STATES = {
    PaperOrder.Status.OPEN: OrderState.OPEN,
    PaperOrder.Status.FILLED: OrderState.FILLED,
    PaperOrder.Status.CANCELLED: OrderState.CANCELLED,
    PaperOrder.Status.EXPIRED: OrderState.EXPIRED,
    PaperOrder.Status.REJECTED: OrderState.REJECTED,
}
TOOK = "a post-only order must rest, and this one would have traded at once"


def order_report(order: PaperOrder) -> OrderReport:
    product = order.book.product
    return OrderReport(
        client_order_id=order.client_order_id, exchange_order_id=f"paper-{order.pk}",
        state=STATES[PaperOrder.Status(order.status)], filled=product.base_increment * order.filled,
        symbol=product.symbol, side="buy" if order.side == Side.BUY else "sell", kind=OrderKind(order.kind),
        quantity=product.base_increment * order.lots, limit_price=_price(order.limit), stop_price=_price(order.stop),
        created=order.created, message=TOOK if order.status == PaperOrder.Status.REJECTED else "",
    )  # fmt: skip


def standing(order: PaperOrder) -> NewOrder:
    """The order as it stands in the book, for whoever wants to change it."""
    shown = order_report(order)
    return NewOrder(
        client_order_id=order.client_order_id, symbol=shown.symbol, side=shown.side, kind=OrderKind(order.kind),
        quantity=order.book.product.base_increment * order.lots, limit_price=shown.limit_price,
        stop_price=shown.stop_price, funds=_price(order.funds),
    )  # fmt: skip


def fill_report(fill: PaperFill) -> FillReport:
    product = fill.order.book.product
    return FillReport(
        cursor=fill.pk, client_order_id=fill.order.client_order_id, trade_id=str(fill.pk), position=fill.position,
        at=datetime.fromtimestamp(fill.time, UTC), price=fill.price, quantity=fill.quantity, fee=fill.fee,
        fee_currency=product.quote, maker=fill.maker, reason=fill.reason, bar=fill.bar,
        exchange_order_id=f"paper-{fill.order_id}",
        symbol=product.symbol, side="buy" if fill.order.side == Side.BUY else "sell",
    )  # fmt: skip


def preview_of(account: TradingAccount, order: NewOrder, feed: Feed, refusal: str) -> Preview:
    """The cost at the order's own price, else at the market's with the account's slippage."""
    last = Decimal(repr(feed.price)) if feed.price else None
    made = order.limit_price is not None and not _takes(order, last)
    toward = 1 if order.side == "buy" else -1
    price = order.limit_price or order.stop_price or last or Decimal(0)
    if order.limit_price is None:
        price *= 1 + toward * account.slippage
    notional = order.quantity * price
    fee = notional * (account.fee_maker if made else account.fee_taker)
    slippage = Decimal(0) if made else account.slippage
    return Preview(fee=fee, total=notional + toward * fee, slippage=slippage, refusal=refusal)


def _takes(order: NewOrder, last: Decimal | None) -> bool:
    """Whether the limit lies where the market trades already."""
    if order.limit_price is None or last is None:
        return True
    return order.limit_price >= last if order.side == "buy" else order.limit_price <= last


def _price(price: float) -> Decimal | None:
    """A stored price, exact: floats keep the shortest decimal that was put in."""
    return Decimal(repr(price)) if price else None
