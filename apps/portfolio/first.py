"""The account a new user starts with."""

from django.conf import settings

from apps.accounts.models import TradingAccount, User
from apps.portfolio.services import paper_account_open


def open_first_account(user: User) -> TradingAccount:
    """Paper money at the market this installation plays."""
    return paper_account_open(user=user, venue=settings.MARKET)
