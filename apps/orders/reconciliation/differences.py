"""Differences as rows: found, confirmed when they stay, gone when they are no more; and the circuit breaker."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.operations.hints import hint, toast
from apps.orders.reconciliation.models import Difference, Kind
from apps.risk.services import breaker_reset, breaker_trip
from engine.orders.states import OrderState

logger = logging.getLogger(__name__)
BREAKER = "reconciliation"
How = Difference.How
READ_ANEW = (Kind.EXTERNAL_ORDER, Kind.UNKNOWN_OUTCOME, Kind.MISSED_FILL, Kind.BALANCE, Kind.DUST)  # by each run
ONCE = (Kind.FOREIGN_TRADE, Kind.CORRECTION)  # nobody reads them anew: what was decided on is over
SURE = (Kind.EXTERNAL_ORDER, *ONCE)  # at first sight: the exchange itself has said so
STAYS = timedelta(seconds=4)  # what differs for longer, and was seen twice, is no matter of the moment


@dataclass(frozen=True)
class Finding:
    """A difference as one run sees it. ``gap`` tells one that changed from one that stayed."""

    kind: Kind
    subject: str
    ours: str
    theirs: str
    order_id: int | None = None
    detail: dict[str, str] = field(default_factory=dict)
    patience: timedelta = STAYS

    @property
    def gap(self) -> str:
        return self.detail.get("gap", "")


def found(account: TradingAccount, finding: Finding) -> Difference | None:
    """The open row of a difference of the locked account; None for a trade that was decided on before."""
    rows = Difference.objects.filter(account=account, kind=finding.kind, subject=finding.subject)
    row = rows.filter(resolved=None).first()
    if row is None and finding.kind in ONCE and rows.exists():
        return None
    now = timezone.now()
    if row is not None and str(row.detail.get("gap", "")) != finding.gap:
        row.resolved, row.how = now, How.GONE  # it became another one
        row.save(update_fields=["resolved", "how"])
        row = None
    if row is None:
        row = Difference(account=account, kind=finding.kind, subject=finding.subject, since=now)
    row.ours, row.theirs, row.detail = finding.ours, finding.theirs, finding.detail
    row.order_id, row.seen = finding.order_id, now
    stays = row.pk is not None and now - row.since >= finding.patience
    if row.confirmed is None and (finding.kind in SURE or stays):
        row.confirmed = now
        if finding.kind != Kind.DUST:
            _alarm(account, row)
    row.save()
    return row


def posted(account: TradingAccount, finding: Finding) -> Difference:
    """The row of a difference that was set right in the ordinary way."""
    now = timezone.now()
    return Difference.objects.create(
        account=account, kind=finding.kind, subject=finding.subject, ours=finding.ours, theirs=finding.theirs,
        detail=finding.detail, order_id=finding.order_id, since=now, seen=now, resolved=now, how=How.POSTED,
    )  # fmt: skip


def gone(account: TradingAccount, kept: Iterable[int], *, kinds: Iterable[Kind] = READ_ANEW) -> int:
    """Ends the open differences of the locked account that a run no longer found; returns how many."""
    rows = Difference.objects.filter(account=account, resolved=None, kind__in=list(kinds)).exclude(pk__in=list(kept))
    return rows.update(resolved=timezone.now(), how=How.GONE)


def alarming(account: TradingAccount) -> list[Difference]:
    """Those that a person must decide on, or that must go away, before entries are allowed again.

    An order that was surely looked for and is nowhere waits for a person too, and says nothing against the books.
    """
    rows = Difference.objects.filter(account=account, resolved=None, confirmed__isnull=False).order_by("pk")
    return list(rows.exclude(kind=Kind.DUST).exclude(how=How.IGNORED).exclude(order__state=OrderState.NOT_FOUND))


def breaker_set(account: TradingAccount) -> bool:
    """Trips the account's breaker while a difference alarms, and resets it when none does; whether it is tripped."""
    left = alarming(account)
    if left:
        more = f", and {len(left) - 1} more" if len(left) > 1 else ""
        breaker_trip(account=account, breaker=BREAKER, reason=f"the exchange shows otherwise: {left[0]}{more}")
    else:
        breaker_reset(account=account, breaker=BREAKER, reason="ledger and exchange agree")
    return bool(left)


def _alarm(account: TradingAccount, row: Difference) -> None:
    words = f"{account}: the exchange shows otherwise. {row}"
    transaction.on_commit(partial(logger.error, "%s", words, extra={"user": account.owner_id}))
    toast(account.owner_id, words, tone="bad", urgent=True)
    hint(account.owner_id, "accounts", "halts")
