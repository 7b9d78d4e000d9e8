"""From a decision to orders, and from the end of an entry to its exits. Callers hold the account lock."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
from django.utils import timezone

from apps.bots.accounts import AccountState
from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.ledger.models import Position
from apps.ledger.positions import Wishes, open_position
from apps.operations.hints import hint, toast
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order
from apps.orders.services import position_exit
from engine.kinds import Action, ExitReason, OrderKind
from engine.orders.matching import exit_kind, exit_prices
from engine.orders.states import OrderState


def decision_carry_out(
    *, state: AccountState, bot: Bot, evaluation: Evaluation, decision: np.void, batch: EvaluationBatch, close: float
) -> None:
    """Makes the orders of a decision; they wait until the commit."""
    match Action(int(decision["action"])):
        case Action.ENTER:
            state.entered(order_create(account=state.account, intent=_entry(state, bot, decision, batch, close)))
        case Action.EXIT:
            position = open_position(state.account, bot.holder, bot.product)
            if position:
                order = position_exit(
                    account=state.account, position=position, reason=ExitReason(int(decision["reason"])).name.lower(),
                    request=f"{bot.holder}/{batch.position}/exit", event_position=batch.position, decided=evaluation.at,
                )  # fmt: skip
                state.entered(order)
        case Action.PROTECT:
            position = open_position(state.account, bot.holder, bot.product)
            if position:
                lots = int(decision["qty"])
                intent = _protection(
                    bot, position, f"{bot.holder}/{batch.position}/protect", bot.product.base_increment * lots,
                    position.entry_price, batch.position, evaluation.at,
                )  # fmt: skip
                if intent:
                    state.entered(order_create(account=state.account, intent=intent))


def _entry(state: AccountState, bot: Bot, decision: np.void, batch: EvaluationBatch, close: float) -> Intent:
    balance = state.balances.get(bot.product.quote)
    funds = min(Decimal(repr(float(decision["funds"]))), balance.free if balance else Decimal(0))
    return Intent(
        request=f"{bot.holder}/{batch.position}/entry", holder=bot.holder, product=bot.product,
        purpose=Order.Purpose.ENTRY, side=Order.Side.BUY, kind=OrderKind.MARKET,
        quantity=bot.product.base_increment * int(decision["qty"]), funds=funds, reference=Decimal(repr(close)),
        wishes=Wishes(stop=float(decision["stop"]), target=float(decision["target"]), hold=int(decision["hold"])),
        position=batch.position, decided=datetime.fromtimestamp(batch.time, UTC),
    )  # fmt: skip


def order_finished(order: Order) -> None:
    """The end of a bot's order: an entry that bought gets its exits, one that vanished pauses the bot."""
    bot = Bot.objects.select_related("product").get(pk=int(order.holder.removeprefix("bot-")))
    if order.state == OrderState.NOT_FOUND:
        bot_fail(bot, f"order {order} was sent but the exchange does not know it: check before resuming")
    elif order.purpose == Order.Purpose.ENTRY and order.filled:
        position = open_position(order.account, order.holder, order.product)
        last = order.fills.order_by("-pk").first()
        if position and last and order.average_price:
            request = f"{order.client_order_id}/exits"
            intent = _protection(bot, position, request, order.filled, order.average_price, last.position, last.at)
            if intent:
                order_create(account=order.account, intent=intent)


def _protection(
    bot: Bot, position: Position, request: str, quantity: Decimal, price: Decimal, event_position: int, at: datetime
) -> Intent | None:
    """The resting exit of a position bought at ``price``; None when its signal wanted none."""
    product = bot.product
    kind = exit_kind(position.stop, position.target)
    if kind < 0:
        return None
    stop, target = exit_prices(float(price), position.stop, position.target, float(product.quote_increment))
    return Intent(
        request=request, holder=bot.holder, product=product, purpose=Order.Purpose.PROTECT, side=Order.Side.SELL,
        kind=OrderKind(kind), quantity=quantity, limit_price=_on_tick(target, product.quote_increment),
        stop_price=_on_tick(stop, product.quote_increment), position=event_position, decided=at,
    )  # fmt: skip


def _on_tick(price: float, tick: Decimal) -> Decimal | None:
    """The core's price on the tick grid in exact decimals; None for 'none'."""
    return round(Decimal(price) / tick) * tick if price else None


def bot_fail(bot: Bot, why: str) -> None:
    """Puts a bot into its error state: no decisions until its owner looks."""
    Bot.objects.filter(pk=bot.pk).update(state=Bot.State.ERROR, state_reason=why[:300], state_since=timezone.now())
    bot.state = Bot.State.ERROR
    owner_id = bot.account.owner_id
    hint(owner_id, "bots", bot.holder, "overview")
    toast(owner_id, f"{bot.name} stopped with an error: {why}", tone="bad")
