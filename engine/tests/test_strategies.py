"""Every registered strategy: no look-ahead, a warm-up that holds, a window that gives what the whole history gives."""

import numpy as np
import pytest

from engine.config import Costs
from engine.gates import CONDITIONS
from engine.records import SIGNAL
from engine.strategies import ema_rsi_volume_columns, ma_cross_columns
from engine.strategies.base import ParameterError
from engine.strategies.registry import REGISTRY, find_strategy
from engine.strategies.validation import validate, warnings
from engine.tests.markets import random_market, real_market

MARKETS = {
    "generated": lambda: random_market(3000, gaps=0.02),
    "recorded": lambda: real_market("bitfinex_BTC-USD_1m_2018.parquet", 5000),
}
FIELDS = SIGNAL.names


@pytest.fixture(params=sorted(REGISTRY))
def strategy(request):
    return REGISTRY[request.param]


@pytest.fixture(params=sorted(MARKETS))
def market(request):
    return MARKETS[request.param]()


def everything(strategy, market):
    """A run of the strategy with both its sides on."""
    switches = {"short_closes": 1} if "short_closes" in strategy.defaults() else {}
    params = validate(strategy, switches)
    return strategy.compute(market, params), params


def test_it_never_looks_ahead(strategy, market):
    whole, params = everything(strategy, market)
    for end in [1, 2, strategy.warmup(params), *range(700, len(market), 97)]:
        prefix = strategy.compute(market[:end], params)
        for name in FIELDS:
            assert prefix.rows[name].tobytes() == whole.rows[name][:end].tobytes(), (end, name)
        assert str(prefix.conditions_at(end - 1)) == str(whole.conditions_at(end - 1))


def test_it_forgets_what_lies_before_its_warm_up(strategy, market):
    whole, params = everything(strategy, market)
    warmup = strategy.warmup(params)
    for start in range(1, len(market) - warmup - 100, 311):
        late = strategy.compute(market[start:], params)
        for name in FIELDS:
            np.testing.assert_allclose(
                late.rows[name][warmup - 1 :], whole.rows[name][start + warmup - 1 :], rtol=1e-9, atol=1e-9
            )


def test_a_live_window_decides_what_the_whole_history_decides(strategy, market):
    whole, params = everything(strategy, market)
    window = strategy.window(params)
    assert window >= strategy.warmup(params)
    for end in range(window, len(market), 7):
        row = strategy.compute(market[end - window : end], params).rows[-1]
        assert row["side"] == whole.rows[end - 1]["side"]
        assert row["confidence"] == pytest.approx(whole.rows[end - 1]["confidence"], rel=1e-9, abs=1e-9)


def test_a_window_of_51_bars_would_flip_signals_of_ema_rsi_volume():
    strategy = REGISTRY["ema_rsi_volume"]
    market = MARKETS["generated"]()
    whole, params = everything(strategy, market)
    flips = sum(
        strategy.compute(market[end - 51 : end], params).side[-1] != whole.side[end - 1]
        for end in range(700, len(market))
    )
    assert flips > 0


def test_a_long_signal_means_that_every_condition_passed(strategy, market):
    signals, _ = everything(strategy, market)
    long = signals.side > 0
    assert long.any()
    assert (signals.side < 0).any()
    assert np.array_equal(long, np.logical_and.reduce(signals.passed))
    assert signals.conditions == strategy.conditions
    assert len(signals.passed) == len(strategy.conditions) <= CONDITIONS


def test_confidence_reaches_the_usual_minimum_exactly_at_a_signal(strategy, market):
    signals, _ = everything(strategy, market)
    signalled = signals.side != 0
    assert signals.confidence[signalled].min() >= 0.7
    assert signals.confidence.max() <= 1
    assert signals.confidence[~signalled].max() < 0.7
    assert signals.confidence.min() >= 0
    assert np.array_equal(np.abs(signals.score), signals.confidence)
    assert np.array_equal(np.sign(signals.score[signalled]), signals.side[signalled])


def test_it_says_nothing_about_too_few_candles(strategy):
    for count in (0, 1, 2, 20):
        signals = strategy.compute(random_market(count), strategy.defaults())
        assert len(signals) == count
        assert not signals.side.any()
        assert not signals.confidence.any()


def test_equal_averages_do_not_cross_by_float_noise():
    market = random_market(400)
    market["close"][200:] = 123.45
    signals = REGISTRY["ma_cross"].compute(market, REGISTRY["ma_cross"].defaults())
    assert not signals.side[231:].any()


def test_it_takes_strings_from_forms_and_fills_in_defaults(strategy):
    name, default = next(iter(strategy.defaults().items()))
    assert validate(strategy, {name: f" {default} "}) == strategy.defaults()


