"""Portfolios, conversions between stable currencies, payment methods."""

from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from sandbox.accounts import OUTSIDE
from sandbox.clock import stamp
from sandbox.keys import portfolio_of
from sandbox.money import MOST, amount, plain
from sandbox.refusals import invalid, not_found
from sandbox.rest.calls import Answer, Call
from sandbox.rest.rows import CASH, Row, money
from sandbox.rest.wallets import worth

CONVERTIBLE = ({"USD", "USDC"}, {"PYUSD", "USD"}, {"EURC", "EUR"}, {"PYUSD", "USDC"})


def listing(call: Call) -> Answer:
    wanted = call.query("portfolio_type")
    rows = [row for row in _mine(call).values() if not row["deleted"] and wanted in ("", row["type"])]
    return {"portfolios": rows}


def create(call: Call) -> Answer:
    if not call.text("name"):
        raise invalid("name is required")
    row = _portfolio(call.text("name"), str(uuid4()), "CONSUMER")
    _mine(call)[row["uuid"]] = row
    return {"portfolio": row}


def rename(call: Call) -> Answer:
    row = _find(call, call.part("portfolio_uuid"))
    row["name"] = call.text("name") or row["name"]
    return {"portfolio": row}


def delete(call: Call) -> Answer:
    row = _find(call, call.part("portfolio_uuid"))
    if row["type"] == "DEFAULT":
        raise invalid("the default portfolio cannot be deleted")
    row["deleted"] = True
    return {}


def move_funds(call: Call) -> Answer:
    funds = call.mapping("funds") or {}
    for name in ("source_portfolio_uuid", "target_portfolio_uuid"):
        _find(call, call.text(name))
    _positive(funds.get("value"))
    raise invalid("Insufficient balance in source account")  # a key sees and moves its own portfolio's money alone


def breakdown(call: Call) -> Answer:
    portfolio = _find(call, call.part("portfolio_uuid"))
    own = portfolio["uuid"] == portfolio_of(call.user)
    positions = _positions(call) if own else []
    total = worth(call) if own else amount("0")
    cash = sum(row["total_balance_fiat"] for row in positions if row["is_cash"])
    balances = {
        "total_balance": money(round(total, 2), "USD"), "total_futures_balance": {"value": "0", "currency": "USD"},
        "total_cash_equivalent_balance": {"value": f"{cash:.2f}", "currency": "USD"},
        "total_crypto_balance": {"value": f"{float(total) - cash:.2f}", "currency": "USD"},
        "futures_unrealized_pnl": {"value": "0", "currency": "USD"},
        "perp_unrealized_pnl": {"value": "0", "currency": "USD"},
        "total_equities_balance": {"value": "0", "currency": "USD"},
    }  # fmt: skip
    return {
        "breakdown": {
            "portfolio": portfolio, "portfolio_balances": balances, "spot_positions": positions, "perp_positions": [],
            "futures_positions": [], "equity_positions": [],
        }
    }  # fmt: skip


def _positions(call: Call) -> list[Row]:
    exchange, total = call.venue.exchange, float(worth(call)) or 1.0
    return [
        {
            "asset": wallet.currency, "account_uuid": wallet.uuid,
            "total_balance_fiat": float(wallet.total * exchange.usd(wallet.currency)),
            "total_balance_crypto": float(wallet.total), "allocation": float(
                wallet.total * exchange.usd(wallet.currency)) / total,
            "available_to_trade_fiat": float(wallet.available * exchange.usd(wallet.currency)),
            "available_to_trade_crypto": float(wallet.available), "cost_basis": {"value": "0", "currency": "USD"},
            "asset_img_url": "", "is_cash": wallet.currency in CASH,
            "average_entry_price": {"value": "0", "currency": "USD"}, "asset_uuid": "", "unrealized_pnl": 0.0,
            "account_type": "ACCOUNT_TYPE_FIAT" if wallet.currency in CASH else "ACCOUNT_TYPE_CRYPTO",
        }
        for wallet in exchange.ledger.wallets(call.user)
    ]  # fmt: skip


