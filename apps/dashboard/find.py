"""Quick find: pages, bots and markets by a few letters of their name."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.bots.selectors import bots
from apps.dashboard.navigation import navigation
from apps.markets.selectors import feeds
from apps.operations.pages import page

SHOWN = 8  # of each kind
LONGEST = 60  # letters that are looked for
FRAGMENTS = {"dialog": "dashboard/_find.html", "results": "dashboard/_found.html"}


@dataclass(frozen=True)
class Found:
    label: str
    note: str
    url: str
    icon: str


@require_safe
def find(request: UserRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()[:LONGEST]
    words = wanted.lower().split()
    kinds = {"Pages": _pages(request), "Bots": _bots(request), "Markets": _markets(request)}
    groups = {kind: [found for found in every if _fits(found, words)][:SHOWN] for kind, every in kinds.items()}
    context = {"wanted": wanted, "groups": groups, "count": sum(map(len, groups.values()))}
    return page(request, "dashboard/find.html", context, fragments=FRAGMENTS)


def _fits(found: Found, words: list[str]) -> bool:
    text = f"{found.label} {found.note}".lower()
    return all(word in text for word in words)


def _pages(request: UserRequest) -> Iterator[Found]:
    for group in navigation(request):
        for item in group.items:
            yield Found(item.label, group.title, item.url, item.icon)


def _bots(request: UserRequest) -> Iterator[Found]:
    for bot in bots(request.user).order_by("name"):
        note = f"{bot.product.symbol}, {bot.get_state_display().lower()}"
        yield Found(bot.name, note, reverse("bots:detail", args=[bot.pk]), "bots")


def _markets(request: UserRequest) -> Iterator[Found]:
    venues = set(trading_accounts(request.user).values_list("venue", flat=True))
    for venue in sorted(venues):
        for feed in feeds(venue):
            symbol = feed.product.symbol
            yield Found(symbol, venue, f"{reverse('portfolio:charts')}?market={symbol}", "candles")
