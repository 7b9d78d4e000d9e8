"""Creating a bot: market and strategy, settings, preview. Each step is a page; nothing is kept between them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.bots.forms import BotForm, ChooseForm
from apps.bots.preview import preview
from apps.bots.services import bot_create, bot_start
from apps.bots.words import told_values
from apps.markets.models import Product
from engine.strategies.registry import REGISTRY


def _account(request: UserRequest) -> TradingAccount | None:
    return trading_accounts(request.user).first()


def products_of(account: TradingAccount) -> Any:
    return Product.objects.filter(venue=account.venue, status=Product.Status.ONLINE).select_related("feed")


@require_safe
def new(request: UserRequest) -> HttpResponse:
    """First step. What was chosen stands in the address of the second."""
    account = _account(request)
    if account is None:
        return redirect("portfolio:paper")
    products = products_of(account)
    form = ChooseForm(request.GET if "chosen" in request.GET else None, products=products)
    if form.is_bound and form.is_valid():
        query = QueryDict(mutable=True)
        query.update({"product": form.cleaned_data["product"].pk, "strategy": form.cleaned_data["strategy"]})
        return redirect(f"{reverse('bots:settings')}?{query.urlencode()}")
    context = {"form": form, "products": products, "strategies": REGISTRY.values(), "first": "first" in request.GET}
    return render(request, "bots/new.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: UserRequest) -> HttpResponse:
    """Second step, its preview, and the creation."""
    account = _account(request)
    if account is None:
        return redirect("portfolio:paper")
    choice = ChooseForm(request.GET, products=products_of(account))
    if not choice.is_valid():
        return redirect("bots:new")
    product, strategy = choice.cleaned_data["product"], REGISTRY[choice.cleaned_data["strategy"]]
    initial = {"name": _free_name(account, f"{product.base} {strategy.title}")}
    data = request.POST if request.method == "POST" else None
    form = BotForm(data, strategy=strategy, quote=product.quote, initial=initial)
    context = {"form": form, "product": product, "strategy": strategy, "account": account}
    deed = request.POST.get("deed", "")
    if not form.is_bound or deed == "edit":
        return render(request, "bots/settings.html", context)
    if not form.is_valid() or not _name_is_free(form, account):
        return render(request, "bots/settings.html", context, status=400)
    if deed in ("start", "create"):
        return _create(request, context, start=deed == "start")
    return render(request, "bots/preview.html", context | _preview(context))


def _preview(context: dict[str, Any]) -> dict[str, Any]:
    form, strategy = context["form"], context["strategy"]
    seconds = form.cleaned_data["timeframe"]
    return {
        "told": told_values(strategy.name, seconds, form.params, form.controls),
        "preview": preview(
            account=context["account"], product=context["product"], strategy=strategy, seconds=seconds,
            params=form.params, controls=form.controls,
        ),
    }  # fmt: skip


def _create(request: UserRequest, context: dict[str, Any], *, start: bool) -> HttpResponse:
    form = context["form"]
    try:
        bot = bot_create(
            user=request.user, account=context["account"], product=context["product"], name=form.cleaned_data["name"],
            strategy=context["strategy"].name, timeframe=form.cleaned_data["timeframe"], params=form.params,
            controls=form.controls,
        )  # fmt: skip
    except ValidationError as error:
        form.refuse(error)
        return render(request, "bots/settings.html", context, status=400)
    if start:
        bot_start(bot=bot, user=request.user, reason="started on creation")
    return redirect("bots:detail", bot.pk)


def _name_is_free(form: BotForm, account: TradingAccount) -> bool:
    name = form.cleaned_data["name"].strip()
    if account.bots.filter(name=name, archived=None).exists():
        form.add_error("name", f"Name must be new in this account, {name} is taken.")
        return False
    return True


def _free_name(account: TradingAccount, wish: str) -> str:
    taken = set(account.bots.filter(archived=None).values_list("name", flat=True))
    wish = wish[:55]
    return next(name for name in [wish, *(f"{wish} {n}" for n in range(2, 10_000))] if name not in taken)
