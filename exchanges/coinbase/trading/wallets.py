"""What the exchange knows of the account itself: balances, fees, what its key may do, portfolios."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.values import Malformed, exact, rows, text
from exchanges.port import Balance, Fees

PAGE = 250
ZERO = Decimal(0)
PAGES = 40
TRADED = ("ACCOUNT_TYPE_CRYPTO", "ACCOUNT_TYPE_FIAT")  # what lies in vaults cannot be traded


@dataclass(frozen=True)
class Permissions:
    """What a key may do, and the portfolio it is bound to."""

    view: bool
    trade: bool
    transfer: bool
    portfolio: str
    kind: str


def permissions(client: Client) -> Permissions:
    """Malformed unless each answer is a plain yes or no: a doubt must not pass for a no."""
    row = client.get("/key_permissions")
    for name in ("can_view", "can_trade", "can_transfer"):
        if not isinstance(row.get(name), bool):
            raise Malformed(f"{name} must be true or false, was {row.get(name)!r}")
    return Permissions(
        view=row["can_view"], trade=row["can_trade"], transfer=row["can_transfer"],
        portfolio=text(row, "portfolio_uuid"), kind=str(row.get("portfolio_type") or ""),
    )  # fmt: skip


def portfolios(client: Client) -> dict[str, str]:
    """Names by uuid, of those that are not deleted."""
    listed = rows(client.get("/portfolios"), "portfolios")
    return {text(row, "uuid"): str(row.get("name") or "") for row in listed if row.get("deleted") is not True}


def balances(client: Client) -> dict[str, Balance]:
    """All pages; more than 49 wallets come in several."""
    found: dict[str, Balance] = {}
    cursor = ""
    for _ in range(PAGES):
        page = client.get("/accounts", limit=PAGE, cursor=cursor or None)
        for row in rows(page, "accounts"):
            if row.get("type", TRADED[0]) in TRADED:
                _add(found, row)
        cursor = str(page.get("cursor") or "")
        if page.get("has_next") is not True or not cursor:
            return found
    raise Malformed(f"accounts must end within {PAGES} pages, went on")


def fees(client: Client) -> Fees:
    """The rates of spot trading, with the tax that comes on top of them where one does."""
    row = client.get("/transaction_summary", product_type="SPOT")
    tier = row.get("fee_tier")
    if not isinstance(tier, dict):
        raise Malformed(f"fee_tier must be an object, was {tier!r}")
    tax = row.get("goods_and_services_tax")
    on_top = Decimal(1)
    if isinstance(tax, dict) and tax.get("type") == "EXCLUSIVE":
        on_top += exact(tax, "rate")
    return Fees(
        maker=exact(tier, "maker_fee_rate") * on_top, taker=exact(tier, "taker_fee_rate") * on_top,
        tier=str(tier.get("pricing_tier") or "unnamed"),
    )  # fmt: skip


def _add(found: dict[str, Balance], row: dict[str, Any]) -> None:
    currency = text(row, "currency")
    available, held = _amount(row, "available_balance"), _amount(row, "hold")
    known = found.get(currency, Balance(Decimal(0), Decimal(0)))
    found[currency] = Balance(known.total + available + held, known.available + available)


def _amount(row: dict[str, Any], name: str) -> Decimal:
    value = row.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"{name} must be an object, was {value!r}")
    return exact(value, "value")
