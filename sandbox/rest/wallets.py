"""Accounts, the key's permissions, fees."""

from decimal import Decimal

from sandbox.keys import TRADE, TRANSFER, VIEW
from sandbox.money import ZERO, plain
from sandbox.refusals import invalid, not_found
from sandbox.rest.calls import Answer, Call
from sandbox.rest.rows import wallet_row

USUAL_PAGE, LARGEST_PAGE = 49, 250


def listing(call: Call) -> Answer:
    wallets = call.venue.wallets(call.user)
    limit = min(call.number("limit", USUAL_PAGE) or USUAL_PAGE, LARGEST_PAGE)
    cursor = call.query("cursor")
    ids = [wallet.uuid for wallet in wallets]
    if cursor and cursor not in ids:
        raise invalid("cursor is invalid")
    first = ids.index(cursor) + 1 if cursor else 0
    page = wallets[first : first + limit]
    more = first + limit < len(wallets)
    return {
        "accounts": [wallet_row(wallet) for wallet in page], "has_next": more, "cursor": page[-1].uuid if more else "",
        "size": len(page),
    }  # fmt: skip


def show(call: Call) -> Answer:
    for wallet in call.venue.wallets(call.user):
        if wallet.uuid == call.part("account_uuid"):
            return {"account": wallet_row(wallet)}
    raise not_found("account not found")


def permissions(call: Call) -> Answer:
    key = call.key
    scopes, portfolio = (key.scopes, key.portfolio) if key else (set(), "")
    return {
        "can_view": VIEW in scopes, "can_trade": TRADE in scopes, "can_transfer": TRANSFER in scopes,
        "portfolio_uuid": portfolio, "portfolio_type": "DEFAULT",
    }  # fmt: skip


def fees(call: Call) -> Answer:
    exchange = call.venue.exchange
    volume, paid = exchange.fees.month(call.user, call.now)
    tier = exchange.fees.tier(call.user, call.now)
    tiers = exchange.fees.tiers
    place = tiers.index(tier)
    above = plain(tiers[place + 1].volume) if place + 1 < len(tiers) else ""
    from_volume = plain(tier.volume)
    return {
        "total_volume": float(volume), "total_fees": float(paid),
        "fee_tier": {
            "pricing_tier": tier.name, "usd_from": from_volume, "usd_to": above, "taker_fee_rate": plain(tier.taker),
            "maker_fee_rate": plain(tier.maker), "aop_from": "", "aop_to": "", "perps_vol_from": "",
            "perps_vol_to": "", "futures_vol_from": "", "futures_vol_to": "",
            "volume_types_and_range": [
                {"volume_types": ["VOLUME_TYPE_SPOT"], "vol_from": from_volume, "vol_to": above}
            ],
        },
        "margin_rate": None, "goods_and_services_tax": None, "advanced_trade_only_volume": float(volume),
        "advanced_trade_only_fees": float(paid), "coinbase_pro_volume": 0, "coinbase_pro_fees": 0,
        "total_balance": f"{worth(call):.2f}", "has_promo_fee": False,
        "volume_breakdown": [{"volume_type": "VOLUME_TYPE_SPOT", "volume": float(volume)}],
        "has_cost_plus_commission": False,
    }  # fmt: skip


def worth(call: Call) -> Decimal:
    """All that the user owns, in USD."""
    exchange = call.venue.exchange
    wallets = exchange.ledger.wallets(call.user)
    return sum((wallet.total * exchange.usd(wallet.currency) for wallet in wallets), ZERO)
