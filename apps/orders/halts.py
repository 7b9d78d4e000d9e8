"""Carrying out a halt: the row waits until every order is cancelled and, where asked for, every position is sold."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.orders.models import Order, OrderGroup
from apps.orders.services import orders_cancel_all, orders_work, positions_flatten
from apps.risk.models import Halt
from apps.risk.services import affected_accounts
from engine.kinds import HaltLevel
from engine.orders.states import WORKING, OrderState

AGAIN = timedelta(seconds=10)  # between two attempts to sell a position whose sale was refused


def halts_sweep() -> int:
    """Works on every halt that waits, account by account; returns how many are carried out now.

    An order that was on its way when the halt came may still be filled: the halt waits for its end.
    """
    done = 0
    for halt in Halt.objects.filter(swept=False, released_at=None).order_by("pk"):
        for account_id in _accounts_left(halt):
            _carry_out(halt, account_id)
        if not _accounts_left(halt):
            done += Halt.objects.filter(pk=halt.pk, swept=False).update(swept=True)
    return done


def _accounts_left(halt: Halt) -> list[int]:
    """Accounts of the halt in which an order or a group must still end or a position be sold, in key order."""
    orders = Order.objects.filter(account=OuterRef("pk"), state__in=WORKING).exclude(purpose=Order.Purpose.EXIT)
    groups = OrderGroup.objects.filter(account=OuterRef("pk"), state=OrderGroup.State.ACTIVE)
    left = Q(Exists(orders)) | Q(Exists(groups))
    if halt.level == HaltLevel.FLATTEN:
        left |= Q(Exists(Position.objects.filter(account=OuterRef("pk"), closed=None)))
    accounts = TradingAccount.objects.filter(left, pk__in=affected_accounts(halt))
    return list(accounts.order_by("pk").values_list("pk", flat=True))


def _carry_out(halt: Halt, account_id: int) -> None:
    orders_cancel_all(account_id=account_id, why=f"halt: {halt.reason}")
    if halt.level == HaltLevel.FLATTEN and not _just_refused(account_id):
        positions_flatten(account_id=account_id, reason="halt", request=f"halt/{halt.pk}")
    orders_work(account_id)


def _just_refused(account_id: int) -> bool:
    exits = Order.objects.filter(account_id=account_id, purpose=Order.Purpose.EXIT, finished__gt=timezone.now() - AGAIN)
    return exits.exclude(state=OrderState.FILLED).exists()
