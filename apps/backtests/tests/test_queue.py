"""The queue: one worker at a time, the next one after a death, nothing from whoever lost the claim."""

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from apps.backtests import work as worker
from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.queue import (
    MOST_ATTEMPTS,
    Lost,
    claim_next,
    fail,
    finish,
    move,
    position,
    release,
    report_progress,
    sweep,
)
from apps.backtests.services import backtest_cancel, backtest_delete
from apps.backtests.states import OPEN, TRANSITIONS, Stage, State
from apps.backtests.tests.asking import ask
from apps.backtests.work import work
from tradingsite.testing.people import make_account

RUNS = settings.BACKTEST_LEASE + 1


def now(backtest: Backtest) -> Backtest:
    return Backtest.objects.get(pk=backtest.pk)


def a_result(backtest: Backtest) -> BacktestResult:
    return BacktestResult(backtest=backtest, metrics={}, report={}, arrays=b"", bars=0, seconds=0)


@pytest.fixture
def called(monkeypatch):
    """How often a worker was called."""
    calls = []
    monkeypatch.setattr("apps.backtests.queue.call_worker", lambda: calls.append(1))
    return calls


def test_it_runs_from_waiting_to_done(user):
    backtest = ask(user)
    work()
    done = now(backtest)
    assert (done.state, done.stage, done.attempts, done.claim) == ("done", "report", 1, None)
    assert done.bars == done.bars_done == done.result.bars == 10_080
    assert done.progress == 1
    assert done.elapsed.total_seconds() > 0


def test_workers_take_the_oldest_and_each_one_once(user):
    first, second = ask(user), ask(user)
    assert [claim_next().pk, claim_next().pk, claim_next()] == [first.pk, second.pk, None]


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_worker_is_taking_is_passed_over(user):
    first, second = ask(user), ask(user)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM backtests_backtest WHERE id = %s FOR UPDATE", [first.pk])
        assert claim_next().pk == second.pk
    finally:
        other.rollback()
        other.close()


def test_what_a_dead_worker_left_is_taken_again_after_its_lease(user, clock):
    backtest = ask(user)
    dead = claim_next()
    assert claim_next() is None
    clock.shift(RUNS)
    heir = claim_next()
    assert (heir.pk, heir.attempts, heir.stage) == (backtest.pk, 2, Stage.LOAD)
    with pytest.raises(Lost):
        report_progress(dead, stage=Stage.SIMULATE)
    with pytest.raises(Lost):
        finish(dead, a_result(dead))
    fail(dead, "a late word")
    release(dead)
    assert (now(backtest).state, now(backtest).claim) == ("running", heir.claim)
    assert not BacktestResult.objects.exists()


