"""Says how long the bar was that filled an order; places the BAR of a minute after its last second (markets.0010)."""

from django.db import migrations, models


def moved(table: str, column: str, by: int, old: int) -> str:
    """SQL that moves every BAR; positions that are none of the kind stay."""
    return f"UPDATE {table} SET {column} = {column} + {by} WHERE {column} % 100000000000 % 120 = {old}"


def moves(*columns: tuple[str, str]) -> list[migrations.RunSQL]:
    return [migrations.RunSQL(moved(*each, 118, 1), moved(*each, -118, 119)) for each in columns]


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_know_the_stop_limit")]
    operations = [
        migrations.AddField("fill", "bar", models.PositiveSmallIntegerField(default=0)),
        *moves(("orders_order", "position"), ("orders_fill", "position"), ("orders_productcursor", "caught_up")),
        migrations.RunSQL("UPDATE orders_fill SET bar = 60 WHERE position > 0", migrations.RunSQL.noop),
    ]
