"""Asking for a backtest: from nothing, from a bot, or from an earlier one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.backtests.forms import HUNDRED, BacktestForm, initial_of
from apps.backtests.selectors import backtest_get
from apps.backtests.services import NAME_LENGTH, backtest_create
from apps.backtests.sources import Source, sources
from apps.bots.forms import told_initial
from apps.bots.models import Bot
from apps.bots.selectors import bot_get
from apps.operations.once import claim, new_key
from engine.strategies.registry import REGISTRY


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    """``?strategy=``, ``?bot=`` or ``?from=`` say what the form begins with."""
    found = sources()
    initial, name = _begin(request, found)
    strategy = REGISTRY.get(request.GET.get("strategy", name)) or REGISTRY[next(iter(REGISTRY))]
    if strategy.name != name:
        initial = {key: value for key, value in initial.items() if not key.startswith("p_")}
    initial.setdefault("name", strategy.title)
    data = request.POST if request.method == "POST" else None
    form = BacktestForm(data, strategy=strategy, found=found, initial=initial)
    if form.is_bound and form.is_valid():
        answer = _create(request, form)
        if answer:
            return answer
    kept = [(name, request.GET[name]) for name in ("bot", "from") if request.GET.get(name)]
    context = {"form": form, "kept": kept, "strategy": strategy, "strategies": REGISTRY.values(), "key": new_key()}
    return render(request, "backtests/new.html", context, status=400 if form.is_bound else 200)


def _create(request: UserRequest, form: BacktestForm) -> HttpResponse | None:
    """Where to go next; None when the form has to be shown again."""
    if not claim(request):
        messages.info(request, "This form was sent already: its backtest is in the list.")
        return redirect("backtests:list")
    try:
        backtest = backtest_create(user=request.user, **form.values)
    except ValidationError as error:
        form.refuse(error)
        return None
    return redirect("backtests:detail", backtest.pk)


def _begin(request: UserRequest, found: list[Source]) -> tuple[dict[str, Any], str]:
    """Initial values and the name of the strategy they are for."""
    bot, earlier = request.GET.get("bot", ""), request.GET.get("from", "")
    if bot.isdecimal() and len(bot) < 19:
        return _of_bot(bot_get(request.user, int(bot)), found)
    if earlier:
        backtest = backtest_get(request.user, _uuid(earlier))
        return initial_of(backtest), backtest.strategy
    account = trading_accounts(request.user).first()
    costs = _costs(account) if account else {}
    return costs, ""


def _of_bot(bot: Bot, found: list[Source]) -> tuple[dict[str, Any], str]:
    """What the bot is told, on its own market where candles of it are at hand."""
    assert bot.version is not None
    markets = [source for source in found if source.rules.symbol == bot.product.symbol]
    # The recording that its market plays is whole; what was played so far is only its beginning.
    whole = max(markets, key=lambda source: source.span[1] - source.span[0], default=None)
    initial = told_initial(bot.version) | _costs(bot.account) | {"name": bot.name[:NAME_LENGTH]}
    return initial | ({"market": whole.key} if whole else {}), bot.version.strategy


def _costs(account: Any) -> dict[str, str]:
    """An account's own costs, in percent."""
    return {
        "fee": f"{(account.fee_taker * HUNDRED).normalize():f}",
        "slippage": f"{(account.slippage * HUNDRED).normalize():f}",
    }


def _uuid(text: str) -> UUID:
    """Of a malformed one, an identity that nothing has: it answers 404 like every other that is not there."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
