"""A reconciliation: reads what the exchange shows, posts what is clear, keeps the rest as differences."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.orders import registry
from apps.orders.events import event_add
from apps.orders.models import ExchangeCursor, Fill, Order
from apps.orders.reconciliation.balances import balance_findings
from apps.orders.reconciliation.differences import READ_ANEW, Finding, breaker_set, found, gone, posted
from apps.orders.reconciliation.look import Look, look
from apps.orders.reconciliation.models import Difference, Kind
from apps.orders.reconciliation.orders import behind, order_findings, revived
from apps.orders.seats import seat_held
from apps.orders.synchronisation import synchronise, take_over
from engine.orders.states import OrderState
from exchanges.port import Exchange

logger = logging.getLogger(__name__)
UNCLEAR = [OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.NOT_FOUND]
SOON = timedelta(seconds=10)  # a fill that was not posted within it was missed
ROUNDS = 5


@dataclass
class Outcome:
    """``clean``: nothing alarms. ``open``: differences that are not resolved, alarming or not."""

    clean: bool
    cursor: int  # of the fills when it began
    found: Counter[str] = field(default_factory=Counter)
    done: list[str] = field(default_factory=list)
    open: list[Difference] = field(default_factory=list)


def reconcile(account: TradingAccount, *, since: int) -> Outcome:
    """Holds a live account against its exchange; fills are read again from the cursor ``since``.

    Safe to repeat and to run beside the ordinary work. Raises Unavailable or Unknown when the exchange cannot be
    read: then nothing is known, and nothing may be sent.
    """
    exchange, started = registry.exchange_for(account), timezone.now()
    unclear = dict(Order.objects.filter(account=account, state__in=UNCLEAR).values_list("pk", "state"))
    for _ in range(ROUNDS):
        if not synchronise(account):
            break
    cursor = ExchangeCursor.objects.get(account=account).fills
    seen = _caught_up(account, exchange, since)
    for order in revived(account, seen) if seat_held(account) else ():
        # Over here, at work there: whatever it did is read as fills, and its end is what both sides want.
        exchange.cancel(order.client_order_id)
        _note(account, order)
    return _compare(account.pk, seen, unclear, started, Outcome(clean=True, cursor=cursor))


def _caught_up(account: TradingAccount, exchange: Exchange, since: int) -> Look:
    """A look at the exchange with all of its fills posted; where one stays missing, all there ever were are read."""
    seen = look(account, exchange, since)
    take_over(account.pk, seen.fills, list(seen.ours.values()), {})
    missed = Difference.objects.filter(account=account, kind=Kind.MISSED_FILL, resolved=None)
    if since and behind(account, seen) and missed.exists():
        logger.warning("account %s: fills are missing behind the cursor; all are read again", account.pk)
        seen = look(account, exchange, 0)
        take_over(account.pk, seen.fills, list(seen.ours.values()), {})
    return seen


@transaction.atomic
def _note(account: TradingAccount, order: Order) -> None:
    locked = lock_account(account.pk)
    event_add(locked, order, "reconciled", why="it worked at the exchange and was over here: cancelled there")
    order.save(update_fields=["seq"])


@transaction.atomic
def _compare(account_id: int, seen: Look, unclear: dict[int, str], started: datetime, outcome: Outcome) -> Outcome:
    account = lock_account(account_id)
    outcome.found.update(orders=len(seen.working), fills=len(seen.fills), balances=len(seen.balances))
    for finding in [*_late_fills(account, started), *_cleared(account, unclear)]:
        posted(account, finding)
        outcome.found[finding.kind] += 1
        outcome.done.append(f"{finding.subject}: {finding.theirs}")
    findings: list[Finding] = list(order_findings(account, seen))
    if seen.steady:
        findings += balance_findings(account, seen.balances)
    _keep(account, findings, steady=seen.steady)
    outcome.clean = not breaker_set(account)
    outcome.open = list(Difference.objects.filter(account=account, resolved=None).order_by("pk"))
    outcome.found.update(str(row.kind) for row in outcome.open)
    return outcome


def _keep(account: TradingAccount, findings: Iterable[Finding], *, steady: bool) -> None:
    rows = [found(account, finding) for finding in findings]
    read = READ_ANEW if steady else [kind for kind in READ_ANEW if kind not in (Kind.BALANCE, Kind.DUST)]
    gone(account, [row.pk for row in rows if row], kinds=read)


def _late_fills(account: TradingAccount, started: datetime) -> list[Finding]:
    """Fills that only this run has posted, long after they happened."""
    fills = Fill.objects.filter(account=account, created__gte=started, at__lt=started - SOON).select_related("order")
    return [
        Finding(
            Kind.MISSED_FILL, f"trade {fill.trade_id}"[:80], "not posted",
            f"{fill} of order #{fill.order_id} was posted {(fill.created - fill.at).total_seconds():.0f} s late",
            fill.order_id,
        )
        for fill in fills
    ]  # fmt: skip


def _cleared(account: TradingAccount, unclear: dict[int, str]) -> list[Finding]:
    """Orders whose outcome was unknown before the run and is known now."""
    orders = Order.objects.filter(account=account, pk__in=unclear).exclude(state__in=UNCLEAR)
    return [
        Finding(
            Kind.UNKNOWN_OUTCOME, f"order #{order.pk}", OrderState(unclear[order.pk]).name.lower().replace("_", " "),
            f"was looked up and is {order.get_state_display().lower()}", order.pk,
        )
        for order in orders.order_by("pk")
    ]  # fmt: skip
