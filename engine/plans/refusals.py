"""What does not go together in an advanced order. Every rule raises ParameterError."""

from collections.abc import Callable
from decimal import Decimal

from engine.config import ProductRules
from engine.kinds import PlanKind
from engine.plans.fields import Params
from engine.strategies.base import ParameterError


def check(kind: PlanKind, params: Params, product: ProductRules, last: Decimal | None) -> None:
    """Sizes, then what the kind itself demands."""
    _size("quantity", params["quantity"], _reference(params, last), product)
    RULES[kind](params, product, last)


def _reference(params: Params, last: Decimal | None) -> Decimal | None:
    """A price near to which it trades; the lowest of those known, so that none of them is below the least notional."""
    known = [last, *(params.get(name) for name in ("limit_price", "stop_limit_price", "stop_price", "target_price"))]
    return min((price for price in known if price is not None), default=None)


def _size(field: str, quantity: Decimal, price: Decimal | None, product: ProductRules) -> None:
    if quantity < product.min_size:
        raise ParameterError(field, str(quantity), f"must be at least {product.min_size}")
    if price is not None and quantity * price < product.min_notional:
        raise ParameterError(field, str(quantity), f"must be worth at least {product.min_notional} at {price}")


def _beyond(params: Params, field: str, other: Decimal | None, above: bool, words: str, equal: bool = False) -> None:
    """The field's price stands above (or below) another."""
    value = params.get(field)
    if value is None or other is None or (equal and value == other):
        return
    if value == other or (value > other) != above:
        raise ParameterError(field, str(value), f"must be {'above' if above else 'below'} {words} ({other})")


def _stop(params: Params, sells: bool, limit: str, last: Decimal | None) -> None:
    """A stop behind the market, its limit not better than the stop."""
    _beyond(params, "stop_price", last, not sells, "the last price")
    _beyond(params, limit, params.get("stop_price"), not sells, "or at the stop price", equal=True)
    if params.get("escalate_cap") and not (params["escalate_after"] or params["escalate_beyond"]):
        rule = "must be 0 unless the order goes to the market after a time or beyond a price"
        raise ParameterError("escalate_cap", str(params["escalate_cap"]), rule)


def _trigger(params: Params, product: ProductRules, last: Decimal | None) -> None:
    sells = params["side"] == "sell"
    if params["when"] == "against":
        _stop(params, sells, "limit_price", last)
    else:
        _beyond(params, "stop_price", last, params["when"] == "above", "the last price")


def _oco(params: Params, product: ProductRules, last: Decimal | None) -> None:
    sells = params["side"] == "sell"
    _stop(params, sells, "stop_limit_price", last)
    _beyond(params, "target_price", last, sells, "the last price")
    _beyond(params, "target_price", params["stop_price"], sells, "the stop price")


def _bracket(params: Params, product: ProductRules, last: Decimal | None) -> None:
    buys = params["side"] == "buy"
    if params["stop_price"] is None and params["target_price"] is None:
        raise ParameterError("stop_price", None, "must be given unless there is a target price")
    entry, words = params["limit_price"] or last, "the entry price" if params["limit_price"] else "the last price"
    _beyond(params, "stop_price", entry, not buys, words)
    _beyond(params, "target_price", entry, buys, words)
    _beyond(params, "target_price", params["stop_price"], buys, "the stop price")
    _stop(params, buys, "stop_limit_price", None)
    if params["stop_limit_price"] is not None and params["stop_price"] is None:
        raise ParameterError("stop_limit_price", str(params["stop_limit_price"]), "must come with a stop price")
    if (params["time_in_force"] == "gtd") and params["expires"] is None:
        raise ParameterError("expires", None, "must be given for an entry that is good until a time")
    if params["post_only"] and params["time_in_force"] in {"ioc", "fok"}:
        raise ParameterError("post_only", True, "must be off for an entry that is filled at once or not")
    for name, wants_limit in (("post_only", params["post_only"]), ("time_in_force", params["time_in_force"] != "gtc")):
        if wants_limit and params["limit_price"] is None:
            raise ParameterError("limit_price", None, f"must be given for an entry with {name}")


def _trailing(params: Params, product: ProductRules, last: Decimal | None) -> None:
    sells = params["side"] == "sell"
    if (params["callback"] is None) == (params["callback_amount"] is None):
        raise ParameterError("callback", params["callback"], "must be given, or else callback_amount, and not both")
    if params["callback_amount"] is not None and last is not None:
        _beyond(params, "callback_amount", last, False, "the last price")
    if params["activation_profit"] is not None and params["entry_price"] is None:
        raise ParameterError("entry_price", None, "must be given for an activation profit")
    if params["activation_profit"] is not None and params["activation_price"] is not None:
        raise ParameterError("activation_price", str(params["activation_price"]), "must be left out with a profit")
    _beyond(params, "activation_price", last, sells, "the last price")
    if params["offset"] and params["order"] == "market":
        raise ParameterError("offset", str(params["offset"]), "must be 0 for a market order")
    _stop(params, sells, "stop_limit_price", None)


def _iceberg(params: Params, product: ProductRules, last: Decimal | None) -> None:
    if params["display"] >= params["quantity"]:
        raise ParameterError("display", str(params["display"]), f"must be below the quantity ({params['quantity']})")
    _size("display", params["display"] * (1 - params["variance"]), _reference(params, last), product)


def _twap(params: Params, product: ProductRules, last: Decimal | None) -> None:
    if params["duration"] < params["slices"]:
        raise ParameterError("duration", params["duration"], f"must be at least a second a slice ({params['slices']})")
    lots = product.lots(params["quantity"]) // params["slices"]
    try:
        _size("slices", product.quantity(lots), _reference(params, last), product)
    except ParameterError as error:
        raise ParameterError("slices", params["slices"], f"must be fewer: a slice {error.rule}") from None


RULES: dict[PlanKind, Callable[[Params, ProductRules, Decimal | None], None]] = {
    PlanKind.TRIGGER: _trigger,
    PlanKind.OCO: _oco,
    PlanKind.BRACKET: _bracket,
    PlanKind.TRAILING: _trailing,
    PlanKind.ICEBERG: _iceberg,
    PlanKind.TWAP: _twap,
}
