"""What a bot decided, ordered and traded, as the plain numbers of engine.parity: comparable with a backtest's."""

from django.db.models import Q

from apps.bots.models import Bot, Evaluation
from apps.markets.models import MarketSession
from apps.orders.models import Fill, Order
from engine.events import SESSION_SPAN
from engine.kinds import EventKind, FillReason, Purpose, Side
from engine.parity import TradingRecord


def bot_record(bot: Bot, session: MarketSession) -> TradingRecord:
    """Everything that the bot did in the session, in order of time."""
    within = Q(position__gte=session.pk * SESSION_SPAN, position__lt=(session.pk + 1) * SESSION_SPAN)
    orders = Order.objects.filter(within, account=bot.account_id, holder=bot.holder)
    fills = Fill.objects.filter(within, account=bot.account_id, order__holder=bot.holder)
    lot = bot.product.base_increment
    return TradingRecord(
        decisions=[
            (int(at.timestamp()), *rest)
            for at, *rest in Evaluation.objects.filter(within, bot=bot)
            .order_by("position")
            .values_list("at", "verdict", "blocking", "passed", "unknown", "lots")
        ],
        orders=[
            (
                int(order.decided.timestamp()), Purpose[order.purpose.upper()], order.kind, Side[order.side.upper()],
                int(order.quantity / lot), float(order.limit_price or 0), float(order.stop_price or 0),
            )
            for order in orders.order_by("position", "pk")
        ],
        fills=[
            (
                int(fill.at.timestamp()), EventKind(fill.position % 2), Side[fill.order.side.upper()],
                float(fill.price), int(fill.quantity / lot), float(fill.fee), FillReason[fill.reason.upper()],
            )
            for fill in fills.select_related("order").order_by("position", "pk")
        ],
    )  # fmt: skip
