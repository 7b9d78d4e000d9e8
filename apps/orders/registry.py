"""What orders need from above, filled once in tradingsite/wiring.py."""

from collections.abc import Callable
from datetime import timedelta

from apps.accounts.models import TradingAccount
from apps.orders.models import Order
from exchanges.port import Exchange

# The exchange an account trades at.
exchange_for: Callable[[TradingAccount], Exchange]

# Leads the active groups of an account on (apps.orders.groups.advance): by its id, or of one that is locked. True when
# they asked for anything. From above, because it loads the compiler.
groups_work: Callable[[int], bool]
groups_advance: Callable[[TradingAccount], bool]

# Told, with the locked account, in the transaction in which one of its orders ended; by the kind of holder: 'bot' for
# 'bot-12'.
on_finished: dict[str, Callable[[TradingAccount, Order], None]] = {}

# Told, with the locked account, when it was left alone for so long; each says in sentences what it did about it.
on_recovered: list[Callable[[TradingAccount, timedelta], list[str]]] = []


def finished(account: TradingAccount, order: Order) -> None:
    """Feeds the end of an order to its holder."""
    kind = order.holder.split("-")[0]
    if kind in on_finished:
        on_finished[kind](account, order)
