"""How far an account was read was one number; now each product has its own.

The one number is true of a product only where its feed is the venue's only one. Elsewhere it may have been another
product's: such a product counts as not read, and the next sweep, a second later, reads it.
"""

import django.db.models.deletion
from django.db import migrations, models

SPLIT = """
    INSERT INTO orders_productcursor (account_id, product_id, caught_up)
    SELECT old.account_id, min(product.id), old.caught_up
    FROM orders_exchangecursor old
    JOIN accounts_tradingaccount account ON account.id = old.account_id
    JOIN markets_product product ON product.venue = account.venue
    JOIN markets_feed feed ON feed.product_id = product.id
    GROUP BY old.id
    HAVING count(*) = 1
"""
JOIN_AGAIN = """
    UPDATE orders_exchangecursor old SET caught_up = known.caught_up
    FROM (SELECT account_id, min(caught_up) AS caught_up FROM orders_productcursor GROUP BY account_id) known
    WHERE known.account_id = old.account_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_addresses_of_people_we_made"),
        ("markets", "0009_let_operators_switch_the_stream"),
        ("orders", "0002_keep_the_cause"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caught_up", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="product_cursors",
                        to="accounts.tradingaccount",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="markets.product"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "product"), name="product_cursor_once"),
                ],
            },
        ),
        migrations.RunSQL(SPLIT, JOIN_AGAIN),
        migrations.RemoveField(model_name="exchangecursor", name="caught_up"),
    ]
