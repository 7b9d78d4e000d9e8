"""Orders, fills and balances held against the exchange: what is clear is posted, what is not waits for a person."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.conf import settings
from django.db.models import F

from apps.accounts.models import TradingAccount
from apps.ledger.models import Entry
from apps.operations.models import Ownership
from apps.operations.ownership import Fenced
from apps.orders.models import Difference, Reconciled, RecoveryReport
from apps.orders.reconciliation.look import look
from apps.orders.recovery import account_tend, may_work, reconnected, recovery_sweep
from apps.orders.seats import seats
from apps.orders.submission import _claim_orders, submit_due
from apps.risk.models import Halt
from apps.risk.selectors import halt_level
from engine.kinds import HaltLevel
from engine.orders.states import OrderState
from exchanges.port import OrderReport, Unavailable, Unknown

D = Decimal


def minute(desk, clock, seconds=61):
    clock.shift(seconds)
    account_tend(desk.account.pk)


def differences(desk, **fields):
    return list(Difference.objects.filter(account=desk.account, **fields).order_by("pk"))


def kinds(desk, **fields):
    return [row.kind for row in differences(desk, **fields)]


def tripped(desk):
    return Halt.objects.filter(account=desk.account, breaker="reconciliation", released_at=None).exists()


def test_an_account_is_reconciled_before_its_first_order_is_sent(live):
    live.exchange.failure = Unavailable("no connection")
    order = live.buy()
    live.work()
    assert (live.state(order), live.exchange.sent) == ("pending", [])
    live.exchange.failure = None
    live.work()
    assert (live.state(order), len(live.exchange.sent)) == ("open", 1)
    report = RecoveryReport.objects.get()
    assert (report.why, report.sound, report.away) == ("start", True, None)


def test_a_paper_account_needs_no_owner_and_no_reconciliation(desk):
    desk.buy()
    desk.work()
    assert len(desk.exchange.sent) == 1
    assert not Reconciled.objects.exists()


def test_a_run_that_finds_nothing_trips_nothing_and_reports_only_the_start(live, clock):
    for _ in range(3):
        minute(live, clock)
    assert (differences(live), tripped(live), RecoveryReport.objects.count()) == ([], False, 1)


def test_it_is_done_every_minute_and_not_more_often(live, clock):
    minute(live, clock)
    at = Reconciled.objects.get().at
    minute(live, clock, 30)
    assert Reconciled.objects.get().at == at
    minute(live, clock, 31)
    assert Reconciled.objects.get().at > at


def test_a_fill_that_the_ordinary_path_missed_is_posted_with_its_reason(live, clock):
    order = live.buy()
    live.work()
    live.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    clock.shift(61)
    live.agree()
    live.owns("USD", "900")
    live.owns("BTC", "1")
    account_tend(live.account.pk)
    assert (live.state(order), live.position(), live.total()) == ("filled", 1, 900)


def test_a_fill_behind_the_cursor_is_found_by_what_the_order_says(live, clock):
    """The exchange listed it out of order: whoever reads on from the newest never sees it."""
    first, second = live.buy(), live.buy()
    live.work()
    late = live.exchange.fill(first.client_order_id, "1", "100", state=OrderState.FILLED)
    live.exchange.fills.clear()
    live.exchange.fill(second.client_order_id, "1", "100", state=OrderState.FILLED)
    live.work()
    assert (live.state(first), live.state(second)) == ("open", "filled")
    listed = [replace(late, trade_id="late", cursor=0), *live.exchange.fills]
    live.exchange.fills_since = lambda cursor: [fill for fill in listed if fill.cursor > cursor or not cursor]
    live.owns("USD", "800")
    live.owns("BTC", "2")
    for _ in range(3):
        minute(live, clock)
    assert (live.state(first), live.position()) == ("filled", 2)
    assert not tripped(live)


def test_a_difference_that_passes_trips_nothing(live, clock):
    minute(live, clock)
    live.owns("USD", "999")  # a store that lags behind
    minute(live, clock)
    live.agree()
    minute(live, clock, 6)
    (row,) = differences(live)
    assert (row.kind, row.confirmed, row.how) == ("balance", None, "gone")
    assert not tripped(live)


def test_a_balance_that_stays_different_blocks_entries_and_leaves_the_ledger_alone(live, clock):
    live.own("1")
    live.agree()
    minute(live, clock)
    live.owns("USD", "850")
    minute(live, clock)
    minute(live, clock, 6)
    (row,) = differences(live)
    assert (row.kind, row.ours, row.theirs, row.detail) == ("balance", "900", "850", {"gap": "-50"})
    assert tripped(live)
    assert halt_level(live.account) == HaltLevel.ENTRIES
    assert live.total() == 900
    entry, leave = live.buy(), live.exit()
    live.work()
    assert (live.state(entry), live.state(leave)) == ("denied", "open")


def test_the_breaker_lets_go_when_the_exchange_agrees_again(live, clock):
    live.owns("USD", "850")
    minute(live, clock)
    minute(live, clock, 6)
    assert tripped(live)
    live.agree()
    minute(live, clock)
    assert not tripped(live)
    assert Halt.objects.get().released_reason == "ledger and exchange agree"


def test_less_than_can_be_traded_is_dust_and_alarms_nobody(live, clock):
    step = live.product.base_increment
    live.owns("BTC", str(step / 10))
    minute(live, clock)
    minute(live, clock, 6)
    assert (kinds(live), tripped(live)) == (["dust"], False)


def test_an_order_that_nobody_here_placed_is_told_until_it_is_gone(live, clock):
    external = OrderReport(
        None, "x-strange", OrderState.OPEN, D(0), symbol="BTC-USD", side="sell", quantity=D("0.5"), limit_price=D(120)
    )
    live.exchange.open_orders = lambda: [external]
    minute(live, clock)
    (row,) = differences(live)
    assert (row.kind, row.subject, row.theirs) == (
        "external_order", "order x-strange", "sell 0.5 BTC-USD at 120, open"
    )  # fmt: skip
    assert tripped(live)
    live.exchange.open_orders = list
    minute(live, clock)
    assert (kinds(live, resolved=None), tripped(live)) == ([], False)


def strange_fill(desk, clock, *, buy=False):
    """The desk owns 1 BTC, and somebody else trades 0.4 on its portfolio."""
    order, side = desk.own("1"), "buy" if buy else "sell"
    report = replace(
        desk.exchange.fills[-1], client_order_id=None, exchange_order_id="x-strange", trade_id="strange", cursor=99,
        symbol="BTC-USD", side=side, quantity=D("0.4"), price=D(110), fee=D(1), at=desk.account.created,
    )  # fmt: skip
    desk.exchange.fills.append(report)
    return order


def test_a_foreign_trade_waits_for_a_person_and_explains_the_balances(live, clock):
    strange_fill(live, clock)
    live.owns("USD", str(900 + 44 - 1))
    live.owns("BTC", "0.6")
    minute(live, clock)
    minute(live, clock, 6)
    assert kinds(live, resolved=None) == ["foreign_trade"]
    assert tripped(live)
    assert (live.total("USD"), live.total("BTC"), live.position()) == (900, 1, 1)


def test_trades_of_before_the_account_was_connected_are_nobodys_concern(live, clock):
    strange_fill(live, clock)
    TradingAccount.objects.filter(pk=live.account.pk).update(created="2030-01-01T00:00:00Z")
    live.agree()
    minute(live, clock)
    assert differences(live) == []


def test_an_order_that_is_over_here_and_works_there_is_cancelled_there(live, clock):
    order = live.buy()
    live.exchange.will_answer(Unavailable("429"), arrives=True)
    live.work()
    order.refresh_from_db()
    order.state, order.finished = "cancelled", order.created
    order.save()
    clock.shift(settings.NOT_FOUND_GRACE + 61)
    account_tend(live.account.pk)
    assert live.exchange.cancels == [order.client_order_id]
    assert "reconciled" in live.events(order)


def test_an_order_that_the_exchange_has_forgotten_is_told_after_the_grace_time(live, clock):
    order = live.buy()
    live.work()
    del live.exchange.orders[order.client_order_id]
    minute(live, clock, 20)
    assert differences(live) == []
    minute(live, clock)
    minute(live, clock, settings.NOT_FOUND_GRACE + 61)
    assert (kinds(live), tripped(live)) == (["unknown_outcome"], True)
    assert live.state(order) == "open"


def test_an_unknown_outcome_that_a_run_clears_is_kept_as_posted(live, clock):
    live.work()
    order = live.buy()
    live.exchange.will_answer(Unknown("timeout"), arrives=True)
    submit_due(live.account.pk)
    assert live.state(order) == "unknown"
    minute(live, clock)
    (row,) = differences(live)
    assert (live.state(order), row.kind, row.ours, row.how) == ("open", "unknown_outcome", "unknown", "posted")
    assert not tripped(live)


def test_a_lost_connection_is_reconciled_before_anything_is_sent(live):
    live.work()
    reconnected(live.account.pk)
    live.exchange.failure = Unavailable("not yet")
    order = live.buy()
    live.work()
    assert live.state(order) == "pending"
    live.exchange.failure = None
    live.work()
    assert live.state(order) == "open"
    assert list(RecoveryReport.objects.order_by("pk").values_list("why", flat=True)) == ["start", "reconnect"]


def test_a_process_that_was_replaced_sends_nothing_more(live):
    live.work()
    order = live.buy()
    Ownership.objects.filter(name=f"account {live.account.pk}").update(epoch=F("epoch") + 1)
    with pytest.raises(Fenced, match="was taken over by"):
        _claim_orders(live.account.pk)
    assert (live.state(order), live.exchange.sent) == ("pending", [])


def test_nobody_else_works_on_an_account_while_it_has_an_owner(live, monkeypatch):
    assert may_work(live.account)
    other = type(seats)("account")
    try:
        assert other.take(live.account.pk) is None
        seats.leave()
        assert other.take(live.account.pk) == 2
        assert not may_work(live.account)
        assert live.exchange.sent == []
    finally:
        other.leave()


def test_the_clock_finds_accounts_that_nobody_owns(live, clock, monkeypatch):
    told = []
    monkeypatch.setattr("apps.orders.recovery.nudge", lambda actor, *args, **options: told.append((actor, *args)))
    account_tend(live.account.pk)
    monkeypatch.setattr("apps.orders.recovery.live_accounts", TradingAccount.objects.all)
    recovery_sweep()
    assert told == []
    seats.leave()
    recovery_sweep()
    assert told == [("account_tend", live.account.pk)]


def test_the_ledger_has_no_entry_of_a_reconciliation(live, clock):
    live.owns("USD", "1")
    minute(live, clock)
    minute(live, clock, 6)
    assert set(Entry.objects.values_list("kind", flat=True)) == {"deposit"}


def test_what_was_read_once_is_not_read_again_in_the_same_look(live):
    order = live.buy()
    live.work()
    first = live.exchange.fill(order.client_order_id, "0.5", "100")
    read, asked = live.exchange.fills_since, []
    live.exchange.fills_since = lambda cursor: asked.append(cursor) or read(cursor)
    seen = look(live.account, live.exchange, 0)
    assert (asked, [fill.trade_id for fill in seen.fills], seen.steady) == ([0, first.cursor], [first.trade_id], True)


def test_a_fill_that_comes_during_a_look_belongs_to_it_and_lets_it_look_again(live):
    order = live.buy()
    live.work()
    live.exchange.fill(order.client_order_id, "0.5", "100")
    balances = live.exchange.balances

    def trading():
        live.exchange.balances = balances
        live.exchange.fill(order.client_order_id, "0.5", "100", state=OrderState.FILLED)
        return balances()

    live.exchange.balances = trading
    seen = look(live.account, live.exchange, 0)
    assert ([fill.quantity for fill in seen.fills], seen.steady) == ([Decimal("0.5")] * 2, True)
