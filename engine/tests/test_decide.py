"""What a bot decides: entries gate by gate, exits, repairs, and what it remembers."""

import math

import numpy as np
import pytest

from engine.config import NO_LIMITS, BotSettings, RiskLimits
from engine.decide import decide, due, new_memory, no_signal, step
from engine.gates import CONDITIONS, TEXTS, Gate
from engine.kinds import Action, BotState, EventKind, ExitReason, HaltLevel, SizeMode, Verdict
from engine.records import CONDITIONS as CONDITION_RECORD
from engine.records import DECISION, EVENT, GATES
from engine.tests.records import long_signal, record, rules, view

NOW = 1_000_020
EVERY_RULE = RiskLimits(max_positions=5, max_position=0.5, max_exposure=1, daily_loss=0.05, max_age=120)


def close(price=100.0, time=NOW):
    return record(EVENT, kind=EventKind.BAR, time=time, open=price, high=price, low=price, close=price)


def conditions(*passed):
    bits = sum(1 << k for k, ok in enumerate(passed) if ok)
    return record(CONDITION_RECORD, values=1.0, passed=bits, used=(1 << len(passed)) - 1)


def ask(signal=None, *, price=100.0, time=NOW, memory=None, judged=(), limits=EVERY_RULE, settings=None, **fields):
    decision, _ = decide(
        signal=long_signal() if signal is None else signal,
        conditions=conditions(*judged),
        event=close(price, time),
        memory=new_memory() if memory is None else memory,
        view=view(**fields),
        settings=(settings or BotSettings(size=0.25)).record()[0],
        policy=limits.record()[0],
        rules=rules(),
    )
    return decision


def clear(decision, gate):
    return bool(decision["passed"] >> gate & 1)


def unknown(decision, gate):
    return bool(decision["unknown"] >> gate & 1)


# Entries


def test_it_enters_when_every_gate_passes():
    decision = ask(long_signal(stop=0.005, target=0.004, hold=600), judged=(True, True))
    assert (decision["action"], decision["verdict"], decision["blocking"]) == (Action.ENTER, Verdict.ENTER, -1)
    assert decision["qty"] == 2500
    assert decision["funds"] == pytest.approx(2500 * 1.006 * 1.02)
    assert (decision["stop"], decision["target"], decision["hold"]) == (0.005, 0.004, 600)


BLOCKS = [
    (Gate.DATA, {"age": 121}),
    (Gate.DATA, {"price": math.nan}),
    (Gate.DATA, {"price": 0.0}),
    (Gate.MARKET, {"tradable": False}),
    (Gate.STATE, {"state": BotState.PAUSED}),
    (Gate.STATE, {"state": BotState.STOPPED}),
    (Gate.STATE, {"state": BotState.ERROR}),
    (Gate.HALT, {"halt": HaltLevel.ENTRIES}),
    (Gate.HALT, {"halt": HaltLevel.FLATTEN}),
    (Gate.HISTORY, {"bars": 49}),
    (Gate.CONDITION, {"judged": (False, True)}),
    (Gate.CONDITION + 1, {"judged": (True, False)}),
    (Gate.SIGNAL, {"signal": no_signal()}),
    (Gate.SIGNAL, {"signal": long_signal(confidence=0.69)}),
    (Gate.SIGNAL, {"signal": long_signal(side=-1)}),
    (Gate.CONFIRMATION, {"settings": BotSettings(confirmation=300)}),
    (Gate.FLAT, {"qty": 5}),
    (Gate.FLAT, {"entry_pending": True}),
    (Gate.FLAT, {"exit_pending": True}),
    (Gate.COOLDOWN, {"settings": BotSettings(cooldown=600), "last_exit": NOW - 599}),
    (Gate.STEP, {"settings": BotSettings(step=0.01), "last_entry": 100.9}),
    (Gate.MAX_POSITIONS, {"positions": 5}),
    (Gate.POSITION_SIZE, {"limits": RiskLimits(max_position=0.00009)}),
    (Gate.EXPOSURE, {"exposure": 7501.0}),
    (Gate.DAILY_LOSS, {"day_equity": 10_527.0}),
    (Gate.DAILY_LOSS, {"limits": RiskLimits(daily_loss_amount=50), "day_equity": 10_050.0}),
    (Gate.BALANCE, {"cash": 1.0}),
    (Gate.BALANCE, {"cash": math.nan}),
    (Gate.BALANCE, {"equity": math.nan}),
    (Gate.BALANCE, {"equity": 0.0, "limits": NO_LIMITS}),
    (Gate.MIN_SIZE, {"settings": BotSettings(size=0.00009)}),
    (Gate.EXCHANGE, {"accepting": False}),
]


