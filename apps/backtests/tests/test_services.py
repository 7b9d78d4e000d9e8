"""Asking for a backtest: what is taken, what is refused and in which words."""

from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from apps.backtests import checks
from apps.backtests.models import Backtest
from apps.backtests.services import backtest_cancel, backtest_delete, backtest_start_bot
from apps.backtests.sources import source_find, sources
from apps.backtests.tests.asking import DAY, FIRST, LAST, RECORDED, ask
from apps.backtests.work import work
from apps.markets.candles import store_days
from apps.markets.files import read_candles
from apps.markets.recordings import RECORDINGS
from apps.operations.models import AuditEntry
from engine.tests.markets import random_market
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account


def refused(user, **changes) -> dict[str, str]:
    with pytest.raises(ValidationError) as found:
        ask(user, **changes)
    assert not Backtest.objects.exists()
    return {name: " ".join(messages) for name, messages in found.value.message_dict.items()}


def test_it_takes_the_whole_of_what_is_there_by_default(user):
    backtest = ask(user, params={"fast": "5"})
    assert (backtest.start, backtest.end, backtest.granularity) == (FIRST, LAST, 60)
    assert (backtest.state, backtest.strategy_version, backtest.quote) == ("pending", 1, "USD")
    assert backtest.params == {"fast": 5, "slow": 30, "stop": 0, "target": 0, "hold": 0}
    assert backtest.rules == {
        "tick": "0.01", "lot": "1E-8", "min_size": "1E-8", "min_notional": "1",
    }  # fmt: skip
    assert AuditEntry.objects.get(action="backtest.create").target_id == str(backtest.pk)


def test_recordings_span_what_their_files_hold():
    for recording in RECORDINGS.values():
        for listing in recording.listings:
            times = read_candles(listing.file)["time"]
            assert (listing.starts, listing.ends) == (times[0], times[-1] + 60)


BAD = [
    ({"name": " "}, {"name": "must have 1 to 80 characters, had 0"}),
    ({"strategy": "magic"}, {"strategy": "must be one of ema_rsi_volume, ma_cross, was 'magic'"}),
    ({"params": {"fast": "ten"}}, {"fast": "must be a number, was 'ten'"}),
    ({"params": {"speed": 1}}, {"speed": "must be a parameter of ma_cross (fast, slow, stop, target, hold), was 1"}),
    ({"market": "moon"}, {"market": f"must be one of {RECORDED}, was 'moon'"}),
    ({"timeframe": 61}, {"timeframe": "must be one of 60, 300, 900, 3600, 14400, 21600, 86400 seconds, was 61"}),
    ({"cash": Decimal(0)}, {"cash": "must be above 0 and at most 1000000000000, was 0"}),
    ({"cash": Decimal("NaN")}, {"cash": "must be above 0 and at most 1000000000000, was NaN"}),
    ({"cash": Decimal("1E-999999")}, {"cash": "must have at most 18 decimals, was 1E-999999"}),
    ({"fee": Decimal("1E-19")}, {"fee": "must have at most 18 decimals, was 1E-19"}),
    ({"fee": Decimal("0.6")}, {"fee": "must be 0 or more and at most 0.5, was 0.6"}),
    ({"slippage": Decimal("-0.1")}, {"slippage": "must be 0 or more and at most 0.5, was -0.1"}),
    ({"controls": {"size": 2}}, {"size": "must be at most 1.0 of equity, was 2.0"}),
    ({"controls": {"magic": 2}}, {"magic": "is not a control of a bot"}),
    (
        {"start": FIRST - 1},
        {"start": "must be from 2020-02-10 00:00 on and before 2020-02-17 00:00, was 2020-02-09 23:59"},
    ),
    (
        {"start": 10**15},
        {"start": f"must be from 2020-02-10 00:00 on and before 2020-02-17 00:00, was {10**15} s"},
    ),
    (
        {"start": FIRST + DAY, "end": FIRST + DAY},
        {"end": "must be after the start at 2020-02-11 00:00, was 2020-02-11 00:00"},
    ),
    ({"end": LAST + 60}, {"end": "must not be after 2020-02-17 00:00, was 2020-02-17 00:01"}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "errors"), BAD)
def test_it_names_the_field_the_value_and_the_rule(user, changes, errors):
    assert refused(user, **changes) == errors


def test_it_names_all_that_is_wrong_at_once(user):
    found = refused(user, name="", strategy="magic", cash=Decimal(-1), market="moon")
    assert set(found) == {"name", "strategy", "cash", "market"}


def test_it_limits_the_bars(user, monkeypatch):
    monkeypatch.setattr(checks, "MOST_BARS", 1440)
    assert ask(user, end=FIRST + DAY)
    Backtest.objects.all().delete()
    assert refused(user, end=FIRST + DAY + 60) == {"end": "must leave at most 1,440 bars of 1m, was 1,441 of them"}


