"""Places the BAR of a minute after its last second, as markets.0010 says."""

from django.db import migrations


def moved(table: str, column: str, by: int, old: int) -> str:
    """SQL that moves every BAR; positions that are none of the kind stay."""
    return f"UPDATE {table} SET {column} = {column} + {by} WHERE {column} % 100000000000 % 120 = {old}"


def moves(*columns: tuple[str, str]) -> list[migrations.RunSQL]:
    return [migrations.RunSQL(moved(*each, 118, 1), moved(*each, -118, 119)) for each in columns]


class Migration(migrations.Migration):
    dependencies = [("bots", "0005_bot_archived")]
    operations = [
        *moves(("bots_bot", "last_position"), ("bots_evaluationbatch", "position"), ("bots_evaluation", "position")),
    ]