@pytest.mark.parametrize(("gate", "why"), BLOCKS)
def test_a_gate_that_blocks_is_named_and_nothing_is_bought(gate, why):
    decision = ask(**why)
    assert decision["blocking"] == gate
    assert decision["action"] == Action.NONE
    assert decision["qty"] == decision["funds"] == 0
    assert not clear(decision, gate)


def test_every_gate_can_block():
    assert {gate for gate, _ in BLOCKS} - {Gate.CONDITION + 1} == set(Gate) == set(TEXTS) | {Gate.CONDITION}
    assert len(Gate) + CONDITIONS - 1 == GATES


PASSES = [
    {"age": 120},
    {"bars": 50},
    {"settings": BotSettings(cooldown=600, size=0.25), "last_exit": NOW - 600},
    {"settings": BotSettings(cooldown=600, size=0.25)},  # no exit yet
    {"settings": BotSettings(step=0.01, size=0.25), "last_entry": 99.0},
    {"settings": BotSettings(step=0.01, size=0.25)},  # no entry yet
    {"positions": 4},
    {"exposure": 7500.0},
    {"day_equity": 10_526.0},
]


@pytest.mark.parametrize("why", PASSES)
def test_a_rule_passes_at_its_limit(why):
    assert ask(**why)["action"] == Action.ENTER


def test_a_rule_that_is_off_is_unknown_not_passed():
    decision = ask(limits=RiskLimits(max_positions=0, max_position=0, max_exposure=0, daily_loss=0, max_age=0))
    assert decision["action"] == Action.ENTER
    off = [Gate.MAX_POSITIONS, Gate.POSITION_SIZE, Gate.EXPOSURE, Gate.DAILY_LOSS, Gate.DATA]
    off += [Gate.CONFIRMATION, Gate.COOLDOWN, Gate.STEP, Gate.CONDITION]
    assert all(unknown(decision, gate) and not clear(decision, gate) for gate in off)


def test_without_an_equity_the_account_s_rules_are_unknown_and_the_balance_blocks():
    decision = ask(equity=math.nan, settings=BotSettings(size_mode=SizeMode.QUOTE, size=100))
    assert all(unknown(decision, gate) for gate in (Gate.POSITION_SIZE, Gate.EXPOSURE, Gate.DAILY_LOSS))
    assert decision["blocking"] == Gate.BALANCE


def test_a_condition_that_cannot_be_judged_is_unknown():
    judged = conditions(True, True)
    judged["values"][1] = math.nan
    decision, _ = decide(
        signal=no_signal(), conditions=judged, event=close(), memory=new_memory(), view=view(),
        settings=BotSettings().record()[0], policy=EVERY_RULE.record()[0], rules=rules(),
    )  # fmt: skip
    assert clear(decision, Gate.CONDITION)
    assert unknown(decision, Gate.CONDITION + 1)
    assert decision["blocking"] == Gate.SIGNAL


def test_each_gate_carries_its_value_and_threshold():
    decision = ask(
        settings=BotSettings(size=0.25, cooldown=60, step=0.01, confirmation=60), last_exit=NOW - 90, last_entry=80.0,
        age=3, positions=2, exposure=1000.0, day_equity=10_100.0,
    )  # fmt: skip
    expected = {
        Gate.DATA: (3, 120), Gate.HISTORY: (100, 50), Gate.SIGNAL: (0.9, 0.7), Gate.CONFIRMATION: (0, 60),
        Gate.COOLDOWN: (90, 60), Gate.STEP: (0.25, 0.01), Gate.MAX_POSITIONS: (3, 5), Gate.POSITION_SIZE: (0.25, 0.5),
        Gate.EXPOSURE: (0.35, 1), Gate.DAILY_LOSS: (100, 505), Gate.BALANCE: (2515, 10_000), Gate.MIN_SIZE: (2500, 1),
    }  # fmt: skip
    for gate, (value, threshold) in expected.items():
        assert decision["values"][gate] == pytest.approx(value), gate.name
        assert decision["thresholds"][gate] == pytest.approx(threshold), gate.name


