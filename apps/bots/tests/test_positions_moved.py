"""The migration that places the BAR of a minute after its last second."""

from importlib import import_module

import pytest
from django.db import connection

from apps.markets.models import Feed
from engine.events import SESSION_SPAN, event_position
from engine.kinds import EventKind
from tradingsite.testing.market import START, Market

migration = import_module("apps.bots.migrations.0006_place_minutes_after_their_seconds")


def run(statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.django_db
def test_bars_move_and_what_lies_between_them_stays():
    market = Market()
    session = market.session.pk
    old_bar = session * SESSION_SPAN + 2 * START + 1
    new_bar = event_position(session=session, time=START, kind=EventKind.BAR)
    opens = event_position(session=session, time=START, kind=EventKind.OPEN)
    feed = Feed.objects.filter(product=market.product)
    for old, new in ((old_bar, new_bar), (opens, opens), (opens - 1, opens - 1), (new_bar, new_bar), (0, 0)):
        feed.update(position=old, settled=old)
        run(migration.move(118, 1))
        assert feed.values_list("position", "settled").get() == (new, new)
    feed.update(position=old_bar)
    run(migration.move(118, 1))
    run(migration.move(-118, 119))
    assert feed.get().position == old_bar
