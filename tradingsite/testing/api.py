"""The API as a script meets it, and somebody who has something of everything in it."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.test import Client

from apps.accounts.models import TradingAccount, User
from apps.accounts.tokens import token_create
from apps.bots.models import Bot
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

ROOT = "/api/v1/"
PASSWORD = "correct horse battery"  # of a desk's owner


class Caller:
    """Speaks JSON to /api/v1/; signed in as a user, with an access token of a scope, or nobody."""

    def __init__(self, user: User | None = None, *, scope: str = "") -> None:
        self.client = Client()
        self.credentials: dict[str, str] = {}
        if user and scope:
            _, secret = token_create(user=user, name="a script", scope=scope)
            self.credentials = {"Authorization": f"Bearer {secret}"}
        elif user:
            self.client.force_login(user)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to METHOD of a path under the root, or of a whole address."""
        address = path if path.startswith(("/", "http")) else ROOT + path
        sent: dict[str, Any] = {"headers": self.credentials | headers}
        if body is not None:
            sent |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, address, **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)


@dataclass(frozen=True)
class Desk:
    """A user with an account, a bot that holds a position, another that has closed a trade, and a halt."""

    market: Market
    account: TradingAccount
    bot: Bot
    done: Bot
    halt: Halt

    @property
    def owner(self) -> User:
        return self.account.owner

    @cached_property
    def caller(self) -> Caller:
        return Caller(self.owner)


def make_desk(market: Market) -> Desk:
    account = make_account(make_user(password=PASSWORD))
    done = make_bot(account, market.product, params={"stop": 0.5, "target": 0.02}, size=0.01)
    market.bar(100, volume=LONG)
    market.bar(100)
    market.bar(103)
    bot = make_bot(account, market.product, params={"stop": 0.01, "target": 0.5}, size=0.01)
    market.bar(103, volume=LONG)
    market.bar(103)
    pulled = halt(scope="account", account=account, level=HaltLevel.ENTRIES, reason="a look at it", by=account.owner)
    return Desk(market, account, bot, done, pulled)
