"""Backtests a strategy on a candle file."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.backtests.checks import MOST_CASH, MOST_COST
from apps.backtests.report import backtest_json, backtest_text
from apps.backtests.request import number, parameters, rules_of
from apps.backtests.simulation import Request, simulate
from apps.markets.files import CandleFileError, read_candles
from apps.markets.imports import timeframe_parse
from engine.backtest.run import BacktestError
from engine.config import BotSettings, Costs
from engine.kinds import SizeMode
from engine.strategies.base import ParameterError
from engine.strategies.registry import REGISTRY, find_strategy
from engine.strategies.validation import validate, warnings


class Command(BaseCommand):
    help = (
        "Backtest a strategy on a candle file (Parquet or CSV: time, open, high, low, close, volume): one bot alone on "
        "an account, without risk limits. Signals trade at the next open; the first bars only warm the strategy up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--strategy", required=True, help=f"one of {', '.join(REGISTRY)}")
        parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="may be repeated")
        parser.add_argument("--candles", required=True, type=Path, metavar="FILE")
        parser.add_argument("--product", required=True, help="such as BTC-USD; gives increments and minimums")
        parser.add_argument("--timeframe", default="1m", help="at whose closes it decides (default 1m)")
        parser.add_argument("--cash", default="10000", help="quote at the start (default 10000)")
        parser.add_argument("--fee", default="0.006", help="ratio of each fill's amount (default 0.006)")
        parser.add_argument("--frac", default="0.25", help="share of equity a trade buys for (default 0.25)")
        parser.add_argument(
            "--slippage", default="0", help="ratio by which market and stop fills are worse (default 0)"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document, lines = _backtest(options)
        except (CandleFileError, ParameterError, BacktestError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            fields = error.message_dict.items()
            raise CommandError("; ".join(f"{field} {' '.join(messages)}" for field, messages in fields)) from error
        self.stdout.write(json.dumps(document, indent=2) if options["json"] else "\n".join(lines))


def _backtest(options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The run as a JSON document and as lines."""
    strategy = find_strategy(options["strategy"])
    params = validate(strategy, parameters(options["param"]))
    fee = number("fee", options["fee"], most=MOST_COST, zero=True)
    costs = Costs(maker=fee, taker=fee, slippage=number("slippage", options["slippage"], most=MOST_COST, zero=True))
    size = number("frac", options["frac"], most=Decimal(1))
    cash = number("cash", options["cash"], most=MOST_CASH)
    timeframe, product = timeframe_parse(options["timeframe"]), rules_of(options["product"])
    candles = read_candles(options["candles"])
    request = Request(
        strategy=strategy.name,
        params=params,
        product=product,
        costs=costs,
        settings=BotSettings(size_mode=SizeMode.EQUITY, size=float(size)),
        cash=float(cash),
        timeframe=timeframe,
    )
    result = simulate(candles, request, granularity=_granularity(candles, timeframe))
    asked = {
        "strategy": strategy.name,
        "strategy_version": strategy.version,
        "params": params,
        "product": product.symbol,
        "timeframe": options["timeframe"],
        "warmup_bars": strategy.warmup(params),
        "warnings": warnings(strategy, params, costs),
    }
    head = [f"{strategy.title} on {product.symbol}, {options['timeframe']}", *asked["warnings"], ""]
    return asked | backtest_json(result, product), head + backtest_text(result, product)


def _granularity(candles: np.ndarray, timeframe: int) -> int:
    """Seconds between the file's bars, gaps aside."""
    steps = np.diff(candles["time"])
    return int(np.gcd.reduce(steps)) if len(steps) else timeframe