def test_the_gates_of_an_entry_are_judged_also_where_there_is_no_signal():
    decision = ask(no_signal(), qty=10, state=BotState.PAUSED, positions=1)
    assert decision["blocking"] == Gate.STATE
    assert clear(decision, Gate.BALANCE)
    assert clear(decision, Gate.MIN_SIZE)
    assert not clear(decision, Gate.FLAT)


# Exits and repairs

HELD = {"qty": 50, "entry_price": 100.0, "entry_time": NOW - 600, "protected": 50, "stop": 0.01, "target": 0.02}


def test_a_short_signal_ends_a_position_and_never_opens_one():
    decision = ask(long_signal(side=-1), **HELD)
    assert (decision["action"], decision["qty"], decision["reason"]) == (Action.EXIT, 50, ExitReason.SIGNAL)
    assert ask(long_signal(side=-1))["action"] == Action.NONE


def test_a_position_is_left_at_the_first_close_at_which_its_longest_hold_is_over():
    assert ask(no_signal(), **HELD, hold=601)["verdict"] == Verdict.HOLD
    decision = ask(no_signal(), **HELD, hold=600)
    assert (decision["action"], decision["qty"], decision["reason"]) == (Action.EXIT, 50, ExitReason.MAX_HOLD)


def test_a_position_without_a_reason_to_leave_is_held():
    decision = ask(**HELD)
    assert (decision["action"], decision["verdict"], decision["reason"]) == (Action.NONE, Verdict.HOLD, ExitReason.NONE)


def test_missing_protection_is_put_back_for_what_is_uncovered():
    decision = ask(no_signal(), **HELD | {"protected": 20})
    assert (decision["action"], decision["verdict"], decision["qty"]) == (Action.PROTECT, Verdict.PROTECT, 30)
    assert (decision["stop"], decision["target"]) == (0.01, 0.02)


def test_a_position_that_asked_for_no_exits_needs_no_protection():
    assert ask(no_signal(), **HELD | {"protected": 0, "stop": 0.0, "target": 0.0})["verdict"] == Verdict.HOLD


def test_an_exit_on_its_way_is_not_sent_twice():
    exits = long_signal(side=-1)
    assert ask(exits, **HELD | {"protected": 0}, hold=60, exit_pending=True)["verdict"] == Verdict.HOLD


@pytest.mark.parametrize("fields", [{"state": BotState.PAUSED}, {"halt": HaltLevel.ENTRIES}, {"accepting": False}])
def test_what_stops_entries_does_not_stop_exits(fields):
    assert ask(long_signal(side=-1), **HELD, **fields)["action"] == Action.EXIT
    assert ask(no_signal(), **HELD, **fields, hold=600)["action"] == Action.EXIT
    assert ask(no_signal(), **HELD | {"protected": 0}, **fields)["action"] == Action.PROTECT


@pytest.mark.parametrize(
    "fields",
    [
        {"state": BotState.STOPPED},
        {"state": BotState.ERROR},
        {"halt": HaltLevel.ORDERS},
        {"halt": HaltLevel.FLATTEN},
    ],
)
def test_a_stopped_bot_and_a_hard_halt_leave_everything_to_the_platform(fields):
    for why in (HELD, HELD | {"protected": 0}, HELD | {"hold": 60}):
        assert ask(long_signal(side=-1), **why, **fields)["action"] == Action.NONE


def test_a_bar_that_comes_late_is_for_exits_only():
    late = ask(late=True)
    assert (late["action"], late["verdict"], late["qty"]) == (Action.NONE, Verdict.MISSED, 0)
    assert ask(no_signal(), late=True)["verdict"] == Verdict.MISSED
    assert ask(late=True, **HELD)["verdict"] == Verdict.MISSED
    assert ask(long_signal(side=-1), late=True, **HELD)["action"] == Action.EXIT


