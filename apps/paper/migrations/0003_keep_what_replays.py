"""Keeps what it takes to match an order again."""

from django.db import migrations, models

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
    dependencies = [("paper", "0002_time_in_force")]
    operations = [
        migrations.AddField("paperfill", "bar", models.PositiveSmallIntegerField(default=60)),
        migrations.AddField("paperorder", "asked", models.FloatField(default=0)),
        migrations.AddField("paperorder", "ended", models.BigIntegerField(null=True)),
        migrations.AddField("paperorder", "edited", models.BooleanField(default=False)),
        migrations.AlterField(
            "paperorder",
            "status",
            models.CharField(
                choices=[(name, name.capitalize()) for name in ("open", "filled", "cancelled", "expired", "rejected")],
                default="open",
                max_length=10,
            ),
        ),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
    ]
