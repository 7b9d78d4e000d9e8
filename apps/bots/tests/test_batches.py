"""The work that a closed bar makes: rows with claims, in order, at most so many bots each."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.bots import batches, evaluation
from apps.bots.batches import (
    HOLD_CHECK,
    batch_claim,
    batch_finish,
    batch_hold,
    batch_must_wait,
    batches_settled,
    batches_sweep,
)
from apps.bots.evaluation import batch_evaluate
from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.bots.partitions import partition_ensure
from apps.bots.services import bot_edit, bot_pause, bot_stop
from apps.markets.models import Feed
from engine.kinds import EventKind, Verdict
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
OPEN, BAR, TIME = EventKind.OPEN, EventKind.BAR, EventKind.TIME


@pytest.fixture
def nudged(monkeypatch):
    sent = []
    monkeypatch.setattr(batches, "nudge", lambda actor, *args, queue: sent.append(args[0]))
    return sent


def close(market, *, settle=False, volume=5):
    """Commits a flat minute at 100; the batches wait unless they are to be settled."""
    market.commit(market.product, OPEN, [100])
    if settle:
        market.settle()
    market.commit(market.product, BAR, (100, 100, 100, 100, volume))
    if settle:
        market.settle()
    market.now += 60


def waiting():
    return list(EvaluationBatch.objects.exclude(state="done").order_by("pk"))


def test_a_closed_bar_opens_one_batch_for_the_bots_of_its_product_and_timeframe(market, account):
    mine = [make_bot(account, market.product).pk, make_bot(make_account(), market.product).pk]
    make_bot(account, market.product, running=False)
    make_bot(account, make_product("ETH-USD"))
    make_bot(account, market.product, timeframe=300)
    market.commit(market.product, OPEN, [100])
    assert waiting() == []
    market.commit(market.product, BAR, (100, 100, 100, 100, 5))
    (batch,) = waiting()
    assert (batch.bot_ids, batch.timeframe, batch.time, batch.part) == (mine, 60, market.now + 60, 0)
    assert batch.position == Feed.objects.get(product=market.product).position


def test_each_timeframe_that_closes_has_its_batch(market, account):
    for timeframe in (60, 300, 900):
        make_bot(account, market.product, timeframe=timeframe)
    closing = []
    for _ in range(15):
        before = EvaluationBatch.objects.count()
        market.bar(100)
        closing.append(EvaluationBatch.objects.count() - before)
    assert closing == [1, 1, 1, 1, 2] * 2 + [1, 1, 1, 1, 3]


def test_a_paused_bot_is_asked_a_stopped_one_is_not(market, account):
    paused, stopped = make_bot(account, market.product), make_bot(account, market.product)
    bot_pause(bot=paused, user=None)
    bot_stop(bot=stopped, user=None, close=False)
    close(market)
    assert waiting()[0].bot_ids == [paused.pk]


def test_a_batch_has_at_most_so_many_bots_and_never_divides_an_account(market, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_SIZE", 3)
    accounts = [make_account() for _ in range(3)]
    bots = [[make_bot(account, market.product).pk for _ in range(2)] for account in accounts]
    close(market)
    assert [batch.bot_ids for batch in waiting()] == bots
    assert [batch.part for batch in waiting()] == [0, 1, 2]


def test_two_hundred_bots_are_one_batch(market):
    assert batches.BATCH_SIZE == 200
    bots = [(1, number) for number in range(100)] + [(2, number) for number in range(100, 201)]
    assert [len(part) for part in batches._parts(bots)] == [100, 101]


def test_a_bar_and_its_batches_are_one_commit(market, account, monkeypatch):
    def fail(*arguments, queue):
        raise RuntimeError("the process died")

    make_bot(account, market.product)
    market.commit(market.product, OPEN, [100])
    monkeypatch.setattr(batches, "nudge", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        market.commit(market.product, BAR, (100, 100, 100, 100, 5))
    assert waiting() == []
    assert Feed.objects.get(product=market.product).market_time == market.now


# --- claims ---


def test_one_worker_gets_a_batch(market, account):
    make_bot(account, market.product)
    close(market)
    (batch,) = waiting()
    first = batch_claim(batch.pk)
    assert first.claim is not None
    assert batch_claim(batch.pk) is None


def test_a_dead_workers_batch_goes_to_the_next_and_its_token_counts_no_more(market, account, clock):
    make_bot(account, market.product)
    close(market)
    (batch,) = waiting()
    dead = batch_claim(batch.pk)
    clock.shift(settings.BATCH_LEASE + 1)
    living = batch_claim(batch.pk)
    assert living.claim != dead.claim
    assert (batch_hold(batch.pk, dead.claim), batch_hold(batch.pk, living.claim)) == (False, True)
    batch_finish(dead)
    assert waiting()[0].state == "claimed"
    batch_finish(living)
    assert waiting() == []
    assert batch_hold(batch.pk, living.claim) is False


def test_the_claim_is_locked_until_the_commit(market, account, django_assert_num_queries):
    make_bot(account, market.product)
    close(market)
    batch = batch_claim(waiting()[0].pk)
    with django_assert_num_queries(1) as captured:
        batch_hold(batch.pk, batch.claim)
    assert "FOR UPDATE" in captured.captured_queries[0]["sql"]


def test_a_worker_that_lost_its_batch_writes_nothing(market, account, monkeypatch):
    make_bot(account, market.product)
    close(market)
    (batch,) = waiting()

    def slow_claim(batch_id):
        mine = batch_claim(batch_id)
        EvaluationBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        batch_claim(batch_id)  # another takes over
        return mine

    monkeypatch.setattr("apps.bots.evaluation.batch_claim", slow_claim)
    batch_evaluate(batch.pk)
    assert Evaluation.objects.count() == 0
    assert waiting()[0].state == "claimed"


def test_a_worker_that_dies_half_way_leaves_the_rest_to_the_next(market, monkeypatch, clock):
    monkeypatch.setattr("apps.bots.evaluation.ACCOUNTS_A_COMMIT", 1)
    bots = [make_bot(make_account(), market.product) for _ in range(3)]
    close(market, volume=LONG)
    (batch,) = waiting()
    decide, calls = evaluation._decide_part, []

    def die(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return decide(*arguments)

    monkeypatch.setattr(evaluation, "_decide_part", die)
    with pytest.raises(KeyboardInterrupt):
        batch_evaluate(batch.pk)
    monkeypatch.setattr(evaluation, "_decide_part", decide)
    assert Evaluation.objects.count() == 1
    batch_evaluate(batch.pk)
    assert Evaluation.objects.count() == 1, "the lease still runs"
    clock.shift(settings.BATCH_LEASE + 1)
    batch_evaluate(batch.pk)
    assert Evaluation.objects.values_list("bot", flat=True).distinct().count() == Evaluation.objects.count() == 3
    assert [bot.account.orders.count() for bot in bots] == [1, 1, 1]


def test_a_batch_that_is_done_is_not_done_again(market, account):
    make_bot(account, market.product)
    close(market)
    (batch,) = waiting()
    for _ in range(3):
        batch_evaluate(batch.pk)
    assert Evaluation.objects.count() == 1


# --- order ---


def test_a_bot_takes_its_bars_in_order(market, account):
    make_bot(account, market.product)
    close(market)
    close(market)
    first, second = waiting()
    assert (batch_must_wait(first.pk), batch_must_wait(second.pk)) == (False, True)
    batch_evaluate(second.pk)
    assert Evaluation.objects.count() == 0
    batch_evaluate(first.pk)
    batch_evaluate(second.pk)
    positions = list(Evaluation.objects.order_by("seq").values_list("position", flat=True))
    assert positions == [first.position, second.position]


def test_the_one_that_waited_is_called_when_the_first_is_done(market, account, nudged):
    make_bot(account, market.product)
    close(market)
    close(market)
    first, second = waiting()
    nudged.clear()
    batch_evaluate(first.pk)
    assert nudged == [second.pk]


def test_other_accounts_do_not_wait(market, account):
    make_bot(account, market.product)
    close(market)
    make_bot(make_account(), market.product)
    Bot.objects.filter(account=account).update(state="stopped")
    close(market)
    assert [batch_must_wait(batch.pk) for batch in waiting()] == [False, False]


def test_a_bar_older_than_one_interval_is_missed(market, account):
    make_bot(account, market.product)
    close(market, volume=LONG)
    close(market, volume=LONG)
    market.settle()
    old, new = Evaluation.objects.order_by("position")
    assert (old.verdict, new.verdict) == (Verdict.MISSED, Verdict.ENTER)
    assert account.orders.count() == 1


def test_a_late_bar_may_still_end_a_position(market, account):
    bot = make_bot(account, market.product, params={"hold": 60})
    close(market, settle=True, volume=LONG)
    close(market, settle=True)
    for _ in range(3):
        close(market)
    market.settle()
    assert bot.evaluations.filter(verdict=Verdict.EXIT).count() == 1
    assert account.orders.filter(purpose="exit").count() == 1


def test_a_bot_that_was_stopped_meanwhile_does_not_decide(market, account):
    bot = make_bot(account, market.product)
    close(market, volume=LONG)
    bot_stop(bot=bot, user=None, close=False)
    market.settle()
    assert (Evaluation.objects.count(), account.orders.count(), waiting()) == (0, 0, [])


def test_a_bot_that_was_told_another_timeframe_waits_for_its_bar(market, account):
    bot = make_bot(account, market.product)
    close(market, volume=LONG)
    bot_edit(bot=bot, user=account.owner, params={}, controls={}, timeframe=300)
    market.settle()
    assert Evaluation.objects.count() == 0


def test_what_a_recording_left_over_is_not_decided_in_the_next(market, account):
    make_bot(account, market.product)
    close(market, volume=LONG)
    Market(*market.products)
    for batch in waiting():
        batch_evaluate(batch.pk)
    assert (Evaluation.objects.count(), waiting()) == (0, [])


# --- holds ---


def test_the_end_of_a_hold_is_checked_between_two_bars(market, account):
    bot = make_bot(account, market.product, timeframe=300, params={"hold": 120})
    market.bars(100, 100, 100, 100, volume=0)
    market.bar(100, volume=LONG)  # with it the five minutes have the volume of a long signal
    market.bars(100, 100, volume=0)  # bought at the first's open, held for two minutes at the second's close
    assert account.orders.filter(purpose="exit").get().reason == "max_hold"
    check = EvaluationBatch.objects.order_by("pk").last()
    assert (check.timeframe, check.bot_ids, check.time) == (HOLD_CHECK, [bot.pk], market.now)
    market.bar(101, volume=0)
    assert account.positions.get().exit_price == 101
    assert list(bot.evaluations.order_by("at").values_list("verdict", flat=True)) == [Verdict.ENTER, Verdict.EXIT]


def test_a_check_of_a_hold_with_nothing_to_do_leaves_no_decision(market, account):
    bot = make_bot(account, market.product, timeframe=300, params={"hold": 120})
    market.bars(100, 100, 100, 100, volume=0)
    market.bar(100, volume=LONG)
    market.bars(100, 100, volume=0)
    for _ in range(2):  # nobody trades: the sale waits for an open
        market.silence()
    assert EvaluationBatch.objects.filter(timeframe=HOLD_CHECK).count() == 3
    assert bot.evaluations.filter(at__gt=bot.evaluations.get(verdict=Verdict.EXIT).at).count() == 0


def test_settled_means_every_decision_up_to_the_position(market, account):
    make_bot(account, market.product)
    close(market)
    position = waiting()[0].position
    assert batches_settled(market.product, position - 1)
    assert not batches_settled(market.product, position)
    assert batches_settled(make_product("ETH-USD"), position)
    market.settle()
    assert batches_settled(market.product, position)


# --- the sweep ---


def test_the_sweep_finds_what_nobody_works_at_oldest_first(market, account, nudged, clock):
    make_bot(account, market.product)
    for _ in range(3):
        close(market)
    first, second, third = waiting()
    nudged.clear()
    batches_sweep()
    assert nudged == []
    clock.shift(1)
    batch_claim(second.pk)
    batches_sweep()
    assert nudged == [first.pk, third.pk]
    clock.shift(settings.BATCH_LEASE + 1)
    nudged.clear()
    batches_sweep()
    assert nudged == [first.pk, second.pk, third.pk]


def test_nothing_is_opened_where_no_bot_is_concerned(market, nudged):
    close(market)
    assert (EvaluationBatch.objects.count(), nudged) == (0, [])


# --- partitions ---


def rows_of(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_decisions_lie_in_the_partition_of_their_market_day(market, account):
    make_bot(account, market.product)
    market.now += 86_400 - 120
    market.bars(100, 100, 100)
    assert (rows_of("bots_evaluation_20200210"), rows_of("bots_evaluation_20200211")) == (1, 2)
    assert rows_of("bots_evaluation_other") == 0
    assert Evaluation.objects.count() == 3


def test_a_partition_is_made_once():
    day = datetime(2031, 5, 1, tzinfo=UTC).date()
    for _ in range(2):
        partition_ensure(day)
    assert rows_of("bots_evaluation_20310501") == 0