def test_it_limits_how_many_of_a_user_wait(user, monkeypatch):
    monkeypatch.setattr(checks, "MOST_OPEN", 2)
    ask(user)
    second = ask(user)
    with pytest.raises(ValidationError, match="must hold at most 2 of your backtests, holds 2"):
        ask(user)
    ask(make_account().owner)
    backtest_cancel(backtest=second, user=user)
    ask(user)


def test_it_limits_how_many_a_user_keeps(user, monkeypatch):
    monkeypatch.setattr(checks, "MOST_KEPT", 1)
    backtest = ask(user)
    with pytest.raises(ValidationError, match="must not bring you above 1 backtests: delete some of 1"):
        ask(user)
    backtest_delete(backtest=backtest, user=user)
    ask(user)


def test_what_is_over_cannot_be_cancelled(user):
    backtest = ask(user)
    work()
    with pytest.raises(ValidationError, match="must be pending or running to be cancelled, was done"):
        backtest_cancel(backtest=backtest, user=user)


def test_cancelled_before_it_began_it_is_never_run(user):
    backtest = backtest_cancel(backtest=ask(user), user=user)
    work()
    backtest.refresh_from_db()
    assert (backtest.state, backtest.attempts) == ("cancelled", 0)
    assert backtest.finished


# --- stored candles ---


def stored(**series: int) -> Market:
    """A real market with random candles of these timeframes in seconds, a number of days each."""
    market = Market(make_product("ETH-USD", venue="coinbase"))
    for name, days in series.items():
        step = int(name.removeprefix("s"))
        bars = random_market(days * DAY // step, step=step)
        bars["time"] = FIRST + step * np.arange(len(bars)) - days * DAY
        store_days(market.session, market.product, step, bars, source="a test")
    return market


def test_it_finds_what_is_stored_of_a_market(user):
    market = stored(s60=1, s3600=3)
    source = source_find(f"stored/{market.product.pk}")
    assert source.title == "ETH-USD at coinbase, played so far"
    assert source.spans == {60: (FIRST - DAY, FIRST), 3600: (FIRST - 3 * DAY, FIRST)}
    assert source.span == (FIRST - 3 * DAY, FIRST)


def test_a_refusal_lists_some_markets_alone(user, monkeypatch):
    market = stored(s3600=3)
    monkeypatch.setattr("apps.backtests.sources.NAMED", 1)
    assert refused(user, market="moon") == {"market": f"must be one of {RECORDED} and 1 more, was 'moon'"}
    assert ask(user, market=f"stored/{market.product.pk}", timeframe=3600)


def test_bars_of_today_count_as_stored(market):
    market.bars(100, 101, 102)
    (source,) = [source for source in sources() if source.product]
    assert source.spans[60] == (market.now - 180, market.now)


@pytest.mark.parametrize(
    ("timeframe", "start", "expected"),
    [
        (3600, -3 * DAY, 3600),  # minutes would begin two days later
        (3600, -DAY, 60),
        (60, -DAY, 60),
        (86_400, -3 * DAY, 3600),
    ],
)
def test_it_plays_the_finest_bars_that_reach_back_as_far(user, timeframe, start, expected):
    market = stored(s60=1, s3600=3)
    backtest = ask(user, market=f"stored/{market.product.pk}", timeframe=timeframe, start=FIRST + start)
    assert backtest.granularity == expected
    work()
    backtest.refresh_from_db()
    assert backtest.state == "done"
    assert backtest.bars == -start // expected


def test_it_refuses_a_timeframe_that_no_stored_bar_makes_up(user):
    market = stored(s3600=3)
    assert refused(user, market=f"stored/{market.product.pk}", timeframe=900) == {
        "timeframe": "must be made of stored bars (1h) of the range, was 15m"
    }


def test_a_market_that_was_removed_meanwhile_fails_it(user):
    market = stored(s3600=3)
    backtest = ask(user, market=f"stored/{market.product.pk}", timeframe=3600)
    market.session.delete()
    work()
    backtest.refresh_from_db()
    assert backtest.error == "market must still be stored, ETH-USD at coinbase, played so far was removed"


# --- a bot of it ---


def test_it_makes_a_paper_bot_with_the_same_words(user):
    make_product()
    backtest = ask(user, params={"fast": 5, "slow": 9}, timeframe=300)
    account = user.trading_accounts.get()
    bot = backtest_start_bot(backtest=backtest, user=user, account=account, name="Of a test", start=True)
    assert (bot.version.strategy, bot.version.timeframe, bot.version.params) == ("ma_cross", 300, backtest.params)
    assert bot.version.controls == backtest.controls
    bot.refresh_from_db()
    assert bot.state == "running"


def test_it_makes_no_bot_where_the_market_is_not_traded(user):
    account = make_account(user, venue="coinbase")
    with pytest.raises(ValidationError, match="must be at a venue that trades BTC-USD, was at coinbase"):
        backtest_start_bot(backtest=ask(user), user=user, account=account, name="x")
