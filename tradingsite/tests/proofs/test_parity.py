"""The same recorded market through a backtest and through the platform gives the same decisions, orders and fills.

All bots trade side by side, each on an account of its own, in one playing of the market: two and a half hours of
BTC-USD minutes of February 2020 across a midnight, many taken out so that there are minutes in which nobody traded.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from apps.accounts.costs import account_costs
from apps.accounts.models import TradingAccount
from apps.bots.controls import bot_settings
from apps.bots.models import Bot
from apps.bots.parity import bot_record
from apps.ledger.models import Position
from apps.markets.files import read_candles
from apps.markets.models import Product
from apps.markets.recordings import DEFAULT, RECORDINGS
from apps.markets.rules import product_rules
from apps.risk.selectors import limits
from engine.backtest.result import Result, trading_record
from engine.backtest.run import run_backtest
from engine.gates import CONDITIONS, Gate
from engine.parity import TradingRecord
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot

pytestmark = pytest.mark.django_db

HISTORY, MINUTES = 720, 150
FIRST = 3544  # minute of the recording; what is played begins at 23:04 and ends at 01:34
SEED = 20
EAGER = {"ema": 20, "rsi": 5, "volume_sma": 10, "volume_factor": 0.6, "stop": 0.001, "target": 0.0015}


@dataclass(frozen=True)
class Case:
    """A bot, and what its hours must have seen for the comparison to prove anything."""

    strategy: str
    timeframe: int
    params: dict[str, Any]
    controls: dict[str, Any]
    slippage: str = "0"
    limits: dict[str, float] | None = None
    fills: int = 10  # at least
    gates: set[Gate] = field(default_factory=set)  # that blocked an entry
    exits: set[str] = field(default_factory=set)  # reasons of closed positions


def scalper(params: dict[str, Any] = EAGER, **options: Any) -> Case:
    return Case("ema_rsi_volume", 60, params, options.pop("controls", {"size": 0.05}), **options)


def crosser(timeframe: int = 900, **options: Any) -> Case:
    return Case("ma_cross", timeframe, options.pop("params"), options.pop("controls", {"size": 0.5}), **options)


CASES = {
    "scalper as it comes": scalper({}, fills=2),
    "scalper with slippage": scalper(slippage="0.0002", gates={Gate.FLAT}, exits={"stop", "target", "max_hold"}),
    "scalper with all its money": scalper(
        controls={"size": 1.0}, slippage="0.0005", limits=NO_LIMITS, exits={"stop", "target"}
    ),
    "scalper that waits": scalper(
        controls={"size": 500, "size_mode": "quote", "confirmation": 60, "cooldown": 300, "step": 0.0005},
        fills=4, gates={Gate.CONFIRMATION},
    ),
    "scalper that needs a move": scalper(controls={"size": 0.1, "step": 0.002}, fills=4, gates={Gate.STEP}),
    "scalper at its exposure limit": scalper(
        controls={"size": 0.3}, limits={"max_position": 0.3, "max_exposure": 0.25}, fills=0, gates={Gate.EXPOSURE}
    ),
    "scalper at its daily loss": scalper(
        controls={"size": 1.0}, limits={"max_position": 0.5, "daily_loss": 0.02}, fills=4, gates={Gate.DAILY_LOSS}
    ),
    "scalper of too little": scalper(controls={"size": 0.00005}, fills=0, gates={Gate.MIN_SIZE}),
    "scalper sized by risk": scalper(
        EAGER | {"target": 0, "short_closes": 1}, controls={"size": 0.001, "size_mode": "risk", "cooldown": 240},
        slippage="0.0002", exits={"signal"}, gates={Gate.COOLDOWN},
    ),
    "cross": crosser(params={"fast": 2, "slow": 4}, exits={"signal"}, limits=NO_LIMITS, fills=3),
    "cross with slippage": crosser(params={"fast": 2, "slow": 3}, slippage="0.0005", exits={"signal"}, fills=4),
    "cross with stop, target and hold": crosser(
        params={"fast": 2, "slow": 3, "stop": 0.004, "target": 0.003, "hold": 2220}, slippage="0.0002",
        controls={"size": 0.5, "cooldown": 1200}, exits={"max_hold"}, gates={Gate.COOLDOWN}, fills=4,
    ),
    "cross held between two candles": crosser(
        params={"fast": 2, "slow": 3, "hold": 420}, exits={"max_hold"}, fills=4
    ),
    "cross of five minutes": crosser(
        300, params={"fast": 2, "slow": 4, "stop": 0.001, "hold": 1020}, slippage="0.0002",
        controls={"size": 0.5, "min_confidence": 0.75}, exits={"stop", "max_hold", "signal"}, gates={Gate.SIGNAL},
        fills=6,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one case came to on the platform and in a backtest."""

    platform: TradingRecord
    backtest: TradingRecord
    result: Result
    exits: set[str]


