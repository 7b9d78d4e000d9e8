"""What can be traded: products, their increments and flags, and which share one book."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

FLAGS = (
    "is_disabled", "trading_disabled", "cancel_only", "limit_only", "post_only", "auction_mode", "view_only",
)  # fmt: skip
SHIPPED = Path(__file__).parent / "data" / "products.csv"
Row = dict[str, Any]

EMPTY: Row = {  # fields that say nothing of a spot product, as the exchange sends them
    "volume_percentage_change_24h": "", "watched": False, "is_disabled": False, "new": False, "status": "online",
    "cancel_only": False, "limit_only": False, "post_only": False, "trading_disabled": False, "auction_mode": False,
    "product_type": "SPOT", "fcm_trading_session_details": None, "mid_market_price": "", "alias": "", "alias_to": [],
    "view_only": False, "product_venue": "CBE", "approximate_quote_24h_volume": "", "new_at": "2023-01-01T00:00:00Z",
    "market_cap": "", "base_cbrn": "", "quote_cbrn": "", "product_cbrn": "", "icon_color": "", "icon_url": "",
    "display_name_overwrite": "", "is_alpha_testing": False, "about_description": "", "best_bid_price": "",
    "best_ask_price": "",
}  # fmt: skip


@dataclass(slots=True)
class Product:
    """A product; ``row`` is how it is listed, without what the market changes. Flags may be switched while running."""

    symbol: str
    base: str
    quote: str
    tick: Decimal  # price increment
    base_increment: Decimal
    quote_increment: Decimal
    base_min: Decimal
    base_max: Decimal
    quote_min: Decimal
    quote_max: Decimal
    listed_price: Decimal  # the last price when the list was taken
    listed_volume: Decimal  # base traded in 24 h then
    book: str  # the symbol whose order book this product trades on
    row: Row

    def flag(self, name: str) -> bool:
        return bool(self.row[name])

    @property
    def flags(self) -> list[str]:
        """Names of the flags that are on."""
        return [name for name in FLAGS if self.row[name]]

    @property
    def tradable(self) -> bool:
        closed = self.flag("is_disabled") or self.flag("trading_disabled") or self.flag("view_only")
        return not closed and self.row["status"] == "online"


class Products:
    """All products by symbol."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.touched: set[str] = set()  # whose flags changed since it was last read
        self._all = {product.symbol: product for product in map(_product, rows)}
        for product in self._all.values():
            if product.book not in self._all:
                product.book = product.symbol  # its twin is not listed here

    def get(self, symbol: str) -> Product | None:
        return self._all.get(symbol)

    def __getitem__(self, symbol: str) -> Product:
        return self._all[symbol]

    def __iter__(self) -> Iterator[Product]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def currencies(self) -> list[str]:
        return sorted({name for product in self._all.values() for name in (product.base, product.quote)})

    def set_flags(self, symbol: str, changes: Mapping[str, Any]) -> None:
        """Switches flags of a product, or its 'status'. Raises KeyError for a name that is neither, or ValueError."""
        row = self._all[symbol].row
        for name, value in changes.items():
            if name not in (*FLAGS, "status"):
                raise KeyError(f"a product's flag must be one of {', '.join((*FLAGS, 'status'))}, was {name!r}")
            if not isinstance(value, str if name == "status" else bool):
                raise ValueError(f"{name} must be {'text' if name == 'status' else 'true or false'}, was {value!r}")
            row[name] = value
        self.touched.add(symbol)


def shipped_products() -> Products:
    """All spot products, as they were in August 2026."""
    with SHIPPED.open(newline="") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    twins: dict[str, list[str]] = {}
    for row in rows:
        if row["alias"]:
            twins.setdefault(row["alias"], []).append(row["product_id"])
    return Products(_completed(row, twins.get(row["product_id"], [])) for row in rows)


def listed_products(path: Path) -> Products:
    """The products of a file that holds an answer of GET /market/products. Raises ValueError for any other."""
    try:
        return Products(json.loads(path.read_text())["products"])
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"{path} must hold an answer of GET /market/products: {error!r}") from None


def _completed(row: Row, twins: list[str]) -> Row:
    volume = Decimal(row["volume_24h"] or 0) * Decimal(row["price"] or 0)
    flags = {name: row[name] == "true" for name in ("limit_only", "trading_disabled")}
    return {
        **EMPTY, **row, **flags, "alias_to": twins, "display_name": row["product_id"],
        "base_display_symbol": row["base_currency_id"], "approximate_quote_24h_volume": f"{volume:.2f}",
        "quote_display_symbol": "USD" if row["quote_currency_id"] == "USDC" else row["quote_currency_id"],
    }  # fmt: skip


def _product(row: Mapping[str, Any]) -> Product:
    number = {name: Decimal(row[name] or 0) for name in (
        "price_increment", "base_increment", "quote_increment", "base_min_size", "base_max_size", "quote_min_size",
        "quote_max_size", "price", "volume_24h",
    )}  # fmt: skip
    return Product(
        symbol=row["product_id"], base=row["base_currency_id"], quote=row["quote_currency_id"],
        tick=number["price_increment"], base_increment=number["base_increment"],
        quote_increment=number["quote_increment"], base_min=number["base_min_size"], base_max=number["base_max_size"],
        quote_min=number["quote_min_size"], quote_max=number["quote_max_size"], listed_price=number["price"],
        listed_volume=number["volume_24h"], book=row["alias"] or row["product_id"], row=dict(row),
    )  # fmt: skip
