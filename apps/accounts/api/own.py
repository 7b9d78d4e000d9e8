"""The caller's own accounts in bodies and filters: other people's are as unknown as those that do not exist."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from apps.accounts.models import TradingAccount
from apps.accounts.selectors import trading_accounts


def own_accounts(request: Any) -> QuerySet[TradingAccount]:
    """For filters; none while the API describes itself."""
    return trading_accounts(request.user) if request else TradingAccount.objects.none()


class AccountField(serializers.PrimaryKeyRelatedField):
    """One of the caller's accounts by its id."""

    default_error_messages = {"does_not_exist": "must be one of your accounts, was {pk_value}"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"queryset": TradingAccount.objects.none(), **options})

    def get_queryset(self) -> Any:
        return own_accounts(self.context.get("request"))
