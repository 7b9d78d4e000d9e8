"""Markets by API: products, prices, candles, streams."""

import pytest

from tradingsite.testing.api import Caller
from tradingsite.testing.market import make_product
from tradingsite.testing.operators import make_operator
from tradingsite.testing.people import make_user


@pytest.fixture
def caller(db) -> Caller:
    return Caller(make_user())


@pytest.fixture
def path(market) -> str:
    return f"market/products/{market.product.pk}/"


def test_products_tell_increments_and_minimums_as_decimal_strings(caller, path):
    told = caller.get(path).json()
    assert (told["symbol"], told["base_increment"], told["quote_min_size"]) == ("BTC-USD", "0.00000001", "1")
    assert caller.get("market/products/?symbol=BTC-USD").json()["results"] == [told]
    assert caller.get("market/products/?venue=nowhere").json()["results"] == []


def test_the_ticker_stands_at_the_last_event(caller, market, path):
    market.bar(9873.21)
    told = caller.get(f"{path}ticker/").json()
    assert (told["price"], told["market_time"], told["venue"]) == ("9873.21", "2020-02-10T00:01:00Z", "replay")
    etag = caller.get(f"{path}ticker/").headers["ETag"]
    assert caller.get(f"{path}ticker/", **{"If-None-Match": etag}).status_code == 304
    market.bar(9874)
    assert caller.get(f"{path}ticker/", **{"If-None-Match": etag}).status_code == 200


def test_candles_come_newest_first_by_pages_and_in_time_order_within(caller, market, path):
    market.bars(101, 102, 103, 104, 105)
    first = caller.get(f"{path}candles/?limit=2").json()
    second = caller.get(first["next"]).json()
    third = caller.get(second["next"]).json()
    assert [[bar["close"] for bar in part["candles"]] for part in (first, second, third)] == [
        ["104", "105"], ["102", "103"], ["101"],
    ]  # fmt: skip
    assert third["next"] is None


def test_a_stretch_of_candles_holds_whole_bars_alone(caller, market, path):
    market.bars(101, 102, 103, 104, 105)
    told = caller.get(f"{path}candles/?start=2020-02-10T00:01:00Z&end=2020-02-10T00:03:30Z").json()
    assert [bar["time"][11:16] for bar in told["candles"]] == ["00:01", "00:02"]
    assert told["next"] is None
    five = caller.get(f"{path}candles/?interval=5m").json()
    assert [(bar["open"], bar["close"]) for bar in five["candles"]] == [("101", "105")]


@pytest.mark.parametrize(
    ("end", "status"),
    [("0001-01-01T00:00:00Z", 200), ("9999-12-31T23:59:59Z", 200), ("0001-01-01T00:00:00%2B14:00", 400)],
)
def test_the_ends_of_time_are_times_too(caller, path, end, status):
    assert caller.get(f"{path}candles/?end={end}").status_code == status


def test_a_product_without_market_data_says_so(caller, market):
    silent = make_product("ETH-USD")
    for part in ("ticker", "candles"):
        assert caller.get(f"market/products/{silent.pk}/{part}/").status_code == 404


def test_venues_tell_how_their_streams_do(caller, market):
    market.bar(100)
    (venue,) = caller.get("market/venues/").json()
    assert (venue["venue"], venue["simulated"]) == ("replay", True)
    assert "Simulated market" in venue["banner"]
    (feed,) = venue["feeds"]
    assert (feed["symbol"], feed["market_time"], feed["late"]) == ("BTC-USD", "2020-02-10T00:01:00Z", 0)
    assert 0 <= feed["age"] < 60


def test_a_series_tells_what_it_lacks(caller, market, path):
    market.bars(101, 102)
    market.silence()
    market.bars(104)
    told = caller.get(f"{path}quality/?interval=1m&days=1").json()
    assert (told["product"], told["bars"]["bars"], told["bars"]["findings"]["gap"]["count"]) == ("BTC-USD", 3, 1)
    assert told["bars"]["findings"]["gap"]["times"] == ["2020-02-10T00:02:00Z"]
    for wrong in ("?days=0", "?days=31", "?days=x", "?interval=2m", "?day=1"):
        assert caller.get(f"{path}quality/{wrong}").status_code == 400, wrong


def test_a_stream_tells_how_it_is_doing(caller, market):
    market.bar(100)
    told = caller.get("market/venues/replay/stream/").json()
    assert (told["word"], told["simulated"], told["products"][0]["symbol"]) == ("not running", True, "BTC-USD")
    assert caller.get("market/venues/moon/stream/").status_code == 404


def test_operators_alone_start_and_stop_a_stream_and_say_why(caller, market):
    path, why = "market/venues/replay/", {"reason": "storm"}
    assert caller.post(f"{path}stop/", why).status_code == 403
    operator = Caller(make_operator())
    assert operator.post(f"{path}stop/").json()["errors"][0]["field"] == "reason"
    assert operator.post(f"{path}stop/", why).json()["word"] == "stopped"
    assert caller.get("market/venues/").json()[0]["wanted"] is False
    assert operator.post(f"{path}start/", why).json()["word"] == "not running"
    assert operator.post("market/venues/moon/start/", why).status_code == 404
