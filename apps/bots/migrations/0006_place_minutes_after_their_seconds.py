"""Places the BAR of every minute after its last second: at twice its closing time less one (engine.events), no longer at
twice its opening time plus one. Positions of all apps move at once: they are compared with each other."""

from django.db import migrations

COLUMNS = [
    ("markets_feed", "position"), ("markets_feed", "settled"),
    ("bots_bot", "last_position"), ("bots_evaluationbatch", "position"), ("bots_evaluation", "position"),
    ("orders_order", "position"), ("orders_fill", "position"), ("orders_productcursor", "caught_up"),
    ("paper_paperbook", "position"), ("paper_paperorder", "arrival"), ("paper_paperorder", "ended"),
    ("paper_paperfill", "position"),
]  # fmt: skip


def move(by: int, old: int) -> list[str]:
    """SQL that moves every BAR. Whoever stands just before a minute's OPEN stays there."""
    return [
        f"UPDATE {table} SET {column} = {column} + {by} WHERE {column} % 100000000000 % 120 = {old}"
        for table, column in COLUMNS
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0005_bot_archived"),
        ("markets", "0010_match_by_the_second"),
        ("orders", "0005_name_the_bar_of_a_fill"),
        ("paper", "0003_keep_what_replays"),
    ]
    operations = [
        migrations.RunSQL(move(118, 1), move(-118, 119)),
        migrations.RunSQL("UPDATE markets_feed SET recorded = position", migrations.RunSQL.noop),
    ]
