"""Keeps what it takes to match an order again; places the BAR of a minute after its last second (markets.0010)."""

from django.db import migrations, models


def moved(table: str, column: str, by: int, old: int) -> str:
    """SQL that moves every BAR; positions that are none of the kind stay."""
    return f"UPDATE {table} SET {column} = {column} + {by} WHERE {column} % 100000000000 % 120 = {old}"


def moves(*columns: tuple[str, str]) -> list[migrations.RunSQL]:
    return [migrations.RunSQL(moved(*each, 118, 1), moved(*each, -118, 119)) for each in columns]


# Of an order that was cancelled nobody knows any more when: it ends with what it did.
FILLED = """
UPDATE paper_paperorder placed SET
    asked = funds + CASE WHEN side > 0 THEN done.cost ELSE 0 END,
    ended = CASE WHEN status = 'cancelled' THEN coalesce(done.position, arrival) END
FROM (
    SELECT placed.id, coalesce(sum(fill.price * fill.quantity + fill.fee), 0) AS cost, max(fill.position) AS position
    FROM paper_paperorder placed LEFT JOIN paper_paperfill fill ON fill.order_id = placed.id GROUP BY placed.id
) done
WHERE done.id = placed.id
"""


class Migration(migrations.Migration):
    dependencies = [("paper", "0001_initial")]
    operations = [
        migrations.AddField("paperfill", "bar", models.PositiveSmallIntegerField(default=60)),
        migrations.AddField("paperorder", "asked", models.FloatField(default=0)),
        migrations.AddField("paperorder", "ended", models.BigIntegerField(null=True)),
        *moves(("paper_paperbook", "position"), ("paper_paperorder", "arrival"), ("paper_paperfill", "position")),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
    ]
