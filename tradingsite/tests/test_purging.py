"""Recordings that were played leave their candles for a while; what was decided on them stays."""

import pytest

from apps.markets.models import Candle, CandleChunk, MarketSession
from apps.markets.purging import sessions_purge
from apps.operations.sweeps import sweeps
from apps.orders.models import Fill
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db


def play(product, *, simulated=True):
    """A session in place of the one before, with rows of today and a past day."""
    market = Market(product)
    MarketSession.objects.filter(pk=market.session.pk).update(simulated=simulated)
    market.bars(100, 101)
    return market


def stored(market):
    """Numbers of rows and of chunks of a session."""
    kinds = (Candle, CandleChunk)
    return [kind.objects.filter(session=market.session).count() for kind in kinds]


def test_the_newest_two_sessions_keep_their_candles(scripted):
    product = make_product()
    first, second, third = (play(product) for _ in range(3))
    kept = [stored(second), stored(third)]
    assert sum(stored(first)) > 0
    assert sessions_purge() == 1
    assert stored(first) == [0, 0]
    assert [stored(second), stored(third)] == kept
    assert all(sum(rows) > 0 for rows in kept)
    assert sessions_purge() == 0


def test_what_was_decided_and_traded_stays(scripted):
    product = make_product()
    market = Market(product)
    bot = make_bot(make_account(), product, params={"stop": 0.1}, size=0.01)
    market.bar(100, volume=LONG)
    market.bar(100)
    decided, fills = set(bot.evaluations.values_list("pk", flat=True)), Fill.objects.count()
    assert decided
    assert fills
    play(product)
    play(product)
    assert sessions_purge() == 1
    assert decided <= set(bot.evaluations.values_list("pk", flat=True))
    assert Fill.objects.count() == fills
    assert MarketSession.objects.filter(pk=market.session.pk).exists()


def test_each_venue_is_counted_alone_and_a_real_market_loses_nothing(scripted):
    here, there = make_product(), make_product(venue="coinbase")
    real = [play(there, simulated=False) for _ in range(3)]
    played = [play(here) for _ in range(2)]
    before = [stored(market) for market in [*real, *played]]
    assert sessions_purge() == 0
    assert [stored(market) for market in [*real, *played]] == before


def test_the_clock_does_it():
    assert [sweep.every for sweep in sweeps if sweep.run is sessions_purge] == [600]
