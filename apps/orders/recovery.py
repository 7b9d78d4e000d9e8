"""Start-up, reconnect and crash recovery are one path: own the account, reconcile, then trade."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.operations.hints import hint
from apps.operations.nudges import nudge
from apps.orders import registry
from apps.orders.models import ExchangeCursor
from apps.orders.polling import live_accounts
from apps.orders.reconciliation.models import Reconciled, RecoveryReport
from apps.orders.reconciliation.run import Outcome, reconcile
from apps.orders.seats import has_owner, seats
from exchanges.port import Rejected, Unavailable, Unknown

logger = logging.getLogger(__name__)
EVERY = timedelta(seconds=60)
AGAIN = timedelta(seconds=5)  # after a run that failed, or found what may be a matter of the moment
LONGEST = timedelta(seconds=60)  # a run that takes longer counts as dead
AWAY = timedelta(seconds=180)  # without a reconciliation: the bots' recovery policies apply
ELSEWHERE = 100  # milliseconds until a nudge that met a stranger's seat is sent on
MINUTE, START, RECONNECT, BY_HAND = "minute", "start", "reconnect", "by hand"


@dataclass(frozen=True)
class Run:
    """One reconciliation that succeeded."""

    epoch: int
    why: str
    started: datetime
    outcome: Outcome

    @property
    def seconds(self) -> float:
        return (timezone.now() - self.started).total_seconds()


def may_work(account: TradingAccount) -> bool:
    """Whether this process may say anything to the exchange for the account now; reconciles it first when it must be.

    Paper accounts need no owner. Where another process owns a live one, the nudge is sent on until it meets it.
    """
    if not has_owner(account):
        return True
    epoch = seats.take(account.pk)
    if epoch is None:
        nudge("orders_work", account.pk, queue="orders", delay=ELSEWHERE)
        return False
    state = _state(account)
    if state.epoch == epoch and not state.waits:
        return True
    return _run(account, epoch, state.why if state.epoch == epoch else START) is not None


def account_tend(account_id: int) -> None:
    """What the clock asks for: owns the account when nobody does, and reconciles it when that is due."""
    account = TradingAccount.objects.select_related("owner").get(pk=account_id)
    epoch = seats.take(account_id)
    if epoch is not None and may_work(account) and _is_due(_state(account)):
        _run(account, epoch, MINUTE)


def reconnected(account_id: int) -> None:
    """The account's connection was lost and is back: it is reconciled before it sends anything."""
    Reconciled.objects.filter(account=account_id).update(waits=True, due=None, why=RECONNECT)
    nudge("account_tend", account_id, queue="orders")


def reconcile_now(account: TradingAccount) -> Outcome | None:
    """By hand, from whichever process: reads and compares, sends nothing. None while another run is on its way.

    Raises Unavailable, Unknown or Rejected when the exchange cannot be read.
    """
    return _run(account, _state(account).epoch, BY_HAND, tell=True)


def recovery_sweep() -> None:
    """Nudges the live accounts that nobody owns or whose reconciliation is due."""
    live = live_accounts().order_by("pk")
    due = Q(reconciled=None) | Q(reconciled__due=None) | Q(reconciled__due__lte=timezone.now())
    late = set(live.filter(due).values_list("pk", flat=True))
    late.update(seats.orphans(live.values_list("pk", flat=True)))
    for account_id in sorted(late):
        nudge("account_tend", account_id, queue="orders")


def cursor_begin(account: TradingAccount, fills: int) -> None:
    """A new live account: the exchange's fills up to the cursor ``fills`` were before its time."""
    ExchangeCursor.objects.update_or_create(account=account, defaults={"fills": fills})
    Reconciled.objects.update_or_create(account=account, defaults={"fills": fills})


def _state(account: TradingAccount) -> Reconciled:
    return Reconciled.objects.get_or_create(account=account)[0]


def _is_due(state: Reconciled) -> bool:
    return state.due is None or state.due <= timezone.now()


def _run(account: TradingAccount, epoch: int, why: str, *, tell: bool = False) -> Outcome | None:
    """One reconciliation, unless one is on its way. None when it came to nothing; ``tell``: raises what went wrong."""
    now = timezone.now()
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    mine = Reconciled.objects.filter(account=account)
    if not mine.filter(free).update(busy_until=now + LONGEST):
        return None
    try:
        outcome = reconcile(account, since=mine.get().fills)
    except (Unavailable, Unknown, Rejected) as error:
        logger.warning("account %s cannot be reconciled: %s", account.pk, error)
        mine.update(busy_until=None, due=timezone.now() + AGAIN, message=str(error)[:300])
        if tell:
            raise
        return None
    _record(account.pk, Run(epoch, why, now, outcome))
    return outcome


@transaction.atomic
def _record(account_id: int, run: Run) -> None:
    """What a run came to, with the bots' recovery where the account was left alone for long."""
    account = lock_account(account_id)
    state = Reconciled.objects.select_for_update().get(account=account)
    away = run.started - state.at if state.at else None
    if run.why in (START, RECONNECT) and away is not None and away > AWAY:
        for recovered in registry.on_recovered:
            run.outcome.done.extend(recovered(account, away))
    # A connection that was lost since the run began wants another one.
    state.waits = state.waits and state.why == RECONNECT != run.why
    state.why = RECONNECT if state.waits else MINUTE
    moving = any(row.confirmed is None for row in run.outcome.open)
    state.at = timezone.now()
    state.due = None if state.waits else state.at + (AGAIN if moving else EVERY)
    state.epoch, state.fills, state.busy_until, state.message = run.epoch, run.outcome.cursor, None, ""
    state.save()
    if run.why != MINUTE:
        _report(account, run, away)


def _report(account: TradingAccount, run: Run, away: timedelta | None) -> None:
    outcome = run.outcome
    report = RecoveryReport.objects.create(
        account=account, why=run.why, epoch=run.epoch, seconds=run.seconds, found=dict(outcome.found),
        away=away.total_seconds() if away is not None else None, done=outcome.done, sound=outcome.clean,
    )  # fmt: skip
    found = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(outcome.found.items()))
    left = "all agrees" if outcome.clean else "a person must decide on what differs: no entries until then"
    logger.info(
        "recovery #%s, %s of account %s in %.1f s: %s; done: %s; %s", report.pk, run.why, account.pk, run.seconds,
        found, "; ".join(outcome.done) or "nothing", left, extra={"user": account.owner_id},
    )  # fmt: skip
    hint(account.owner_id, "accounts", "orders")
