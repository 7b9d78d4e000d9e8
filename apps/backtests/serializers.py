"""Backtests as JSON: what is asked, how far it is, what came of it."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.backtests.checks import MOST_CASH, MOST_COST
from apps.backtests.services import NAME_LENGTH
from apps.backtests.states import Stage, State
from apps.bots.serializers.bots import CONTROLS_EXAMPLE, PARAMS, ControlsSerializer
from apps.markets.serializers import Timeframe
from apps.operations.api.fields import Amount, Input, MarketTime, Number, Ratio
from engine.strategies.registry import REGISTRY

MARKET = "recording/coinbase_BTC-USD_1m_2020-02/BTC-USD"
ASKED = {
    "name": "Morning cross", "strategy": "ma_cross", "params": PARAMS, "controls": CONTROLS_EXAMPLE, "market": MARKET,
    "timeframe": "15m", "start": "2020-02-10T00:00:00Z", "end": "2020-02-17T00:00:00Z", "cash": "10000",
    "fee": "0.006", "slippage": "0.0002",
}  # fmt: skip
BACKTEST = {
    **ASKED, "id": "7b0f1c1e-52b4-4a0c-9f0e-0a6f3f1f2a10", "strategy_version": 1,
    "market_title": "Recorded BTC-USD, February 2020", "product": "BTC-USD", "currency": "USD", "granularity": "1m",
    "state": "running", "stage": "simulate", "progress": 0.35, "before": 0, "bars": 10080, "bars_done": 5040,
    "bars_per_second": 1250000.0, "elapsed": 0.8, "remaining": 1.5, "attempts": 1, "error": "", "total_return": None,
    "trades": None, "created": "2026-01-01T12:00:00Z", "started": "2026-01-01T12:00:01Z", "finished": None,
}  # fmt: skip


class BacktestCreate(Input):
    """What is tested. Parameters are those of the strategy: `GET /strategies/`; candles: `GET /backtests/markets/`."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False, help_text="The strategy's title by default.")
    strategy = serializers.ChoiceField(list(REGISTRY))
    params = serializers.DictField(child=Number(), default=dict)
    controls = ControlsSerializer(default=dict)
    market = serializers.CharField(max_length=120)
    timeframe = Timeframe(required=False, help_text="At whose closes it decides; the strategy's own by default.")
    start = serializers.DateTimeField(
        required=False, help_text="Bars that open from then on; as far back as there are any by default."
    )
    end = serializers.DateTimeField(required=False, help_text="Bars that open before; up to the newest by default.")
    cash = Amount(default=Decimal(10_000), max_value=MOST_CASH, help_text="Quote currency at the start.")
    fee = Amount(default=Decimal("0.006"), min_value=0, max_value=MOST_COST, help_text="Ratio of each fill's amount.")
    slippage = Amount(
        default=Decimal(0),
        min_value=0,
        max_value=MOST_COST,
        help_text="Ratio by which market and stop fills slip.",
    )
    example = ASKED


class BacktestSerializer(serializers.Serializer[Any]):
    """A backtest with its progress."""

    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    strategy = serializers.CharField()
    strategy_version = serializers.IntegerField()
    params = serializers.DictField(child=Number())
    controls = serializers.DictField()
    market = serializers.CharField()
    market_title = serializers.CharField()
    product = serializers.CharField(source="symbol")
    currency = serializers.CharField(source="quote")
    timeframe = Timeframe()
    granularity = Timeframe(help_text="Of the bars that are played.")
    start = MarketTime()
    end = MarketTime()
    cash, fee, slippage = Amount(), Amount(), Amount()
    state = serializers.ChoiceField(State.choices)
    stage = serializers.ChoiceField(Stage.choices, allow_blank=True, help_text="What a running one is at.")
    progress = serializers.FloatField(help_text="From 0 to 1.")
    before = serializers.SerializerMethodField(help_text="How many run or wait before it.")
    bars = serializers.IntegerField(help_text="To play; 0 until they are loaded.")
    bars_done = serializers.IntegerField()
    bars_per_second = Ratio(source="rate", allow_null=True)
    elapsed = serializers.SerializerMethodField(help_text="Seconds it has run for; null before.")
    remaining = serializers.SerializerMethodField(help_text="Seconds it will still need; null when nobody knows.")
    attempts = serializers.IntegerField(help_text="Workers that began it.")
    error = serializers.CharField(allow_blank=True, help_text="Why it failed.")
    total_return = serializers.SerializerMethodField(help_text="Ratio; null before it is done.")
    trades = serializers.SerializerMethodField(help_text="Closed trades; null before it is done.")
    created = serializers.DateTimeField()
    started = serializers.DateTimeField(allow_null=True)
    finished = serializers.DateTimeField(allow_null=True)
    example = BACKTEST

    def get_before(self, backtest: Any) -> int:
        return int(self.context["before"](backtest))

    def get_elapsed(self, backtest: Any) -> float | None:
        return round(backtest.elapsed.total_seconds(), 3) if backtest.elapsed is not None else None

    def get_remaining(self, backtest: Any) -> float | None:
        return round(backtest.remaining.total_seconds(), 3) if backtest.remaining is not None else None

    def get_total_return(self, backtest: Any) -> float | None:
        metrics = _metrics(backtest)
        return metrics["total_return"] if metrics else None

    def get_trades(self, backtest: Any) -> int | None:
        metrics = _metrics(backtest)
        return metrics["trades"] if metrics else None


