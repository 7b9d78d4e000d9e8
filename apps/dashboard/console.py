"""The operators' console: is the platform well, who trades, what waits, what failed, and where to stop it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.accounts.requests import UserRequest
from apps.bots.models import Bot
from apps.markets.models import Feed
from apps.operations.health.checks import examine
from apps.operations.hints import hint
from apps.operations.models import AuditEntry, Ownership
from apps.operations.pages import page
from apps.operations.queues import depths, waiting
from apps.orders.models import Order
from apps.risk.models import Halt
from engine.orders.states import OrderState

PARTS = ("state", "users", "bots", "streams", "work", "trouble")
FRAGMENTS = {name: f"dashboard/console/_{name}.html" for name in PARTS}
SHOWN = 20
RECENT = timedelta(days=1)
TROUBLE = [OrderState.UNKNOWN, OrderState.NOT_FOUND, OrderState.REJECTED, OrderState.DENIED]


OPEN = "console-open"  # in the cache while somebody looks
LASTS = 30  # seconds; an open console is told to look, and so asks, each five


@require_safe
def console(request: UserRequest) -> HttpResponse:
    """For operators; to everybody else it does not exist."""
    if not request.user.is_staff:
        raise Http404
    _opened()
    wanted = request.GET.get("q", "").strip()
    # Each is read only by the part that shows it.
    context: dict[str, Any] = {
        "health": examine,
        "halts": lambda: list(_halts()),
        "q": wanted,
        "users": lambda: list(_users(wanted)[:SHOWN]),
        "bots": lambda: list(_bots(wanted)[:SHOWN]),
        "states": _states,
        "feeds": _feeds,
        "owners": lambda: list(Ownership.objects.order_by("name")),
        "queues": depths,
        "waiting": lambda: {name: age() for name, age in waiting.items()},
        "orders": lambda: list(_trouble()[:SHOWN]),
        "entries": lambda: list(AuditEntry.objects.all()[:SHOWN]),
        "now": timezone.now(),
    }
    return page(request, "dashboard/console/console.html", context, fragments=FRAGMENTS)


def _opened() -> None:
    """Notes that somebody looks. Without Redis the page is read all the same, and asks again by itself."""
    with suppress(RedisError, OSError):
        cache.set(OPEN, True, LASTS)


def _halts() -> QuerySet[Halt]:
    return Halt.objects.filter(released_at=None).select_related("by", "user", "account__owner")


def _users(wanted: str) -> QuerySet[User]:
    """Paused ones first, then the newest."""
    running = Count("trading_accounts__bots", filter=Q(trading_accounts__bots__state=Bot.State.RUNNING))
    found = User.objects.filter(email__icontains=wanted) if wanted else User.objects.all()
    return found.annotate(running=running).order_by("paused_at", "-date_joined")


def _bots(wanted: str) -> QuerySet[Bot]:
    """Those in error first, then paused ones, then by what changed last."""
    found = Bot.objects.select_related("account__owner", "product")
    if wanted:
        found = found.filter(Q(account__owner__email__icontains=wanted) | Q(name__icontains=wanted))
    else:
        found = found.exclude(state=Bot.State.STOPPED)
    return found.annotate(
        urgency=Count("pk", filter=Q(state=Bot.State.ERROR)) * 2 + Count("pk", filter=Q(state=Bot.State.PAUSED))
    ).order_by("-urgency", "-state_since")


def _states() -> dict[str, int]:
    counts = dict(Bot.objects.order_by().values_list("state").annotate(Count("pk")))
    return {str(label): counts.get(state, 0) for state, label in Bot.State.choices}


def _feeds() -> list[Feed]:
    feeds = Feed.objects.filter(session__closed=None).select_related("product", "session")
    return list(feeds.order_by("product__venue", "product__symbol"))


def _trouble() -> QuerySet[Order]:
    """Orders whose outcome is not known, and what was refused within a day."""
    unclear = Q(state__in=[OrderState.UNKNOWN, OrderState.NOT_FOUND])
    refused = Q(state__in=TROUBLE, created__gt=timezone.now() - RECENT)
    return Order.objects.filter(unclear | refused).select_related("account__owner", "product")


def console_sweep() -> None:
    """Lets open consoles look again; while none is open nobody is asked for."""
    try:
        if not cache.get(OPEN):
            return
    except (RedisError, OSError):
        return  # no page would hear it either
    for operator in User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True):
        hint(operator, "console")
