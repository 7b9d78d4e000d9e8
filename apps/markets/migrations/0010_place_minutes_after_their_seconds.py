"""Places the BAR of a minute after its last second: at twice its closing time less one, not at
twice its opening time plus one."""

from django.db import migrations, models


def moved(table: str, column: str, by: int, old: int) -> str:
    """SQL that moves every BAR; positions that are none of the kind stay."""
    return f"UPDATE {table} SET {column} = {column} + {by} WHERE {column} % 100000000000 % 120 = {old}"


def moves(*columns: tuple[str, str]) -> list[migrations.RunSQL]:
    return [migrations.RunSQL(moved(*each, 118, 1), moved(*each, -118, 119)) for each in columns]


class Migration(migrations.Migration):
    dependencies = [("markets", "0009_let_operators_switch_the_stream")]
    operations = [
        migrations.AddField("feed", "recorded", models.BigIntegerField(default=0)),
        migrations.AddField("marketsession", "granularity", models.PositiveSmallIntegerField(default=60)),
        *moves(("markets_feed", "position"), ("markets_feed", "settled")),
        migrations.RunSQL("UPDATE markets_feed SET recorded = position", migrations.RunSQL.noop),
    ]