def quote(call: Call) -> Answer:
    pair = _currency(call, call.text("from_account")), _currency(call, call.text("to_account"))
    if set(pair) not in CONVERTIBLE:
        raise invalid("User is not allowed to convert crypto")
    value = _positive(call.text("amount"))
    trade = _trade(str(uuid4()), *pair, plain(value))
    call.venue.conversions[trade["id"]] = {"user": call.user, "trade": trade}
    return {"trade": trade}


def commit(call: Call) -> Answer:
    trade = _conversion(call)
    if trade["status"] != "TRADE_STATUS_CREATED":
        return {"trade": trade}
    ledger, value = call.venue.exchange.ledger, amount(trade["amount"]["value"])
    source, target = trade["source_currency"], trade["target_currency"]
    if ledger.available(call.user, source) < value or ledger.total(call.user, target) + value > MOST:
        raise invalid("Insufficient balance in source account")
    ledger.move(call.now, trade["id"], source, value, source=call.user, target=OUTSIDE)
    ledger.move(call.now, trade["id"], target, value, source=OUTSIDE, target=call.user)
    trade["status"] = "TRADE_STATUS_COMPLETED"
    return {"trade": trade}


def conversion(call: Call) -> Answer:
    return {"trade": _conversion(call)}


def payment_methods(call: Call) -> Answer:
    return {"payment_methods": [_payment(call)]}


def payment_method(call: Call) -> Answer:
    row = _payment(call)
    if call.part("payment_method_id") != row["id"]:
        raise not_found("payment method was not found")
    return {"payment_method": row}


def _mine(call: Call) -> dict[str, Row]:
    mine = call.venue.portfolios.setdefault(call.user, {})
    default = portfolio_of(call.user)
    mine.setdefault(default, _portfolio("Default", default, "DEFAULT"))
    return mine


def _find(call: Call, uuid: str) -> Row:
    row = _mine(call).get(uuid)
    if row is None or row["deleted"]:
        raise not_found("portfolio was not found")
    return row


def _portfolio(name: str, uuid: str, kind: str) -> Row:
    return {"name": name, "uuid": uuid, "type": kind, "deleted": False}


def _conversion(call: Call) -> Row:
    found = call.venue.conversions.get(call.part("trade_id"))
    if found is None or found["user"] != call.user:
        raise not_found("trade was not found")
    trade: Row = found["trade"]
    return trade


def _positive(text: object) -> Decimal:
    try:
        value = amount(text)
    except ValueError as error:
        raise invalid(str(error)) from None
    if value <= 0:
        raise invalid(f"an amount must be above 0, was {plain(value)}")
    return value


def _currency(call: Call, text: str) -> str:
    """Accounts are named by their currency, formerly by their id."""
    wallets = call.venue.exchange.ledger.wallets(call.user)
    return next((wallet.currency for wallet in wallets if wallet.uuid == text), text)


def _trade(uuid: str, source: str, target: str, value: str) -> dict[str, Any]:
    def given() -> Row:
        return {"value": value, "currency": source}

    return {
        "id": uuid, "status": "TRADE_STATUS_CREATED", "user_entered_amount": given(), "amount": given(),
        "subtotal": given(), "total": given(), "fees": [],
        "total_fee": {"title": "", "description": "", "amount": {"value": "0", "currency": source}, "label": ""},
        "source": {"type": "", "network": ""}, "target": {"type": "", "network": ""}, "unit_price": {},
        "user_warnings": [], "user_reference": "", "source_currency": source, "target_currency": target,
        "source_id": "", "target_id": "", "exchange_rate": {"value": "1", "currency": target}, "tax_details": [],
        "fiat_denoted_total": given(),
    }  # fmt: skip


def _payment(call: Call) -> Row:
    since = stamp(call.venue.began)
    return {
        "id": str(uuid5(NAMESPACE_URL, f"payment/{call.user}")), "type": "COINBASE_FIAT_ACCOUNT",
        "name": "USD Wallet", "currency": "USD", "verified": True, "allow_buy": True, "allow_sell": True,
        "allow_deposit": True, "allow_withdraw": True, "created_at": since, "updated_at": since,
    }  # fmt: skip
