"""What every exchange adapter must do. An adapter's tests inherit the class and give a ``venue`` fixture."""

from contextlib import suppress
from decimal import Decimal
from typing import Any, Protocol
from uuid import uuid4

import pytest

from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import OrderState
from exchanges.port import Exchange, FillReport, NewOrder, OrderReport, Rejected

D = Decimal


class Venue(Protocol):
    """An exchange with a market that the test moves. The product's price step is 0.01, its size step 0.00000001 and
    its smallest order 0.0001; a buy must be worth 1."""

    exchange: Exchange
    symbol: str

    def own(self, quantity: str) -> None:
        """Gives the account what it can sell."""

    def trade(self, *prices: str) -> None:
        """Others trade at these prices, one after the other, in ample volume."""

    def near(self, price: Decimal, market: int) -> bool:
        """Whether somebody who takes may get this price while the market trades at that one: books have depth."""


class ExchangeContract:
    """The market stands at 100 when a test begins."""

    @pytest.fixture
    def venue(self) -> Venue:
        raise NotImplementedError

    def new(self, venue: Venue, **fields: Any) -> NewOrder:
        order: dict[str, Any] = {
            "client_order_id": uuid4(), "symbol": venue.symbol, "side": "buy", "kind": OrderKind.MARKET,
            "quantity": D(1), "funds": D(200) if fields.get("side", "buy") == "buy" else None,
        }  # fmt: skip
        return NewOrder(**(order | fields))

    def place(self, venue: Venue, **fields: Any) -> NewOrder:
        order = self.new(venue, **fields)
        venue.exchange.place(order)
        return order

    def attempt(self, venue: Venue, **fields: Any) -> NewOrder:
        """Places an order that the exchange may refuse at once or end later."""
        order = self.new(venue, **fields)
        with suppress(Rejected):
            venue.exchange.place(order)
        return order

    def sale(self, venue: Venue, **fields: Any) -> NewOrder:
        return self.place(venue, side="sell", **fields)

    def show(self, venue: Venue, order: NewOrder) -> OrderReport:
        venue.exchange.catch_up()
        (report,) = venue.exchange.reports([order.client_order_id])
        return report

    def fills(self, venue: Venue, order: NewOrder) -> list[FillReport]:
        venue.exchange.catch_up()
        return [fill for fill in venue.exchange.fills_since(0) if fill.client_order_id == order.client_order_id]

    # --- placing ---

    def test_it_accepts_an_order_and_names_it(self, venue):
        order = self.new(venue, kind=OrderKind.LIMIT, limit_price=D(90))
        report = venue.exchange.place(order)
        assert (report.client_order_id, report.state, report.filled) == (order.client_order_id, OrderState.OPEN, 0)
        assert report.exchange_order_id

    def test_the_same_order_twice_is_one_order(self, venue):
        order = self.new(venue)
        first, second = venue.exchange.place(order), venue.exchange.place(order)
        assert first.exchange_order_id == second.exchange_order_id
        venue.trade("100")
        assert sum(fill.quantity for fill in self.fills(venue, order)) == 1

    def test_the_same_order_after_its_end_is_not_placed_again(self, venue):
        order = self.place(venue)
        venue.trade("100")
        venue.exchange.catch_up()
        again = venue.exchange.place(order)
        assert again.exchange_order_id == self.show(venue, order).exchange_order_id
        assert self.show(venue, order).state == OrderState.FILLED
        venue.trade("100")
        assert sum(fill.quantity for fill in self.fills(venue, order)) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"quantity": D("0.000000015")},
            {"quantity": D("0.00009999")},
            {"quantity": D("0.005")},  # worth 0.50
            {"quantity": D(0)},
            {"kind": OrderKind.LIMIT, "limit_price": D("90.001")},
            {"kind": OrderKind.LIMIT, "limit_price": D(0)},
            {"side": "sell", "kind": OrderKind.STOP, "stop_price": D("90.005")},
            {"funds": D(0)},
        ],
        ids=["step", "smallest", "worth", "zero", "tick", "price-zero", "stop-tick", "funds"],
    )
    def test_it_refuses_what_breaks_the_products_rules_in_words(self, venue, wrong):
        venue.own("1")
        order = self.new(venue, **wrong)
        with pytest.raises(Rejected, match=r"must be .*, (was|were) "):
            venue.exchange.place(order)
        assert venue.exchange.reports([order.client_order_id]) == []

    def test_it_refuses_a_product_it_does_not_trade(self, venue):
        with pytest.raises(Rejected, match="NOPE-USD"):
            venue.exchange.place(self.new(venue, symbol="NOPE-USD"))

    # --- trading ---

    def test_a_market_order_takes_the_next_price(self, venue):
        venue.trade("101")
        order = self.place(venue)
        venue.trade("101")
        fills = self.fills(venue, order)
        assert sum(fill.quantity for fill in fills) == 1
        assert all(venue.near(fill.price, 101) and not fill.maker for fill in fills)
        assert all(fill.fee >= 0 and fill.fee_currency == "USD" for fill in fills)
        assert self.show(venue, order).state == OrderState.FILLED

    def test_a_purchase_never_costs_more_than_its_funds(self, venue):
        venue.trade("125")
        order = self.place(venue, funds=D(100))
        venue.trade("125")
        fills = self.fills(venue, order)
        assert sum(fill.quantity for fill in fills) < D("0.8")
        assert sum(fill.price * fill.quantity + fill.fee for fill in fills) <= 100
        assert self.show(venue, order).state == OrderState.CANCELLED

    def test_a_limit_order_fills_at_its_price_or_better_when_the_market_trades_through(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(95))
        venue.trade("96", "95.01")
        assert self.show(venue, order).state == OrderState.OPEN
        venue.trade("94")
        assert all(fill.price <= 95 and fill.maker for fill in self.fills(venue, order))
        assert self.show(venue, order).state == OrderState.FILLED

    def test_a_stop_sells_when_the_market_falls_to_it(self, venue):
        venue.own("1")
        order = self.sale(venue, kind=OrderKind.STOP, stop_price=D(95))
        venue.trade("99", "95.01", "110")
        assert self.show(venue, order).state == OrderState.OPEN
        venue.trade("94")
        fills = self.fills(venue, order)
        assert sum(fill.quantity for fill in fills) == 1
        assert all(venue.near(fill.price, 94) and fill.reason == "stop" for fill in fills)

    @pytest.mark.parametrize(("price", "reason"), [("94", "stop"), ("106", "target")])
    def test_a_bracket_sells_once_at_its_stop_or_its_target(self, venue, price, reason):
        venue.own("1")
        order = self.sale(venue, kind=OrderKind.BRACKET, stop_price=D(95), limit_price=D(105))
        venue.trade(price, "94", "106", "94")
        fills = self.fills(venue, order)
        assert sum(fill.quantity for fill in fills) == 1
        assert {fill.reason for fill in fills} == {reason}
        assert self.show(venue, order).state == OrderState.FILLED

    def test_a_stop_limit_order_sells_below_its_stop_and_not_below_its_limit(self, venue):
        venue.own("1")
        order = self.sale(venue, kind=OrderKind.STOP_LIMIT, stop_price=D(95), limit_price=D(93))
        venue.trade("99", "95.01")
        assert self.show(venue, order).state == OrderState.OPEN
        venue.trade("94", "94")
        fills = self.fills(venue, order)
        assert sum(fill.quantity for fill in fills) == 1
        assert all(93 <= fill.price <= 95 for fill in fills)

    def test_an_order_that_must_fill_at_once_never_rests(self, venue):
        orders = [
            self.place(venue, kind=OrderKind.LIMIT, limit_price=D(90), time_in_force=TimeInForce.IOC),
            self.attempt(venue, kind=OrderKind.LIMIT, limit_price=D(90), time_in_force=TimeInForce.FOK),
        ]
        venue.trade("99", "89")
        for order in orders:
            assert self.fills(venue, order) == []
        assert venue.exchange.open_orders() == []

    def test_an_order_that_can_fill_at_once_does_whatever_its_time(self, venue):
        for time_in_force in (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC):
            order = self.place(
                venue, kind=OrderKind.LIMIT, limit_price=D(105), quantity=D("0.1"), time_in_force=time_in_force
            )
            venue.trade("100")
            assert sum(fill.quantity for fill in self.fills(venue, order)) == D("0.1")

    def test_a_post_only_order_makes_or_does_not_trade(self, venue):
        taker = self.attempt(venue, kind=OrderKind.LIMIT, limit_price=D(105), post_only=True)
        venue.trade("100")
        assert self.fills(venue, taker) == []
        maker = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(95), post_only=True)
        venue.trade("99", "94")
        fills = self.fills(venue, maker)
        assert sum(fill.quantity for fill in fills) == 1
        assert all(fill.maker for fill in fills)

    def test_what_is_reported_filled_is_what_the_fills_add_up_to(self, venue):
        orders = [self.place(venue, quantity=D(quantity)) for quantity in ("0.5", "0.25")]
        venue.trade("100")
        for order in orders:
            assert self.show(venue, order).filled == sum(fill.quantity for fill in self.fills(venue, order))

    # --- cancelling ---

    def test_a_cancelled_order_never_fills(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(95))
        assert venue.exchange.cancel(order.client_order_id).state == OrderState.CANCELLED
        venue.trade("94")
        assert (self.show(venue, order).state, self.fills(venue, order)) == (OrderState.CANCELLED, [])

    def test_a_cancel_shows_what_was_filled_before(self, venue):
        order = self.place(venue)
        venue.trade("100")
        report = venue.exchange.cancel(order.client_order_id)
        assert (report.state, report.filled) == (OrderState.FILLED, 1)

    def test_cancelling_twice_does_no_harm(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(95))
        for _ in range(2):
            assert venue.exchange.cancel(order.client_order_id).state == OrderState.CANCELLED

    def test_it_does_not_know_an_order_it_never_got(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(95))
        stranger = uuid4()
        assert venue.exchange.cancel(stranger) is None
        known = venue.exchange.reports([stranger, order.client_order_id])
        assert [report.client_order_id for report in known] == [order.client_order_id]
        assert venue.exchange.reports([]) == []

    # --- reading ---

    def test_fills_are_read_on_from_a_cursor(self, venue):
        for price in ("100", "101", "102"):
            self.place(venue, quantity=D("0.1"))
            venue.trade(price)
            venue.exchange.catch_up()
        fills = venue.exchange.fills_since(0)
        cursors = [fill.cursor for fill in fills]
        assert cursors == sorted(cursors)
        assert len({fill.trade_id for fill in fills}) == len(fills) >= 3
        later = venue.exchange.fills_since(cursors[0])
        assert [fill for fill in later if fill.cursor > cursors[0]] == [
            each for each in fills if each.cursor > cursors[0]
        ]
        assert not [fill for fill in venue.exchange.fills_since(cursors[-1]) if fill.cursor > cursors[-1]]

    def test_its_position_in_the_market_never_falls(self, venue):
        reached = [venue.exchange.catch_up()[venue.symbol]]
        self.place(venue, kind=OrderKind.LIMIT, limit_price=D(50))
        for price in ("100", "101", "102"):
            venue.trade(price)
            reached.append(venue.exchange.catch_up()[venue.symbol])
        assert reached == sorted(reached)
        assert venue.exchange.catch_up()[venue.symbol] == reached[-1]

    # --- what else the port promises ---

    def test_it_shows_the_orders_that_work(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(90), quantity=D("0.5"))
        ended = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(80))
        venue.exchange.cancel(ended.client_order_id)
        (shown,) = venue.exchange.open_orders()
        assert (shown.client_order_id, shown.symbol, shown.side) == (order.client_order_id, venue.symbol, "buy")
        assert (shown.kind, shown.quantity, shown.limit_price) == (OrderKind.LIMIT, D("0.5"), 90)
        assert (shown.state, shown.filled, shown.stop_price) == (OrderState.OPEN, 0, None)
        assert shown.created is not None

    def test_an_edited_order_works_with_its_new_price_and_quantity(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(90), quantity=D("0.5"))
        venue.exchange.edit(order.client_order_id, quantity=D("0.4"), limit_price=D(95))
        (shown,) = venue.exchange.open_orders()
        assert (shown.quantity, shown.limit_price, shown.client_order_id) == (D("0.4"), 95, order.client_order_id)
        venue.trade("94")
        assert sum(fill.quantity for fill in self.fills(venue, order)) == D("0.4")

    def test_an_order_that_is_over_or_unknown_cannot_be_edited(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(90))
        venue.exchange.cancel(order.client_order_id)
        for key in (order.client_order_id, uuid4()):
            with pytest.raises(Rejected, match="must be"):
                venue.exchange.edit(key, limit_price=D(91))

    def test_an_edit_keeps_the_products_rules(self, venue):
        order = self.place(venue, kind=OrderKind.LIMIT, limit_price=D(90))
        with pytest.raises(Rejected) as refused:
            venue.exchange.edit(order.client_order_id, limit_price=D("90.005"))
        assert refused.value.field == "limit_price"
        assert venue.exchange.open_orders()[0].limit_price == 90

    def test_a_preview_says_what_it_would_cost_and_places_nothing(self, venue):
        order = self.new(venue, kind=OrderKind.LIMIT, limit_price=D(90))
        preview = venue.exchange.preview(order)
        assert (preview.refusal, preview.fee > 0, preview.total) == ("", True, 90 + preview.fee)
        assert venue.exchange.reports([order.client_order_id]) == []

    def test_a_preview_refuses_in_words_what_placing_would(self, venue):
        order = self.new(venue, kind=OrderKind.LIMIT, limit_price=D("90.001"))
        assert "must be" in venue.exchange.preview(order).refusal

    def test_it_tells_its_rates_and_what_it_holds_itself(self, venue):
        fees = venue.exchange.fees()
        assert (0 <= fees.maker <= fees.taker < D("0.05"), bool(fees.tier)) == (True, True)
        assert {OrderKind.MARKET, OrderKind.LIMIT} <= venue.exchange.native(venue.symbol)

    def test_balances_count_what_is_held(self, venue):
        balances = venue.exchange.balances()
        assert all(0 <= each.available <= each.total for each in balances.values())
        assert balances["USD"].total > 0
