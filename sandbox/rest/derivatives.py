"""Futures and perpetuals: an account that has none. And the few calls of the older v2 API that clients make."""

from sandbox.money import ZERO, plain
from sandbox.refusals import not_found
from sandbox.rest.calls import Answer, Call
from sandbox.rest.rows import CASH, Row, money

NONE = {"value": "0", "currency": "USD"}
MARGIN: Row = {
    "margin_window_type": "FCM_MARGIN_WINDOW_TYPE_INTRADAY", "margin_level": "MARGIN_LEVEL_TYPE_BASE",
    "initial_margin": "0", "maintenance_margin": "0", "liquidation_buffer": "0", "total_hold": "0",
    "futures_buying_power": "0",
}  # fmt: skip


def summary(call: Call) -> Answer:
    names = (
        "futures_buying_power", "total_usd_balance", "cbi_usd_balance", "cfm_usd_balance",
        "total_open_orders_hold_amount", "unrealized_pnl", "daily_realized_pnl", "initial_margin", "available_margin",
        "liquidation_threshold", "liquidation_buffer_amount",
    )  # fmt: skip
    usd = money(call.venue.exchange.ledger.total(call.user, "USD"), "USD")
    row: Row = {name: usd if name in ("total_usd_balance", "cbi_usd_balance") else NONE for name in names}
    measures = {"intraday_margin_window_measure": MARGIN, "overnight_margin_window_measure": MARGIN}
    return {"balance_summary": {**row, "liquidation_buffer_percentage": "1000", **measures}}


def positions(call: Call) -> Answer:
    return {"positions": []}


def position(call: Call) -> Answer:
    raise not_found("futures position was not found")


def sweeps(call: Call) -> Answer:
    return {"sweeps": []}


def accepted(call: Call) -> Answer:
    return {"success": True}


def margin_setting(call: Call) -> Answer:
    return {"setting": "INTRADAY_MARGIN_SETTING_STANDARD"}


def nothing(call: Call) -> Answer:
    return {}


def margin_window(call: Call) -> Answer:
    return {
        "margin_window": {"margin_window_type": "FCM_MARGIN_WINDOW_TYPE_INTRADAY", "end_time": ""},
        "is_intraday_margin_killswitch_enabled": False, "is_intraday_margin_enrollment_killswitch_enabled": False,
    }  # fmt: skip


def perpetuals(call: Call) -> Answer:
    raise not_found("perpetuals portfolio was not found")  # the family is retired; no user here has one


def v2_time(call: Call) -> Answer:
    moment = call.venue.skewed()
    return {"data": {"iso": call.venue.iso(moment), "epoch": moment // 1_000_000_000}}


def v2_currencies(call: Call) -> Answer:
    return {"data": [{"id": name, "name": name, "min_size": "0.01"} for name in sorted(CASH)]}


def v2_crypto(call: Call) -> Answer:
    names = [name for name in call.venue.exchange.products.currencies() if name not in CASH]
    return {"data": [
        {"code": name, "name": name, "color": "", "sort_index": place, "exponent": 8, "type": "crypto",
         "address_regex": "", "asset_id": name}
        for place, name in enumerate(names)
    ]}  # fmt: skip


def v2_rates(call: Call) -> Answer:
    exchange = call.venue.exchange
    unit = exchange.usd(call.query("currency") or "USD")
    rates = {}
    for name in exchange.products.currencies():
        worth = exchange.usd(name)
        rates[name] = plain(round(unit / worth, 16)) if worth else plain(ZERO)
    return {"data": {"currency": call.query("currency") or "USD", "rates": rates}}


def v2_accounts(call: Call) -> Answer:
    rows = [
        {
            "id": wallet.uuid, "name": f"{wallet.currency} Wallet", "primary": False, "type": "wallet",
            "currency": {"code": wallet.currency, "name": wallet.currency, "type": "crypto"},
            "balance": {"amount": plain(wallet.total), "currency": wallet.currency}, "resource": "account",
        }
        for wallet in call.venue.exchange.ledger.wallets(call.user)
    ]  # fmt: skip
    paging = {"ending_before": None, "starting_after": None, "limit": 250, "order": "desc", "next_uri": None}
    return {"pagination": paging, "data": rows}
