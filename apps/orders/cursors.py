"""How far each product's market has been read for an account: asked in queries, and moved on."""

from collections.abc import Mapping

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.expressions import Combinable

from apps.accounts.models import TradingAccount
from apps.orders.models import ProductCursor

# Readers overtake each other, and a cursor never goes back.
ADVANCE = """
    INSERT INTO orders_productcursor AS known (account_id, product_id, caught_up)
    SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[])
    ON CONFLICT (account_id, product_id) DO UPDATE SET caught_up = excluded.caught_up
    WHERE known.caught_up < excluded.caught_up
"""


def caught_up(position: int | str) -> Exists:
    """For a query of orders: whether each one's market has been read up to a position, or to that of a field."""
    until: int | Combinable = OuterRef(position) if isinstance(position, str) else position
    cursors = ProductCursor.objects.filter(account=OuterRef("account"), product=OuterRef("product"))
    return Exists(cursors.filter(caught_up__gte=until))


def cursors_advance(account: TradingAccount, reached: Mapping[int, int]) -> None:
    """Moves cursors on to the positions reached, by product id.

    The caller holds the account lock, or knows that the cursors exist: a new one waits for the account's row.
    """
    if reached:
        product_ids = sorted(reached)  # in one order, so that two readers never wait for each other in a circle
        positions = [reached[product_id] for product_id in product_ids]
        with connection.cursor() as cursor:
            cursor.execute(ADVANCE, [account.pk, product_ids, positions])
