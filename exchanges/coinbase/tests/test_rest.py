"""The public REST client against the stand-in."""

from decimal import Decimal

import pytest

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.rest import MarketClient, product
from exchanges.coinbase.values import Malformed
from exchanges.port import Rejected, Unavailable
from tradingsite.testing.coinbase import fake_coinbase
from tradingsite.testing.recorded import recorded_products

NOW = 1_800_000_000.0
MINUTE = 60


@pytest.fixture
def fake():
    with fake_coinbase("BTC-USD", "ETH-USD", time=NOW) as fake:
        yield fake


def client_of(addresses, **options):
    budget = options.pop("budget", LocalBudget(1000, 1000))
    return MarketClient(addresses, budget, sleep=lambda seconds: None, **options)


@pytest.fixture
def client(fake):
    client = client_of(fake.addresses, timeout=(1.0, 0.3))
    yield client
    client.close()


def test_it_tells_the_exchanges_time(client):
    assert client.server_time().timestamp() == NOW


def test_products_come_with_increments_minimums_and_flags(client, fake):
    fake.tape.products["ETH-USD"]["limit_only"] = True
    fake.tape.products["ETH-USD"]["price_increment"] = "0.05"
    btc, eth = client.products()
    assert (btc.symbol, btc.base, btc.quote, btc.status) == ("BTC-USD", "BTC", "USD", "online")
    assert (btc.tick, btc.base_increment, btc.min_notional) == (Decimal("0.01"), Decimal("0.00000001"), Decimal(1))
    assert btc.flags == frozenset()
    assert (eth.tick, eth.flags) == (Decimal("0.05"), {"limit_only"})


def test_a_product_that_cannot_be_read_is_left_out(client, fake):
    fake.tape.products["ETH-USD"]["base_increment"] = "many"
    assert [each.symbol for each in client.products()] == ["BTC-USD"]


def test_it_reads_the_recorded_list_of_products():
    products = [product(row) for row in recorded_products()]
    assert len(products) == 920
    btc = next(each for each in products if each.symbol == "BTC-USD")
    assert (btc.tick, btc.status, btc.alias_of) == (Decimal("0.01"), "online", "")
    assert {each.status for each in products} == {"online", "delisted"}


def test_one_product_is_asked_for_by_name(client):
    assert client.product("ETH-USD").base == "ETH"
    with pytest.raises(Rejected, match=r"answered with 404: Product NOPE-USD not supported"):
        client.product("NOPE-USD")


def test_candles_of_a_long_span_come_whole_once_and_in_order(client, fake):
    first = int(NOW) - int(NOW) % MINUTE - 1000 * MINUTE
    minutes = [first + MINUTE * number for number in range(1000) if number % 7]
    fake.tape.remember("BTC-USD", [(minute, "100") for minute in minutes])
    bars = client.candles("BTC-USD", MINUTE, start=first, end=first + 1000 * MINUTE)
    assert [bar.start for bar in bars] == minutes
    assert len(fake.rest.asked) == 4  # of at most 300 bars, sharing one


@pytest.mark.parametrize("count", [1, 299, 300, 301, 599, 600])
def test_the_end_of_a_span_is_left_out(client, fake, count):
    first = int(NOW) - int(NOW) % MINUTE - 700 * MINUTE
    fake.tape.remember("BTC-USD", [(first + MINUTE * number, "100") for number in range(700)])
    bars = client.candles("BTC-USD", MINUTE, start=first, end=first + count * MINUTE)
    assert [bar.start for bar in bars] == [first + MINUTE * number for number in range(count)]


def test_no_span_no_request(client, fake):
    assert client.candles("BTC-USD", MINUTE, start=600, end=600) == []
    assert fake.rest.asked == []


def test_an_unknown_granularity_is_named(client):
    with pytest.raises(ValueError, match=r"seconds must be one of 60, 300, .* was 61"):
        client.candles("BTC-USD", 61, start=0, end=60)


def test_trades_come_oldest_first(client, fake):
    for price in ("1", "2", "3"):
        fake.trade("BTC-USD", price)
    assert [int(each.price) for each in client.trades("BTC-USD", 2)] == [2, 3]


def test_the_book_has_a_best_bid(client, fake):
    fake.trade("BTC-USD", "42")
    assert client.book("BTC-USD").bids[0].price == 42


@pytest.mark.parametrize("faults", [[429], [500, 502], [0.6]])
def test_what_may_work_later_is_tried_again(client, fake, faults):
    fake.rest.faults += faults
    assert client.server_time().timestamp() == NOW
    assert len(fake.rest.asked) == len(faults) + 1


def test_after_three_failures_it_is_unavailable(client, fake):
    fake.rest.faults += [503, 503, 503]
    with pytest.raises(Unavailable, match="GET /time was answered with 503"):
        client.server_time()
    assert len(fake.rest.asked) == 3


def test_a_definite_no_is_not_asked_again(client, fake):
    with pytest.raises(Rejected):
        client.candles("NOPE-USD", MINUTE, start=0, end=MINUTE)
    assert len(fake.rest.asked) == 1


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="GET /time failed"):
        client_of(Addresses(rest="http://127.0.0.1:9", socket=""), attempts=1).server_time()


def test_an_answer_that_is_no_object_is_malformed(client, fake, monkeypatch):
    monkeypatch.setattr(fake.rest, "answer", lambda path, query: (200, ["no object"]))
    with pytest.raises(Malformed, match="GET /time must give an object"):
        client.server_time()


def test_it_asks_the_budget_before_every_request(fake):
    waits = []

    class Counting:
        def wait(self, patience):
            waits.append(patience)
            if len(waits) > 1:
                raise Unavailable("no more")

    client = client_of(fake.addresses, budget=Counting(), attempts=1)
    client.server_time()
    with pytest.raises(Unavailable, match="no more"):
        client.server_time()
    assert len(fake.rest.asked) == 1
