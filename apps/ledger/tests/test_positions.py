"""Round trips: opened by the first purchase, closed when nothing is left, exact in Decimal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.ledger.models import Position
from apps.ledger.positions import NO_WISHES, Wishes, open_position, position_apply
from apps.ledger.selectors import positions
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2020, 2, 10, tzinfo=UTC)
D = Decimal


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def product():
    return make_product()


def apply(account, product, side, quantity, price, *, fee="0", holder="bot-1", minute=0, reason="", wishes=NO_WISHES):
    return position_apply(
        account=account, holder=holder, product=product, side=side, quantity=D(quantity),
        notional=D(quantity) * D(price), fee=D(fee), at=AT + timedelta(minutes=minute), reason=reason, wishes=wishes,
    )  # fmt: skip


def test_it_opens_with_the_wishes_of_its_entry(account, product):
    position = apply(account, product, "buy", "0.5", "100", wishes=Wishes(stop=0.01, target=0.02, hold=600))
    assert (position.stop, position.target, position.hold) == (0.01, 0.02, 600)
    assert (position.quantity, position.entry_price, position.opened) == (D("0.5"), 100, AT)
    assert (position.closed, position.pnl, position.exit_price) == (None, None, None)
    assert open_position(account, "bot-1", product) == position


def test_partial_purchases_average_and_keep_the_first_wishes(account, product):
    apply(account, product, "buy", "1", "100", wishes=Wishes(stop=0.01))
    position = apply(account, product, "buy", "3", "104", wishes=Wishes(stop=0.5))
    assert (position.entry_price, position.stop, Position.objects.count()) == (103, 0.01, 1)


def test_it_closes_with_the_last_sale_and_nets_every_fee(account, product):
    apply(account, product, "buy", "0.3", "100.01", fee="0.180018")
    apply(account, product, "sell", "0.1", "101", fee="0.0606", minute=1, reason="target")
    assert open_position(account, "bot-1", product).quantity == D("0.2")
    position = apply(account, product, "sell", "0.2", "99", fee="0.1188", minute=2, reason="stop")
    assert (position.closed, position.reason) == (AT + timedelta(minutes=2), "stop")
    assert position.pnl == D("10.1") + D("19.8") - D("30.003") - D("0.359418")
    assert position.exit_price == D("29.9") / D("0.3")
    assert open_position(account, "bot-1", product) is None


def test_the_next_purchase_opens_another_round_trip(account, product):
    apply(account, product, "buy", "1", "100")
    apply(account, product, "sell", "1", "100")
    again = apply(account, product, "buy", "1", "90")
    assert (Position.objects.count(), again.entry_price, again.closed) == (2, 90, None)


def test_a_holder_never_sells_what_another_bought(account, product):
    apply(account, product, "buy", "1", "100", holder="bot-1")
    with pytest.raises(IntegrityError, match="position_not_oversold"), transaction.atomic():
        apply(account, product, "sell", "1", "100", holder="bot-2")
    with pytest.raises(IntegrityError, match="position_not_oversold"), transaction.atomic():
        apply(account, product, "sell", "1.00000001", "100", holder="bot-1")


def test_a_user_sees_the_own_positions_alone(account, product):
    apply(account, product, "buy", "1", "100")
    assert positions(account.owner).count() == 1
    assert positions(make_user()).count() == 0
