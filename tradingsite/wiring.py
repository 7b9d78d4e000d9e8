"""Who hears of what: fills the registries through which effects go up. The only place that knows both ends."""

from collections.abc import Mapping

import numpy as np

from apps.accounts import registry as accounts
from apps.accounts.connections.sweeps import connections_sweep
from apps.accounts.models import TradingAccount
from apps.accounts.sweeps import sign_ins_sweep
from apps.backtests.queue import sweep as backtests_sweep
from apps.bots import metrics as bot_metrics
from apps.bots.batches import batches_open, batches_settled, batches_sweep
from apps.bots.recovery import bots_recover
from apps.bots.selectors import products_of_bots
from apps.dashboard.console import console_sweep
from apps.ledger.selectors import products_held
from apps.markets import health as market_health
from apps.markets import registry as markets
from apps.markets.models import Product
from apps.markets.purging import sessions_purge
from apps.markets.registry import MarketEvent
from apps.markets.sources import MINUTE
from apps.operations import queues
from apps.operations.api.idempotency import idempotency_sweep
from apps.operations.health import checks as health
from apps.operations.metrics import counting, exposition
from apps.operations.nudges import nudge
from apps.operations.sweeps import Sweep, sweeps
from apps.orders import metrics as order_metrics
from apps.orders import registry as orders
from apps.orders.channels import listening
from apps.orders.freshness import troubles
from apps.orders.groups.listening import Listening
from apps.orders.halts import halt_progress
from apps.orders.ladder import stops_sweep
from apps.orders.live import live_exchange, refuse_while_orders_work
from apps.orders.losses import losses_sweep
from apps.orders.models import Order
from apps.orders.polling import polling_sweep
from apps.orders.protection import protection_gauges, protection_sweep
from apps.orders.reconciliation.gauges import difference_gauges
from apps.orders.recovery import recovery_sweep
from apps.orders.sweeps import (
    accounts_with_open_orders,
    accounts_within_reach,
    orders_settled,
    orders_sweep,
    products_with_orders,
)
from apps.portfolio import metrics as portfolio_metrics
from apps.portfolio.first import open_first_account
from apps.portfolio.live import live_account_open
from apps.portfolio.services import session_restart
from apps.portfolio.snapshots import snapshots_sweep
from apps.portfolio.usage import usage
from apps.risk import metrics as risk_metrics
from apps.risk import registry as risk
from apps.risk.limit_changes import raises_sweep
from engine.kinds import EventKind
from exchanges.port import Exchange
from tradingsite.personal import PERSONAL, user_end


def exchange_for(account: TradingAccount) -> Exchange:
    """The account's exchange. Paper is one like any other."""
    if account.mode == TradingAccount.Mode.LIVE:
        return live_exchange(account)
    # Loads the compiler: only processes that send orders pay for it.
    from apps.paper.exchange import PaperExchange  # noqa: PLC0415

    return PaperExchange(account)


def bot_order_finished(account: TradingAccount, order: Order) -> None:
    """A bot's order is over."""
    # Loads the compiler, as above.
    from apps.bots.orders import order_finished  # noqa: PLC0415

    order_finished(account, order)


def groups_work(account_id: int) -> bool:
    """Leads the groups of an account on."""
    # Loads the compiler, as above.
    from apps.orders.groups.advance import groups_work as work  # noqa: PLC0415

    return work(account_id)


def groups_advance(account: TradingAccount) -> bool:
    """Leads the groups of a locked account on."""
    # Loads the compiler, as above.
    from apps.orders.groups.advance import groups_advance as advance  # noqa: PLC0415

    return advance(account)


def match_orders(event: MarketEvent) -> None:
    """An event may fill orders: nudges the accounts whose orders rest in its product."""
    if event.kind == EventKind.OPEN and event.session.granularity < MINUTE:
        return  # it is told again with its second, which is what they meet
    for account_id in accounts_with_open_orders(event.product):
        nudge("orders_work", account_id, queue="orders")


def match_seconds(seconds: Mapping[Product, np.ndarray]) -> None:
    """Recorded seconds may fill orders: nudges the accounts of those that their prices reach, each once."""
    for account_id in accounts_within_reach({each: span(bars) for each, bars in seconds.items()}):
        nudge("orders_work", account_id, queue="orders")


def span(bars: np.ndarray) -> tuple[float, float]:
    return float(bars["low"].min()), float(bars["high"].max())


def connect() -> None:
    """Called once when the apps are loaded."""
    accounts.on_sign_up[:] = [open_first_account]
    accounts.on_delete[:] = [user_end]
    accounts.on_connect[:] = [live_account_open]
    accounts.on_disconnect[:] = [refuse_while_orders_work]
    accounts.troubles_of[:] = [troubles]
    accounts.personal[:] = PERSONAL
    orders.exchange_for = exchange_for
    orders.groups_work, orders.groups_advance = groups_work, groups_advance
    orders.on_finished["bot"] = bot_order_finished
    orders.on_recovered[:] = [bots_recover]
    markets.on_event[:] = [match_orders, batches_open]
    markets.on_seconds[:] = [match_seconds]
    markets.on_prices[:] = [Listening()]
    markets.on_session[:] = [session_restart]
    markets.is_settled[:] = [batches_settled, orders_settled]  # in this order: decisions make orders
    markets.products_in_use[:] = [products_of_bots, products_held, products_with_orders]
    markets.alongside[:] = [listening]
    risk.usage_of, risk.progress_of = usage, halt_progress
    sweeps[:] = [
        Sweep("orders", 1, orders_sweep),
        Sweep("day's losses", 1, losses_sweep),
        Sweep("recovery", 1, recovery_sweep),
        Sweep("protection", 1, protection_sweep),
        Sweep("stops", 1, stops_sweep),
        Sweep("batches", 1, batches_sweep),
        Sweep("snapshots", 2, snapshots_sweep),
        Sweep("limits", 5, raises_sweep),
        Sweep("backtests", 3, backtests_sweep),
        Sweep("played sessions", 600, sessions_purge),
        Sweep("counters", 5, counting.counters_sweep),
        Sweep("console", 5, console_sweep),
        Sweep("live accounts", 1, polling_sweep),
        Sweep("connections", 60, connections_sweep),
        Sweep("sign-ins", 3600, sign_ins_sweep),
        Sweep("idempotent requests", 600, idempotency_sweep),
    ]
    watch()


def watch() -> None:
    """What health and metrics look at."""
    health.checks[:] = [market_health.stream, market_health.feed, queues.check]
    queues.waiting.update(decisions=bot_metrics.oldest_batch, orders=order_metrics.oldest_order)
    counting.counted[:] = [bot_metrics.DECISIONS, order_metrics.ENDED, order_metrics.FILLS]
    exposition.gauges[:] = [
        market_health.feed_gauges,
        bot_metrics.bot_gauges,
        order_metrics.order_gauges,
        protection_gauges,
        difference_gauges,
        risk_metrics.halt_gauges,
        portfolio_metrics.equity_gauges,
    ]
