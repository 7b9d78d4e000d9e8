"""Charts: any market's candles with indicators and the account's own trades."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.markets.models import TIMEFRAMES, Feed, Product
from apps.markets.selectors import feeds
from apps.markets.watching import LEVELS
from apps.operations.formats import moment
from apps.operations.pages import page
from apps.portfolio.charts.data import chart_data, day_figures
from apps.portfolio.charts.indicators import IndicatorForm
from apps.portfolio.charts.request import place_asked, refused
from apps.portfolio.holdings import holdings_in
from apps.portfolio.models import ChartPreference

FRAGMENTS = {"day": "portfolio/charts/_day.html", "mine": "portfolio/charts/_mine.html"}
# Seconds of each range, and the bars that show it with a few hundred of them.
RANGES = {
    "1D": (86_400, "5m"), "1W": (604_800, "15m"), "1M": (2_592_000, "1h"), "3M": (7_862_400, "4h"),
    "1Y": (31_536_000, "1d"),
}  # fmt: skip
DEFAULT = ("15m", {"ma": "20"})


@require_safe
def charts(request: UserRequest) -> HttpResponse:
    """``market``, ``interval`` or ``range``, ``around`` (seconds) and the indicators stand in the address."""
    account = trading_accounts(request.user).prefetch_related("bots").first()
    listed = list(feeds(account.venue if account else settings.MARKET))
    feed = _feed(listed, request.GET.get("market", ""))
    interval, asked = _asked(request)
    name = request.GET.get("range", "")
    form = IndicatorForm(asked)
    moment_asked = request.GET.get("around", "")
    around = int(moment_asked) if moment_asked.isdecimal() and len(moment_asked) < 12 else None
    context = {
        "account": account, "feeds": listed, "feed": feed, "interval": interval, "frames": list(TIMEFRAMES),
        "range": name if name in RANGES else "", "ranges": {key: bars for key, (_, bars) in RANGES.items()},
        "levels": range(LEVELS),
        "seconds": RANGES[name][0] if name in RANGES else 0, "form": form, "chosen": form.chosen,
        "chosen_words": form.words, "around": moment(around), "around_seconds": around or "",
        "kept": asked == _kept(request)[1] and interval == _kept(request)[0],
        "address": _address(feed, interval, {name: text for name, text in asked.items() if name in form.chosen}),
        # Read only by the part that shows them.
        "day": lambda: day_figures(feed) if feed else None,
        "holdings": lambda: holdings_in(account, feed.product) if account and feed else [],
    }  # fmt: skip
    status = 200 if form.is_valid() else 400
    return page(request, "portfolio/charts/charts.html", context, fragments=FRAGMENTS, status=status)


def _feed(listed: list[Feed], symbol: str) -> Feed | None:
    """The market asked for, else the first; one that is not played answers 404."""
    if not symbol:
        return listed[0] if listed else None
    found = next((feed for feed in listed if feed.product.symbol == symbol.strip().upper()), None)
    if found is None:
        raise Http404(f"no market {symbol!r}")
    return found


def _kept(request: UserRequest) -> tuple[str, dict[str, str]]:
    """The user's own default interval and indicators."""
    kept = ChartPreference.objects.filter(user=request.user).first()
    return (kept.interval, kept.indicators) if kept else DEFAULT


def _asked(request: UserRequest) -> tuple[str, dict[str, str]]:
    """Interval and indicators: of the address, else of the range, else the user's default."""
    interval, indicators = _kept(request)
    if request.GET.get("range") in RANGES:
        interval = RANGES[request.GET["range"]][1]
    if request.GET.get("interval") in TIMEFRAMES:
        interval = request.GET["interval"]
    return interval, _indicators(request.GET) if _names_indicators(request.GET) else indicators


def _names_indicators(query: QueryDict) -> bool:
    return any(name in query for name in IndicatorForm.base_fields)


def _indicators(query: QueryDict) -> dict[str, str]:
    return {name: query.get(name, "") for name in IndicatorForm.base_fields if query.get(name)}


def _address(feed: Feed | None, interval: str, asked: dict[str, str]) -> str:
    """Of the candles."""
    if feed is None:
        return ""
    query = {"market": feed.product.symbol, "interval": interval, **asked}
    return f"{reverse('portfolio:candles')}?{urlencode(query)}"


@require_safe
def candles(request: UserRequest) -> JsonResponse:
    """See apps.portfolio.charts.data; ``before``, ``after`` or ``around`` (seconds UTC) say which bars."""
    account = trading_accounts(request.user).first()
    product = _product(account, request.GET.get("market", ""))
    form = IndicatorForm(request.GET)
    try:
        timeframe, where = place_asked(request.GET)
        if not form.is_valid():
            raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})
    except ValidationError as error:
        return refused(error)
    return JsonResponse(chart_data(product, timeframe, where, chosen=form.chosen, account=account))


def _product(account: TradingAccount | None, symbol: str) -> Product:
    """The market asked for, else the first that is played."""
    venue = account.venue if account else settings.MARKET
    if not symbol:
        feed = feeds(venue).first()
        found = feed.product if feed else None
    else:
        found = Product.objects.filter(venue=venue, symbol=symbol).first()
    if found is None:
        raise Http404(f"no market {symbol!r}")
    return found


@require_POST
def keep(request: UserRequest) -> HttpResponse:
    """Makes an interval and indicators the user's default."""
    interval = request.POST.get("interval", "")
    asked: dict[str, Any] = _indicators(request.POST)
    if interval not in TIMEFRAMES or not IndicatorForm(asked).is_valid():
        raise Http404("nothing to keep: the interval or an indicator is none of ours")
    ChartPreference.objects.update_or_create(user=request.user, defaults={"interval": interval, "indicators": asked})
    messages.success(request, "Charts now open with this interval and these indicators.")
    return redirect(f"{reverse('portfolio:charts')}?{urlencode({'market': request.POST.get('market', '')})}")