# Confirmation


def closes(times, sides, timeframe=60, needed=300):
    """The times of the closes at which the confirmation gate passed."""
    memory, passed = new_memory(), []
    for time, side in zip(times, sides, strict=True):
        decision, memory = decide(
            signal=long_signal(side=side), conditions=conditions(), event=close(time=time), memory=memory,
            view=view(), settings=BotSettings(confirmation=needed, timeframe=timeframe).record()[0],
            policy=EVERY_RULE.record()[0], rules=rules(),
        )  # fmt: skip
        if clear(decision, Gate.CONFIRMATION):
            assert decision["action"] == Action.ENTER
            passed.append(time)
    return passed


def test_five_minutes_on_minute_bars_are_six_closes():
    times = list(range(60, 541, 60))
    assert closes(times, [1] * 9) == [360, 420, 480, 540]


def test_a_missing_bar_starts_the_confirmation_anew():
    times = [60, 120, 240, 300, 360, 420, 480, 540]
    assert closes(times, [1] * 8) == [540]


def test_a_change_of_side_or_a_lost_signal_starts_the_confirmation_anew():
    times = list(range(60, 601, 60))
    assert closes(times, [1, 1, -1, 1, 1, 1, 1, 1, 1, 1]) == [540, 600]
    assert closes(times, [1, 1, 0, 1, 1, 1, 1, 1, 1, 1]) == [540, 600]


def test_a_check_of_the_hold_between_two_candles_leaves_the_confirmation_alone():
    memory = new_memory()
    settings = BotSettings(confirmation=900, timeframe=900).record()[0]
    for time, signal in ((900, long_signal()), (960, no_signal()), (1800, long_signal())):
        decision, memory = decide(
            signal=signal, conditions=conditions(), event=close(time=time), memory=memory, view=view(),
            settings=settings, policy=EVERY_RULE.record()[0], rules=rules(),
        )  # fmt: skip
    assert decision["action"] == Action.ENTER


def test_a_decision_changes_nothing_that_it_was_given():
    memory = new_memory()
    before = memory.tobytes()
    decision, after = decide(
        signal=long_signal(), conditions=conditions(), event=close(time=60), memory=memory, view=view(),
        settings=BotSettings(confirmation=300).record()[0], policy=EVERY_RULE.record()[0], rules=rules(),
    )  # fmt: skip
    assert memory.tobytes() == before
    assert after.tobytes() != before
    assert decision["verdict"] == Verdict.BLOCKED


# When a bot decides


@pytest.mark.parametrize(
    ("kind", "candle", "fields", "expected"),
    [
        (EventKind.BAR, True, {}, True),
        (EventKind.TIME, True, {}, True),
        (EventKind.OPEN, True, {}, False),
        (EventKind.BAR, False, {}, False),
        (EventKind.BAR, False, {"qty": 1, "hold": 60}, True),
        (EventKind.TIME, False, {"qty": 1, "hold": 60}, True),
        (EventKind.OPEN, False, {"qty": 1, "hold": 60}, False),
        (EventKind.BAR, False, {"qty": 1, "hold": 61}, False),
        (EventKind.BAR, False, {"qty": 1, "hold": 0}, False),
        (EventKind.BAR, False, {"qty": 0, "hold": 60}, False),
    ],
)
def test_it_is_due_at_its_candles_and_once_a_hold_is_over_at_every_close(kind, candle, fields, expected):
    held = view(entry_time=NOW - 60, **fields)
    assert due(held, record(EVENT, kind=kind, time=NOW), candle) is expected


def test_without_an_explanation_the_decision_is_the_same():
    decision = np.zeros(1, DECISION)[0]
    step(
        long_signal(stop=0.1), conditions(), close(), new_memory(), view(), BotSettings(size=0.25).record()[0],
        EVERY_RULE.record()[0], rules(), False, decision,
    )  # fmt: skip
    explained = ask(long_signal(stop=0.1))
    for name in ("action", "verdict", "reason", "qty", "funds", "stop", "target", "hold", "blocking"):
        assert decision[name] == explained[name], name
