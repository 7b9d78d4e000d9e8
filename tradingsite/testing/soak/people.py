"""Who trades in a soak: people with live accounts at the sandbox exchange."""

from dataclasses import dataclass
from json import dumps

from apps.accounts.connections.live import SURE, live_begin
from apps.accounts.connections.services import connection_add
from apps.accounts.models import AccessToken, TradingAccount, User
from apps.accounts.tokens import token_create
from apps.risk.models import RiskPolicy
from sandbox.testing import Sandbox
from tradingsite.testing.people import NO_LIMITS
from tradingsite.testing.signing import with_app

OWNED = {"USD": "1000000", "BTC": "1"}


@dataclass(frozen=True)
class Person:
    name: str  # at the exchange
    user: User
    account: TradingAccount
    token: str = ""  # of the API


def person_join(exchange: Sandbox, number: int) -> Person:
    """A user of the platform whose live account is that of a user of the exchange."""
    name = f"soak-{number}"
    for currency, amount in OWNED.items():
        exchange.deposit(currency, amount, name)
    user = User.objects.create_user(f"{name}@example.org")
    with_app(user)
    connection = connection_add(user=user, label="Soak", text=dumps(exchange.key(user=name)))
    live_begin(connection=connection, by=user, sure=SURE)
    account = TradingAccount.objects.get(connection=connection)
    RiskPolicy.objects.filter(account=account).update(**NO_LIMITS)
    _, token = token_create(user=user, name="Soak", scope=AccessToken.Scope.TRADE)
    return Person(name, user, account, token)
