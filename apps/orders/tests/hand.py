"""Somebody who orders by hand on paper, in a market whose last price is 100."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.ledger.holders import MANUAL
from apps.ledger.models import Balance, Position
from apps.orders.groups.creation import group_create
from apps.orders.manual import order_edit, order_place
from apps.orders.models import Order, OrderGroup
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind, PlanKind
from tradingsite.testing.market import Market
from tradingsite.testing.people import NO_LIMITS, make_account


class Hand:
    def __init__(self, market: Market, limits: Mapping[str, float] = NO_LIMITS) -> None:
        self.market, self.account = market, make_account(limits=limits)
        self.product, self.number = market.product, 0
        market.bars(100)

    @property
    def user(self) -> User:
        return self.account.owner

    def place(
        self, side: str, kind: OrderKind = OrderKind.MARKET, quantity: str = "1", request: str = "", sent: bool = True,
        **fields: Any,
    ) -> Order:  # fmt: skip
        self.number += 1
        exact: dict[str, Any] = {
            name: Decimal(value) if isinstance(value, str) else value for name, value in fields.items()
        }
        ticket = Ticket(side, kind, quantity=Decimal(quantity) if quantity else None, **exact)
        order = order_place(
            user=self.user, account=self.account, product=self.product, ticket=ticket,
            request=request or str(self.number),
        )  # fmt: skip
        if sent:
            self.market.settle()
        return order

    def edit(self, order: Order, request: str = "edit", **changes: str) -> Order:
        exact = {name: Decimal(value) for name, value in changes.items()}
        return order_edit(user=self.user, order=order, request=request, **exact)

    def group(
        self, kind: PlanKind, quantity: str = "1", side: str = "sell", sent: bool = True, **params: Any
    ) -> OrderGroup:
        self.number += 1
        group = group_create(
            user=self.user, account=self.account, product=self.product, kind=kind, request=str(self.number),
            params={"side": side, "quantity": quantity, **params},
        )  # fmt: skip
        if sent:
            self.market.settle()
        return group

    def own(self, quantity: str = "1") -> None:
        """Buys at 100."""
        self.place("buy", quantity=quantity)
        self.market.bars(100)
        assert self.held() == Decimal(quantity)

    def held(self) -> Decimal:
        position = Position.objects.filter(account=self.account, holder=MANUAL, closed=None).first()
        return position.quantity if position else Decimal(0)

    def balance(self, currency: str = "USD") -> Balance:
        return Balance.objects.get(account=self.account, currency=currency)


def state(row: Order | OrderGroup) -> str:
    row.refresh_from_db()
    return row.state
