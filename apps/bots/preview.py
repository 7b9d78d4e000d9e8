"""What a bot would do, said before it exists: warnings, the size of its first order, the data it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.accounts.costs import account_costs
from apps.accounts.models import TradingAccount
from apps.bots.controls import MOST
from apps.markets.models import Feed, Product
from apps.operations.formats import exact, money, percent, span, timeframe
from apps.portfolio.selectors import equity
from apps.risk.selectors import limits
from engine.strategies.base import Strategy
from engine.strategies.validation import warnings


@dataclass(frozen=True)
class Preview:
    """Amounts in quote; None = unknown."""

    warnings: list[str]
    order: Decimal | None  # what the first entry would cost without its fee
    round_trip: Decimal | None  # fees and slippage of buying and selling it
    round_trip_ratio: Decimal
    first_decision: str


def preview(
    *, account: TradingAccount, product: Product, strategy: Strategy, seconds: int, params: dict[str, Any],
    controls: Mapping[str, Any],
) -> Preview:  # fmt: skip
    """For a bot with these settings on this account, at the last price."""
    costs = account_costs(account)
    ratio = 2 * (costs.taker + costs.slippage)
    wanted = _order(account, params, controls)
    cap = _cap(account)
    order = wanted if wanted is None or cap is None else min(wanted, cap)
    found = warnings(strategy, params, costs) + _size_warnings(product, wanted, cap, controls)
    if seconds < 900 and not params.get("target") and not params.get("stop"):
        found.append("There is no stop: only the opposite signal ends a trade.")
    if controls["confirmation"] and not strategy.confirmation:
        found.append(f"Signals of {strategy.title} are short: few or none last for a confirmation.")
    feed = Feed.objects.filter(product=product).first()
    if feed is None or feed.price is None:
        found.append(f"{product.symbol} has no price yet: the bot waits for the market to begin.")
    bars = strategy.warmup(params)
    return Preview(
        warnings=found,
        order=order,
        round_trip=None if order is None else order * ratio,
        round_trip_ratio=ratio,
        first_decision=f"needs {bars} closed bars of {timeframe(seconds)}, {span(bars * seconds)} of market time; "
        "recorded history counts",
    )


def _order(account: TradingAccount, params: Mapping[str, Any], controls: Mapping[str, Any]) -> Decimal | None:
    mode, size = controls["size_mode"], exact(controls["size"])
    if mode == "quote":
        return size
    worth = equity(account).equity
    if worth is None:
        return None
    if mode == "equity":
        return worth * size
    stop = exact(params.get("stop") or 0)
    return worth * size / stop if stop else None


def _cap(account: TradingAccount) -> Decimal | None:
    """The largest position that the account's limits allow; None when off or unknown."""
    ratio = limits([account])[account.pk].max_position
    worth = equity(account).equity
    return worth * exact(ratio) if ratio and worth is not None else None


def _size_warnings(
    product: Product, order: Decimal | None, cap: Decimal | None, controls: Mapping[str, Any]
) -> list[str]:
    if order is None:
        needs_stop = controls["size_mode"] == "risk"
        return ["Sizing by risk needs a stop: without one no entry is made."] if needs_stop else []
    found = []
    if cap is not None and order > cap:
        found.append(
            f"The size of {money(order, product.quote)} is above the account's limit of {money(cap, product.quote)} a "
            "position and is cut to it."
        )
    if min(order, cap or order) < product.quote_min_size:
        found.append(
            f"An order of {money(order, product.quote)} is below the market's minimum of "
            f"{money(product.quote_min_size, product.quote)}: no entry is made."
        )
    if controls["size_mode"] in MOST and controls["size"] >= 0.5:
        found.append(f"{percent(controls['size'])} in one trade leaves little for the next.")
    return found
