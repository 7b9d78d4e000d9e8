"""What a client reads: pages, sorts, filters, fees, candles, previews."""

from decimal import Decimal

import pytest
import requests
from requests.exceptions import HTTPError

from sandbox.clock import SECOND
from sandbox.fees import Fees
from sandbox.rest.app import PREFIX as API
from sandbox.testing import START, sandbox


def paged(ask, rows: str, mark) -> list:
    """All rows of a listing, page by page."""
    seen, cursor = [], None
    while True:
        page = ask(cursor=cursor)
        seen += [mark(row) for row in page[rows]]
        cursor = page["cursor"]
        if not cursor:
            return seen


def test_listings_are_sorted_and_filtered_as_asked_for(exchange):
    client = exchange.client()
    exchange.deposit("ETH", "5")
    for name, price in (("a", "50000"), ("b", "52000"), ("c", "51000")):
        client.limit_order_gtc_buy(name, "BTC-USD", "0.001", price)
    client.market_order_sell("d", "ETH-USD", "1")
    client.market_order_buy("e", "BTC-USD", base_size="0.001")

    def names(**query):
        return paged(
            lambda cursor: client.list_orders(limit=2, cursor=cursor, **query),
            "orders",
            lambda row: row.client_order_id,
        )

    assert names(sort_by="LIMIT_PRICE")[:3] == ["b", "c", "a"]
    assert sorted(names(sort_by="LIMIT_PRICE")) == list("abcde")
    assert names(sort_by="LAST_FILL_TIME")[:2] == ["e", "d"]
    assert names() == list("edcba")
    assert names(asset_filters=["ETH"]) == ["d"]
    assert names(order_types=["MARKET"]) == ["e", "d"]
    assert names(order_placement_source="RETAIL_SIMPLE") == []

    def traded(**query):
        return paged(
            lambda cursor: client.get_fills(limit=1, cursor=cursor, **query), "fills", lambda row: row.product_id
        )

    assert set(traded()) == {"BTC-USD", "ETH-USD"}
    assert set(traded(sort_by="PRICE")) == set(traded())
    assert traded(sort_by="PRICE")[0] == "BTC-USD"
    assert traded(order_types=["LIMIT"]) == traded(product_types=["FUTURE"]) == []


def test_a_page_goes_on_after_a_row_that_has_gone(exchange):
    client = exchange.client()
    made = [client.limit_order_gtc_buy(f"n{place}", "BTC-USD", "0.001", "50000") for place in range(4)]
    page = client.list_orders(limit=2, order_status=["OPEN"])
    client.cancel_orders([made[2].success_response["order_id"]])  # the last of that page
    following = client.list_orders(limit=2, order_status=["OPEN"], cursor=page.cursor)
    assert [order.client_order_id for order in following.orders] == ["n1", "n0"]


def test_products_come_in_pages_by_cursor_or_offset(exchange):
    def ask(**query):
        return requests.get(f"{exchange.root}{API}/market/products", params=query, timeout=30).json()

    whole = [row["product_id"] for row in ask()["products"]]
    seen, cursor = [], ""
    while True:
        page = ask(limit=300, cursor=cursor)
        seen += [row["product_id"] for row in page["products"]]
        assert page["num_products"] == len(page["products"])
        cursor = page["pagination"]["next_cursor"]
        if not page["pagination"]["has_next"]:
            break
    assert seen == whole
    assert [row["product_id"] for row in ask(limit=2, offset=3)["products"]] == whole[3:5]
    assert ask()["pagination"] is None


def test_the_best_of_all_books_is_told_when_none_is_named(exchange):
    client = exchange.client()
    books = {row.product_id: row for row in client.get_best_bid_ask().pricebooks}
    listed = {row.product_id for row in client.get_products().products if not row.trading_disabled}
    assert set(books) == listed
    assert float(books["ETH-USD"].bids[0].price) < float(books["ETH-USD"].asks[0].price)
    (bitcoin,) = client.get_best_bid_ask(["BTC-USD"]).pricebooks
    assert bitcoin.to_dict() == books["BTC-USD"].to_dict()


def test_the_fee_tier_moves_with_what_was_traded():
    with sandbox(owns={"USD": "1000000", "BTC": "20"}) as exchange:
        client = exchange.client()

        def tier():
            row = client.get_transaction_summary()
            return row.fee_tier["pricing_tier"], row.fee_tier["taker_fee_rate"], row.total_volume

        assert tier() == ("Intro 1", "0.009", 0)
        first = client.market_order_sell("a", "BTC-USD", "0.2").success_response["order_id"]
        name, rate, volume = tier()
        assert (name, rate) == ("Advanced 1", "0.006")
        assert 11_900 < volume < 12_100
        second = client.market_order_sell("b", "BTC-USD", "0.1").success_response["order_id"]
        shares = []
        for order_id in (first, second):
            order = client.get_order(order_id).order
            shares.append(Decimal(order.total_fees) / Decimal(order.filled_value))
        assert shares == [Decimal("0.009"), Decimal("0.006")]  # the rate of the moment at which it was placed


def test_what_was_traded_counts_for_thirty_days():
    fees, day = Fees(), 86400 * SECOND
    fees.note("me", 0, Decimal(60_000), Decimal(300))
    fees.note("me", 20 * day, Decimal(11_000), Decimal(40))
    names = [fees.tier("me", at * day).name for at in (20, 29.9, 30, 49.9, 50)]
    assert names == ["Advanced 2", "Advanced 2", "Advanced 1", "Advanced 1", "Intro 1"]


def test_candles_are_bounded_at_350_and_hold_their_edges(exchange):
    client = exchange.client()
    end = START // SECOND // 60 * 60

    def starts(first, last, **more):
        rows = client.get_public_candles("BTC-USD", str(first), str(last), "ONE_MINUTE", **more).to_dict()["candles"]
        return [int(row["start"]) for row in rows]

    assert len(starts(end - 350 * 60, end - 60)) == 350
    with pytest.raises(HTTPError, match="less than 350"):
        starts(end - 351 * 60, end)
    assert starts(end - 120, end - 60) == [end - 60, end - 120]
    assert starts(end - 119, end - 61) == []
    assert starts(end - 600, end - 60, limit=3) == [end - 60, end - 120, end - 180]
    assert starts(end + 600, end + 900) == []


def test_an_edit_s_preview_tells_its_cost_and_changes_nothing(exchange):
    client = exchange.client()
    made = client.limit_order_gtc_buy("mine", "BTC-USD", "0.5", "50000").success_response["order_id"]
    row = client.preview_edit_order(made, size="0.4", price="51000")
    assert (row.order_total, row.commission_total, row.errors) == ("20583.6", "183.6", [])
    assert (row.quote_size, row.base_size) == ("20400", "0.4")
    wrong = client.preview_edit_order(made, size="0.4", price="51000.001").errors
    assert wrong[0].edit_failure_reason == "INVALID_EDITED_PRICE"
    order = client.get_order(made).order
    assert order.order_configuration.to_dict()["limit_limit_gtc"]["limit_price"] == "50000"
    assert order.edit_history == []


def test_a_preview_has_an_id_with_which_the_order_can_be_placed(exchange):
    client = exchange.client()
    preview = client.preview_limit_order_gtc_buy("BTC-USD", "0.1", "50000")
    order = {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "50000"}}
    assert client.create_order("mine", "BTC-USD", "BUY", order, preview_id=preview.preview_id).success
    assert preview.preview_id != client.preview_limit_order_gtc_buy("BTC-USD", "0.1", "50000").preview_id
    assert len(client.list_orders().orders) == 1
