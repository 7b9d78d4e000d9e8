"""What a plan wants done, done: orders asked for and cancels, in the transaction that saves its memory."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.utils import timezone

from apps.ledger.models import Balance
from apps.markets.models import Feed
from apps.markets.selectors import market_now
from apps.operations.formats import exact
from apps.orders.accounts import account_states
from apps.orders.cancels import cancel_request
from apps.orders.estimates import funds_for, worst_cost
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order, OrderGroup
from apps.orders.rules import Asked, rule_lines
from apps.risk.gates import BLOCKS
from engine import records
from engine.kinds import Deed, DeedReason, OrderKind, PlanKind, Side, TimeInForce
from engine.orders.states import WORKING
from engine.plans.words import REASONS

SLICED = (PlanKind.ICEBERG, PlanKind.TWAP)
STOP_LEG, MARKET_LEG = 1, 3  # of engine.plans.wants


@dataclass(frozen=True)
class Step:
    """Where a group stands when it acts: its account is locked."""

    group: OrderGroup
    feed: Feed
    event: records.Record


def deed_do(step: Step, deed: records.Record, orders: list[Order]) -> None:
    """Carries out all but END. What the exchange would have to edit is cancelled: the plan then places it anew."""
    if deed["what"] == Deed.PLACE:
        _place(step, deed)
        return
    reason = REASONS[DeedReason(int(deed["reason"]))] or "the group wants it"
    for order in orders:
        if order.leg == deed["leg"] and order.state in WORKING:
            cancel_request(account=step.group.account, order=order, why=reason)


def _place(step: Step, deed: records.Record) -> None:
    group, product = step.group, step.group.product
    leg, attempt, kind = int(deed["leg"]), int(deed["attempt"]), OrderKind(int(deed["kind"]))
    buys = deed["side"] == Side.BUY
    quantity = product.base_increment * int(deed["qty"])
    limit, stop = (_on_tick(float(deed[name]), product.quote_increment) for name in ("limit", "stop"))
    price = limit or stop or exact(step.feed.price or 0)
    cost = worst_cost(group.account, quantity, price)
    intent = Intent(
        request=f"group/{group.pk}/{leg}/{attempt}", holder=group.holder, product=product, kind=kind,
        side=Order.Side.BUY if buys else Order.Side.SELL, purpose=_purpose(kind, buys),
        reason=_reason(group, leg, kind), quantity=quantity, limit_price=limit, stop_price=stop, reference=price,
        funds=funds_for(cost, _free(group), surely=limit is not None) if buys else None,
        time_in_force=TimeInForce(int(deed["tif"])), post_only=bool(deed["post_only"]),
        expires=datetime.fromtimestamp(int(deed["expires"]), UTC) if deed["expires"] else None,
        group=group, leg=leg, attempt=attempt, position=int(step.event["position"]),
        decided=datetime.fromtimestamp(int(step.event["time"]), UTC),
    )  # fmt: skip
    order_create(account=group.account, intent=intent, refusal=_refusal(step, intent, cost) if buys else "")


def _purpose(kind: OrderKind, buys: bool) -> str:
    if buys:
        return Order.Purpose.ENTRY
    return Order.Purpose.EXIT if kind == OrderKind.MARKET else Order.Purpose.PROTECT


def _reason(group: OrderGroup, leg: int, kind: OrderKind) -> str:
    """Why a position ends that this order sells; '' leaves it to what fills it."""
    if group.kind in SLICED:
        return PlanKind(group.kind).name.lower()
    stops = leg == MARKET_LEG or (leg == STOP_LEG and kind in (OrderKind.LIMIT, OrderKind.STOP_LIMIT))
    return "stop" if stops else ""


def _free(group: OrderGroup) -> Decimal:
    balance = Balance.objects.filter(account=group.account, currency=group.product.quote).first()
    return balance.free if balance else Decimal(0)


def _refusal(step: Step, intent: Intent, cost: Decimal) -> str:
    """The hard rule that a buy would break now, in words: they are asked before every order, whoever asks."""
    account, now = step.group.account, timezone.now()
    state = account_states([account], step.feed.session, market_now(step.feed, now), write=False)[account.pk]
    asked = Asked(intent.side, intent.quantity, intent.reference or Decimal(0), cost, at_market=False)
    lines = rule_lines(state, intent.product, step.feed, asked, now)
    return next((line.sentence for line in lines if line.status == BLOCKS), "")


def _on_tick(price: float, tick: Decimal) -> Decimal | None:
    """The core's price on the tick grid in exact decimals; None for 'none'."""
    return round(Decimal(price) / tick) * tick if price else None
