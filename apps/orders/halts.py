"""Carrying out a halt: the row waits until every order is known to be over and, if asked for, every position sold."""

import logging
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.operations.hints import hint, toast
from apps.operations.ownership import Fenced
from apps.orders.cancelling import cancels_send
from apps.orders.models import Order, OrderGroup
from apps.orders.seats import has_owner, seats
from apps.orders.services import orders_cancel_all, orders_work, positions_flatten
from apps.risk.models import Halt
from apps.risk.registry import Progress
from apps.risk.services import affected_accounts, affected_users
from engine.kinds import HaltLevel
from engine.orders.states import TERMINAL, WORKING, OrderState

logger = logging.getLogger(__name__)
AGAIN = timedelta(seconds=10)  # between two attempts to sell a position whose sale was refused
UNCLEAR = [*WORKING, OrderState.NOT_FOUND]  # the last may turn up after all: a person decides


def halts_sweep() -> int:
    """Works on every halt that waits, account by account; returns how many are carried out now.

    An order that was on its way when the halt came may still be filled: the halt waits for its end.
    """
    done = 0
    for halt in Halt.objects.filter(swept=False, released_at=None).order_by("pk"):
        for account in _accounts_left(halt):
            try:
                _carry_out(halt, account)
            except Fenced as error:
                logger.warning("halt #%s: %s", halt.pk, error)  # its new owner carries it out
        mine = Halt.objects.filter(pk=halt.pk, swept=False, released_at=None)
        if not _accounts_left(halt) and mine.update(swept=True):
            _tell(halt)
            done += 1
    return done


def halt_progress(halt: Halt, account_ids: Collection[int]) -> Progress:
    """How far a halt has come with the orders that worked when it was pulled, in those of its accounts."""
    touched = set(affected_accounts(halt)).intersection(account_ids)
    since = Q(finished=None) | Q(finished__gte=halt.at)
    orders = Order.objects.filter(since, account__in=touched, created__lte=halt.at).exclude(purpose=Order.Purpose.EXIT)
    states = list(orders.values_list("state", flat=True))
    return Progress(
        orders=len(states),
        cancelled=states.count(OrderState.CANCELLED),
        over=sum(state in TERMINAL for state in states),
        unclear=states.count(OrderState.NOT_FOUND),
    )


def _tell(halt: Halt) -> None:
    """Only now: every order is known to be over."""
    logger.info("halt #%s is carried out: %s", halt.pk, halt.reason)
    for user_id in affected_users(halt):
        hint(user_id, "halts", "orders")
        owned = list(TradingAccount.objects.filter(owner=user_id).values_list("pk", flat=True))
        if (progress := halt_progress(halt, owned)).orders:
            toast(user_id, f"The halt is carried out: {progress.words}", urgent=True)


def _accounts_left(halt: Halt) -> list[TradingAccount]:
    """Accounts of the halt in which an order or a group must still end or a position be sold: those with real money
    first, in key order."""
    orders = Order.objects.filter(account=OuterRef("pk"), state__in=UNCLEAR).exclude(purpose=Order.Purpose.EXIT)
    groups = OrderGroup.objects.filter(account=OuterRef("pk"), state=OrderGroup.State.ACTIVE)
    left = Q(Exists(orders)) | Q(Exists(groups))
    if halt.level == HaltLevel.FLATTEN:
        left |= Q(Exists(Position.objects.filter(account=OuterRef("pk"), closed=None)))
    accounts = TradingAccount.objects.filter(left, pk__in=affected_accounts(halt))
    return sorted(accounts.order_by("pk"), key=lambda account: not has_owner(account))


def _carry_out(halt: Halt, account: TradingAccount) -> None:
    orders_cancel_all(account_id=account.pk, why=f"halt: {halt.reason}")
    if halt.level == HaltLevel.FLATTEN and not _just_refused(account.pk):
        positions_flatten(account_id=account.pk, reason="halt", request=f"halt/{halt.pk}")
    if not has_owner(account):
        orders_work(account.pk)
    elif seats.take(account.pk) is not None:
        cancels_send(account.pk)  # what becomes of them is read by those who were nudged: that takes its time


def _just_refused(account_id: int) -> bool:
    exits = Order.objects.filter(account_id=account_id, purpose=Order.Purpose.EXIT, finished__gt=timezone.now() - AGAIN)
    return exits.exclude(state=OrderState.FILLED).exists()
