"""An order as a request describes it: names and types as the exchange's gateway wants them."""

import json
from typing import Any

from sandbox.placing import Request
from sandbox.refusals import undecodable
from sandbox.rest.calls import Call

FIELDS = frozenset({
    "client_order_id", "product_id", "side", "order_configuration", "attached_order_configuration", "leverage",
    "margin_type", "preview_id", "sor_preference", "cost_basis_method", "retail_portfolio_id",
    "equity_order_metadata", "prediction_metadata", "self_trade_prevention_id", "commission_rate", "is_max",
    "tradable_balance", "skip_fcm_risk_check",
})  # fmt: skip
SIZES, LIMITED = "base_size quote_size", "base_size quote_size limit_price"
STOPPED, SLICED = "stop_price stop_direction", "start_time end_time number_buckets bucket_size bucket_duration"
SPREAD = "orders num_orders min_price max_price price_distribution size_distribution size_diff size_ratio"
COMMON = "rfq_enabled rfq_disabled reduce_only currency_size"  # of each
VARIANTS = {
    variant: frozenset(f"{names} {COMMON}".split())
    for variant, names in {
        "market_market_ioc": SIZES,
        "market_market_fok": SIZES,
        "sor_limit_ioc": LIMITED,
        "limit_limit_gtc": f"{LIMITED} post_only",
        "limit_limit_gtd": f"{LIMITED} post_only end_time",
        "limit_limit_fok": LIMITED,
        "stop_limit_stop_limit_gtc": f"{LIMITED} {STOPPED}",
        "stop_limit_stop_limit_gtd": f"{LIMITED} {STOPPED} end_time",
        "trigger_bracket_gtc": f"{LIMITED} stop_trigger_price",
        "trigger_bracket_gtd": f"{LIMITED} stop_trigger_price end_time",
        "twap_limit_gtd": f"{LIMITED} {SLICED}",
        "scaled_limit_gtc": f"{SIZES} {SPREAD}",
    }.items()
}
SWITCHES = frozenset({"post_only", "rfq_enabled", "rfq_disabled", "reduce_only"})
COUNTS = frozenset({"num_orders", "number_buckets"})


def read_request(call: Call) -> Request:
    """Raises Denied for a name that the gateway does not know, or a value of another type."""
    _check_names(call.body, FIELDS)
    attached = _configuration(call, "attached_order_configuration")
    return Request(
        call.text("client_order_id"), call.text("product_id"), call.text("side"),
        _configuration(call, "order_configuration"), attached or None, call.text("preview_id"), fail=call.fail,
    )  # fmt: skip


def _configuration(call: Call, name: str) -> dict[str, Any]:
    configuration = call.mapping(name) or {}
    _check_names(configuration, frozenset(VARIANTS))
    for variant, fields in configuration.items():
        if not isinstance(fields, dict):
            raise undecodable(f"(line 1:2): unexpected token {json.dumps(fields)}")
        _check_names(fields, VARIANTS[variant])
        for field, value in fields.items():
            if value is not None and field != "orders":
                _check_type(field, value)
    return configuration


def _check_names(row: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := set(row) - known:
        raise undecodable(f'(line 1:2): unknown field "{min(unknown)}"')


def _check_type(field: str, value: object) -> None:
    if field in SWITCHES:
        right, kind = isinstance(value, bool), "bool"
    elif field in COUNTS:
        right, kind = isinstance(value, str | int) and not isinstance(value, bool), "int64"
    else:
        right, kind = isinstance(value, str), "string"
    if not right:
        raise undecodable(f"(line 1:2): invalid value for {kind} field {field}: {json.dumps(value)}")
