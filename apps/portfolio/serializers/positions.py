"""Positions and trades as JSON."""

from typing import Any

from rest_framework import serializers

from apps.ledger.holders import bot_of
from apps.ledger.models import Position
from apps.operations.api.fields import Amount, Ratio

POSITION = {
    "id": 61, "account": 3, "bot": 12, "bot_name": "Morning cross", "venue": "replay", "product": "BTC-USD",
    "quantity": "0.0506", "entry_price": "9873.21", "mark": "9890", "value": "500.434", "pnl": "-2.1435",
    "pnl_ratio": -0.00429, "stop_price": "9675.75", "target_price": None, "protected": "0.0506", "unprotected": "0",
    "fees": "2.9975", "opened": "2020-02-10T14:01:00Z", "leaves_at": None,
}  # fmt: skip
TRADE = {
    "id": 60, "account": 3, "bot": 12, "venue": "replay", "product": "BTC-USD", "run": 1, "quantity": "0.05",
    "entry_price": "9800", "exit_price": "9950", "fees": "5.925", "net": "1.575", "ratio": 0.003214, "reason": "target",
    "opened": "2020-02-10T11:01:00Z", "closed": "2020-02-10T12:30:00Z",
}  # fmt: skip


class PositionSerializer(serializers.Serializer[Any]):
    """An open position (``Holding``), marked to the last price. Amounts in quote, quantities in base; null = unknown or
    none. ``pnl``: what it would leave if it were sold now, fees so far included, the exit's fee not."""

    id = serializers.IntegerField(source="position.pk")
    account = serializers.IntegerField(source="position.account_id")
    bot = serializers.IntegerField(source="bot_id", allow_null=True)
    bot_name = serializers.CharField()
    venue = serializers.CharField(source="position.account.venue")
    product = serializers.CharField(source="position.product.symbol")
    quantity = Amount(source="position.quantity")
    entry_price = Amount(source="position.entry_price")
    mark = Amount(allow_null=True, help_text="The last price.")
    value, pnl = Amount(allow_null=True), Amount(allow_null=True)
    pnl_ratio = Ratio(allow_null=True)
    stop_price = Amount(allow_null=True, help_text="Of the resting order, else as the signal wished it.")
    target_price = Amount(allow_null=True)
    protected = Amount(help_text="Base covered by a resting exit.")
    unprotected = Amount(help_text="Base that should be covered and is not.")
    fees = Amount(source="position.fees")
    opened = serializers.DateTimeField(source="position.opened", help_text="Market time.")
    leaves_at = serializers.DateTimeField(allow_null=True, help_text="Market time: the longest hold is over.")
    example = POSITION


class TradeSerializer(serializers.ModelSerializer[Position]):
    """A closed round trip in market time. ``net`` is the result in quote after all fees, ``ratio`` that of what was
    paid; ``run`` rises with each reset of the account."""

    bot = serializers.SerializerMethodField()
    venue = serializers.CharField(source="account.venue", read_only=True)
    product = serializers.CharField(source="product.symbol", read_only=True)
    run = serializers.IntegerField(source="generation", read_only=True)
    quantity = Amount(source="bought")
    entry_price, exit_price, fees, net = Amount(), Amount(allow_null=True), Amount(), Amount()
    ratio = Ratio(allow_null=True)
    closed = serializers.DateTimeField()
    example = TRADE

    class Meta:
        model = Position
        fields = tuple(TRADE)
        read_only_fields = fields

    def get_bot(self, position: Position) -> int | None:
        return bot_of(position.holder)


class TotalsSerializer(serializers.Serializer[Any]):
    """Of the trades that pass the filter, in quote; null = undefined."""

    trades, wins = serializers.IntegerField(), serializers.IntegerField()
    win_rate = Ratio(allow_null=True)
    net, fees, gained, lost = Amount(), Amount(), Amount(), Amount()
    best, worst = Amount(allow_null=True), Amount(allow_null=True)
    expectancy = Amount(allow_null=True, help_text="Average net result of a trade.")
    profit_factor = Ratio(allow_null=True, help_text="Gross gains over gross losses.")
    example = {
        "trades": 3, "wins": 2, "win_rate": 0.6667, "net": "12.4071", "fees": "17.8", "gained": "20.1",
        "lost": "7.6929", "best": "15.2", "worst": "-7.6929", "expectancy": "4.1357", "profit_factor": 2.6128,
    }  # fmt: skip
