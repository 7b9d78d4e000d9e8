"""The account as a bot's decision sees it."""

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat

from apps.accounts.models import TradingAccount
from apps.bots.models import Bot
from apps.ledger.models import Position
from apps.markets.models import MarketSession
from apps.orders import accounts as orders
from apps.orders.accounts import AccountState
from apps.orders.models import Order
from engine import records
from engine.kinds import BotState

BOT_STATES = {"running": BotState.RUNNING, "paused": BotState.PAUSED, "stopped": BotState.STOPPED}
NOTHING = Decimal(0)


def account_states(
    accounts: dict[int, TradingAccount], bots: Iterable[Bot], session: MarketSession, time: int, *, write: bool = True
) -> dict[int, AccountState]:
    """What apps.orders.accounts reads, as those of the accounts' bots see it that decide now."""
    states = orders.account_states(accounts.values(), session, time, write=write)
    _last_positions(states, bots)
    return states


def _last_positions(states: dict[int, AccountState], bots: Iterable[Bot]) -> None:
    """Adds the newest closed position of each bot: one look into the index a bot, however long the history."""
    closed = Position.objects.filter(
        account=OuterRef("account"), holder=Concat(Value("bot-"), Cast(OuterRef("pk"), CharField())),
        generation=OuterRef("account__generation"), closed__isnull=False,
    ).order_by("-closed", "-pk")  # fmt: skip
    newest = Bot.objects.filter(pk__in=[bot.pk for bot in bots]).values(newest=Subquery(closed.values("pk")[:1]))
    for position in Position.objects.filter(pk__in=newest):
        states[position.account_id].last[position.holder] = position


def bot_view(
    state: AccountState, bot: Bot, *, tradable: bool, late: bool, age: int, bars: int, warmup: int
) -> np.ndarray:
    """The VIEW record (engine.records) of a bot in its account."""
    view = np.zeros(1, records.VIEW)
    mine = [order for order in state.orders if order.holder == bot.holder]
    lot = bot.product.base_increment
    view["cash"], view["equity"], view["day_equity"] = state.cash, state.equity, state.day_equity
    view["positions"] = state.places
    view["exposure"] = state.exposure
    view["entry_pending"] = any(order.purpose == Order.Purpose.ENTRY for order in mine)
    view["exit_pending"] = any(order.purpose == Order.Purpose.EXIT for order in mine)
    protecting = [order for order in mine if order.purpose == Order.Purpose.PROTECT and not order.cancel_requested]
    view["protected"] = int(sum((order.remaining for order in protecting), NOTHING) / lot)
    _position(view, state, bot)
    view["state"] = BOT_STATES.get(bot.state, BotState.ERROR)
    view["halt"] = state.standing.level
    view["tradable"], view["accepting"] = tradable, not state.no_entries
    view["late"], view["age"], view["bars"], view["warmup"] = late, age, bars, warmup
    return view


def _position(view: np.ndarray, state: AccountState, bot: Bot) -> None:
    last = state.last.get(bot.holder)
    if last is not None and last.closed is not None:
        view["last_exit"] = int(last.closed.timestamp())
        view["last_entry"] = float(last.entry_price)
    for position in state.positions:
        if position.holder == bot.holder and position.product_id == bot.product_id:
            view["qty"] = int(position.quantity / bot.product.base_increment)
            view["entry_price"] = float(position.entry_price)
            view["entry_time"] = int(position.opened.timestamp())
            view["stop"], view["target"], view["hold"] = position.stop, position.target, position.hold
            view["last_entry"] = float(position.entry_price)
