"""Ending groups from outside: by hand, by a halt, with the position they move, with the run of the account."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount, User
from apps.operations import audit
from apps.operations.hints import hint
from apps.operations.nudges import nudge
from apps.orders.cancels import cancels_request
from apps.orders.models import Order, OrderGroup
from engine.orders.states import WORKING

ACTIVE = OrderGroup.State.ACTIVE


@transaction.atomic
def group_cancel(*, user: User, group: OrderGroup) -> OrderGroup:
    """Ends an active group by hand: its orders are cancelled and it places no more; it is over when none of them works.
    What it has bought stays, without the exits it was to have. ValidationError for one that is over. Asking twice does
    nothing more."""
    account = lock_account(group.account_id)
    group = OrderGroup.objects.select_related("product", "account").get(pk=group.pk)
    if group.state != ACTIVE:
        raise ValidationError({"state": f"must be active to be cancelled, was {group.state}"})
    if not group.stopping:
        group_stop(account, group, "cancelled by hand")
        audit.record(actor=user, action="group.cancel", target=group)
    return group


@transaction.atomic
def groups_cancel(*, user: User, groups: QuerySet[OrderGroup]) -> list[OrderGroup]:
    """``group_cancel`` of those of the user's groups that are active, and still are under their account's lock."""
    cancelled = []
    for group in groups.filter(state=ACTIVE, stopping=False).order_by("account_id", "pk"):
        lock_account(group.account_id)
        if groups.filter(pk=group.pk, state=ACTIVE).exists():  # it may have ended while we waited
            cancelled.append(group_cancel(user=user, group=group))
    return cancelled


def groups_stop(account: TradingAccount, groups: QuerySet[OrderGroup], why: str) -> int:
    """Lets groups of the locked account come to their end; returns how many."""
    active = groups.filter(account=account, state=ACTIVE, stopping=False).select_related("product").order_by("pk")
    for group in active:
        group_stop(account, group, why)
    return len(active)


def group_stop(account: TradingAccount, group: OrderGroup, why: str) -> None:
    """Lets a group of the locked account come to its end, the cancels of its orders asked for at once."""
    group.stopping, group.changed, group.message = True, True, why[:300]
    group.save(update_fields=["stopping", "changed", "message"])
    orders = list(Order.objects.filter(group=group, state__in=WORKING).select_related("product").order_by("pk"))
    cancels_request(account=account, orders=orders, why=why)
    hint(account.owner_id, "orders")
    nudge("orders_work", account.pk, queue="orders")


def groups_abandon(account: TradingAccount, why: str) -> None:
    """Ends every group of the locked account at once; the caller ends their orders."""
    OrderGroup.objects.filter(account=account, state=ACTIVE).update(
        state=OrderGroup.State.CANCELLED, message=why[:300], finished=timezone.now(), changed=False
    )
