"""The one way in for everything that happens to an order: state moves and fills. Callers hold the account lock."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.amounts import kept
from apps.ledger.holders import MANUAL
from apps.ledger.models import Entry
from apps.ledger.positions import Wishes, position_apply
from apps.ledger.services import entry_post, fill_lines, hold_reduce
from apps.operations.hints import hint, toast
from apps.operations.logs.correlation import about
from apps.orders import registry
from apps.orders.events import event_add, events_add
from apps.orders.models import Fill, Order, OrderGroup
from engine.orders.states import TERMINAL, OrderState, is_legal, move
from exchanges.port import FillReport, OrderReport


def order_move(account: TradingAccount, order: Order, state: OrderState, kind: str, message: str = "") -> None:
    """Makes one of our own moves; an illegal one raises IllegalMove.

    The end of an order frees its hold and tells its holder.
    """
    old = OrderState(order.state)
    order.state = move(old, state)
    if message:
        order.message = message[: Order._meta.get_field("message").max_length]
    if state in TERMINAL:
        order.finished = timezone.now()
        order.claim = order.lease_until = None
    event_add(account, order, kind, from_state=old, to_state=state, **({"message": message} if message else {}))
    order.save()
    if state == OrderState.REJECTED or (state == OrderState.DENIED and order.purpose == Order.Purpose.ENTRY):
        toast(account.owner_id, f"Order #{order.pk} was refused: {order.message}", tone="bad", urgent=True)
    if state in TERMINAL:
        hold_reduce(account=account, key=order.client_order_id)
    _tell_groups(order)
    if state in TERMINAL or state == OrderState.NOT_FOUND:
        with about(order.correlation_id, user=account.owner_id, bot=order.bot_id):
            registry.finished(account, order)  # exits keep the id of their entry's cause


def orders_move(account: TradingAccount, orders: Sequence[Order], state: OrderState, kind: str) -> None:
    """``order_move`` of many that go on working, in few statements."""
    if not orders:
        return
    moves = [(order, order.state, state.value) for order in orders]
    for order in orders:
        order.state = move(OrderState(order.state), state)
    events_add(account, moves, kind)
    Order.objects.bulk_update(orders, ["state", "seq"])
    _tell_groups(*orders)


def report_is_news(order: Order, report: OrderReport) -> bool:
    """Whether ``report_apply`` would change anything."""
    return bool(report.exchange_order_id and not order.exchange_order_id) or _shown(order, report) != order.state


def _shown(order: Order, report: OrderReport) -> OrderState:
    """The state that a report speaks of, as far as it can be taken over now."""
    # An order ends only when its fills are posted: until then it counts as open.
    state = report.state if report.filled == order.filled else OrderState.OPEN
    if order.state == OrderState.CANCELLING and state == OrderState.OPEN:
        return OrderState.CANCELLING  # a cancel on its way is not undone by an older report
    return state


def report_apply(account: TradingAccount, order: Order, report: OrderReport) -> None:
    """Takes over the state that the exchange shows. A stale report is counted as an event, never raised."""
    named = bool(report.exchange_order_id and not order.exchange_order_id)
    if named:
        order.exchange_order_id = report.exchange_order_id
    state = _shown(order, report)
    if state == order.state:
        if named:
            order.save(update_fields=["exchange_order_id"])
    elif is_legal(OrderState(order.state), state):
        kind = "accepted" if state == OrderState.OPEN else state.value
        order_move(account, order, state, kind, report.message)
    else:
        event_add(account, order, "stale report", from_state=order.state, shown=state.value)
        order.save(update_fields=["seq", "exchange_order_id"])


def fill_apply(account: TradingAccount, order: Order, report: FillReport) -> Fill | None:
    """Posts a fill to the order, the ledger and the position. None when it was posted before. Any state takes fills."""
    if Fill.objects.filter(account=account, order=order, trade_id=report.trade_id).exists():
        return None
    notional = kept(report.price * report.quantity)
    order.filled += report.quantity
    order.filled_notional += notional
    order.fees += report.fee
    event_add(
        account, order, "fill", from_state=order.state, to_state=order.state,
        price=str(report.price), quantity=str(report.quantity), fee=str(report.fee),
    )  # fmt: skip
    order.save()
    fill = Fill.objects.create(
        order=order, account=account, trade_id=report.trade_id, position=report.position, at=report.at,
        price=report.price, quantity=report.quantity, fee=report.fee, fee_currency=report.fee_currency,
        maker=report.maker, reason=report.reason, bar=report.bar, seq=order.seq,
    )  # fmt: skip
    _hold_use(account, order, report, notional)
    _post(account, order, fill, notional)
    _tell_groups(order)
    hint(account.owner_id, "positions", "trades", "overview")
    deed = "Bought" if order.side == Order.Side.BUY else "Sold"
    toast(account.owner_id, f"{deed} {_words(order, fill)}", urgent=True)
    return fill


def _tell_groups(*orders: Order) -> None:
    """Their groups have something to see, and so have the others of their holders that move the same coins."""
    concerned = [order for order in orders if order.holder == MANUAL or order.group_id]
    for account_id, product_id, holder in {(each.account_id, each.product_id, each.holder) for each in concerned}:
        mine = OrderGroup.objects.filter(account_id=account_id, product=product_id, holder=holder)
        mine.filter(state=OrderGroup.State.ACTIVE, changed=False).update(changed=True)


def _words(order: Order, fill: Fill) -> str:
    product = order.product
    return f"{fill.quantity.normalize():f} {product.base} at {fill.price.normalize():f} {product.quote}"


def _hold_use(account: TradingAccount, order: Order, report: FillReport, notional: Decimal) -> None:
    used = notional + report.fee if order.side == Order.Side.BUY else report.quantity
    hold_reduce(account=account, key=order.client_order_id, amount=used)


def exit_reason(order: Order, fill: Fill) -> str:
    """Why the position ends: what the order was made for, else what filled it. The limit of a protection is a target,
    whether a stop stands beside it or not."""
    if order.reason:
        return order.reason
    return "target" if order.purpose == Order.Purpose.PROTECT and fill.reason == "limit" else fill.reason


def _post(account: TradingAccount, order: Order, fill: Fill, notional: Decimal) -> None:
    product = order.product
    entry_post(
        account=account, kind=Entry.Kind.FILL, at=fill.at, reference=f"fill:{order.pk}:{fill.trade_id}",
        lines=fill_lines(
            side=order.side, base=product.base, quote=product.quote, quantity=fill.quantity, notional=notional,
            fee=fill.fee, fee_currency=fill.fee_currency, holder=order.holder,
        ),
    )  # fmt: skip
    position_apply(
        account=account, holder=order.holder, product=product, side=order.side, quantity=fill.quantity,
        notional=notional, fee=fill.fee, at=fill.at, reason=exit_reason(order, fill),
        wishes=Wishes(stop=order.stop, target=order.target, hold=order.hold),
    )  # fmt: skip
