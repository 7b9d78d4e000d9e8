"""What the clock does about connections: each is checked once a day, a doubted or broken one sooner."""

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from apps.accounts.connections.services import connection_check
from apps.accounts.models import ExchangeConnection
from exchanges.port import Unavailable

logger = logging.getLogger(__name__)
DAY = timedelta(days=1)
SOON = timedelta(minutes=10)  # between two looks at one that is broken
AT_ONCE = 20  # a sweep; the others come with the next


def connections_sweep() -> None:
    now = timezone.now()
    old = Q(checked=None) | Q(checked__lt=now - DAY) | Q(doubted=True)
    old |= Q(state=ExchangeConnection.State.BROKEN, checked__lt=now - SOON)
    for connection in ExchangeConnection.objects.filter(old).select_related("owner").order_by("checked")[:AT_ONCE]:
        try:
            connection_check(connection)
        except Unavailable as error:
            logger.warning("connection %s cannot be checked: %s", connection.pk, error)


def connection_doubt(connection: ExchangeConnection) -> None:
    """The exchange refused the key: it is looked at by the next sweep."""
    ExchangeConnection.objects.filter(pk=connection.pk, doubted=False).update(doubted=True)
