"""Live orders through the sandbox exchange, faults on, everything killed: nothing is lost, doubled or different.

The long run is a command: benchmarks/fault_soak.py.
"""

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest

from tradingsite.testing.soak.comparison import compare
from tradingsite.testing.soak.soak import soaking

pytestmark = pytest.mark.processes

SEED = 5
SECONDS = 8


@pytest.fixture(scope="module")
def soak(django_db_blocker):
    folder = Path(tempfile.mkdtemp(prefix="fault-soak-"))
    folder.chmod(0o755)  # pytest's folders are closed to the services' user
    with django_db_blocker.unblock(), soaking(folder, SEED) as soak:
        soak.begin(2)
        yield soak
    shutil.rmtree(folder)


class Altered:
    """An exchange whose books are not what they were."""

    def __init__(self, exchange):
        self._exchange = exchange

    def orders(self, user):
        return self._exchange.orders(user)[1:] + self._exchange.orders(user)[-1:]

    def fills(self, user):
        return [row | {"price": "1"} for row in self._exchange.fills(user)[1:]]

    def balances(self, user):
        free, held = self._exchange.balances(user)["USD"]
        return self._exchange.balances(user) | {"USD": (free + Decimal("1e-16"), held)}

    def ledger_sums(self):
        return self._exchange.ledger_sums()


def test_a_short_soak_loses_doubles_and_changes_nothing(soak):
    hand = soak.play(SECONDS, pace=8, kill_every=3, slow=False)
    verdict = soak.settle()
    print(
        f"{verdict.orders} orders, {verdict.fills} fills, {dict(soak.strikes)}, {dict(soak.hits)}, {dict(hand.deeds)}"
    )
    assert verdict.all == []
    assert verdict.orders >= 10
    assert verdict.fills >= 3
    assert sum(soak.strikes.values()) >= 2
    # The comparison sees what is not so.
    wrong = compare(Altered(soak.exchange), soak.people)
    assert wrong.doubled
    assert any("is here and not there" in words for words in wrong.doubled)
    assert any("USD: there" in words for words in wrong.different)
    assert any("fill" in words and "there ('" in words for words in wrong.different)
