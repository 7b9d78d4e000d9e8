"""The page of advanced orders: a ticket with its estimate, what works, what was; the review; the sending."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.markets.models import Feed
from apps.markets.selectors import feeds
from apps.operations.once import new_key
from apps.operations.pages import page
from apps.operations.paging import keyset
from apps.orders.estimates import Estimate, estimate
from apps.orders.manual import order_place
from apps.orders.models import Side
from apps.orders.pages.forms import HELP, KINDS, TITLES, TicketForm, chosen, ticket_query
from apps.orders.pages.listing import count, trees
from apps.orders.selectors import orders
from apps.orders.shares import share_of
from engine.kinds import OrderKind
from engine.orders.states import WORKING

FRAGMENTS = {
    "working": "orders/_working.html",
    "history": "orders/_history.html",
    "estimate": "orders/_estimate.html",
}
SHARES = (25, 50, 75, 100)  # percent of what is free
BUYABLE: list[OrderKind] = [kind for kind in KINDS.values() if kind != OrderKind.BRACKET]


@dataclass(frozen=True)
class Desk:
    """Where a ticket is written: account, market, side and kind, as the address or the form names them."""

    account: TradingAccount
    feed: Feed
    side: str
    kind: OrderKind

    def form(self, data: Any = None) -> TicketForm:
        return TicketForm(data, account=self.account, feed=self.feed, side=self.side, kind=self.kind)


@require_safe
def orders_page(request: UserRequest) -> HttpResponse:
    """``account``, ``market``, ``side``, ``kind`` and the ticket's fields stand in the address."""
    accounts = list(trading_accounts(request.user))
    desk = _desk(request, accounts)
    form = desk.form(request.GET if _is_filled(request) else None) if desk else None
    return _page(request, accounts, desk, form)


def _page(
    request: UserRequest, accounts: list[TradingAccount], desk: Desk | None, form: TicketForm | None, status: int = 200
) -> HttpResponse:
    told = _estimate(desk, form) if desk and form else None
    context = {
        "accounts": accounts, "desk": desk, "form": form, "estimate": told, "shares": SHARES,
        "feeds": list(feeds(desk.account.venue)) if desk else [],
        "kinds": [(kind.name.lower(), TITLES[kind]) for kind in _kinds(desk.side)] if desk else [],
        "help": HELP[desk.kind] if desk else "",
        # Read only by the part that shows them.
        "trees": lambda: trees(request.user),
        "working": lambda: count(trees(request.user)),
        "history": lambda: keyset(
            orders(request.user).exclude(state__in=WORKING), key="created", descending=True,
            cursor=request.GET.get("after", ""),
        ),
    }  # fmt: skip
    return page(request, "orders/orders.html", context, fragments=FRAGMENTS, status=status)


@require_POST
def review(request: UserRequest) -> HttpResponse:
    """The ticket with all that it would cost and do, once more before it is sent. Sends nothing."""
    accounts = list(trading_accounts(request.user))
    desk = _desk(request, accounts)
    if desk is None:
        raise Http404("no market to trade in")
    form = desk.form(request.POST)
    told = _estimate(desk, form)
    if told is None or form.errors:
        return _page(request, accounts, desk, form, status=400)
    back = f"{reverse('orders:orders')}?{urlencode(ticket_query(form.ticket, desk.account, desk.feed.product.symbol))}"
    context = {"desk": desk, "form": form, "estimate": told, "key": new_key(), "back": back, "help": HELP[desk.kind]}
    return page(request, "orders/review.html", context, status=400 if told.refusal else 200)


@require_POST
def send(request: UserRequest) -> HttpResponse:
    """Places the order that was reviewed. The form's key makes a second sending the same order."""
    accounts = list(trading_accounts(request.user))
    desk = _desk(request, accounts)
    key = request.POST.get("key", "")
    if desk is None or not (key.isalnum() and len(key) <= 64):
        raise Http404("no ticket")
    form = desk.form(request.POST)
    if not form.is_valid():
        return _page(request, accounts, desk, form, status=400)
    try:
        order = order_place(
            user=request.user, account=desk.account, product=desk.feed.product, ticket=form.ticket, request=key
        )
    except ValidationError as error:
        form.refuse(error)
        return _page(request, accounts, desk, form, status=400)
    messages.success(request, f"Order #{order.pk} is on its way.")
    here = {"account": desk.account.pk, "market": desk.feed.product.symbol}
    return redirect(f"{reverse('orders:orders')}?{urlencode(here)}")


@require_safe
def size(request: UserRequest) -> JsonResponse:
    """What a share of what is free comes to, for the field of the size: ``share`` in percent."""
    desk = _desk(request, list(trading_accounts(request.user)))
    share = request.GET.get("share", "")
    if desk is None or share not in map(str, SHARES):
        raise Http404(f"share must be one of {SHARES}, was {share[:20]!r}")
    form = desk.form(request.GET)
    prices = form.cleaned_data if form.is_valid() else {}
    name, value = share_of(
        desk.account, desk.feed, side=desk.side, kind=desk.kind, percent=int(share), price=prices.get("limit_price")
    )
    return JsonResponse({"field": name, "value": value})


def _desk(request: HttpRequest, accounts: list[TradingAccount]) -> Desk | None:
    """Where the request writes; None while the account's venue has no market. What nobody knows answers 404."""
    asked = request.POST if request.method == "POST" else request.GET
    account = chosen(accounts, asked.get("account", ""))
    listed = [feed for feed in feeds(account.venue) if feed.price is not None] if account else []
    if account is None or not listed:
        return None
    symbol = asked.get("market", "").strip().upper()
    feed = next((feed for feed in listed if feed.product.symbol == symbol), None if symbol else listed[0])
    if feed is None:
        raise Http404(f"no market {symbol[:40]!r}")
    side = asked.get("side", "") if asked.get("side") in Side.values else Side.BUY.value
    kind = KINDS.get(asked.get("kind", ""), OrderKind.LIMIT)
    return Desk(account, feed, side, kind if kind in _kinds(side) else OrderKind.LIMIT)


def _kinds(side: str) -> list[OrderKind]:
    return BUYABLE if side == Side.BUY else list(KINDS.values())


def _is_filled(request: HttpRequest) -> bool:
    """Whether the address carries a size or a price: then the ticket is judged as it stands."""
    return any(request.GET.get(name) for name in ("quantity", "amount", "limit_price", "stop_price"))


def _estimate(desk: Desk, form: TicketForm) -> Estimate | None:
    """What the ticket would cost; None, with the reasons in the form, when it makes no sense yet."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return estimate(account=desk.account, product=desk.feed.product, ticket=form.ticket)
    except ValidationError as error:
        form.refuse(error)
        return None
