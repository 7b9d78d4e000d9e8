"""The ledger as JSON."""

from rest_framework import serializers

from apps.ledger.holders import bot_of
from apps.ledger.models import Entry, Line
from apps.operations.api.fields import Amount

ENTRY = {
    "id": 301, "account": 3, "run": 1, "seq": 42, "kind": "fill", "at": "2020-02-10T14:01:00Z",
    "reference": "fill:501", "memo": "",
    "lines": [
        {"bucket": "assets", "currency": "BTC", "amount": "0.0506", "bot": 12},
        {"bucket": "trading", "currency": "BTC", "amount": "-0.0506", "bot": 12},
        {"bucket": "assets", "currency": "USD", "amount": "-499.58", "bot": 12},
        {"bucket": "trading", "currency": "USD", "amount": "499.58", "bot": 12},
        {"bucket": "assets", "currency": "USD", "amount": "-2.9975", "bot": 12},
        {"bucket": "fees", "currency": "USD", "amount": "2.9975", "bot": 12},
    ],
}  # fmt: skip


class LineSerializer(serializers.ModelSerializer[Line]):
    """One side of an entry."""

    amount = Amount()
    bot = serializers.SerializerMethodField(help_text="Id of the bot whose part of the account it is.")

    class Meta:
        model = Line
        fields = ("bucket", "currency", "amount", "bot")
        read_only_fields = fields

    def get_bot(self, line: Line) -> int | None:
        return bot_of(line.holder)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """A fact that moved money; its lines sum to zero in each currency. ``run`` rises with each reset."""

    run = serializers.IntegerField(source="generation", read_only=True)
    lines = LineSerializer(many=True, read_only=True)
    example = ENTRY

    class Meta:
        model = Entry
        fields = tuple(ENTRY)
        read_only_fields = fields
