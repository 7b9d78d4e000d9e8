"""Live orders through the sandbox exchange, faults on, everything killed: nothing is lost, doubled or different.

The long run is a command: benchmarks/fault_soak.py.
"""

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.testing import FAULTS
from tradingsite.testing.soak.comparison import compare
from tradingsite.testing.soak.faults import STATES, fault_rules
from tradingsite.testing.soak.soak import Course
from tradingsite.testing.soak.stage import soaking

pytestmark = pytest.mark.processes

SEED = 5
SECONDS, ORDERS = 300, 30  # whichever comes first; a machine that is busy with other things is slow


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
    soak.play(Course(SECONDS, ORDERS, pace=4, kill_every=4, breath=3, slow=False))
    verdict = soak.settle()
    print(f"{verdict.placed} orders, {verdict.fills} fills, {dict(soak.strikes)}, {dict(soak.exchange.hits)}")
    assert verdict.all == []
    assert verdict.placed >= 10
    assert verdict.fills >= 3
    assert soak.strikes
    # The comparison sees what is not so.
    soak.hands[0].orders.append(0)
    wrong = compare(Altered(soak.exchange), soak.people, soak.hands)
    assert "soak-1: order #0 was promised and is not there" in wrong.lost
    assert any("is here and not there" in words for words in wrong.doubled)
    assert any("USD: there" in words for words in wrong.different)
    assert any("fill" in words and "there ('" in words for words in wrong.different)


def test_the_same_seed_gives_the_same_faults_and_in_the_end_all_there_are():
    spells = [fault_rules(SEED, spell, 30.0) for spell in range(2 * len(STATES))]
    assert spells == [fault_rules(SEED, spell, 30.0) for spell in range(2 * len(STATES))]
    told_to_a_person = {"correct"}  # fills that are taken back: a difference that somebody must look at
    assert {rule["fault"] for rules in spells for rule in rules} == FAULTS - told_to_a_person
