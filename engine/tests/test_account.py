"""Properties of every backtest: nothing is spent twice, nothing appears, and exact decimals give the same money."""

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.result import Result
from engine.config import NO_LIMITS, BotSettings, Costs, RiskLimits
from engine.kinds import Side, SizeMode
from engine.tests.markets import random_market
from engine.tests.records import PRODUCT
from engine.tests.scripted import play

CASH = Decimal(10_000)


@dataclass(frozen=True)
class Story:
    """A market, what the strategy says, and what the bot was told."""

    seed: int
    gaps: float
    sides: list[int]
    timeframe: int
    exits: dict = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    bot: BotSettings = field(default_factory=BotSettings)
    limits: RiskLimits = NO_LIMITS

    def play(self, *, record: bool = True) -> Result:
        return play(
            random_market(240, seed=self.seed, gaps=self.gaps), self.sides, exits=self.exits, costs=self.costs,
            settings=self.bot, limits=self.limits, timeframe=self.timeframe, record=record,
        )  # fmt: skip


def ratio(*choices: str) -> st.SearchStrategy[Decimal]:
    return st.sampled_from([Decimal(choice) for choice in choices])


COSTS = st.builds(
    Costs,
    maker=ratio("0", "0.001", "0.006"),
    taker=ratio("0", "0.006", "0.012"),
    slippage=ratio("0", "0.0005", "0.01"),
    volume_share=ratio("0", "0.01", "0.5"),
)
BOTS = st.one_of(
    st.builds(
        BotSettings,
        size_mode=st.sampled_from([SizeMode.EQUITY, SizeMode.RISK]),
        size=st.sampled_from([0.001, 0.05, 0.5, 1.0, 3.0]),
        confirmation=st.sampled_from([0, 0, 120, 300]),
        cooldown=st.sampled_from([0, 60, 600]),
        step=st.sampled_from([0.0, 0.001]),
    ),
    st.builds(BotSettings, size_mode=st.just(SizeMode.QUOTE), size=st.sampled_from([0.5, 1.0, 777.0, 20_000.0])),
)
LIMITS = st.one_of(
    st.just(NO_LIMITS),
    st.builds(
        RiskLimits,
        max_position=st.sampled_from([0, 0.0001, 0.1]),
        max_exposure=st.sampled_from([0, 0.05, 0.5]),
        daily_loss=st.sampled_from([0, 0.001, 0.05]),
    ),
)
EXITS = st.fixed_dictionaries(
    {
        "stop": st.sampled_from([0.0, 0.001, 0.01]),
        "target": st.sampled_from([0.0, 0.001, 0.01]),
        "hold": st.sampled_from([0, 60, 600]),
        "warmup": st.sampled_from([1, 5]),
    }
)
STORIES = st.builds(
    Story,
    seed=st.integers(0, 10_000),
    gaps=st.sampled_from([0.0, 0.1, 0.6]),
    sides=st.lists(st.sampled_from([1, 1, 1, 0, 0, -1]), min_size=1, max_size=240),
    timeframe=st.sampled_from([60, 60, 180]),
    exits=EXITS,
    costs=COSTS,
    bot=BOTS,
    limits=LIMITS,
)


def booked(result: Result, costs: Costs) -> list[tuple[Decimal, int]]:
    """Cash and lots after each fill, in exact decimals."""
    cash, lots, rows = CASH, 0, []
    for fill in result.fills:
        side = int(result.orders[fill["order"]]["side"])
        amount = Decimal(repr(float(fill["price"]))) * PRODUCT.quantity(fill["qty"])
        fee = amount * (costs.maker if fill["maker"] else costs.taker)
        assert float(fill["fee"]) == pytest.approx(float(fee), rel=1e-9)
        cash += -amount * side - fee
        lots += int(fill["qty"]) * side
        rows.append((cash, lots))
    return rows


@given(STORIES)
@settings(max_examples=150, deadline=None)
def test_cash_never_runs_out_and_nothing_is_sold_that_is_not_held(story):
    rows = booked(story.play(), story.costs)
    assert all(cash >= 0 and lots >= 0 for cash, lots in rows)


@given(STORIES)
@settings(max_examples=150, deadline=None)
def test_the_equity_is_what_exact_decimals_say(story):
    result = story.play()
    bars = random_market(240, seed=story.seed, gaps=story.gaps)
    cash, lots = (booked(result, story.costs) or [(CASH, 0)])[-1]
    exact = cash + PRODUCT.quantity(lots) * Decimal(repr(float(bars["close"][-1])))
    assert float(result.equity[-1]) == pytest.approx(float(exact), rel=1e-9)
    assert result.metrics["final_equity"] == pytest.approx(float(exact), rel=1e-9)
    assert float(CASH) + result.trades["pnl"].sum() == pytest.approx(float(exact), rel=1e-9)


@given(STORIES)
@settings(max_examples=100, deadline=None)
def test_orders_fills_and_trades_hold_the_same_quantities(story):
    result = story.play()
    filled = np.zeros(len(result.orders), "i8")
    np.add.at(filled, result.fills["order"], result.fills["qty"])
    assert (filled <= result.orders["qty"]).all()
    assert (result.fills["qty"] > 0).all()
    buys = result.orders["side"] == Side.BUY
    assert filled[buys].sum() == result.trades["qty"].sum()
    assert (result.trades["exit_time"] >= result.trades["entry_time"]).all()
    assert (result.trades["entry_time"][1:] >= result.trades["exit_time"][:-1]).all()


@given(STORIES)
@settings(max_examples=100, deadline=None)
def test_an_explanation_changes_nothing(story):
    told, untold = story.play(), story.play(record=False)
    for name in ("orders", "fills", "trades", "equity"):
        assert getattr(told, name).tobytes() == getattr(untold, name).tobytes(), name


@given(STORIES)
@settings(max_examples=50, deadline=None)
def test_an_entry_happens_exactly_where_no_gate_blocks(story):
    decisions = story.play().decisions
    assert ((decisions["blocking"] == -1) == (decisions["verdict"] == 0)).all()
    assert not (decisions["passed"] & decisions["unknown"]).any()


def test_the_stories_trade():
    """The properties above would hold for accounts that never do anything."""
    story = Story(seed=1, gaps=0.1, sides=[1, 0, -1] * 80, timeframe=60, exits={"stop": 0.01})
    assert len(story.play().trades) > 30
