"""The trail of an order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from apps.accounts.locks import next_seq
from apps.accounts.models import TradingAccount
from apps.operations.hints import hint
from apps.orders.models import Order, OrderEvent
from engine.orders.states import OrderState

logger = logging.getLogger(__name__)
AMOUNTS = ("price", "quantity", "fee")
DOUBTFUL = (OrderState.REJECTED, OrderState.DENIED, OrderState.UNKNOWN)  # a person may want to look


@dataclass(frozen=True)
class Said:
    """A line of the log about an order, written when called."""

    text: str
    level: int
    concerned: tuple[tuple[str, object], ...]

    def __call__(self) -> None:
        logger.log(self.level, "%s", self.text, extra=dict(self.concerned))


def event_add(
    account: TradingAccount, order: Order, kind: str, *, from_state: str = "", to_state: str = "", **detail: object
) -> None:
    """Writes what happened and stamps the locked account and the order (which the caller saves) with the next seq."""
    events_add(account, [(order, from_state, to_state)], kind, **detail)


def events_add(account: TradingAccount, moves: Sequence[tuple[Order, str, str]], kind: str, **detail: object) -> None:
    """``event_add`` of the same that happened to many orders: order, state before, state after. Each gets a seq."""
    events = []
    for order, before, after in moves:
        order.seq = next_seq(account)
        events.append(
            OrderEvent(order=order, seq=order.seq, kind=kind, from_state=before, to_state=after, detail=detail)
        )
        transaction.on_commit(_said(account, order, kind, after, detail))
    account.save(update_fields=["seq"])
    OrderEvent.objects.bulk_create(events)
    hint(account.owner_id, "orders", *sorted({order.holder for order, _, _ in moves}))


def _said(account: TradingAccount, order: Order, kind: str, to_state: str, detail: dict[str, object]) -> Said:
    words = ", ".join(f"{name} {_word(name, value)}" for name, value in detail.items())
    level = logging.ERROR if to_state == OrderState.NOT_FOUND else logging.INFO
    concerned = {
        "user": account.owner_id, "bot": order.bot_id, "order": order.pk, "correlation_id": order.correlation_id,
    }  # fmt: skip
    return Said(
        text=f"order #{order.pk} ({order.get_purpose_display().lower()}): {kind}{words and f': {words}'}",
        level=logging.WARNING if to_state in DOUBTFUL else level,
        concerned=tuple((name, value) for name, value in concerned.items() if value),
    )


def _word(name: str, value: object) -> object:
    """Amounts without the zeros behind their last digit."""
    return f"{Decimal(str(value)).normalize():f}" if name in AMOUNTS else value