def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_next(user, clock, monkeypatch):
    backtest = ask(user)

    def die(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(worker, "result_of", die)
        with pytest.raises(KeyboardInterrupt):
            work()
    work()
    assert now(backtest).state == "running", "the lease still holds"
    clock.shift(RUNS)
    work()
    assert (now(backtest).state, now(backtest).attempts) == ("done", 2)


def test_progress_renews_the_lease(user, clock):
    ask(user)
    mine = claim_next()
    for _ in range(3):
        clock.shift(RUNS / 2)
        report_progress(mine, stage=Stage.SIMULATE)
    assert claim_next() is None


def test_it_gives_up_what_several_workers_died_over(user, clock):
    backtest = ask(user)
    for _ in range(MOST_ATTEMPTS):
        assert claim_next()
        clock.shift(RUNS)
    assert claim_next() is None
    assert now(backtest).state == "failed"
    assert "3 workers ended in the middle of it" in now(backtest).error


def test_a_worker_that_is_shut_down_puts_it_back(user):
    backtest = ask(user)
    release(claim_next())
    assert (now(backtest).state, now(backtest).attempts, now(backtest).started) == ("pending", 0, None)
    work()
    assert now(backtest).state == "done"


def test_it_ends_in_the_middle_when_it_is_cancelled(user, monkeypatch):
    backtest = ask(user)
    simulate = worker.simulate

    def cancelled_meanwhile(*args, progress, **options):
        backtest_cancel(backtest=now(backtest), user=user)
        return simulate(*args, progress=progress, **options)

    monkeypatch.setattr(worker, "simulate", cancelled_meanwhile)
    monkeypatch.setattr(worker, "result_of", lambda *args: pytest.fail("went on"))
    work()
    assert (now(backtest).state, now(backtest).claim) == ("cancelled", None)
    assert not BacktestResult.objects.exists()


def test_it_ends_when_it_is_deleted_while_it_runs(user):
    backtest = ask(user)
    mine = claim_next()
    backtest_delete(backtest=backtest, user=user)
    with pytest.raises(Lost):
        report_progress(mine, stage=Stage.SIMULATE)
    with pytest.raises(Lost):
        finish(mine, a_result(mine))
    assert not Backtest.objects.exists()


def test_a_candle_that_cannot_be_read_fails_it_with_words(user, monkeypatch):
    backtest = ask(user)
    monkeypatch.setattr(worker, "read_candles", lambda path: broken())
    work()
    assert now(backtest).state == "failed"
    assert now(backtest).error == "week.parquet: must exist, was not found"


def broken():
    raise worker.CandleFileError("week.parquet", "must exist, was not found")


def test_the_sweep_calls_a_worker_for_what_nobody_heard_of(user, clock, called):
    sweep()
    ask(user)
    sweep()
    assert called == []
    clock.shift(3)
    sweep()
    assert called == [1]
    claim_next()
    sweep()
    assert called == [1], "somebody works at it"
    clock.shift(RUNS)
    sweep()
    assert called == [1, 1]


def test_it_knows_its_place_in_the_queue(user):
    first, second = ask(user), ask(make_account().owner)
    assert (position(first), position(second)) == (0, 1)
    work()
    assert position(second) == 0


def test_every_move_is_in_the_table_and_no_other_works(user):
    backtest = ask(user)
    for before in State:
        for target in State:
            with transaction.atomic():
                force(backtest, before)
                fields = {"claim": backtest.pk, "lease_until": backtest.created} if target == State.RUNNING else {}
                assert move(backtest, target, **fields) == (target in TRANSITIONS[before]), (before, target)
                transaction.set_rollback(True)


def force(backtest: Backtest, state: State) -> None:
    running = state == State.RUNNING
    Backtest.objects.filter(pk=backtest.pk).update(
        state=state, claim=backtest.pk if running else None, lease_until=backtest.created if running else None,
        finished=None if state in OPEN else backtest.created,
    )  # fmt: skip


DEEDS = st.lists(
    st.sampled_from(["claim", "progress", "finish", "fail", "release", "cancel", "wait", "sweep"]), max_size=14
)


@hypothesis(max_examples=25, deadline=None)
@given(deeds=DEEDS)
def test_whatever_workers_and_users_do_it_ends_once_and_only_the_claim_writes(
    django_db_setup, django_db_blocker, deeds
):
    with django_db_blocker.unblock(), transaction.atomic():
        play(deeds)
        transaction.set_rollback(True)


def play(deeds: list[str]) -> None:
    """Two workers take turns; whoever lost the claim may try and must change nothing."""
    user = make_account().owner
    backtest = ask(user)
    claims: list[Backtest] = []
    for deed in deeds:
        before = now(backtest)
        holder = claims[-1] if claims else None
        stands = bool(holder and before.claim == holder.claim)
        if deed == "wait":
            Backtest.objects.filter(pk=backtest.pk, state="running").update(lease_until=before.created)
        elif deed == "sweep":
            sweep()
        elif deed == "claim":
            claims += [mine for mine in [claim_next()] if mine]
        elif deed == "cancel" and before.is_open:
            backtest_cancel(backtest=before, user=user)
        elif holder:
            act(deed, holder)
            if not stands:
                assert now(backtest).state == before.state
        after = now(backtest)
        if before.state not in OPEN:
            assert (after.state, after.finished) == (before.state, before.finished)
        assert (after.state == State.DONE) == BacktestResult.objects.filter(backtest=backtest).exists()


def act(deed: str, holder: Backtest) -> None:
    try:
        if deed == "progress":
            report_progress(holder, stage=Stage.SIMULATE)
        elif deed == "finish":
            finish(holder, a_result(holder))
        elif deed == "fail":
            fail(holder, "a reason")
        elif deed == "release":
            release(holder)
    except Lost:
        pass
