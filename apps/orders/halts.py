"""Carrying out a halt: the row waits until its cancels and sales are asked for."""

from apps.orders.services import orders_cancel_all, orders_work, positions_flatten
from apps.risk.models import Halt
from apps.risk.services import affected_accounts
from engine.kinds import HaltLevel


def halts_sweep() -> int:
    """Cancels and sells for every halt that still waits for it; returns how many halts were carried out."""
    waiting = Halt.objects.filter(swept=False, released_at=None).order_by("pk")
    for halt in waiting:
        for account_id in affected_accounts(halt):
            orders_cancel_all(account_id=account_id, why=f"halt: {halt.reason}")
            if halt.level == HaltLevel.FLATTEN:
                positions_flatten(account_id=account_id, reason="halt", request=f"halt/{halt.pk}")
            orders_work(account_id)
        Halt.objects.filter(pk=halt.pk).update(swept=True)
    return len(waiting)
