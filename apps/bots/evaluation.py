"""Working a batch off: every bot's decision on a closed bar, with its orders, in the account's transaction."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.accounts.costs import account_costs
from apps.accounts.locks import lock_accounts, next_seq
from apps.accounts.models import TradingAccount
from apps.bots.accounts import AccountState, account_states, bot_view
from apps.bots.batches import ACTIVE, HOLD_CHECK, batch_claim, batch_finish, batch_hold, batch_must_wait
from apps.bots.controls import bot_settings
from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.bots.orders import bot_fail, decision_carry_out
from apps.bots.signals import Reading, Readings
from apps.markets.models import Feed, Product
from apps.markets.rules import product_rules
from apps.operations.hints import hint
from apps.orders.services import orders_work
from engine import records
from engine.config import rules_record
from engine.decide import MemorySchemaError, decide, memory_bytes, memory_from_bytes, new_memory
from engine.kinds import Action, EventKind
from engine.orders.states import WORKING

ACCOUNTS_A_COMMIT = 25  # more make the lock last, fewer make the disk wait
UNKNOWN_AGE = 10**9  # seconds; a feed that never had an event is stale


def batch_evaluate(batch_id: int) -> None:
    """Claims a batch and decides for each of its bots in (account, bot) order. Safe to run twice and to die in."""
    batch = None if batch_must_wait(batch_id) else batch_claim(batch_id)
    if batch is None:
        return
    bots = _due_bots(batch)
    _settle_accounts(bots)
    feed = Feed.objects.select_related("session").get(product=batch.product)
    readings = Readings(batch.session, batch.product, batch.time, feed.price or float("nan"))
    by_account: dict[int, list[Bot]] = defaultdict(list)
    for bot in bots:
        by_account[bot.account_id].append(bot)
    ids = sorted(by_account)
    for start in range(0, len(ids), ACCOUNTS_A_COMMIT):
        part = {account_id: by_account[account_id] for account_id in ids[start : start + ACCOUNTS_A_COMMIT]}
        if not _decide_part(batch, feed, readings, part):
            return
    batch_finish(batch)


def _due_bots(batch: EvaluationBatch) -> list[Bot]:
    bots = Bot.objects.filter(pk__in=batch.bot_ids, last_position__lt=batch.position)
    return list(bots.select_related("version", "product").order_by("account_id", "pk"))


def _settle_accounts(bots: Iterable[Bot]) -> None:
    """Fills of the bar come before decisions on it: reads the exchange of accounts whose orders work."""
    from_orders = {bot.account_id for bot in bots}
    working = TradingAccount.objects.filter(pk__in=from_orders, orders__state__in=WORKING).distinct()
    for account_id in working.order_by("pk").values_list("pk", flat=True):
        orders_work(account_id)


@transaction.atomic
def _decide_part(batch: EvaluationBatch, feed: Feed, readings: Readings, part: dict[int, list[Bot]]) -> bool:
    """Decides for the bots of some accounts in one commit. False when the batch was taken over."""
    accounts = lock_accounts(part)
    if not batch_hold(batch.pk, batch.claim):
        return False
    fresh = {bot.pk: bot for bot in _locked_bots(batch, part)}
    states = account_states(accounts, batch.session, batch.time)
    evaluations: list[Evaluation] = []
    for account_id, bots in part.items():
        for bot in bots:
            if bot.pk in fresh:
                evaluations.append(_decide_one(batch, feed, readings, states[account_id], fresh[bot.pk]))
    Evaluation.objects.bulk_create(evaluations)
    Bot.objects.bulk_update(fresh.values(), ["memory", "last_position"])
    TradingAccount.objects.bulk_update(accounts.values(), ["seq"])
    for account in accounts.values():
        hint(account.owner_id, "conditions", "bots", *(bot.holder for bot in part[account.pk]))
    return True


def _locked_bots(batch: EvaluationBatch, part: dict[int, list[Bot]]) -> list[Bot]:
    """The bots again under their accounts' locks: another worker may have decided, the owner may have stopped one."""
    ids = [bot.pk for bots in part.values() for bot in bots]
    bots = Bot.objects.filter(pk__in=ids, last_position__lt=batch.position, state__in=ACTIVE)
    return list(bots.select_related("version", "product"))


def _decide_one(
    batch: EvaluationBatch, feed: Feed, readings: Readings, state: AccountState, bot: Bot
) -> Evaluation:
    reading = readings.of(bot.version, signal=batch.timeframe != HOLD_CHECK)
    bot.last_position = batch.position
    try:
        memory = memory_from_bytes(bytes(bot.memory))
    except MemorySchemaError as error:
        bot_fail(bot, str(error))
        memory = new_memory()
    view = view_now(state, bot, feed, reading, batch.time)
    decision, memory = decide(
        signal=reading.signal, conditions=reading.conditions, event=close_event(batch, reading.close), memory=memory,
        view=view[0], settings=bot_settings(bot.version.controls, bot.version.timeframe).record()[0],
        policy=state.limits.record()[0], rules=rules_of(bot.product, state)[0],
    )  # fmt: skip
    bot.memory = memory_bytes(memory)
    evaluation = evaluation_of(batch, bot, reading, decision, seq=next_seq(state.account))
    if decision["action"] != Action.NONE:
        decision_carry_out(state=state, bot=bot, evaluation=evaluation, decision=decision, batch=batch, close=reading.close)
    return evaluation


def view_now(state: AccountState, bot: Bot, feed: Feed, reading: Reading, at: int) -> np.ndarray:
    """The bot's VIEW at a close ``at`` (market seconds), with the feed as it stands now."""
    return bot_view(
        state,
        bot,
        tradable=bot.product.status == Product.Status.ONLINE,
        late=feed.market_time - at >= bot.version.timeframe,
        age=int((timezone.now() - feed.updated).total_seconds()) if feed.updated else UNKNOWN_AGE,
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


def evaluation_of(batch: EvaluationBatch, bot: Bot, reading: Reading, decision: np.void, *, seq: int) -> Evaluation:
    """The decision as a row, not yet saved."""
    at = datetime.fromtimestamp(batch.time, UTC)
    return Evaluation(
        day=at.date(), bot=bot, version=bot.version, position=batch.position, at=at, seq=seq,
        verdict=int(decision["verdict"]), action=int(decision["action"]), blocking=int(decision["blocking"]),
        passed=int(decision["passed"]), unknown=int(decision["unknown"]), lots=int(decision["qty"]),
        price=reading.close, score=float(reading.signal["score"]), confidence=float(reading.signal["confidence"]),
        values=decision["values"].tolist(), thresholds=decision["thresholds"].tolist(),
    )  # fmt: skip
