"""From a decision to orders, and from the end of an entry to its exits. Callers hold the account lock."""

import logging
from datetime import datetime
from decimal import Decimal
from functools import partial

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.bots.models import Bot, Evaluation
from apps.ledger.models import Position
from apps.ledger.positions import Wishes, open_position
from apps.operations import audit
from apps.operations.hints import hint, toast
from apps.orders.accounts import AccountState
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order
from apps.orders.services import position_exit, working_orders
from engine.kinds import Action, ExitReason, OrderKind
from engine.orders.matching import exit_kind, exit_prices
from engine.orders.states import OrderState

logger = logging.getLogger(__name__)


def decision_carry_out(
    *, state: AccountState, bot: Bot, evaluation: Evaluation, decision: np.void, close: float
) -> None:
    """Makes the order of a decision at a bar that closed at ``close``; it waits until the commit."""
    action = Action(int(decision["action"]))
    if action == Action.ENTER:
        state.ordered(order_create(account=state.account, intent=_entry(state, bot, evaluation, decision, close)))
        return
    position = open_position(state.account, bot.holder, bot.product)
    if position is None:
        return
    if action == Action.EXIT:
        order = position_exit(
            account=state.account, position=position, reason=ExitReason(int(decision["reason"])).name.lower(),
            request=f"{bot.holder}/{evaluation.position}/exit", event_position=evaluation.position,
            decided=evaluation.at,
        )  # fmt: skip
        state.ordered(order)
    elif action == Action.PROTECT:
        intent = _protection(
            bot, position, request=f"{bot.holder}/{evaluation.position}/protect", price=position.entry_price,
            quantity=bot.product.base_increment * int(decision["qty"]), event_position=evaluation.position,
            at=evaluation.at,
        )  # fmt: skip
        if intent:
            state.ordered(order_create(account=state.account, intent=intent))


def _entry(state: AccountState, bot: Bot, evaluation: Evaluation, decision: np.void, close: float) -> Intent:
    balance = state.balances.get(bot.product.quote)
    funds = min(Decimal(repr(float(decision["funds"]))), balance.free if balance else Decimal(0))
    return Intent(
        request=f"{bot.holder}/{evaluation.position}/entry", holder=bot.holder, product=bot.product,
        purpose=Order.Purpose.ENTRY, side=Order.Side.BUY, kind=OrderKind.MARKET,
        quantity=bot.product.base_increment * int(decision["qty"]), funds=funds, reference=Decimal(repr(close)),
        wishes=Wishes(stop=float(decision["stop"]), target=float(decision["target"]), hold=int(decision["hold"])),
        position=evaluation.position, decided=evaluation.at,
    )  # fmt: skip


def order_finished(account: TradingAccount, order: Order) -> None:
    """The end of a bot's order: an entry that bought gets its exits, one that vanished stops the bot."""
    bot = Bot.objects.select_related("account", "product").get(pk=int(order.holder.removeprefix("bot-")))
    if order.state == OrderState.NOT_FOUND:
        why = f"order {order} was sent but the exchange does not know it: check before resuming"
        bot_interrupt(bot, Bot.State.ERROR, why)
        return
    position = open_position(account, order.holder, order.product)
    if order.purpose != Order.Purpose.ENTRY or not order.filled or position is None:
        return
    if bot.state == Bot.State.STOPPED and order.cancel_requested:
        # It was filled before the cancel that was to end the bot with everything sold.
        request = f"{order.client_order_id}/close/{order.filled.normalize():f}"
        position_exit(account=account, position=position, reason="manual", request=request)
    else:
        _protect_entry(account, bot, order, position)


def _protect_entry(account: TradingAccount, bot: Bot, order: Order, position: Position) -> None:
    """Places the exits of what the entry bought and no sale covers yet. They arrive with its last fill."""
    sales = [each for each in working_orders(account, holder=bot.holder) if each.side == Order.Side.SELL]
    covered = sum((each.remaining for each in sales if each.product_id == order.product_id), Decimal(0))
    last = order.fills.order_by("-pk").first()
    if last is None or order.average_price is None or position.quantity <= covered:
        return
    intent = _protection(
        bot, position, request=f"{order.client_order_id}/exits/{order.filled.normalize():f}", price=order.average_price,
        quantity=position.quantity - covered, event_position=last.position, at=last.at,
    )  # fmt: skip
    if intent:
        order_create(account=account, intent=intent)


def _protection(
    bot: Bot, position: Position, *, request: str, quantity: Decimal, price: Decimal, event_position: int, at: datetime
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


def bot_interrupt(bot: Bot, state: str, why: str) -> None:
    """The platform itself pauses a bot or puts it into its error state, until its owner looks."""
    bot.state, bot.state_reason, bot.state_since = state, why[:300], timezone.now()
    bot.save(update_fields=["state", "state_reason", "state_since"])
    audit.record(actor=None, action=f"bot.{state}", target=bot, reason=why)
    owner_id = bot.account.owner_id
    level = logging.ERROR if state == Bot.State.ERROR else logging.WARNING
    told = {"user": owner_id, "bot": bot.pk}
    transaction.on_commit(partial(logger.log, level, "%s is %s: %s", bot.name, state, why, extra=told))
    hint(owner_id, "bots", bot.holder, "overview")
    toast(owner_id, f"{bot.name} was interrupted: {why}", tone="bad", urgent=True)
