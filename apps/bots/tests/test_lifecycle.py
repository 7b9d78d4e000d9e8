"""A bot from its signal to its closed position, through everything that lies between."""

from decimal import Decimal

from apps.bots.models import Evaluation
from apps.ledger.models import Position
from apps.orders.models import Order
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG


def test_it_buys_at_the_next_open_and_leaves_at_the_stop(market):
    bot = make_bot(make_account(), market.product, params={"stop": 0.01, "target": 0.02})
    market.bar(100, volume=LONG)
    assert Order.objects.get().state == "open"
    market.bar(101, 101.5, 100.5, 101)
    position = Position.objects.get()
    assert (position.holder, position.entry_price) == (bot.holder, 101)
    market.bar(101, 101, 99, 99.5)
    position.refresh_from_db()
    assert (position.quantity, position.reason, position.exit_price) == (0, "stop", Decimal("99.99"))
    assert Evaluation.objects.count() == 3
