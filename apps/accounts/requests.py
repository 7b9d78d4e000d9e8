"""The request of a signed-in user, for the types of views, and the account that it is about."""

from django.http import Http404, HttpRequest

from apps.accounts.models import TradingAccount, User
from apps.accounts.selectors import trading_accounts


class UserRequest(HttpRequest):
    """What a view gets behind the middleware that asks everybody to sign in."""

    user: User


def own_account(request: UserRequest) -> TradingAccount:
    """The user's account; 404 for a user without one."""
    account = trading_accounts(request.user).first()
    if account is None:
        raise Http404("no trading account")
    return account
