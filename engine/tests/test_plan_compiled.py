"""Plans do the same with the compiler and without it, and what a live stream needs of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.kinds import OrderKind, PlanKind
from engine.plans.simulate import simulate
from engine.plans.triggers import crossed, next_triggers, protected
from engine.tests.markets import random_market
from engine.tests.plans import native, plan, run
from engine.tests.records import rules

SAMPLE = (
    {"kind": PlanKind.TRIGGER, "stop": 99.0, "stop_limit": 98.99, "escalate_after": 180, "escalate_cap": 0.02},
    {"kind": PlanKind.OCO, "stop": 98.0, "target": 101.0, "native": native(OrderKind.STOP)},
    {"kind": PlanKind.BRACKET, "side": 1, "limit": 99.9, "stop": 98.5, "target": 100.8, "native": 0b11100},
    {"kind": PlanKind.TRAILING, "callback": 0.004, "native": native(OrderKind.STOP), "rest": True, "every": 120},
    {"kind": PlanKind.TRAILING, "callback": 0.01, "source": 1, "by_limit": True, "offset": 0.001},
    {"kind": PlanKind.ICEBERG, "qty": 999, "display": 40, "variance": 0.3, "seed": 11, "drift": 0.001},
    {"kind": PlanKind.TWAP, "qty": 997, "slices": 13, "duration": 7200, "offset": 0.001, "tif": 2},
)


def played():
    """Every fill and the last state of each plan of the sample."""
    market, found = random_market(600), list[object]()
    for terms in SAMPLE:
        done = simulate(plan(**terms), market, rules(volume_share="0.1", slippage="0.0005"))
        fills = [[fill.leg, fill.attempt, fill.time, fill.price, fill.qty] for fill in done.fills]
        found.append([fills, done.state.tobytes().hex()])
    return found


def test_they_do_the_same_with_the_compiler_and_without():
    found = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", "import json; from engine.tests import test_plan_compiled as t; "
                 "print(json.dumps(t.played()))"],
                env=os.environ | {"NUMBA_DISABLE_JIT": disable}, cwd=Path(__file__).parents[2], capture_output=True,
                check=True, text=True,
            ).stdout
        )
        for disable in ("0", "1")
    ]  # fmt: skip
    assert found[0] == found[1]
    assert all(fills for fills, _ in found[0])


def test_a_tick_wakes_those_whose_prices_it_reaches():
    watched = np.array([(95.0, np.nan), (np.nan, 110.0), (np.nan, np.nan), (np.inf, np.nan), (94.0, 96.0)])
    found = np.zeros(5, np.int64)
    assert found[: crossed(watched, 95.0, found)].tolist() == [0, 3]
    assert found[: crossed(watched, 110.0, found)].tolist() == [1, 3, 4]


@pytest.mark.parametrize(("terms", "bars", "lots"), [
    ({"kind": PlanKind.TRIGGER, "stop": 95.0}, [(100.0,)], 100),
    ({"kind": PlanKind.TRIGGER, "stop": 105.0, "when": 1}, [(100.0,)], 0),  # a take profit protects nothing
    ({"kind": PlanKind.BRACKET, "side": 1, "limit": 100.0, "stop": 95.0}, [(101.0,)], 0),
    ({"kind": PlanKind.BRACKET, "side": 1, "limit": 100.0, "stop": 95.0}, [(101.0,), (101.0, 101.0, 99.0, 101.0)], 100),
    ({"kind": PlanKind.TRAILING, "callback": 0.02, "activation": 105.0}, [(100.0,)], 0),
    ({"kind": PlanKind.TRAILING, "callback": 0.02}, [(100.0,)], 100),
    ({"kind": PlanKind.TRAILING, "callback": 0.02}, [(100.0,), (90.0,), (90.0,)], 0),
])  # fmt: skip
def test_it_says_what_it_protects(terms, bars, lots):
    done = run(plan(**terms), *bars)
    assert protected(done.plan, done.state, done.legs()) == lots


def test_a_trigger_that_fired_watches_only_for_its_escalation():
    done = run(plan(PlanKind.TRIGGER, stop=95.0, stop_limit=94.0, escalate_beyond=0.02), (100.0,), (93.5,))
    below, above = next_triggers(done.plan, done.state)
    assert below == pytest.approx(92.12)
    assert np.isnan(above)
