"""Reading accounts, always on behalf of a user."""

from django.db.models import QuerySet

from apps.accounts.models import TradingAccount, User


def trading_accounts(user: User) -> QuerySet[TradingAccount]:
    return TradingAccount.objects.filter(owner=user)
