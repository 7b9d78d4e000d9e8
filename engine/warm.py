"""Compiles everything once, so that no bar waits for the compiler."""

from decimal import Decimal

import numpy as np

from engine.backtest.run import run_backtest
from engine.config import NO_LIMITS, BotSettings, Costs, ProductRules, rules_record
from engine.decide import decide, due, new_memory, no_signal
from engine.orders.matching import exit_kind, exit_prices, match
from engine.orders.resting import match_each
from engine.plans.advance import advance, advance_each
from engine.plans.triggers import crossed, next_triggers, protected
from engine.records import (
    CANDLE,
    CONDITIONS,
    DEED,
    DEEDS,
    EVENT,
    FILL,
    LEG,
    LEGS,
    ORDER,
    PLAN,
    PLAN_STATE,
    RULES,
    VIEW,
    Record,
)
from engine.strategies.registry import REGISTRY

PRODUCT = ProductRules("WARM-UP", Decimal("0.01"), Decimal("0.01"), Decimal("0.01"), Decimal(1))


def warm() -> None:
    """Calls every compiled function with the types that backtest, paper and live give it. Quick when it is cached."""
    rules = rules_record(PRODUCT, Costs())[0]
    conditions, event, order, fill, view = (np.zeros(1, kind)[0] for kind in (CONDITIONS, EVENT, ORDER, FILL, VIEW))
    match(order, event, rules, fill)
    match_each(np.zeros(1, ORDER), np.ones(1, bool), event, rules, np.zeros(1, FILL))
    exit_prices(100.0, 0.01, 0.01, 0.01)
    exit_kind(0.01, 0.01)
    due(view, event, True)
    decide(
        signal=no_signal(),
        conditions=conditions,
        event=event,
        memory=new_memory(),
        view=view,
        settings=BotSettings().record()[0],
        policy=NO_LIMITS.record()[0],
        rules=rules,
    )
    _plans(event, rules)
    for strategy in REGISTRY:
        _backtest(strategy)


def _plans(event: Record, rules: Record) -> None:
    plans, states, legs, deeds = (np.zeros(1, kind) for kind in (PLAN, PLAN_STATE, (LEG, LEGS), (DEED, DEEDS)))
    advance(plans[0], states[0], event, legs[0], rules, deeds[0])
    advance_each(plans, states, np.zeros(1, EVENT), legs, np.zeros(1, RULES), deeds, np.zeros(1, np.int64))
    next_triggers(plans[0], states[0])
    protected(plans[0], states[0], legs[0])
    crossed(np.zeros((1, 2)), 1.0, np.zeros(1, np.int64))


def _backtest(strategy: str) -> None:
    candles = np.ones(100, CANDLE)
    candles["time"] = 60 * np.arange(100)
    run_backtest(
        candles,
        strategy=strategy,
        params={},
        product=PRODUCT,
        costs=Costs(),
        settings=BotSettings(),
        limits=NO_LIMITS,
        cash=1000.0,
        timeframe=60,
    )