def _metrics(backtest: Any) -> dict[str, Any] | None:
    result = getattr(backtest, "result", None)
    return result.metrics if result is not None else None


class MarketSerializer(serializers.Serializer[Any]):
    """What can be played again."""

    market = serializers.CharField(source="key", help_text="As `market` of a new backtest.")
    title = serializers.CharField()
    product = serializers.CharField(source="rules.symbol")
    currency = serializers.CharField(source="quote")
    candles = serializers.SerializerMethodField(help_text="From when to when there are bars, by timeframe.")
    example = {
        "market": MARKET, "title": "Recorded BTC-USD, February 2020", "product": "BTC-USD", "currency": "USD",
        "candles": {"1m": {"start": "2020-02-10T00:00:00Z", "end": "2020-02-17T00:00:00Z"}},
    }  # fmt: skip

    def get_candles(self, source: Any) -> dict[str, dict[str, str]]:
        name, time = Timeframe().to_representation, MarketTime().to_representation
        return {
            name(seconds): {"start": str(time(first)), "end": str(time(end))}
            for seconds, (first, end) in sorted(source.spans.items())
        }


class ResultTradeSerializer(serializers.Serializer[Any]):
    """Net of fees. A trade with reason 'end' was still open: valued at the last close, not sold."""

    entry_time = serializers.DateTimeField()
    exit_time = serializers.DateTimeField()
    entry_price = serializers.FloatField()
    exit_price = serializers.FloatField()
    quantity = serializers.FloatField()
    fees = serializers.FloatField()
    pnl = serializers.FloatField()
    reason = serializers.CharField()


class EquityPointSerializer(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    equity = serializers.FloatField()
    buy_and_hold = serializers.FloatField()
    drawdown = serializers.FloatField(help_text="Deepest since the point before, as a ratio.")


class BacktestResultSerializer(serializers.Serializer[Any]):
    """What a backtest gave, as `manage.py backtest --json` prints it and more. Undefined figures are null."""

    id = serializers.UUIDField()
    engine_version = serializers.CharField()
    data_hash = serializers.CharField(help_text="SHA-256 of the candles.")
    results_hash = serializers.CharField(help_text="Of every decision, order and fill.")
    seconds = serializers.FloatField(help_text="Wall time of the run.")
    warmup_bars = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    assumptions = serializers.ListField(child=serializers.CharField())
    metrics = serializers.DictField(child=serializers.JSONField(allow_null=True))
    months = serializers.ListField(child=serializers.DictField())
    reasons = serializers.ListField(child=serializers.DictField())
    costs = serializers.DictField(child=serializers.FloatField(allow_null=True))
    quality = serializers.DictField(help_text="What is doubtful about the candles.")
    equity = EquityPointSerializer(many=True)
    trades = ResultTradeSerializer(many=True)
    example = {
        "id": BACKTEST["id"], "engine_version": "1+3f9c2a71be", "data_hash": "9b1f...", "results_hash": "5c0e...",
        "seconds": 0.9, "warmup_bars": 31, "warnings": [], "assumptions": ["One bot alone on an account of its own."],
        "metrics": {"total_return": -0.0437, "sharpe": None, "trades": 72},
        "months": [{"month": "2020-02", "return": -0.0437, "profit": -437.2, "trades": 72, "wins": 1}],
        "reasons": [{"reason": "signal", "trades": 72, "wins": 1, "profit": -440.8, "fees": 425.6}],
        "costs": {"fees": 425.6, "slippage": 0.0, "turnover": 70937.4, "gross": -11.2, "share_of_turnover": 0.006,
                  "share_of_gross": None},
        "quality": {"missing": 0, "checks": []},
        "equity": [{"time": "2020-02-10T00:00:00Z", "equity": 10000.0, "buy_and_hold": 10000.0, "drawdown": 0.0}],
        "trades": [
            {"entry_time": "2020-02-10T07:35:00Z", "exit_time": "2020-02-10T08:30:00Z", "entry_price": 10006.36,
             "exit_price": 9929.44, "quantity": 0.04993956, "fees": 5.97, "pnl": -9.81, "reason": "signal"},
        ],
    }  # fmt: skip
