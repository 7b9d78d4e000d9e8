"""One table of moves; everything else raises and changes nothing."""

from decimal import Decimal

import pytest
from django.db import transaction

from apps.accounts.locks import lock_account
from apps.orders.changes import order_move
from apps.orders.models import Order
from engine.orders.states import TERMINAL, TRANSITIONS, IllegalMove, OrderState


@pytest.mark.parametrize("old", list(OrderState))
def test_an_order_moves_only_as_the_table_says(desk, old):
    order = desk.buy()
    Order.objects.filter(pk=order.pk).update(state=old)
    for new in OrderState:
        with transaction.atomic():
            row, account = Order.objects.get(pk=order.pk), lock_account(desk.account.pk)
            before, seq = row.events.count(), account.seq
            if new in TRANSITIONS[old]:
                order_move(account, row, new, "moved")
                event = row.events.last()
                assert (event.from_state, event.to_state, event.seq) == (old, new, seq + 1)
                assert Order.objects.get(pk=order.pk).state == new
                assert (row.finished is not None) == (new in TERMINAL)
                assert desk.held() == (0 if new in TERMINAL else 110)
            else:
                with pytest.raises(IllegalMove, match=f"an order cannot go from {old.value} to {new.value}"):
                    order_move(account, row, new, "moved")
                assert (row.events.count(), Order.objects.get(pk=order.pk).state) == (before, old)
            transaction.set_rollback(True)


def test_every_change_takes_the_next_number_of_the_account(desk):
    order = desk.buy()
    desk.work()
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    numbers = list(order.events.values_list("seq", flat=True))
    desk.account.refresh_from_db()
    assert numbers == list(range(numbers[0], desk.account.seq + 1))
    assert desk.events(order) == ["created", "submitting", "accepted", "fill", "filled"]
    assert desk.total() == Decimal(900)
