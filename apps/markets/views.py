"""Market data for everybody who is signed in: the stream, and how good what it stored is."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.markets.forms import window
from apps.markets.models import TIMEFRAMES
from apps.markets.quality import days_counted, quarantined, series_quality, venue_quality
from apps.markets.selectors import feeds
from apps.markets.status import stream_status
from apps.operations.formats import moment
from apps.operations.pages import page
from engine.quality import Finding


@require_safe
def stream(request: UserRequest) -> HttpResponse:
    context = {"status": stream_status(venue_of(request))}
    return page(request, "markets/stream.html", context, fragments={"state": "markets/_stream.html"})


@require_safe
def quality(request: UserRequest) -> HttpResponse:
    form, timeframe, days = window(request.GET.dict())
    rows = venue_quality(venue_of(request), TIMEFRAMES[timeframe], days)
    context = {"form": form, "rows": rows, "timeframe": timeframe, "days": days, "live": timeframe == "1m"}
    return page(request, "markets/quality.html", context, status=200 if form.is_valid() else 400)


@require_safe
def series(request: UserRequest, symbol: str) -> HttpResponse:
    feed = feeds(venue_of(request)).filter(product__symbol=symbol).first()
    if feed is None:
        raise Http404(f"no data of {symbol}")
    form, timeframe, days = window(request.GET.dict())
    judged = series_quality(feed, TIMEFRAMES[timeframe], days)
    found = [(each.title, len(each.times), _first(each)) for each in judged.findings]
    context = {
        "form": form, "series": judged, "timeframe": timeframe,
        "days": days, "counted": days_counted(feed, days), "quarantined": quarantined(feed), "product": feed.product,
        "found": found,
    }  # fmt: skip
    return page(request, "markets/series.html", context, status=200 if form.is_valid() else 400)


def _first(finding: Finding) -> datetime | None:
    return moment(int(finding.times[0])) if len(finding.times) else None


def venue_of(request: UserRequest) -> str:
    """The market that the reader trades on, else the installation's."""
    account = trading_accounts(request.user).first()
    return account.venue if account else settings.MARKET
