"""The same recorded market through a backtest and through the platform gives the same decisions, orders and fills.

All bots trade side by side, each on an account of its own, in one playing of the market: two and a half hours of
BTC-USD minutes of February 2020, some of them taken out so that there are minutes in which nobody traded.
"""

from dataclasses import dataclass
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
from engine.parity import TradingRecord
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot

pytestmark = pytest.mark.django_db

HISTORY, MINUTES = 720, 150
FIRST = 4 * 60  # minute of the recording
SEED = 20
EAGER = {"ema": 20, "rsi": 5, "volume_sma": 10, "volume_factor": 0.8}


@dataclass(frozen=True)
class Case:
    """A bot, what it is told and what its account allows."""

    strategy: str
    timeframe: int
    params: dict[str, Any]
    controls: dict[str, Any]
    slippage: str = "0"
    limits: dict[str, float] | None = None


def scalper(params: dict[str, Any] = EAGER, **options: Any) -> Case:
    return Case("ema_rsi_volume", 60, params, options.pop("controls", {"size": 0.05}), **options)


def crosser(timeframe: int = 900, **options: Any) -> Case:
    return Case("ma_cross", timeframe, options.pop("params"), options.pop("controls", {"size": 0.5}), **options)


CASES = {
    "scalper as it comes": scalper({}),
    "scalper with slippage": scalper(slippage="0.0002"),
    "scalper with all its money": scalper(
        controls={"size": 1.0}, slippage="0.0005", limits=NO_LIMITS
    ),
    "scalper that waits": scalper(
        controls={"size": 500, "size_mode": "quote", "confirmation": 120, "cooldown": 600, "step": 0.001},
    ),
    "scalper that needs a move": scalper(
        controls={"size": 0.1, "cooldown": 120, "step": 0.003}
    ),
    "scalper at its exposure limit": scalper(
        controls={"size": 0.3}, limits={"max_position": 0.3, "max_exposure": 0.25}
    ),
    "scalper at its daily loss": scalper(
        controls={"size": 1.0}, limits={"max_position": 0.5, "daily_loss": 0.02}
    ),
    "scalper sized by risk": scalper(
        EAGER | {"target": 0, "short_closes": 1}, controls={"size": 0.001, "size_mode": "risk"},
        slippage="0.0002",
    ),
    "cross": crosser(params={"fast": 3, "slow": 8}, limits=NO_LIMITS),
    "cross with slippage": crosser(params={"fast": 2, "slow": 4}, slippage="0.0005"),
    "cross with stop, target and hold": crosser(
        params={"fast": 2, "slow": 4, "stop": 0.004, "target": 0.006, "hold": 2220}, slippage="0.0002",
        controls={"size": 0.5, "cooldown": 1200},
    ),
    "cross held between two candles": crosser(
        params={"fast": 2, "slow": 4, "hold": 420}
    ),
    "cross of five minutes": crosser(
        300, params={"fast": 2, "slow": 5, "stop": 0.002, "hold": 1020}, slippage="0.0002",
        controls={"size": 0.5, "min_confidence": 0.75},
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


def test_there_was_something_to_compare(outcomes):
    assert sum(len(outcome.platform.fills) for outcome in outcomes.values()) >= 30
    assert {"max_hold", "signal"} <= set[str]().union(*(outcome.exits for outcome in outcomes.values()))


def test_a_changed_decision_changes_the_hash(outcomes):
    record = outcomes["cross"].platform
    other = TradingRecord(record.decisions[1:], record.orders, record.fills)
    assert other.results_hash != record.results_hash
    assert [len(only) for only in record.differences(other)] == [1, 0]
