"""What a batch asks of the database: no more for a hundred bots than for one, but for what they do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bots.evaluation import ACCOUNTS_A_COMMIT, batch_evaluate
from engine.kinds import EventKind
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import LONG, QUIET

pytestmark = pytest.mark.django_db
FLAT = (100, 100, 100, 100)


def queries_of_a_bar(market, volume=QUIET):
    """Numbers of queries of the event's commit and of the work on its one batch."""
    market.commit(market.product, EventKind.OPEN, [100])
    market.settle()
    with CaptureQueriesContext(connection) as event:
        market.commit(market.product, EventKind.BAR, (*FLAT, volume))
    (batch,) = market.waiting_batches()
    with CaptureQueriesContext(connection) as work:
        batch_evaluate(batch)
    market.settle()
    market.now += 60
    return len(event), len(work)


def add_bots(market, accounts, bots_each):
    for _ in range(accounts):
        account = make_account(limits=NO_LIMITS)
        for _ in range(bots_each):
            make_bot(account, market.product, size=0.001)


def test_bots_that_do_nothing_cost_no_query_of_their_own(market):
    add_bots(market, 1, 1)
    market.bar(100)
    event, work = queries_of_a_bar(market)
    assert (event, work) <= (12, 28)
    add_bots(market, 3, 33)
    market.bar(100)
    assert queries_of_a_bar(market) == (event, work)


def test_each_commit_costs_the_same_however_many_accounts_it_holds(market, monkeypatch):
    add_bots(market, 4, 1)
    market.bar(100)
    _, whole = queries_of_a_bar(market)
    monkeypatch.setattr("apps.bots.evaluation.ACCOUNTS_A_COMMIT", 2)
    _, halves = queries_of_a_bar(market)
    assert ACCOUNTS_A_COMMIT >= 25
    assert halves - whole <= 17


def test_an_entry_costs_a_handful(market):
    add_bots(market, 1, 10)
    market.bar(100)
    _, quiet = queries_of_a_bar(market)
    _, busy = queries_of_a_bar(market, volume=LONG)
    assert busy - quiet <= 10 * 8
