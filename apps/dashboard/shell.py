"""What every page shows around its content. Each part is read when a template first asks for it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.dashboard.logs import unseen_errors
from apps.dashboard.navigation import FOOTBAR, Group, Item, navigation, placed
from apps.markets.models import Feed, MarketSession
from apps.markets.selectors import session_banner
from apps.operations.formats import moment
from apps.operations.venues import PRETENDED
from apps.portfolio.selectors import Equity, equity
from apps.risk.models import Halt
from apps.risk.selectors import Stop, halts_in_force, stops


@dataclass(frozen=True)
class Market:
    """What is being played at a venue. ``banner`` is empty for a real one. ``age``: wall seconds since a live market
    was known to be whole."""

    banner: str
    title: str = ""
    live: bool = False
    time: datetime | None = None
    age: float | None = None
    stale: bool = False


def market_of(venue: str) -> Market:
    session = MarketSession.objects.filter(venue=venue, closed=None).first()
    if session is None:
        return Market(banner="Simulated market: it has not started yet" if venue in PRETENDED else "")
    newest = Feed.objects.filter(session=session).aggregate(time=Max("market_time"), heard=Max("heard"))
    age = (timezone.now() - newest["heard"]).total_seconds() if newest["heard"] else None
    stale = not session.simulated and (age is None or age > settings.STALE_AFTER)
    live = not session.simulated
    return Market(session_banner(session), session.title, live, moment(newest["time"]), age, stale)


class Shell:
    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.navigation: list[Group] = navigation(request)
        self.footbar: list[Item] = placed(request, FOOTBAR)

    @cached_property
    def account(self) -> TradingAccount | None:
        user = self.request.user
        return trading_accounts(user).first() if user.is_authenticated else None

    @cached_property
    def unconfirmed(self) -> bool:
        """Whether the user's address still waits for its link. Where that is needed to sign in, nobody here waits."""
        user = self.request.user
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" or not user.is_authenticated:
            return False
        return EmailAddress.objects.filter(user=user, email=user.email, verified=False).exists()

    @property
    def mail_arrives(self) -> bool:
        return settings.MAIL_ARRIVES

    @cached_property
    def market(self) -> Market:
        return market_of(self.account.venue if self.account else settings.MARKET)

    @cached_property
    def equity(self) -> Equity | None:
        return equity(self.account) if self.account else None

    @cached_property
    def halts(self) -> list[Halt]:
        return list(halts_in_force(self.account)) if self.account else []

    @cached_property
    def stops(self) -> list[Stop]:
        """What others did to the user's trading: named on every page."""
        user = self.request.user
        return stops(user, self.halts) if user.is_authenticated else []

    @cached_property
    def log_errors(self) -> int:
        """Errors in the log that nobody has looked at; at most 100."""
        return unseen_errors(cast(UserRequest, self.request)) if self.request.user.is_authenticated else 0


def shell_of(request: HttpRequest) -> Shell:
    """One for each request: what the view has read, the templates do not read again."""
    if not hasattr(request, "_shell"):
        request._shell = Shell(request)  # type: ignore[attr-defined]
    return request._shell  # type: ignore[attr-defined]
