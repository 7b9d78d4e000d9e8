"""The exchange of an account with real money."""

from django.core.exceptions import ValidationError

from apps.accounts.connections.clients import client_of, facts_of
from apps.accounts.models import TradingAccount
from apps.orders.away import Away
from apps.orders.models import Order
from apps.orders.traces import OrderTraces
from engine.orders.states import WORKING, OrderState
from exchanges.coinbase.trading.exchange import CoinbaseExchange
from exchanges.port import Exchange


def live_exchange(account: TradingAccount) -> Exchange:
    """Its connection's; one that answers nothing while it has none."""
    connection = account.connection
    if connection is None:
        return Away("the account has no connection to its exchange")
    return CoinbaseExchange(client_of(connection), OrderTraces(account), facts_of(connection.pk), account.created)


def refuse_while_orders_work(account: TradingAccount) -> None:
    """Without its connection nobody would see what becomes of them."""
    working = Order.objects.filter(account=account, state__in=[*WORKING, OrderState.NOT_FOUND]).count()
    if working:
        words = f"must have no working orders to be deleted, had {working}: cancel them first"
        raise ValidationError({"connection": words})
