"""Effects of accounts that go up. Filled once in tradingsite/wiring.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model, Q, QuerySet

from apps.accounts.models import TradingAccount, User
from exchanges.port import Balance

# A user has just signed up.
on_sign_up: list[Callable[[User], object]] = []

# A user is about to be deleted, accounts locked: ends what works for them. ValidationError keeps the user.
on_delete: list[Callable[[User], object]] = []

# A live account has just been opened for a portfolio, with what the exchange holds for it by currency.
on_connect: list[Callable[[TradingAccount, Mapping[str, Balance]], object]] = []

# A locked live account is about to lose its connection. ValidationError keeps it.
on_disconnect: list[Callable[[TradingAccount], object]] = []

# What the owner of a live account should know of how old its figures are, in words.
troubles_of: list[Callable[[TradingAccount, datetime], list[str]]] = []


@dataclass(frozen=True)
class Personal:
    """Rows of a table that belong to a user, for the export. ``whose`` picks them; ``without`` are secrets."""

    model: type[Model]
    whose: Callable[[User], Q]
    without: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """'orders.order', the name of its file."""
        return self.model._meta.label_lower

    def rows(self, user: User) -> QuerySet[Model, dict[str, object]]:
        names = [field.attname for field in self.model._meta.concrete_fields if field.name not in self.without]
        return self.model._default_manager.filter(self.whose(user)).order_by("pk").values(*names)


# Every table with rows of users.
personal: list[Personal] = []
