"""The equity curve as a drawing."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.portfolio.curve import HEIGHT, POINTS, WIDTH, draw, equity_curve
from apps.portfolio.models import EquitySnapshot
from tradingsite.testing.people import make_account

START = datetime(2020, 2, 10, tzinfo=UTC)
VALUES = st.lists(st.decimals("0.01", "1000000", places=2), min_size=2, max_size=700)


def points(values) -> list[tuple[datetime, Decimal]]:
    return [(START + timedelta(minutes=15 * index), Decimal(value)) for index, value in enumerate(values)]


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]


@given(VALUES)
def test_it_stays_inside_its_box_and_ends_with_the_last_value(values):
    curve = draw(points(values))
    xs, ys = numbers(curve.line)[::2], numbers(curve.line)[1::2]
    assert len(xs) <= POINTS + 1
    assert xs == sorted(xs)
    assert (xs[0], xs[-1]) == (0, WIDTH)
    assert all(0 <= y <= HEIGHT for y in ys)
    assert curve.last[1] == values[-1]
    assert 0 <= curve.deepest < 1


def test_it_tells_the_deepest_fall_below_the_peak():
    curve = draw(points(["100", "120", "90", "130"]))
    assert (curve.deepest, curve.change, curve.high, curve.low) == (Decimal("0.25"), Decimal("0.3"), 130, 90)


def test_it_draws_a_range_of_market_time_and_ends_now(db):
    account = make_account()
    for hours, equity in ((0, 10000), (30, 10100), (40, 9900)):
        at = START + timedelta(hours=hours)
        EquitySnapshot.objects.create(account=account, generation=1, at=at, equity=equity, cash=equity)
    now = START + timedelta(hours=41)
    day, everything = (equity_curve(account, name, Decimal(9950), now) for name in ("1D", "All"))
    assert [value for _, value in day.points] == [10100, 9900, 9950]
    assert len(everything.points) == 4


def test_it_waits_for_two_points(db):
    account = make_account()
    assert equity_curve(account, "All", Decimal(10000), START) is None


def test_a_long_curve_keeps_its_ends_and_is_thinned_evenly(db):
    account = make_account()
    rows = [(START + timedelta(minutes=15 * index), Decimal(10000 + index)) for index in range(1000)]
    EquitySnapshot.objects.bulk_create(
        EquitySnapshot(account=account, generation=1, at=at, equity=equity, cash=equity) for at, equity in rows
    )
    curve = equity_curve(account, "All", Decimal(9000), rows[-1][0] + timedelta(minutes=1))
    assert 200 < len(curve.points) <= POINTS + 1
    assert (curve.first, curve.points[-2], curve.last[1]) == (rows[0], rows[-1], 9000)
    steps = {int(later - earlier) for (_, earlier), (_, later) in pairwise(curve.points[:-2])}
    assert len(steps) == 1
