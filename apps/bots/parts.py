"""Parts of a bot's page: its orders, its trades, how far a signal has come."""

import math
from dataclasses import dataclass

from django.db.models import F, QuerySet

from apps.bots.models import Bot, Evaluation
from apps.ledger.models import Position
from apps.orders.models import Order
from apps.portfolio.results import closed_positions
from engine.gates import Gate

SHOWN = 12


@dataclass(frozen=True)
class Confirmation:
    """How long a signal has lasted of what it must, seconds."""

    lasted: int
    needed: int

    @property
    def waits(self) -> bool:
        return self.needed > 0


def confirmation(bot: Bot, evaluation: Evaluation | None) -> Confirmation:
    needed = int(bot.version.controls.get("confirmation", 0)) if bot.version else 0
    if evaluation is None or not needed:
        return Confirmation(0, needed)
    lasted = evaluation.values[Gate.CONFIRMATION]
    return Confirmation(0 if math.isnan(lasted) else int(lasted), needed)


def orders_of(bot: Bot) -> list[Order]:
    """The bot's newest orders."""
    orders = Order.objects.filter(account=bot.account, holder=bot.holder).select_related("product")
    return list(orders.order_by("-pk")[:SHOWN])


def trades_of(bot: Bot) -> QuerySet[Position]:
    """The bot's newest closed trades of this run, with the net result and its ratio."""
    positions = Position.objects.filter(account=bot.account, holder=bot.holder, generation=bot.account.generation)
    rows = closed_positions(positions).select_related("product").annotate(ratio=F("net") / F("bought_notional"))
    return rows.order_by("-pk")[:SHOWN]
