"""The people of the operators' site, and a platform on which something has happened for them to see."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import count
from uuid import uuid4

from django.apps import apps
from django.contrib.auth.models import Group

from apps.accounts.models import ExchangeConnection, TradingAccount, User
from apps.accounts.tokens import token_create
from apps.bots.models import Bot
from apps.markets.condition import Condition, DayCounts, Unbelieved, condition_store, day_count
from apps.markets.models import Product
from apps.markets.sources import SourceEvent
from apps.operations.models import Ownership
from apps.orders.models import Difference, OrderGroup, ProtectionGap, Reconciled, RecoveryReport
from apps.risk.limit_changes import limits_change
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import EventKind, HaltLevel, PlanKind
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

_numbers = count(1)
migration = import_module("tradingsite.migrations.0001_operators")
backtests = import_module("tradingsite.migrations.0002_operators_see_backtests")
tokens = import_module("tradingsite.migrations.0003_operators_see_access_tokens")
groups = import_module("tradingsite.migrations.0005_operators_see_groups")


def make_operator() -> User:
    """Staff in the group 'operators', no superuser."""
    group = Group.objects.filter(name=migration.GROUP).first()
    if group is None:  # a test that empties all tables came before
        migration.make_group(apps)
        backtests.see(apps)
        tokens.see(apps)
        groups.see(apps)
        group = Group.objects.get(name=migration.GROUP)
    operator = make_user("operator@example.org", is_staff=True)
    operator.groups.add(group)
    return operator


@dataclass(frozen=True)
class Happened:
    """A bot that has bought and whose stop and target rest, and a halt of its account."""

    market: Market
    owner: User
    account: TradingAccount
    bot: Bot
    halt: Halt


def make_happened(market: Market) -> Happened:
    """Every list of the operators' site has rows after this; each call adds as many."""
    account = make_account()
    bot = make_bot(account, market.product, params={"stop": 0.01, "target": 0.02}, size=0.01)
    market.bar(100, volume=LONG)
    market.bar(101)
    pulled = halt(scope="account", account=account, level=HaltLevel.ENTRIES, reason="a look at it", by=None)
    token_create(user=account.owner, name="script", scope="read")
    ExchangeConnection.objects.create(
        owner=account.owner, label="Main", venue="coinbase", key_name="…3f9a", portfolio=str(uuid4()), secret="sealed"
    )
    Ownership.objects.get_or_create(name="clock", epoch=3, holder="here:1")
    _make_streamed(market)
    limits_change(account=account, by=account.owner, values={"max_positions": 9})
    _make_recovered(account)
    _make_group(account, market.product)
    return Happened(market, account.owner, account, bot, pulled)


def _make_recovered(account: TradingAccount) -> None:
    """What reconciliations leave: a balance that differs, and the report of a start."""
    now = datetime.now(UTC)
    Reconciled.objects.create(account=account, epoch=1, at=now)
    RecoveryReport.objects.create(account=account, why="start", epoch=1, seconds=0.2, sound=False)
    Difference.objects.create(
        account=account, kind="balance", subject="USD", ours="100", theirs="90", detail={"gap": "-10"}, since=now,
        seen=now, confirmed=now,
    )  # fmt: skip


def _make_group(account: TradingAccount, product: Product) -> None:
    """An advanced order that is over, and a position that was without its stop for a while."""
    OrderGroup.objects.create(
        account=account, generation=1, holder="manual", product=product, request="x", kind=PlanKind.TRAILING,
        side="sell", quantity=1, state=OrderGroup.State.DONE,
        params={"side": "sell", "quantity": "1", "callback": "0.05", "seed": 1, "start": 0},
    )  # fmt: skip
    now = datetime.now(UTC)
    ProtectionGap.objects.create(position=account.positions.earliest("pk"), since=now, until=now, quantity=1)


def _make_streamed(market: Market) -> None:
    """What a live market leaves: the state of its stream, a counted minute, a trade that was not believed."""
    condition_store(f"venue-{next(_numbers)}", Condition(connected=True))
    at = datetime.fromtimestamp(market.now, UTC)
    unbelieved = Unbelieved(next(_numbers), at, Decimal(150), Decimal("0.001"), 100.0)
    event = SourceEvent(market.product.symbol, EventKind.TIME, market.now, None)
    day = at.date() + timedelta(days=next(_numbers))
    counts = DayCounts(trades=3, unbelieved=[unbelieved])
    day_count(market.session, market.product, day, counts, event=event, backfilled=False)
