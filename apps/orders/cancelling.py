"""Sending cancels: claimed a hundred at a time, sent outside any transaction, sent again until the order is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.operations.logs.correlation import about
from apps.orders import registry
from apps.orders.changes import orders_move
from apps.orders.models import Order
from apps.orders.seats import seat_check, seat_held
from engine.orders.states import OrderState
from exchanges.port import Exchange, Unavailable, Unknown

AT_ONCE = 100  # the exchange takes as many in one request, and the account is locked for no more
UNHEARD = timedelta(seconds=1)  # until a cancel is sent again that perhaps never arrived
HEARD = timedelta(seconds=5)  # and one that the exchange took while the order works on: it does no harm twice


def wants_cancel(now: datetime) -> Q:
    """Orders at the exchange whose cancel is to be sent, again while they go on working."""
    return Q(Q(state=OrderState.OPEN) | Q(state=OrderState.CANCELLING, lease_until__lt=now), cancel_requested=True)


def cancels_send(account_id: int) -> bool:
    """Sends every cancel that waits, as far as the exchange answers. True when it took any.

    Needs the account's seat and nothing else: to cancel is safe whatever is not known yet. Raises Fenced.
    """
    sent = False
    while doomed := _claim(account_id):
        if not _send(doomed):
            break  # the others go with the next attempt, before these
        sent = True
    return sent


@transaction.atomic
def _claim(account_id: int) -> list[Order]:
    account = lock_account(account_id)
    seat_check(account)
    now = timezone.now()  # the lease begins when the wait for the account is over
    asked = Order.objects.filter(wants_cancel(now), account_id=account_id).select_related("product")
    claimed = list(asked.order_by(F("lease_until").asc(nulls_first=True), "pk")[:AT_ONCE])
    for order in claimed:
        order.account = account
        order.lease_until = now + timedelta(seconds=settings.ORDER_LEASE)
    resting = [order for order in claimed if order.state == OrderState.OPEN]
    orders_move(account, resting, OrderState.CANCELLING, "cancelling")
    Order.objects.bulk_update(claimed, ["lease_until"])
    return claimed


def _send(orders: Sequence[Order]) -> bool:
    """Sends the cancels of orders of one account. False when the exchange did not answer."""
    account = orders[0].account
    if not seat_held(account):
        return False
    causes = {order.correlation_id for order in orders}
    with about(causes.pop() if len(causes) == 1 else "", user=account.owner_id):
        exchange: Exchange = registry.exchange_for(account)
        try:
            exchange.cancel_many([order.client_order_id for order in orders])
        except (Unavailable, Unknown):
            _again(orders, UNHEARD)
            return False
    _again(orders, HEARD)
    return True


def _again(orders: Sequence[Order], pause: timedelta) -> None:
    """When the cancels are sent once more, should their orders still work then."""
    mine = Order.objects.filter(pk__in=[order.pk for order in orders], state=OrderState.CANCELLING)
    mine.update(lease_until=timezone.now() + pause)
