"""Writing the audit trail, in the same transaction as the deed."""

import logging
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from apps.operations.models import AuditEntry
from apps.operations.origin import client_ip, hand

SYSTEM = "system"
logger = logging.getLogger("audit")


def record(
    *,
    actor: AbstractBaseUser | None,
    action: str,
    target: models.Model | None = None,
    reason: str = "",
    ip: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Adds an entry; ``actor`` None means the platform itself or whoever gives a command by hand, ``ip`` None the
    client that is being served. ``detail`` must hold no secret."""
    entry = AuditEntry.objects.create(
        actor=actor,  # type: ignore[misc]  # the user model stands above this app
        actor_label=str(actor) if actor else hand() or SYSTEM,
        action=action,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        target_label=str(target)[:200] if target else "",
        reason=reason,
        ip=ip or client_ip(),
        detail=detail or {},
    )
    words = " ".join(word for word in (action, entry.target_label, reason and f"({reason})") if word)
    transaction.on_commit(partial(logger.info, "%s", words, extra={"user": actor.pk} if actor else {}))
    return entry


def last(target: models.Model, action: str) -> AuditEntry | None:
    """The newest entry about a thing and an action."""
    entries = AuditEntry.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk), action=action)
    return entries.first()