def minutes() -> np.ndarray:
    """History and played minutes. Of the played ones some are missing, alone and in runs."""
    candles = read_candles(RECORDINGS[DEFAULT].listings[0].file)[FIRST : FIRST + HISTORY + MINUTES]
    dice, kept = np.random.default_rng(SEED), np.ones(len(candles), bool)
    for start in dice.integers(HISTORY, len(candles) - 20, size=12):
        kept[start : start + dice.choice([1, 1, 2, 3, 17])] = False
    return candles[kept]


def compare(case: Case, bot: Bot, product: Product, market: Market, candles: np.ndarray) -> Outcome:
    account = TradingAccount.objects.get(pk=bot.account_id)
    assert bot.version is not None
    result = run_backtest(
        candles, strategy=case.strategy, params=case.params, product=product_rules(product),
        costs=account_costs(account), settings=bot_settings(bot.version.controls, case.timeframe),
        limits=limits([account])[account.pk], cash=10_000.0, timeframe=case.timeframe, start=market.session.starts,
    )  # fmt: skip
    return Outcome(
        platform=bot_record(bot, market.session),
        backtest=trading_record(result.decisions, result.orders, result.fills),
        result=result,
        exits=set(Position.objects.filter(account=account, closed__isnull=False).values_list("reason", flat=True)),
    )


@pytest.fixture(scope="module")
def outcomes(django_db_setup: None, django_db_blocker: Any) -> dict[str, Outcome]:
    with django_db_blocker.unblock(), transaction.atomic():
        candles, product = minutes(), make_product()
        history, played = np.split(candles, [HISTORY])
        market = Market(product, starts=int(history["time"][-1]) + 60, minutes=MINUTES, history={product: history})
        bots = {
            name: make_bot(
                make_account(slippage=case.slippage, limits=case.limits), product, strategy=case.strategy,
                timeframe=case.timeframe, params=case.params, **case.controls,
            )
            for name, case in CASES.items()
        }  # fmt: skip
        market.play(played)
        found = {name: compare(case, bots[name], product, market, candles) for name, case in CASES.items()}
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("name", CASES)
def test_paper_and_backtest_are_the_same(outcomes, name):
    outcome = outcomes[name]
    assert outcome.platform.differences(outcome.backtest) == ([], [])
    assert outcome.platform.results_hash == outcome.result.results_hash


@pytest.mark.parametrize("name", CASES)
def test_each_case_sees_what_it_is_about(outcomes, name):
    case, outcome = CASES[name], outcomes[name]
    assert len(outcome.platform.fills) >= case.fills
    blocked = Counter(decision[2] for decision in outcome.platform.decisions)
    assert case.gates <= {Gate(gate) for gate in blocked if gate >= Gate.CONDITION + CONDITIONS}, blocked
    assert case.exits <= outcome.exits


def test_a_changed_decision_changes_the_hash(outcomes):
    record = outcomes["cross"].platform
    other = TradingRecord(record.decisions[1:], record.orders, record.fills)
    assert other.results_hash != record.results_hash
    assert [len(only) for only in record.differences(other)] == [1, 0]