@pytest.mark.parametrize(
    ("strategy_name", "raw", "message"),
    [
        ("ema_rsi_volume", {"emma": 50}, r"emma must be a parameter of ema_rsi_volume \(ema, rsi, .*\), was 50"),
        ("ema_rsi_volume", {"ema": "fifty"}, "ema must be a number, was 'fifty'"),
        ("ema_rsi_volume", {"ema": None}, "ema must be a number, was None"),
        ("ema_rsi_volume", {"ema": "50.5"}, "ema must be a whole number, was '50.5'"),
        ("ema_rsi_volume", {"ema": "inf"}, "ema must be a whole number, was 'inf'"),
        ("ema_rsi_volume", {"ema": -5}, "ema must be between 2 and 1000, was -5"),
        ("ema_rsi_volume", {"stop": "nan"}, "stop must be between 0 and 0.5, was 'nan'"),
        ("ema_rsi_volume", {"rsi_low": 80}, r"rsi_low must be below rsi_high \(70\), was 80.0"),
        ("ma_cross", {"fast": 30}, r"fast must be below slow \(30\), was 30"),
        ("ma_cross", {"hold": "1e99"}, "hold must be between 0 and 3.16224e.07, was '1e99'"),
    ],
)
def test_it_refuses_a_bad_parameter_by_name_value_and_rule(strategy_name, raw, message):
    with pytest.raises(ParameterError, match=message):
        validate(REGISTRY[strategy_name], raw)


def test_it_names_the_strategies_there_are_when_one_is_unknown():
    with pytest.raises(ParameterError, match="strategy must be one of ema_rsi_volume, ma_cross, was 'magic'"):
        find_strategy("magic")


def test_it_warns_of_a_target_that_its_costs_eat():
    params = validate(REGISTRY["ema_rsi_volume"], {})
    assert warnings(REGISTRY["ema_rsi_volume"], params, Costs()) == [
        "The target of 0.40 % lies below the round-trip cost of 1.20 %: this trade always loses."
    ]


def test_it_warns_of_values_outside_the_usual():
    params = validate(REGISTRY["ema_rsi_volume"], {"stop": 0.02, "target": 0.05})
    assert warnings(REGISTRY["ema_rsi_volume"], params, Costs()) == [
        "The stop of 2.00 % lies outside the usual 0.10 % to 0.50 %.",
        "The target of 5.00 % lies outside the usual 0.15 % to 0.40 %.",
    ]


def test_it_has_nothing_to_say_against_a_plain_cross():
    assert warnings(REGISTRY["ma_cross"], REGISTRY["ma_cross"].defaults(), Costs()) == []


def one_bar(**values: float):
    """Side, score and confidence of ema_rsi_volume for one bar with these indicators."""
    names = ("close", "average", "strength", "volume", "mean")
    columns = (np.array([values[name]], "f8") for name in names)
    side, score, confidence, _ = ema_rsi_volume_columns.signal_columns(*columns, 1.5, 55.0, 70.0, -1)
    return side[0], score[0], confidence[0]


EXAMPLE = {"close": 10_010.0, "average": 10_000.0, "strength": 60.0, "volume": 24.0, "mean": 10.0}


def test_the_worked_examples_of_ema_rsi_volume_hold():
    assert one_bar(**EXAMPLE) == (1, pytest.approx(0.8767, abs=5e-5), pytest.approx(0.8767, abs=5e-5))
    nearly = one_bar(**EXAMPLE | {"strength": 52.0, "volume": 12.0})
    assert nearly == (0, pytest.approx(0.3091, abs=5e-5), pytest.approx(0.3091, abs=5e-5))


def test_below_the_average_everything_is_mirrored():
    side, score, confidence = one_bar(**EXAMPLE | {"close": 9_990.0, "strength": 40.0})
    assert (side, score) == (-1, -confidence)
    assert confidence == pytest.approx(0.8767, abs=5e-5)


@pytest.mark.parametrize("name", ["average", "strength", "volume", "mean"])
def test_an_undefined_indicator_says_nothing(name):
    assert one_bar(**EXAMPLE | {name: np.nan}) == (0, 0, 0)


def test_a_close_on_the_average_has_no_direction():
    assert one_bar(**EXAMPLE | {"close": 10_000.0}) == (0, 0, 0)


@pytest.mark.parametrize(
    ("before", "now", "side", "score"),
    [
        (-0.0003, 0.0002, 1, 0.85),
        (0.0003, -0.0002, -1, -0.85),
        (-0.0006, -0.0004, 0, 0.414),
        (0.0006, 0.0004, 0, -0.414),
        (-0.0004, -0.0006, 0, 0.0),
        (-0.005, -0.004, 0, 0.0),
    ],
)
def test_the_worked_examples_of_ma_cross_hold(before, now, side, score):
    fast, slow = np.array([1 + before, 1 + now]) * 100, np.array([100.0, 100.0])
    sides, scores, confidences = ma_cross_columns.signal_columns(fast, slow, 1e-9)
    assert sides[1] == side
    assert scores[1] == pytest.approx(score)
    assert confidences[1] == abs(scores[1])
