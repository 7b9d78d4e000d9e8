"""Working a batch off: every bot's decision on a closed bar, with its orders, in the account's transaction."""

from datetime import UTC, datetime

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.costs import account_costs
from apps.accounts.locks import lock_accounts, next_seq
from apps.accounts.models import TradingAccount
from apps.bots.accounts import account_states, bot_view
from apps.bots.batches import ACTIVE, HOLD_CHECK, batch_claim, batch_finish, batch_hold, batch_must_wait
from apps.bots.controls import bot_settings
from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.bots.orders import bot_interrupt, decision_carry_out
from apps.bots.recording import evaluations_write
from apps.bots.signals import Reading, Readings
from apps.markets.models import Feed, Product
from apps.markets.rules import product_rules
from apps.markets.selectors import feed_age, market_now
from apps.operations.hints import hint
from apps.operations.logs.correlation import about
from apps.orders.accounts import AccountState
from apps.orders.services import orders_work
from apps.orders.sweeps import accounts_unsettled
from engine import records
from engine.config import rules_record
from engine.decide import MemorySchemaError, decide, memory_bytes, memory_from_bytes, new_memory
from engine.kinds import Action, EventKind

ACCOUNTS_A_COMMIT = 50  # more make the lock last, fewer make the disk wait
UNKNOWN_AGE = 10**9  # seconds; a feed that never had an event is stale


def batch_evaluate(batch_id: int) -> None:
    """Claims a batch and decides for each of its bots in (account, bot) order. Safe to run twice and to die in."""
    batch = None if batch_must_wait(batch_id) else batch_claim(batch_id)
    if batch is not None:
        with about(batch.correlation_id):
            _work_off(batch)


def _work_off(batch: EvaluationBatch) -> None:
    feed = batch.product.feed
    accounts = sorted(set(_due_bots(batch).values_list("account_id", flat=True)))
    if feed.session_id != batch.session_id:
        accounts = []  # a recording that is over decides nothing
    for account_id in accounts_unsettled(accounts, batch.product, batch.position):
        orders_work(account_id)  # fills of the bar come before decisions on it
    readings = Readings(batch.session, batch.product, batch.time, feed.price or float("nan"))
    for start in range(0, len(accounts), ACCOUNTS_A_COMMIT):
        if not _decide_part(batch, feed, readings, accounts[start : start + ACCOUNTS_A_COMMIT]):
            return
    batch_finish(batch)


def _due_bots(batch: EvaluationBatch) -> QuerySet[Bot]:
    """The batch's bots that have not decided yet; one that was stopped or told another timeframe since is left out."""
    bots = Bot.objects.filter(pk__in=batch.bot_ids, last_position__lt=batch.position, state__in=ACTIVE)
    if batch.timeframe != HOLD_CHECK:
        bots = bots.filter(version__timeframe=batch.timeframe)
    return bots.select_related("version", "product").order_by("account_id", "pk")


@transaction.atomic
def _decide_part(batch: EvaluationBatch, feed: Feed, readings: Readings, account_ids: list[int]) -> bool:
    """Decides for the bots of some accounts in one commit. False when the batch was taken over."""
    accounts = lock_accounts(account_ids)
    if not batch_hold(batch.pk, batch.claim):
        return False
    # Read again under the locks: another worker may have decided, the owner may have stopped a bot.
    bots = list(_due_bots(batch).filter(account__in=account_ids))
    remembered = {bot.pk: bytes(bot.memory) for bot in bots}
    states = account_states(accounts, bots, batch.session, batch.time)
    evaluations = [_decide_one(batch, feed, readings, states[bot.account_id], bot) for bot in bots]
    evaluations_write([evaluation for evaluation in evaluations if evaluation])
    Bot.objects.filter(pk__in=remembered).update(last_position=batch.position)
    Bot.objects.bulk_update([bot for bot in bots if bot.memory != remembered[bot.pk]], ["memory"])
    TradingAccount.objects.bulk_update(accounts.values(), ["seq"])
    for account_id, account in accounts.items():
        hint(account.owner_id, "conditions", "bots", *(bot.holder for bot in bots if bot.account_id == account_id))
    return True


def _decide_one(
    batch: EvaluationBatch, feed: Feed, readings: Readings, state: AccountState, bot: Bot
) -> Evaluation | None:
    """The decision of one bot, with its order; None when the check of a hold has nothing to do."""
    assert bot.version is not None
    reading = readings.of(bot.version, signal=batch.timeframe != HOLD_CHECK)
    memory = _memory(bot)
    decision, memory = decide(
        signal=reading.signal, conditions=reading.conditions, event=close_event(batch, reading.close), memory=memory,
        view=view_now(state, bot, feed, reading, batch.time)[0],
        settings=bot_settings(bot.version.controls, bot.version.timeframe).record()[0],
        policy=state.limits.record()[0], rules=rules_of(bot.product, state)[0],
    )  # fmt: skip
    bot.memory = memory_bytes(memory)
    if decision["action"] == Action.NONE and batch.timeframe == HOLD_CHECK:
        return None
    evaluation = evaluation_of(batch, bot, reading, decision, state, seq=next_seq(state.account))
    if decision["action"] != Action.NONE:
        decision_carry_out(state=state, bot=bot, evaluation=evaluation, decision=decision, close=reading.close)
    return evaluation


def _memory(bot: Bot) -> np.void:
    """What the bot remembers. What another core wrote is dropped, and the bot pauses: no entries."""
    try:
        return memory_from_bytes(bytes(bot.memory))
    except MemorySchemaError as error:
        bot_interrupt(bot, Bot.State.PAUSED, str(error))
        return new_memory()


def view_now(state: AccountState, bot: Bot, feed: Feed, reading: Reading, at: int) -> np.ndarray:
    """The bot's VIEW at a close ``at`` (market seconds), with the feed as it stands now."""
    assert bot.version is not None
    now = timezone.now()
    age = feed_age(feed, now)
    return bot_view(
        state,
        bot,
        tradable=bot.product.status == Product.Status.ONLINE,
        late=market_now(feed, now) - at >= bot.version.timeframe,
        age=UNKNOWN_AGE if age is None else int(age),
        bars=reading.bars,
        warmup=reading.warmup,
    )


def rules_of(product: Product, state: AccountState) -> np.ndarray:
    return rules_record(product_rules(product), account_costs(state.account))


def close_event(batch: EvaluationBatch, close: float) -> np.void:
    """The EVENT of the bar's close, as far as a decision reads it."""
    event = np.zeros(1, records.EVENT)[0]
    event["position"], event["kind"], event["time"] = batch.position, EventKind.BAR, batch.time
    event["open"] = event["high"] = event["low"] = event["close"] = close
    return event


def evaluation_of(
    batch: EvaluationBatch, bot: Bot, reading: Reading, decision: np.void, state: AccountState, *, seq: int
) -> Evaluation:
    """The decision as a row, not yet saved."""
    at = datetime.fromtimestamp(batch.time, UTC)
    return Evaluation(
        day=at.date(), bot=bot, version=bot.version, position=batch.position, at=at, seq=seq,
        verdict=int(decision["verdict"]), action=int(decision["action"]), blocking=int(decision["blocking"]),
        passed=int(decision["passed"]), unknown=int(decision["unknown"]), lots=int(decision["qty"]),
        price=reading.close, score=float(reading.signal["score"]), confidence=float(reading.signal["confidence"]),
        operator_halt=state.standing.operator, refusal=state.no_entries[:300],
        values=decision["values"].tolist(), thresholds=decision["thresholds"].tolist(),
    )  # fmt: skip
