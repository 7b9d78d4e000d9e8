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
from apps.markets.selectors import feeds
from apps.operations.once import new_key, sound_key
from apps.operations.pages import page
from apps.orders.estimates import Estimate
from apps.orders.models import OrderGroup, Side
from apps.orders.pages.kinds import KINDS, LIMIT, Kind, kinds_of
from apps.orders.pages.listing import orders_over, working
from apps.orders.pages.writing import OrderForm, Place
from apps.orders.previews import previewed
from apps.orders.reconciliation.selectors import agreements
from apps.orders.shares import free_for, share_of

FRAGMENTS = {
    "working": "orders/_working.html",
    "over": "orders/_over.html",
    "exchange": "orders/_exchange.html",
    "estimate": "orders/_estimate.html",
}
RECENT = 5  # orders that are over, beside those that work
SHARES = (25, 50, 75, 100)  # percent of what is free


@dataclass(frozen=True)
class Desk:
    """Where a ticket is written and of which kind, as the address or the form names them."""

    place: Place
    kind: Kind

    def form(self, data: Any = None) -> OrderForm:
        return self.kind.form(data, place=self.place)


@require_safe
def orders_page(request: UserRequest) -> HttpResponse:
    """``account``, ``market``, ``side``, ``kind`` and the ticket's fields stand in the address; with ``draft`` they are
    shown and not judged yet."""
    accounts = list(trading_accounts(request.user))
    desk = _desk(request, accounts)
    form = desk.form(request.GET if _is_filled(request) else None) if desk else None
    if form and not form.is_bound:
        form.draft(request.GET)
    return _page(request, accounts, desk, form)


def _page(
    request: UserRequest, accounts: list[TradingAccount], desk: Desk | None, form: OrderForm | None, status: int = 200
) -> HttpResponse:
    told = _reckon(form) if form else None
    context = {
        "accounts": accounts, "desk": desk, "form": form, "estimate": told, "shares": SHARES,
        "feeds": list(feeds(desk.place.account.venue)) if desk else [],
        "kinds": kinds_of(desk.place.side) if desk else [],
        "free": free_for(desk.place.account, desk.place.product, desk.place.side) if desk else None,
        # Read only by the part that shows them.
        "working": lambda: working(request.user, _page_number(request)),
        "agreements": lambda: agreements(request.user),
        "over": lambda: list(orders_over(request.user)[:RECENT]),
    }  # fmt: skip
    return page(request, "orders/orders.html", context, fragments=FRAGMENTS, status=status)


@require_POST
def review(request: UserRequest) -> HttpResponse:
    """The ticket with all that it would cost and do, once more before it is sent. Sends nothing."""
    accounts, desk = _written(request)
    form = desk.form(request.POST)
    told = _reckon(form)
    if told is None:
        return _page(request, accounts, desk, form, status=400)
    told = previewed(desk.place.account, desk.place.product, told)
    if told.at_fault in form.fields and not form.fields[told.at_fault].widget.is_hidden:
        form.add_error(told.at_fault, f"{told.refusal[:1].upper()}{told.refusal[1:]}.")
        return _page(request, accounts, desk, form, status=400)
    back = f"{reverse('orders:orders')}?{urlencode(form.query)}"
    context = {"desk": desk, "form": form, "estimate": told, "key": new_key(), "back": back}
    return page(request, "orders/review.html", context, status=400 if told.refusal else 200)


@require_POST
def send(request: UserRequest) -> HttpResponse:
    """Places the order that was reviewed. The form's key makes a second sending the same order."""
    accounts, desk = _written(request)
    key = sound_key(request)
    form = desk.form(request.POST)
    if form.is_valid():
        try:
            made = form.send(request.user, key)
        except ValidationError as error:
            form.refuse(error)
    if form.errors:
        return _page(request, accounts, desk, form, status=400)
    messages.success(
        request, f"{'Advanced order' if isinstance(made, OrderGroup) else 'Order'} #{made.pk} is on its way."
    )
    here = {"account": desk.place.account.pk, "market": desk.place.product.symbol}
    return redirect(f"{reverse('orders:orders')}?{urlencode(here)}")


@require_safe
def size(request: UserRequest) -> JsonResponse:
    """What a share of what is free comes to, for the field of the size: ``share`` in percent."""
    _, desk = _written(request)
    share = request.GET.get("share", "")
    if share not in map(str, SHARES):
        raise Http404(f"share must be one of {SHARES}, was {share[:20]!r}")
    form = desk.form(request.GET)
    form.is_valid()  # of an unfinished ticket only the price counts
    name, value = share_of(
        desk.place.account, desk.place.feed, side=desk.place.side, at_market=desk.kind.name == "market",
        percent=int(share), price=form.cleaned_data.get("limit_price"),
    )  # fmt: skip
    return JsonResponse({"field": name, "value": value})


def _written(request: UserRequest) -> tuple[list[TradingAccount], Desk]:
    accounts = list(trading_accounts(request.user))
    desk = _desk(request, accounts)
    if desk is None:
        raise Http404("no market to trade in")
    return accounts, desk


def _desk(request: HttpRequest, accounts: list[TradingAccount]) -> Desk | None:
    """Where the request writes; None while the account's venue has no market. What nobody knows answers 404."""
    asked = request.POST if request.method == "POST" else request.GET
    first = accounts[0] if accounts else None
    account = next((each for each in accounts if str(each.pk) == asked.get("account")), first)
    listed = [feed for feed in feeds(account.venue) if feed.price is not None] if account else []
    if account is None or not listed:
        return None
    symbol = asked.get("market", "").strip().upper()
    feed = next((feed for feed in listed if feed.product.symbol == symbol), None if symbol else listed[0])
    if feed is None:
        raise Http404(f"no market {symbol[:40]!r}")
    side = asked.get("side", "") if asked.get("side") in Side.values else Side.BUY.value
    kind = KINDS.get(asked.get("kind", ""), LIMIT)
    return Desk(Place(account, feed, side), kind if side in kind.sides else LIMIT)


def _page_number(request: HttpRequest) -> int:
    """Of what works; what is no number is the first page."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1


def _is_filled(request: HttpRequest) -> bool:
    """Whether the address carries a size or a price: then the ticket is judged as it stands, unless it is a draft."""
    if request.GET.get("draft") and "fragment" not in request.GET:
        return False
    return any(value for name, value in request.GET.items() if name in ("quantity", "amount") or "price" in name)


def _reckon(form: OrderForm) -> Estimate | None:
    """What the order would cost; None, with the reasons in the form, when it makes no sense yet."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return form.reckon()
    except ValidationError as error:
        form.refuse(error)
        return None
