"""An account whose orders a test makes by hand, at an exchange that does what the test says."""

from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from apps.accounts.locks import lock_account
from apps.ledger.models import Balance
from apps.ledger.positions import open_position
from apps.orders import registry
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order
from apps.orders.services import orders_work
from engine.kinds import OrderKind
from engine.orders.states import OrderState
from exchanges.port import Balance as Owned
from tradingsite.testing.exchange import ScriptedExchange
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account

HOLDER = "desk-1"  # of a kind that nobody listens to


class Desk:
    def __init__(self, monkeypatch: Any) -> None:
        self.product = make_product()
        self.market = Market(self.product)
        self.account = make_account(deposit="1000")
        self.exchange = ScriptedExchange()
        self._requests = count(1)
        monkeypatch.setattr(registry, "exchange_for", lambda account: self.exchange)

    def order(self, purpose: str, side: str, quantity: str, *, holder: str = HOLDER, **fields: Any) -> Order:
        """Commits an intent; not sent yet."""
        common: dict[str, Any] = {"request": f"test/{next(self._requests)}", "kind": OrderKind.MARKET}
        intent = Intent(
            holder=holder, product=self.product, purpose=purpose, side=side, quantity=Decimal(quantity),
            **(common | fields),
        )  # fmt: skip
        with transaction.atomic():
            return order_create(account=lock_account(self.account.pk), intent=intent)

    def buy(self, quantity: str = "1", funds: str = "110", **fields: Any) -> Order:
        return self.order("entry", "buy", quantity, funds=Decimal(funds), **fields)

    def protect(self, quantity: str = "1", limit: str = "120", stop: str = "90", **fields: Any) -> Order:
        return self.order(
            "protect", "sell", quantity, kind=OrderKind.BRACKET, limit_price=Decimal(limit), stop_price=Decimal(stop),
            **fields,
        )  # fmt: skip

    def exit(self, quantity: str = "1", **fields: Any) -> Order:
        return self.order("exit", "sell", quantity, **{"reason": "signal", **fields})

    def own(self, quantity: str = "1", price: str = "100", *, holder: str = HOLDER) -> Order:
        """A position, bought at the exchange."""
        order = self.buy(quantity, str(Decimal(quantity) * Decimal(price)), holder=holder)
        self.work()
        self.exchange.fill(order.client_order_id, quantity, price, state=OrderState.FILLED)
        self.work()
        order.refresh_from_db()
        assert order.state == OrderState.FILLED
        return order

    def work(self) -> None:
        """What a worker does for the account."""
        orders_work(self.account.pk)

    def agree(self) -> None:
        """Lets the exchange hold exactly what the ledger says."""
        rows = Balance.objects.filter(account=self.account)
        self.exchange.owned = {row.currency: Owned(row.total, row.free) for row in rows}

    def owns(self, currency: str, amount: str) -> None:
        """What the exchange says it holds of a currency."""
        self.exchange.owned[currency] = Owned(Decimal(amount), Decimal(amount))

    def state(self, order: Order) -> str:
        order.refresh_from_db()
        return order.state

    def held(self, currency: str = "USD") -> Decimal:
        balance = Balance.objects.filter(account=self.account, currency=currency).first()
        return balance.held if balance else Decimal(0)

    def total(self, currency: str = "USD") -> Decimal:
        return Balance.objects.get(account=self.account, currency=currency).total

    def position(self, holder: str = HOLDER) -> Decimal:
        """Quantity held now."""
        position = open_position(self.account, holder, self.product)
        return position.quantity if position else Decimal(0)

    def events(self, order: Order) -> list[str]:
        return list(order.events.values_list("kind", flat=True))
