"""Plays an advanced order over a candle file."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.backtests.checks import MOST_CASH, MOST_COST
from apps.backtests.order_report import order_json
from apps.backtests.request import number, parameters, rules_of
from apps.markets.files import CandleFileError, read_candles
from engine.config import Costs, ProductRules, rules_record
from engine.kinds import OrderKind
from engine.plans.definitions import DEFINITIONS
from engine.plans.simulate import simulate
from engine.plans.validate import compile_plan, validate
from engine.strategies.base import ParameterError

KINDS = {definition.name: kind for kind, definition in DEFINITIONS.items()}
HELD = {kind.name.lower(): kind for kind in (OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET)}


class Command(BaseCommand):
    help = (
        "Play an advanced order over a candle file (Parquet or CSV) and print its orders and fills as JSON. The same "
        "code decides as on paper and live; orders arrive with the event that caused them, the exchange takes no time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", required=True, help=f"one of {', '.join(KINDS)}")
        parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="may be repeated")
        parser.add_argument("--candles", required=True, type=Path, metavar="FILE")
        parser.add_argument("--product", required=True, help="such as BTC-USD; gives increments and minimums")
        parser.add_argument(
            "--native", action="append", default=[], choices=HELD,
            help="a kind of order that the exchange holds itself; may be repeated (default none)",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, default=0, help="of an iceberg's slices (default 0)")
        parser.add_argument("--funds", default="", help="quote that a buy may cost (default: any)")
        parser.add_argument("--fee", default="0.006", help="ratio of each fill's amount (default 0.006)")
        parser.add_argument("--slippage", default="0", help="ratio by which takers' fills are worse (default 0)")
        parser.add_argument(
            "--volume-share", default="0", help="share of a bar's volume that fills at most, 0 = all (default 0)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = _play(options)
        except (CandleFileError, ParameterError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            fields = error.message_dict.items()
            raise CommandError("; ".join(f"{field} {' '.join(messages)}" for field, messages in fields)) from error
        self.stdout.write(json.dumps(document, indent=2))


def _play(options: dict[str, Any]) -> dict[str, Any]:
    if options["kind"] not in KINDS:
        raise ValidationError({"kind": f"must be one of {', '.join(KINDS)}, was {options['kind']!r}"})
    kind, product = KINDS[options["kind"]], rules_of(options["product"])
    candles = read_candles(options["candles"])
    params = validate(kind, parameters(options["param"]), product=product, last=_first(candles, product))
    native = frozenset(HELD[name] for name in options["native"])
    plan = compile_plan(kind, params, product=product, native=native, seed=options["seed"])
    done = simulate(
        plan, candles, rules_record(product, _costs(options))[0], granularity=_granularity(candles),
        **({"funds": float(number("funds", options["funds"], most=MOST_CASH))} if options["funds"] else {}),
    )  # fmt: skip
    asked = {name: str(value) for name, value in params.items() if value is not None}
    return {"kind": options["kind"], "product": product.symbol, "params": asked} | order_json(done, product)


def _costs(options: dict[str, Any]) -> Costs:
    fee = number("fee", options["fee"], most=MOST_COST, zero=True)
    return Costs(
        maker=fee,
        taker=fee,
        slippage=number("slippage", options["slippage"], most=MOST_COST, zero=True),
        volume_share=number("volume-share", options["volume_share"], most=Decimal(1), zero=True),
    )


def _first(candles: np.ndarray, product: ProductRules) -> Decimal:
    """The price before the order: the first candle's open."""
    return Decimal(float(candles[0]["open"])).quantize(product.tick)


def _granularity(candles: np.ndarray) -> int:
    """Seconds between the file's bars, gaps aside."""
    steps = np.diff(candles["time"])
    return int(np.gcd.reduce(steps)) if len(steps) else 60
